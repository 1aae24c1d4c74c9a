"""How far an order's units are, and the statuses that follow from it. Steps for everything that moves them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, Value, When

from ordermgmt.clock import business_day
from ordermgmt.money import ZERO, exact
from orders.billing_states import TAKEN_BACK
from orders.models import CreditNote, Invoice, Order, OrderLine, Payment
from orders.states import FulfilmentStatus, InvoiceStatus, OrderStatus
from orders.statuses import fulfilment_status, paid, payment_status

# Where units in a stage may go next. Shipped and cancelled units stay where they are.
UNIT_MOVES: dict[str, frozenset[str]] = {
    "backordered": frozenset({"promised", "cancelled"}),
    "promised": frozenset({"allocated", "backordered", "cancelled"}),
    "allocated": frozenset({"picked", "promised", "backordered", "cancelled"}),
    "picked": frozenset({"packed", "allocated", "promised", "backordered", "cancelled"}),
    "packed": frozenset({"shipped", "picked", "allocated", "promised", "backordered", "cancelled"}),
    "shipped": frozenset(),
    "cancelled": frozenset(),
}


class NotThatMany(Exception):
    """Fewer units are in the stage than were to leave it; nothing was changed."""


class NoSuchMove(Exception):
    """Units in this stage may not go to that one."""


def lock_order(order_id: int) -> Order:
    """Inside the caller's transaction: the order, locked until commit.

    Closes the race of two verbs on one order (a hold and a scan, a cancel and a pick). Second in
    the lock order: take it before fulfilment orders, shipments and stock levels.
    """
    return Order.objects.locked().get(pk=order_id)


def advance(order: Order, units: Mapping[int, int], *, source: str, target: str) -> None:
    """Inside the caller's transaction: move units (by line id) of a locked order between stages.

    One conditional statement, all or none. Raises NoSuchMove, NotThatMany.
    """
    advance_lines(OrderLine.objects.filter(order=order), units, source=source, target=target)


def advance_lines(lines: QuerySet[OrderLine], units: Mapping[int, int], *, source: str, target: str) -> None:
    """Inside the caller's transaction: as `advance`, for lines of several locked orders."""
    if target not in UNIT_MOVES[source]:
        raise NoSuchMove(f"units that are {source} cannot become {target}")
    wanted = {pk: count for pk, count in units.items() if count}
    if not wanted:
        return
    if min(wanted.values()) < 0:
        raise NotThatMany("units to move are counted up, never down")
    count = Case(*(When(pk=pk, then=Value(n)) for pk, n in wanted.items()), output_field=IntegerField())
    moved = (
        lines.filter(pk__in=list(wanted))
        .annotate(wanted=count)
        .filter(**{f"{source}__gte": F("wanted")})
        .update(**{source: F(source) - count, target: F(target) + count})
    )
    if moved != len(wanted):
        raise NotThatMany(f"fewer units are {source} than were to become {target}")


def refresh_status(order: Order, *, now: datetime) -> Order:
    """Inside the caller's transaction: derive both statuses and the paid sums of a locked order.

    Closes the order when everything has arrived. Writes only what differs.
    """
    settle([order], now=now)
    return order


DERIVED = ("payment_status", "fulfilment_status", "paid_total", "refunded_total", "credited_total", "units")
# Parcels that have not come to their end; one that turned back waits for a decision.
ON_THE_WAY = ("packed", "dispatched", "returned")


def settle(orders: Sequence[Order], *, now: datetime) -> None:
    """Inside the caller's transaction: as `refresh_status` for many locked orders, in a few statements."""
    before = {order.pk: _stored(order) for order in orders}
    derive(orders, now=now)
    changed = [order for order in orders if _stored(order) != before[order.pk]]
    if len(changed) == 1:
        changed[0].save(update_fields=DERIVED)
    elif changed:
        Order.objects.bulk_update(changed, DERIVED)
    for order in _arrived(orders):
        order.move_to(OrderStatus.CLOSED, now=now)


def _arrived(orders: Sequence[Order]) -> list[Order]:
    """Open orders whose parcels have all come; what has no parcel is ended by `finishing`."""
    done = [
        order
        for order in orders
        if order.current_status == OrderStatus.ACCEPTED and order.fulfilment_status == FulfilmentStatus.DELIVERED
    ]
    sent = set(OrderLine.objects.filter(order__in=done, shipped__gt=0).values_list("order_id", flat=True))
    return [order for order in done if order.pk in sent]


def _stored(order: Order) -> tuple[object, ...]:
    return tuple(getattr(order, name) for name in DERIVED)


def derive(orders: Sequence[Order], *, now: datetime) -> None:
    """Set what follows from lines, payments, invoices and parcels; nothing is saved."""
    lines = grouped(OrderLine.objects.filter(order__in=orders))
    payments = grouped(Payment.objects.filter(order__in=orders))
    bills = _bills(orders, now)
    on_the_way = _on_the_way(orders, lines)
    for order in orders:
        own = lines.get(order.pk, [])
        money = paid(payments.get(order.pk, []))
        order.fulfilment_status = fulfilment_status(own, all_arrived=order.pk not in on_the_way)
        bill = bills.get(order.pk, NO_BILL)
        order.credited_total = bill.credited
        order.payment_status = payment_status(money, total=order.total - bill.credited, is_overdue=bill.is_overdue)
        order.paid_total, order.refunded_total = money.captured, money.refunded
        order.units = sum(line.ordered - line.cancelled for line in own if line.is_stocked)


R = TypeVar("R", OrderLine, Payment)


def grouped(rows: QuerySet[R]) -> dict[int, list[R]]:
    """Rows by the id of their order."""
    groups: dict[int, list[R]] = defaultdict(list)
    for row in rows:
        if row.order_id:
            groups[row.order_id].append(row)
    return groups


def _on_the_way(orders: Sequence[Order], lines: Mapping[int, list[OrderLine]]) -> set[int]:
    gone = [order.pk for order in orders if any(line.shipped for line in lines.get(order.pk, []))]
    if not gone:
        return set()
    moving = Order.objects.filter(pk__in=gone, shipments__status__in=ON_THE_WAY)
    return set(moving.values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class _Bill:
    """What the invoices of an order say of it."""

    is_overdue: bool
    credited: Decimal


NO_BILL = _Bill(is_overdue=False, credited=ZERO)


def _bills(orders: Sequence[Order], now: datetime) -> dict[int, _Bill]:
    """Of orders with an invoice that is overdue, credited or written off."""
    today = business_day(now)
    late = Q(status=InvoiceStatus.OPEN, due_on__lt=today)
    rows = Invoice.objects.filter(order__in=orders).filter(late | Q(credited__gt=0) | Q(written_off__gt=0))
    found: dict[int, list[Invoice]] = defaultdict(list)
    for row in rows:
        found[row.order_id or 0].append(row)
    back = _taken_back([row.pk for row in rows if row.credited])
    return {
        pk: _Bill(
            is_overdue=any(row.status == InvoiceStatus.OPEN and row.due_on < today for row in own),
            credited=sum((row.credited - back.get(row.pk, ZERO) + row.written_off for row in own), ZERO),
        )
        for pk, own in found.items()
    }


def _taken_back(invoice_ids: Sequence[int]) -> dict[int, Decimal]:
    """Credited because the order changed or is billed anew: its own total says so already."""
    if not invoice_ids:
        return {}
    notes = CreditNote.objects.filter(invoice__in=invoice_ids, reason__in=TAKEN_BACK).order_by()
    return {pk: exact(sum_) for pk, sum_ in notes.values_list("invoice_id").annotate(sum=Sum("gross_total"))}
