"""P42: the customer pays an invoice or leaves a new card, on the provider's page; here is only the way there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from orders.actions.pay_links import send_new_pay_link
from orders.actions.pay_pages import AttemptUnderWay, NoCards, NothingToPay, open_card_page, open_pay_page
from orders.billing_states import ASKED_CHARGES, MethodStatus
from orders.models import Charge, Invoice, PayLink, PaymentMethod, Subscription
from orders.payments.protocol import ProviderRefused
from orders.payments.registry import online_provider

PayView = Callable[[HttpRequest, PayLink], HttpResponse]


def by_link(view: PayView) -> Callable[[HttpRequest, str], HttpResponse]:
    """Finds the live link of a token and speaks its customer's language."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        rows = PayLink.objects.select_related("customer", "invoice__subscription", "invoice__order")
        link = rows.filter(token=token).first()
        if link is None:
            return render(request, "customer/pay_ended.html", {"token": token}, status=404)
        with translation.override(link.customer.language):
            if not link.is_live(timezone.now()):
                return render(request, "customer/pay_ended.html", {"token": token}, status=410)
            return view(request, link)

    return found


@customer_page
@require_POST
def pay_new_link(request: HttpRequest, token: str) -> HttpResponse:
    """The answer is the same for a link of ours, of nobody, and for one that was asked for too often."""
    now = timezone.now()
    is_rare = may_try("pay-link", token, most=3, seconds=3600, now=now)
    if is_rare and may_try("pay-link-from", address_of(request), most=20, seconds=3600, now=now):
        send_new_pay_link(token, now=now)
    return render(request, "customer/pay_link_sent.html")


@customer_page
@require_safe
@by_link
def pay(request: HttpRequest, link: PayLink) -> HttpResponse:
    """Amount, for what, until when. Looking at it changes nothing."""
    return _page(request, _context(link, is_back=request.GET.get("done") == "1"))


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Its forms lead to the provider, which the policy of all other pages forbids."""
    answer = render(request, "customer/pay.html", context, status=status)
    answer._csp_update = {"form-action": [settings.STRIPE_PAGES]}  # type: ignore[attr-defined]  # noqa: SLF001  (as its decorators do)
    return answer


@customer_page
@require_POST
@by_link
def pay_start(request: HttpRequest, link: PayLink) -> HttpResponse:
    """To the provider's page; what stands in the way is said here."""
    try:
        return redirect(open_pay_page(link, now=timezone.now()))
    except NothingToPay:
        return redirect("pay", link.token)
    except (AttemptUnderWay, NoCards) as problem:
        return _problem(request, link, str(problem), 409)
    except ProviderRefused:
        return _problem(request, link, "", 503)


@customer_page
@require_POST
@by_link
def pay_card(request: HttpRequest, link: PayLink) -> HttpResponse:
    """To the provider's page for a new card."""
    try:
        return redirect(open_card_page(link, now=timezone.now()))
    except NoCards as problem:
        return _problem(request, link, str(problem), 409)
    except ProviderRefused:
        return _problem(request, link, "", 503)


def _problem(request: HttpRequest, link: PayLink, words: str, status: int) -> HttpResponse:
    context = _context(link, is_back=False) | {"problem": words, "is_unreachable": not words}
    return _page(request, context, status)


def _context(link: PayLink, *, is_back: bool) -> dict[str, Any]:
    invoice = link.invoice
    methods = PaymentMethod.objects.filter(customer=link.customer, status=MethodStatus.ACTIVE, is_default=True)
    is_asked = bool(invoice) and Charge.objects.filter(invoice=invoice, status__in=ASKED_CHARGES, page_url="").exists()
    return {
        "link": link,
        "token": link.token,
        "invoice": invoice,
        "is_paid": bool(invoice and invoice.balance <= 0),
        "is_back": is_back,
        "is_asked": is_asked,
        "has_cards": online_provider() is not None,
        "method": methods.first(),
        "next_delivery": _next_delivery(link, invoice),
        "iban": settings.SHOP["iban"],
    }


def _next_delivery(link: PayLink, invoice: Invoice | None) -> Any:
    """The day the customer looks forward to."""
    rows = Subscription.objects.filter(invoices=invoice) if invoice else link.customer.subscriptions.all()
    return (
        rows.filter(deliveries__is_next=True)
        .order_by("deliveries__leaves_on")
        .values_list("deliveries__leaves_on", flat=True)
        .first()
    )
