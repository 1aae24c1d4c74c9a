"""Changing the price of those who are subscribed: whom it reaches, when, what it is worth; then how far it is."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.day_field import DayField
from orders.actions.plans import live_of
from orders.actions.price_changes import (
    PriceChangeRefused,
    cancel_price_change,
    draft_price_change,
    keep_price,
    start_notices,
)
from orders.billing_states import PriceChangeStatus
from orders.models import Plan, PlanVersion, PriceChange, PriceChangeItem
from orders.price_change_preview import ChangePreview, preview_change

PER_PAGE = 50


class PriceChangeForm(forms.Form):
    """When, with how much notice, and how gently."""

    earliest_on = DayField(label=gettext_lazy("Not before"))
    notice_days = forms.IntegerField(
        label=gettext_lazy("Notice (days)"), min_value=0, max_value=365, initial=30,
        help_text=gettext_lazy("Nobody pays more before so many days after their notice was sent"),
    )  # fmt: skip
    cap_percent = forms.DecimalField(
        label=gettext_lazy("A rise of at most (%)"), required=False, min_value=0, max_value=999, decimal_places=2
    )
    spread_months = forms.IntegerField(
        label=gettext_lazy("Spread over (months)"), required=False, min_value=0, max_value=24, initial=0
    )
    protects_first_year = forms.BooleanField(
        label=gettext_lazy("No rise in the first year, nor within a year of the last"), required=False, initial=True
    )

    def facts(self) -> dict[str, Any]:
        return {**self.cleaned_data, "spread_months": self.cleaned_data["spread_months"] or 0}


@staff_page("plans.publish")
def price_change_new(request: StaffRequest, number: str) -> HttpResponse:
    """Terms of a price change to the live version, with what it would do; nobody is told from here."""
    plan = get_object_or_404(Plan, number=number)
    live = live_of(plan)
    if live is None:
        return redirect("plan_detail", number=number)
    now = timezone.now()
    form = PriceChangeForm(request.POST or None, initial={"earliest_on": business_day(now)})
    status, preview = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid() and request.POST.get("do") == "look":
            status, preview = 200, _look(plan, live, form)
        elif form.is_valid():
            try:
                change = draft_price_change(to_version=live, by=request.user, now=now, **form.facts())
            except PriceChangeRefused as refused:
                form.add_error(None, str(refused))
            else:
                return redirect("price_change", number=change.number)
    context = {"page": "price-change-new", "page_title": _("Change prices of %(plan)s") % {"plan": plan},
               "plan": plan, "live": live, "form": form, "preview": preview}  # fmt: skip
    return render(request, "plans/price_change_new.html", context, status=status)


def _look(plan: Plan, live: PlanVersion, form: PriceChangeForm) -> ChangePreview:
    return preview_change(PriceChange(plan=plan, to_version=live, **form.facts()), now=timezone.now())


@staff_page("subscriptions.view")
def price_change(request: StaffRequest, number: str) -> HttpResponse:
    """A draft with what it would do, or how far its notices and prices are."""
    change = get_object_or_404(PriceChange.objects.select_related("plan", "to_version"), number=number)
    is_draft = change.status == PriceChangeStatus.DRAFT
    items = change.items.select_related("subscription__customer").order_by("effective_on", "pk")
    context = {
        "page": "price-change", "page_title": change.number, "change": change, "is_draft": is_draft,
        "preview": preview_change(change, now=timezone.now()) if is_draft else None,
        "counts": None if is_draft else _counts(change),
        "found": None if is_draft else Paginator(items, PER_PAGE).get_page(request.GET.get("page")),
        "may_edit": request.user.has_perm("plans.publish"), "can_cancel": change.can_move_to("cancelled"),
    }  # fmt: skip
    return render(request, "plans/price_change.html", context)


def _counts(change: PriceChange) -> list[tuple[str, int]]:
    items = change.items.all()
    going = items.filter(stopped_at=None)
    return [
        (_("Reached"), items.count()),
        (_("Told"), going.filter(noticed_at__isnull=False).count()),
        (_("New price in force"), going.filter(applied_at__isnull=False).count()),
        (_("Keep their price"), items.filter(stopped_at__isnull=False).count()),
    ]


def _change(number: str) -> PriceChange:
    return get_object_or_404(PriceChange, number=number)


@require_POST
@staff_page("plans.publish")
def price_change_start(request: StaffRequest, number: str) -> HttpResponse:
    """Let the notices go out."""
    try:
        change = start_notices(change=_change(number), by=request.user, now=timezone.now())
    except PriceChangeRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Notices of %(number)s go out now.") % {"number": change.number})
    return redirect("price_change", number=number)


@require_POST
@staff_page("plans.publish")
def price_change_cancel(request: StaffRequest, number: str) -> HttpResponse:
    """Take it back for everybody it is not in force for."""
    cancel_price_change(change=_change(number), by=request.user, now=timezone.now())
    messages.success(request, _("Taken back. Prices in force stay, all others keep theirs."))
    return redirect("price_change", number=number)


@require_POST
@staff_page("plans.publish")
def price_change_keep(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Leave one subscriber out."""
    item = get_object_or_404(PriceChangeItem.objects.select_related("change"), pk=pk, change__number=number)
    keep_price(item=item, reason="", by=request.user, now=timezone.now())
    messages.success(request, _("They keep their price."))
    return redirect("price_change", number=number)
