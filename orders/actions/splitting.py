"""Shipping an order in parts: now what is here, or from another warehouse."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.actions.holding import give_back, lock_levels, promise
from inventory.models import Warehouse
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.allocation import add_allocations, keep_or_drop
from orders.actions.progress import lock_order
from orders.actions.promises import renew_promises
from orders.models import Allocation, Order, OrderLine
from orders.network import load_network
from orders.sourcing import Part
from orders.states import OrderStatus


class CannotSplit(Exception):
    """The order cannot be split so; the sentence says why."""


@transaction.atomic(durable=True)
def ship_in_parts(order_id: int, *, by: User | str, now: datetime) -> Order:
    """Let what is promised go out now; what waits for stock follows as its own parcel. Raises CannotSplit."""
    order = lock_order(order_id)
    _refuse(order)
    lines = OrderLine.objects.filter(order=order)
    if not (lines.filter(backordered__gt=0).exists() and lines.filter(promised__gt=0).exists()):
        raise CannotSplit(_("%(order)s has no part that could go before the rest") % {"order": order})
    return _set(
        order, ships_in_parts=True, sentence=gettext_noop("What is here ships now, the rest later"), by=by, now=now
    )


@transaction.atomic(durable=True)
def ship_together(order_id: int, *, by: User | str, now: datetime) -> Order:
    """Undo `ship_in_parts`: everything waits for the last part. Raises CannotSplit."""
    order = lock_order(order_id)
    _refuse(order)
    return _set(order, ships_in_parts=False, sentence=gettext_noop("Waits until all of it can ship"), by=by, now=now)


def _refuse(order: Order) -> None:
    if order.current_status != OrderStatus.ACCEPTED:
        raise CannotSplit(_("%(order)s is not open any more") % {"order": order})


def _set(order: Order, *, ships_in_parts: bool, sentence: str, by: User | str, now: datetime) -> Order:
    if order.ships_in_parts != ships_in_parts:
        order.ships_in_parts = ships_in_parts
        order.version += 1
        order.save(update_fields=["ships_in_parts", "version"])
        record("order.split", sentence, subject=order.number, by=by, now=now)
    return order


@retries_conflicts
@transaction.atomic(durable=True)
def move_promise(
    order_id: int, *, line_id: int, units: int, source_id: int, target_id: int, by: User | str, now: datetime
) -> Order:
    """Promise units of a line from another warehouse instead; what the floor has stays. Undone by its reverse.

    Raises CannotSplit, NotEnoughStock.
    """
    order = lock_order(order_id)
    _refuse(order)
    row = Allocation.objects.filter(line__order=order, line=line_id, warehouse=source_id).first()
    if row is None or not 0 < units <= row.quantity - row.released:
        raise CannotSplit(_("Fewer units than that are promised there and not on the floor yet"))
    row.quantity -= units
    keep_or_drop([row])
    add_allocations([Part(row.line_id, row.sku_id, target_id, units)], now=now)
    # Both levels in primary-key order, last: closes the deadlock of two moves in opposite directions.
    levels = lock_levels([row.sku_id], [source_id, target_id])
    if (target_id, row.sku_id) not in levels:
        raise CannotSplit(_("The other warehouse does not have this item"))
    give_back({levels[source_id, row.sku_id].pk: units})
    promise({levels[target_id, row.sku_id].pk: units})
    renew_promises([order], load_network(now=now, countries=[order.ship_country]), by=by, now=now)
    target = Warehouse.objects.get(pk=target_id)
    sentence = gettext_noop("{units} units now come from {place}")
    record("order.split", sentence, subject=order.number, by=by, now=now, units=units, place=target.title)
    return order
