"""A new subscription by phone: customer, plan, the rest on one page, and what will be delivered and charged."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.search import matching
from customers.states import CustomerStatus
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.finding import Asked
from ordermgmt.listing.counting import forget_totals
from orders.actions.subscribing import start_subscription
from orders.actions.subscription_work import NotAllowed
from orders.billing_states import PlanStatus, VersionStatus
from orders.models import PlanVersion, Subscription
from orders.subscription_new_form import NewSubscriptionForm
from orders.subscription_start import preview_start
from orders.upcoming import Upcoming
from orders.views.subscription_cards import coming_rows

FOUND = 8


@staff_page("subscriptions.edit")
def subscription_new(request: StaffRequest) -> HttpResponse:
    """Step by step by its address (`customer`, `plan`); the form is previewed, then started."""
    asked = request.GET
    customer = Customer.objects.filter(number=asked.get("customer", ""), status=CustomerStatus.ACTIVE).first()
    if customer is None:
        return _show(request, sought=asked.get("q", ""), found=_found(asked.get("q", "")))
    version = _offered().filter(plan__number=asked.get("plan", "")).first()
    if version is None:
        return _show(request, customer=customer, versions=_offered().prefetch_related("prices", "items__sku"))
    return _form(request, customer, version)


def _found(words: str) -> Sequence[Customer]:
    words = words.replace("\x00", "").strip()
    return list(matching(Asked(words)).filter(status=CustomerStatus.ACTIVE).order_by("-pk")[:FOUND]) if words else []


def _offered() -> Any:
    live = PlanVersion.objects.filter(status=VersionStatus.LIVE, plan__status=PlanStatus.ACTIVE)
    return live.select_related("plan").order_by("plan__name")


def _form(request: StaffRequest, customer: Customer, version: PlanVersion) -> HttpResponse:
    form = NewSubscriptionForm(
        request.POST or None, customer=customer, version=version, initial={"currency": _currency(customer, version)}
    )
    facts: dict[str, Any] = {"customer": customer, "version": version, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            if "start" in request.POST:
                return _started(request, start_subscription(form.wanted(), by=request.user, now=timezone.now()))
            facts |= _preview(request, form)
        except NotAllowed as refusal:
            form.add_error(None, str(refusal))
    return _show(request, status=422 if form.errors else 200, **facts)


def _currency(customer: Customer, version: PlanVersion) -> str:
    """That of the customer's last order, when the plan has a price in it."""
    last = customer.orders.order_by("-pk").values_list("currency", flat=True).first()
    known = list(version.prices.order_by("currency").values_list("currency", flat=True))
    return last if last in known else (known or [""])[0]


def _preview(request: StaffRequest, form: NewSubscriptionForm) -> dict[str, Any]:
    now = timezone.now()
    s, coming = preview_start(form.wanted(), by=request.user, now=now)
    return {"s": s, "rows": coming_rows(s, coming, business_day(now)), "read_back": _read_back(coming)}


def _read_back(coming: Sequence[Upcoming]) -> Upcoming | None:
    return coming[0] if coming else None


def _started(request: StaffRequest, s: Subscription) -> HttpResponse:
    forget_totals()
    messages.success(request, _("%(number)s is started.") % {"number": s.number})
    return redirect(s)


def _show(request: StaffRequest, status: int = 200, **facts: Any) -> HttpResponse:
    context = {"page_title": _("New subscription"), "page": "subscription-new", **facts}
    return render(request, "subscriptions/new.html", context, status=status)
