"""P08b: give money of an order back. Lines first, then a review with the sums, then it is done."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.money import ZERO
from ordermgmt.templatetags.portal import money
from orders.actions.crediting import CreditRefused, credit_rows, credited_before
from orders.actions.refunding_orders import left_of_limit, refund_part
from orders.actions.returning_money import GiveBack, money_beside
from orders.actions.settling import money_of
from orders.billing_forms import OrderRefundForm
from orders.billing_states import RefundStatus
from orders.crediting_sums import Credited
from orders.models import Invoice, Order


@staff_page("orders.refund")
@require_http_methods(["GET", "POST"])
def order_refund(request: StaffRequest, number: str) -> HttpResponse:
    """Choose what of an invoice is given back; sent twice it counts once."""
    order = get_object_or_404(Order, number=number)
    invoices = [row for row in order.invoices.order_by("-pk") if row.gross_total > row.credited]
    asked = request.POST.get("invoice") or request.GET.get("invoice")
    row = next((one for one in invoices if one.number == asked), invoices[0] if invoices else None)
    context: dict[str, Any] = {"order": order, "invoices": invoices, "invoice": row, "reviewed": []}
    if row is None:
        return render(request, "orders/order_refund.html", context)
    form = _form(request, row)
    context |= {"form": form, "limit": left_of_limit(row, now=timezone.now())}
    if request.method == "POST" and form.is_valid():
        try:
            context |= _reviewed(row, form, context["limit"])
            if request.POST.get("step") == "do":
                return _done(request, order, row, form)
        except CreditRefused as refused:
            context["reviewed"] = []
            form.add_error(None, str(refused))
    return render(request, "orders/order_refund.html", context, status=422 if form.errors else 200)


def _form(request: StaffRequest, row: Invoice) -> OrderRefundForm:
    before = credited_before(row)
    lines = [(line, before.get(line.pk, Credited())) for line in row.lines.order_by("position")]
    return OrderRefundForm(request.POST or None, invoice=row, lines=lines, initial={"key": str(uuid4())})


def _reviewed(row: Invoice, form: OrderRefundForm, limit: Decimal) -> dict[str, Any]:
    rows = credit_rows(row, form.parts())
    gross = sum((each.amounts.gross for each in rows), start=ZERO)
    paid = max(money_of(money_beside(row)), ZERO)
    return {
        "reviewed": rows,
        "gross": gross,
        "tax": sum((each.amounts.tax for each in rows), start=ZERO),
        "give_back": form.WAYS[form.cleaned_data["give_back"]],
        "is_refund": form.cleaned_data["give_back"] == GiveBack.REFUND,
        "is_paid": paid > 0,
        "stays": max(paid - gross, ZERO),
        "is_within": gross <= limit,
    }


def _done(request: StaffRequest, order: Order, row: Invoice, form: OrderRefundForm) -> HttpResponse:
    given = form.cleaned_data
    made, refunds = refund_part(
        row, parts=form.parts(), reason=given["reason"], note=given["note"], key=given["key"],
        give_back=GiveBack(given["give_back"]), by=request.user, now=timezone.now(),
    )  # fmt: skip
    messages.success(request, _told(made, refunds))
    return redirect("order_detail", order.number)


def _told(made: Any, refunds: Any) -> str:
    facts = {"sum": money(made.gross_total, made.currency), "number": made.number}
    if any(one.status == RefundStatus.REQUESTED for one in refunds):
        return _("%(sum)s credited as %(number)s. Paying it back waits for approval.") % facts
    if refunds:
        return _("%(sum)s go back to the customer, credited as %(number)s.") % facts
    return _("%(sum)s credited as %(number)s.") % facts
