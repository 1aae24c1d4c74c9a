"""What was billed and is cancelled before it left is credited (renewals are billed when they are ordered)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Sum

from ordermgmt.models import User
from orders.actions.crediting import CreditPart, credit_locked, credited_before, everything
from orders.actions.paid_units import credit_paid_units
from orders.actions.returning_money import settle
from orders.actions.writing_off import owe_again
from orders.billing_states import TAKEN_BACK, CreditReason
from orders.crediting_sums import Credited
from orders.models import CreditNoteLine, Invoice, Order, OrderLine
from orders.states import OrderStatus


def credit_what_is_not_sent(order: Order, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction (order locked, its lines saved): credit units billed that will not be sent.

    A cancelled order's invoices are credited whole, delivery too. What was paid for it stays on the order, as after
    any cancellation, until it is paid back or put on account. Takes the series of credit notes, the last lock.
    """
    invoices = list(Invoice.objects.select_for_update(of=("self",)).filter(order=order).order_by("-pk"))
    if invoices:
        _credit(order, invoices, by=by, now=now)
    if order.is_renewal:
        credit_paid_units(order, by=by, now=now)


def _credit(order: Order, invoices: Sequence[Invoice], *, by: User | str, now: datetime) -> None:
    is_over = order.current_status == OrderStatus.CANCELLED
    excess = {} if is_over else _excess(order)
    for invoice in invoices:
        invoice.order = order
        for row in invoice.write_offs.filter(reversed_at=None) if is_over else ():
            owe_again(invoice, row, by=by, now=now)
        parts = everything(invoice) if is_over else _parts(invoice, excess)
        if parts and invoice.credited < invoice.gross_total:
            cause = f"cancelled:{invoice.number}:{order.version}:{invoice.credit_notes.count()}"
            credit_locked(invoice, parts=parts, reason=CreditReason.CANCELLED, cause=cause, by=by, now=now)
    settle(invoices[0], now=now)


def _excess(order: Order) -> dict[int, int]:
    """Units billed beyond what is still wanted, by order line."""
    notes = CreditNoteLine.objects.filter(invoice_line__invoice__order=order, credit_note__reason__in=TAKEN_BACK)
    back = dict(notes.values_list("invoice_line__order_line").annotate(units=Sum("quantity")))
    excess = {}
    for line in OrderLine.objects.filter(order=order).prefetch_related("invoice_lines"):
        billed = sum(row.quantity for row in line.invoice_lines.all())
        excess[line.pk] = billed - back.get(line.pk, 0) - (line.ordered - line.cancelled)
    return excess


def _parts(invoice: Invoice, excess: dict[int, int]) -> list[CreditPart]:
    """Takes from `excess` what this invoice billed of it."""
    before = credited_before(invoice)
    parts = []
    for line in invoice.lines.exclude(order_line=None).order_by("position"):
        free = line.quantity - before.get(line.pk, Credited()).units
        units = min(free, excess.get(line.order_line_id or 0, 0))
        if units > 0 and line.net + line.tax:
            excess[line.order_line_id or 0] -= units
            parts.append(CreditPart(line_id=line.pk, units=units))
    return parts
