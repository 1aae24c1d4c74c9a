"""How far an order's units are, and the statuses that follow from it. Steps for everything that moves them."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Case, F, IntegerField, Value, When

from orders.models import Order, OrderLine
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
    if target not in UNIT_MOVES[source]:
        raise NoSuchMove(f"units that are {source} cannot become {target}")
    wanted = {pk: count for pk, count in units.items() if count}
    if not wanted:
        return
    if min(wanted.values()) < 0:
        raise NotThatMany("units to move are counted up, never down")
    count = Case(*(When(pk=pk, then=Value(n)) for pk, n in wanted.items()), output_field=IntegerField())
    moved = (
        OrderLine.objects.filter(order=order, pk__in=list(wanted))
        .annotate(wanted=count)
        .filter(**{f"{source}__gte": F("wanted")})
        .update(**{source: F(source) - count, target: F(target) + count})
    )
    if moved != len(wanted):
        raise NotThatMany(f"{order}: fewer units are {source} than were to become {target}")


def refresh_status(order: Order, *, now: datetime) -> Order:
    """Inside the caller's transaction: derive both statuses and the paid sums of a locked order.

    Closes the order when everything has arrived. Writes only what differs.
    """
    before = _stored(order)
    derive(order, now=now)
    changed = [name for name, value in _stored(order).items() if value != before[name]]
    if changed:
        order.save(update_fields=changed)
    if order.current_status == OrderStatus.ACCEPTED and order.fulfilment_status == FulfilmentStatus.DELIVERED:
        order.move_to(OrderStatus.CLOSED, now=now)
    return order


DERIVED = ("payment_status", "fulfilment_status", "paid_total", "refunded_total", "units")


def _stored(order: Order) -> dict[str, object]:
    return {name: getattr(order, name) for name in DERIVED}


def derive(order: Order, *, now: datetime) -> None:
    """Set what follows from lines, payments, invoices and parcels; nothing is saved."""
    lines = list(OrderLine.objects.filter(order=order))
    money = paid(order.payments.all())
    order.fulfilment_status = fulfilment_status(lines, all_arrived=_all_arrived(order, lines))
    order.payment_status = payment_status(money, total=order.total, is_overdue=_is_overdue(order, now))
    order.paid_total, order.refunded_total = money.captured, money.refunded
    order.units = sum(line.ordered - line.cancelled for line in lines if line.is_stocked)


def _all_arrived(order: Order, lines: list[OrderLine]) -> bool:
    if not any(line.shipped for line in lines):
        return False
    return not order.shipments.filter(status__in=["packed", "dispatched"]).exists()


def _is_overdue(order: Order, now: datetime) -> bool:
    return order.invoices.filter(status=InvoiceStatus.OPEN, due_on__lt=now.date()).exists()
