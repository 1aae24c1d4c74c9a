"""P27: payments, disputes, and what was paid and has not left."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.money import ZERO
from ordermgmt.templatetags import portal
from orders.actions.refunding import RefundRefused, left_of, request_refund
from orders.collection_filters import DisputeFilters, NotShippedFilters, PaymentFilters
from orders.collection_forms import RefundForm
from orders.models import Dispute, Order, Payment
from orders.states import PaymentKind, PaymentState
from orders.unshipped import paid_not_shipped
from orders.views.waiting_charges import waiting_banner


def money_cell(row: Any) -> str:
    return portal.money(row.amount, row.currency)


def about_cell(row: Payment) -> str:
    if row.order:
        return format_html('<a href="/orders/{}/">{}</a>', row.order, row.order)
    return format_html('<a href="/invoices/{}/">{}</a>', row.invoice, row.invoice)


class PaymentList(ListPage):
    name = "payments"
    title = gettext_lazy("Payments")
    counted = ngettext_lazy("%(n)s payment", "%(n)s payments", "count")
    filterset = PaymentFilters
    columns = (
        Column("at", gettext_lazy("When"), sort="at", css="id"),
        Column("about", gettext_lazy("For"), about_cell, lambda r: str(r.order or r.invoice), css="nowrap"),
        Column("kind", gettext_lazy("Kind"), css="nowrap"),
        Column("state", gettext_lazy("State"), css="nowrap"),
        Column("provider", gettext_lazy("By"), lambda r: r.came_by, lambda r: r.provider, css="nowrap low"),
        Column("reference", gettext_lazy("Reference"), css="grow low"),
        Column("amount", gettext_lazy("Amount"), money_cell, lambda r: r.amount, css="num"),
        Column("currency", gettext_lazy("Currency"), default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"at": ("-at", "-id")}
    default_sort = "at"
    views = (
        View("all", gettext_lazy("All")),
        View("captures", gettext_lazy("Money in"), "kind=capture&state=succeeded"),
        View("refunds", gettext_lazy("Money back"), "kind=refund"),
        View("open", gettext_lazy("Not decided"), "state=pending&state=unknown"),
        View("failed", gettext_lazy("Failed"), "state=failed"),
    )
    empty = Empty(
        gettext_lazy("No payments yet"), gettext_lazy("Charges, receipts and refunds appear here."), icon="card"
    )
    export_permission = "orders.finance"
    template = "collection/payment_list.html"

    def row_url(self, row: Payment) -> str:
        return f"/payments/{row.pk}/"

    def extra_context(self) -> dict[str, Any]:
        return {"waiting": waiting_banner()}


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def payment_list(request: StaffRequest) -> HttpResponseBase:
    return PaymentList(request, Payment.objects.select_related("order", "invoice")).response()


@staff_page("orders.finance")
@require_GET
def payment(request: StaffRequest, pk: int) -> HttpResponse:
    """One payment and what went back of it."""
    row = _payment(pk)
    return _page(request, row, RefundForm(initial={"amount": _left(row)}, currency=row.currency))


@staff_page("finance.edit")
@require_POST
def payment_refund(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for money to go back; what stands in the way is said on the page of the payment."""
    row = _payment(pk)
    form = RefundForm(request.POST, currency=row.currency)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        made = request_refund(row.pk, by=request.user, now=timezone.now(), **form.cleaned_data)
    except RefundRefused as refused:
        return _page(request, row, form, problem=str(refused), status=409)
    messages.success(request, _("%(number)s waits for approval.") % {"number": made})
    return redirect("refund", made.number)


def _payment(pk: int) -> Payment:
    return get_object_or_404(Payment.objects.select_related("order", "invoice", "parent"), pk=pk)


def _left(row: Payment) -> Decimal:
    return left_of(row) if row.kind == PaymentKind.CAPTURE and row.state == PaymentState.SUCCEEDED else ZERO


def _page(
    request: StaffRequest, row: Payment, form: RefundForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    left = _left(row)
    context = {
        "page": "payment",
        "payment": row,
        "left": left,
        "form": form if left > 0 and request.user.has_perm("finance.edit") else None,
        "problem": problem,
        "refunds": row.refund_requests.order_by("pk"),
        "disputes": row.disputes.order_by("pk"),
        "lines": row.payout_lines.select_related("payout"),
    }
    return render(request, "collection/payment.html", context, status=status)


class DisputeList(ListPage):
    name = "disputes"
    title = gettext_lazy("Disputes")
    counted = ngettext_lazy("%(n)s dispute", "%(n)s disputes", "count")
    filterset = DisputeFilters
    columns = (
        Column("reference", gettext_lazy("Dispute"), css="id"),
        Column("about", gettext_lazy("For"), lambda r: about_cell(r.payment), lambda r: str(r.payment.order or r.payment.invoice)),
        Column("reason", gettext_lazy("Why"), lambda r: r.reason.replace("_", " "), css="grow"),
        Column("status", gettext_lazy("State"), lambda r: r.status.replace("_", " "), css="nowrap"),
        Column("evidence_due_at", gettext_lazy("Evidence until"), sort="due", css="nowrap low"),
        Column("amount", gettext_lazy("Amount"), money_cell, lambda r: r.amount, css="num"),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"due": ("evidence_due_at", "id"), "opened": ("-opened_at", "-id")}
    default_sort = "due"
    views = (
        View("open", gettext_lazy("Open"), "open=true"),
        View("closed", gettext_lazy("Closed"), "open=false"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(gettext_lazy("No disputes"), gettext_lazy("When a customer asks their bank for the money back, it appears here."), icon="shield")  # fmt: skip

    def row_url(self, row: Dispute) -> str:
        return f"/payments/{row.payment_id}/"


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def dispute_list(request: StaffRequest) -> HttpResponseBase:
    return DisputeList(request, Dispute.objects.select_related("payment__order", "payment__invoice")).response()


class NotShippedList(ListPage):
    name = "not-shipped"
    title = gettext_lazy("Paid, not shipped")
    counted = ngettext_lazy("%(n)s order", "%(n)s orders", "count")
    filterset = NotShippedFilters
    columns = (
        Column("number", gettext_lazy("Order"), css="id"),
        Column("recipient", gettext_lazy("Customer"), css="grow"),
        Column("promised_ship_on", gettext_lazy("Should have left"), sort="due", css="nowrap"),
        Column("fulfilment_status", gettext_lazy("State"), css="nowrap"),
        Column("paid_total", gettext_lazy("Paid"), lambda r: portal.money(r.paid_total, r.currency), lambda r: r.paid_total, css="num"),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"due": ("promised_ship_on", "id")}
    default_sort = "due"
    views = (View("all", gettext_lazy("All")),)
    empty = Empty(gettext_lazy("Everything that is paid has left"), gettext_lazy("Orders that are paid and more than a day late appear here."), icon="box")  # fmt: skip

    def row_url(self, row: Order) -> str:
        return f"/orders/{row.number}/"


@staff_page("orders.finance", "orders.view")
@require_http_methods(["GET", "POST"])
def not_shipped(request: StaffRequest) -> HttpResponseBase:
    """Paid in full, and nothing of it has left a day after it should have."""
    return NotShippedList(request, paid_not_shipped(Order.objects.all(), business_day(timezone.now()))).response()
