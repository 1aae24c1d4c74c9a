"""What customers change themselves: the delivery address until it is packed, and cancelling while possible."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import customer_page
from orders import identity
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.changes import ChangeConflict, apply_change, propose_change
from orders.actions.links import CUSTOMER
from orders.actions.making_changes import TooLateToChange
from orders.actions.subscription_links import plan_link_from_order
from orders.customer_forms import CustomerAddressForm, ProofForm
from orders.models import Delivery, OrderLink
from orders.views.status import address_form, by_link, following, load, shipping_address
from orders.views.status_proofs import prove
from orders.wanted import Wanted


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def status_address(request: HttpRequest, link: OrderLink) -> HttpResponse:
    now = timezone.now()
    order = load(link)
    found = following(order, now)
    proven = identity.is_proven(request, order, now)
    posted = request.POST if request.method == "POST" else None
    form = address_form(order, shipping_address(order), proven, posted)
    context = {"f": found, "order": order, "form": form, "proof": None if proven else ProofForm(), "late": ""}
    if not found.may_change_address:
        return _page(request, link, "address", {**context, "late": _too_late_words()}, 409 if posted else 200)
    if not posted:
        return _page(request, link, "address", context)
    problem = None if proven else prove(request, order, now)
    if not form.is_valid() or problem is not None:
        return _page(request, link, "address", {**context, "proof": problem or context["proof"]}, 422)
    late = _change(link, form, now)
    if late:
        return _page(request, link, "address", {**context, "late": late}, 409)
    return _done(link, "address", now, remember=not proven)


def _change(link: OrderLink, form: CustomerAddressForm, now: datetime) -> str:
    """Applies the new address; gives back a sentence when it cannot be done."""
    wanted = Wanted(address={**form.cleaned_data})
    try:
        change = propose_change(link.order_id, wanted, by=CUSTOMER, now=now)
        apply_change(change.pk, by=CUSTOMER, now=now, tell_customer=True)
    except TooLateToChange:
        return _too_late_words()
    except ChangeConflict:
        return _("Your order was changed at the same moment. Send it again.")
    return ""


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def status_cancel(request: HttpRequest, link: OrderLink) -> HttpResponse:
    """The review page says what cancelling does; its button does it."""
    now = timezone.now()
    order = load(link)
    found = following(order, now)
    if order.status == "cancelled":
        return redirect("order_status", link.token)
    proven = identity.is_proven(request, order, now)
    left = order.paid_total - order.refunded_total
    context = {"f": found, "order": order, "proof": None if proven else ProofForm(), "late": "", "money_back": left}
    if not found.may_cancel:
        return _page(
            request, link, "cancel", {**context, "late": _left_words()}, 409 if request.method == "POST" else 200
        )
    if request.method != "POST":
        return _page(request, link, "cancel", context)
    problem = None if proven else prove(request, order, now)
    if problem is not None:
        return _page(request, link, "cancel", {**context, "proof": problem}, 422)
    try:
        cancel_order(order.pk, by=CUSTOMER, reason=_("The customer cancelled on the order page"), now=now)
    except TooLateToCancel:
        return _page(request, link, "cancel", {**context, "late": _left_words()}, 409)
    return _done(link, "", now, remember=False)


@customer_page
@require_POST
@by_link
def status_plan(request: HttpRequest, link: OrderLink) -> HttpResponse:
    """To the page of the subscription this order came from; nothing is skipped before it is confirmed there."""
    rows = Delivery.objects.filter(subscription__customer=link.order.customer_id).select_related("subscription")
    delivery = get_object_or_404(rows, order=link.order)
    plan = plan_link_from_order(link, delivery.subscription, now=timezone.now())
    wish = "?do=skip" if request.POST.get("do") == "skip" else ""
    return redirect(reverse("subscriber_page", args=[plan.token]) + wish)


def _done(link: OrderLink, what: str, now: datetime, *, remember: bool) -> HttpResponse:
    answer = redirect(reverse("order_status", args=[link.token]) + (f"?done={what}" if what else ""))
    if remember:
        identity.remember(answer, link.order, token=link.token, now=now)
    return answer


def _page(request: HttpRequest, link: OrderLink, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"token": link.token, "order_number": link.order.number, "goal": name, **context}
    return render(request, f"customer/{name}.html", context, status=status)


def _too_late_words() -> str:
    return _("It is packed already, so the address is on the box. Call us: the carrier can often still change it.")


def _left_words() -> str:
    return _(
        "It is packed or on its way, so it cannot be cancelled here. Call us, or send it back: you get your money."
    )
