"""P27: what a provider sent to our bank, as a sum that must be without difference."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Count, F, Q, Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.money import ZERO
from ordermgmt.templatetags import portal
from orders.actions.payouts import CannotMatch, match_line, match_payout
from orders.collection_filters import PayoutFilters
from orders.collection_forms import ReferenceForm
from orders.models import Payout, PayoutLine


def lines_cell(row: Payout) -> str:
    return portal.tag(_("%(n)s unmatched") % {"n": row.unmatched}, "warn") if row.unmatched else _("all matched")  # type: ignore[attr-defined]


def bank_cell(row: Payout) -> str:
    return row.bank_reference if row.matched_at else portal.tag(_("Not found yet"), "waiting")


class PayoutList(ListPage):
    name = "payouts"
    title = gettext_lazy("Payouts")
    counted = ngettext_lazy("%(n)s payout", "%(n)s payouts", "count")
    filterset = PayoutFilters
    columns = (
        Column("reference", gettext_lazy("Payout"), css="id"),
        Column("provider", gettext_lazy("By"), lambda r: r.came_by, lambda r: r.provider, css="nowrap low"),
        Column("arrives_on", gettext_lazy("At the bank"), sort="arrives", css="nowrap"),
        Column("bank_reference", gettext_lazy("Bank reference"), bank_cell, lambda r: r.bank_reference, css="grow"),
        Column("unmatched", gettext_lazy("Lines"), lines_cell, lambda r: r.unmatched, css="nowrap"),
        Column("amount", gettext_lazy("Amount"), lambda r: portal.money(r.amount, r.currency), lambda r: r.amount, css="num"),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"arrives": ("-arrives_on", "-id")}
    default_sort = "arrives"
    views = (
        View("unmatched", gettext_lazy("Not found yet"), "matched=false"),
        View("matched", gettext_lazy("Found at the bank"), "matched=true"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(
        gettext_lazy("No payouts yet"),
        gettext_lazy("What the provider sends to the bank is read every hour."),
        icon="bank",
    )
    export_permission = "orders.finance"

    def row_url(self, row: Payout) -> str:
        return f"/payouts/{row.reference}/"


NO_PAYMENT = Q(lines__payment=None) & Q(lines__kind__in=["charge", "payment", "refund", "payment_refund"])


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def payout_list(request: StaffRequest) -> HttpResponseBase:
    return PayoutList(request, Payout.objects.annotate(unmatched=Count("lines", filter=NO_PAYMENT))).response()


@staff_page("orders.finance")
@require_GET
def payout(request: StaffRequest, reference: str) -> HttpResponse:
    row = get_object_or_404(Payout, reference=reference)
    return _page(request, row, ReferenceForm(initial={"reference": row.bank_reference}))


@staff_page("finance.edit")
@require_POST
def payout_match(request: StaffRequest, reference: str) -> HttpResponse:
    """The amount is on our bank statement, under this reference."""
    row = get_object_or_404(Payout, reference=reference)
    form = ReferenceForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    match_payout(row.pk, bank_reference=form.cleaned_data["reference"], by=request.user, now=timezone.now())
    messages.success(request, _("Found at the bank."))
    return redirect("payout", reference)


def _page(
    request: StaffRequest, row: Payout, form: ReferenceForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    lines = row.lines.select_related("payment__order", "payment__invoice")
    sums = row.lines.aggregate(
        charges=Sum("amount", filter=Q(amount__gt=0), default=ZERO),
        back=Sum("amount", filter=Q(amount__lt=0), default=ZERO),
        fees=Sum("fee", default=ZERO),
    )
    context: dict[str, Any] = {
        "page": "payout",
        "payout": row,
        "lines": lines.order_by(F("payment").asc(nulls_first=True), "pk"),
        "sums": sums,
        "fees": -sums["fees"],
        "difference": row.amount - (sums["charges"] + sums["back"] - sums["fees"]),
        "form": form,
        "may_edit": request.user.has_perm("finance.edit"),
        "problem": problem,
    }
    return render(request, "collection/payout.html", context, status=status)


@staff_page("finance.edit")
@require_POST
def payout_line(request: StaffRequest, pk: int) -> HttpResponse:
    """Tie one line to a payment by its reference or number."""
    line = get_object_or_404(PayoutLine.objects.select_related("payout"), pk=pk)
    try:
        match_line(pk, reference=request.POST.get("reference", "")[:120], by=request.user, now=timezone.now())
    except CannotMatch as problem:
        return _page(request, line.payout, ReferenceForm(), problem=str(problem), status=409)
    messages.success(request, _("Matched."))
    return redirect("payout", line.payout.reference)
