"""P43: back to an order or a subscription without its link. The answer never tells what we know."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from orders.actions.link_requests import send_links_to
from orders.actions.links import open_by_postcode, squeezed
from orders.actions.subscription_links import open_plan_by_postcode
from orders.customer_forms import EmailLinkForm, FindForm
from orders.views.status_proofs import TOO_OFTEN, wait_words

WINDOW = 15 * 60


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, FindForm(), EmailLinkForm())
    return _by_email(request) if "email" in request.POST else _by_number(request)


def _by_number(request: HttpRequest) -> HttpResponse:
    form, now = FindForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, form, EmailLinkForm(), 422)
    number, postcode = form.cleaned_data["number"], form.cleaned_data["postcode"]
    if not _may_find(request, number.casefold(), now):
        form.add_error(None, wait_words())
        return _page(request, form, EmailLinkForm(), TOO_OFTEN)
    address = _address_of(number, postcode, now) if squeezed(postcode) else ""
    if not address:
        form.add_error(None, _("We find no order with this number and postcode. Check both, or get a link by e-mail."))
        return _page(request, form, EmailLinkForm(), 422)
    return redirect(address)


def _address_of(number: str, postcode: str, now: datetime) -> str:
    """The page of the order or subscription with this number, by a link for 30 minutes; empty when there is none."""
    if number.startswith("SUB-"):
        plan = open_plan_by_postcode(number, postcode, now=now)
        return reverse("subscriber_page", args=[plan.token]) if plan else ""
    link = open_by_postcode(number, postcode, now=now)
    return reverse("order_status", args=[link.token]) if link else ""


def _by_email(request: HttpRequest) -> HttpResponse:
    form, now = EmailLinkForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, FindForm(), form, 422)
    if not _may_find(request, form.cleaned_data["email"].casefold(), now):
        form.add_error(None, wait_words())
        return _page(request, FindForm(), form, TOO_OFTEN)
    send_links_to(form.cleaned_data["email"], now=now)
    return render(request, "customer/link_sent.html", {"is_unsure": True})


def _may_find(request: HttpRequest, what: str, now: datetime) -> bool:
    """10 tries in 15 minutes from one place, 5 for one number or e-mail."""
    return may_try("find-from", address_of(request), most=10, seconds=WINDOW, now=now) and may_try(
        "find", what, most=5, seconds=WINDOW, now=now
    )


def _page(request: HttpRequest, form: FindForm, email_form: EmailLinkForm, status: int = 200) -> HttpResponse:
    return render(request, "customer/find.html", {"form": form, "email_form": email_form}, status=status)
