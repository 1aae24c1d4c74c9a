"""Units of a delivery that was paid in advance are cancelled: their part of the charge is credited.

Its order's lines cost nothing, so what they are worth follows from the charge: the part of this delivery, shared over
its items by list price as the box was priced, tax rate by tax rate.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from inventory.models import SkuPrice
from ordermgmt.models import User
from ordermgmt.money import ZERO, exact, round_money
from orders.actions.crediting import CreditPart, credit_locked
from orders.actions.giving_up import values_of_part
from orders.actions.particulars import OVER
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.taking_money import lock_invoice
from orders.billing_states import CreditReason
from orders.invoice_mails import credit_note_message
from orders.invoice_sums import is_charge_cause
from orders.models import CreditNote, CreditNoteLine, Delivery, Invoice, InvoiceLine, Order, OrderLine
from orders.states import LineKind


def paying_delivery(order: Order) -> Delivery | None:
    """The delivery that an order is, where a charge of ours paid for it in advance."""
    rows = Delivery.objects.filter(order=order, cycle__invoice__isnull=False, cycle__invoice__order=None)
    return rows.select_related("cycle__invoice", "subscription").first()


def is_paid_for(line: OrderLine) -> bool:
    """Whether a line of such an order is what was paid in advance; what is sent beside it has a price of its own."""
    return line.kind != LineKind.COMPONENT and not line.unit_price


def notes_of(order: Order) -> str:
    """How the causes of these credit notes begin."""
    return f"units:{order.number}:"


def credit_paid_units(order: Order, *, by: User | str, now: datetime) -> CreditNote | None:
    """Inside the caller's transaction (order locked, lines saved): credit what is cancelled and not credited yet.

    The money goes on account and pays the next charge; where none comes any more, it waits for approval to be paid
    back. All of a delivery is owed again instead (`owing_again`). Takes the series of credit notes, the last lock.
    """
    row = paying_delivery(order)
    if row is None or row.cycle is None:
        return None
    invoice = lock_invoice(row.cycle.invoice_id or 0)
    parts = _parts(order, row, invoice)
    if not parts:
        return None
    facts = {"reason": CreditReason.CANCELLED, "cause": f"{notes_of(order)}{order.version}"}
    note = credit_locked(invoice, parts=parts, deliveries=[row.part or 1], by=by, now=now, **facts)
    is_over = row.subscription.current_status in OVER
    settle_credit(invoice, note, give_back=GiveBack.REFUND if is_over else GiveBack.ACCOUNT, by=by, now=now)
    credit_note_message(note, now=now)
    return note


def _parts(order: Order, row: Delivery, invoice: Invoice) -> list[CreditPart]:
    """Cumulative: what all cancelled units are worth less what was credited, so that all of them are worth the part."""
    share_of, back = _shares(order), _credited(order)
    parts, room = [], invoice.gross_total - invoice.credited - invoice.written_off
    for line, value, left in values_of_part(invoice, row.cycle, row.part or 1):  # type: ignore[arg-type]
        due = round_money(value * share_of(line), invoice.currency) - back.get(line.pk, ZERO)
        gross = min(due, left, room)
        if gross > 0:
            parts.append(CreditPart(line_id=line.pk, gross=gross))
            room -= gross
    return parts


def _shares(order: Order) -> Callable[[InvoiceLine], Decimal]:
    """Which part of each line of the charge is cancelled: goods by their tax rate, delivery with the last of them."""
    lines = [line for line in OrderLine.objects.filter(order=order) if is_paid_for(line)]
    listed = SkuPrice.objects.filter(sku__in=[line.sku_id for line in lines], currency=order.currency)
    prices = dict(listed.values_list("sku", "amount"))
    by_rate: dict[Decimal, list[OrderLine]] = defaultdict(list)
    for line in lines:
        by_rate[line.tax_rate].append(line)
    of_all = _cancelled(lines, prices)
    shares = {rate: _cancelled(own, prices) for rate, own in by_rate.items()}

    def share_of(line: InvoiceLine) -> Decimal:
        if is_charge_cause(line.cause):
            return Decimal(of_all == 1)
        return shares.get(line.tax_rate, of_all)

    return share_of


def _cancelled(lines: Sequence[OrderLine], prices: Mapping[int, Decimal]) -> Decimal:
    """The cancelled part of lines by list price, as the box was shared; by units where none has one."""
    for worth in (prices, dict.fromkeys((line.sku_id or 0 for line in lines), Decimal(1))):
        whole = sum((worth.get(line.sku_id or 0, ZERO) * line.ordered for line in lines), ZERO)
        if whole:
            return sum((worth.get(line.sku_id or 0, ZERO) * line.cancelled for line in lines), ZERO) / whole
    return ZERO


def _credited(order: Order) -> dict[int, Decimal]:
    """By invoice line: what was credited for units of this order."""
    rows = CreditNoteLine.objects.filter(credit_note__cause__startswith=notes_of(order))
    return {pk: exact(sum_) for pk, sum_ in rows.values_list("invoice_line").annotate(sum=Sum("gross"))}
