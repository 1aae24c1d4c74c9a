"""Cancelling an order or part of it: units, stock, money, the channel's document, messages."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.actions.holding import give_back, lock_levels
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.allocation import free_promised
from orders.actions.finishing import finish_unshipped
from orders.actions.owing_again import lock_subscription_of, owe_again
from orders.actions.paid_units import paying_delivery
from orders.actions.paying import release_when_paid
from orders.actions.progress import advance, lock_order, refresh_status
from orders.actions.repricing import MONEY, reprice_line, tax_of, total_up
from orders.actions.unbilling import credit_what_is_not_sent
from orders.emails import cancelled_message, hold_settled
from orders.models import Allocation, Hold, InboundOrder, Order, OrderLine
from orders.states import InboundState, LineKind, OrderStatus

STAGES = ("backordered", "promised", "allocated", "picked", "packed")


class TooLateToCancel(Exception):
    """Something has left or is sealed already; the sentence says what, and what can be done."""


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_order(order_id: int, *, by: User | str, reason: str, now: datetime, tell_customer: bool = True) -> Order:
    """Cancel all of an order. Its stock is free at once; who picks it gets a Stop at the next scan.

    Raises TooLateToCancel.
    """
    lock_subscription_of(order_id)
    order = lock_order(order_id)
    cancel(order, by=by, reason=reason, now=now, tell_customer=tell_customer)
    return order


def cancel(order: Order, *, by: User | str, reason: str, now: datetime, tell_customer: bool = True) -> None:
    """Inside the caller's transaction: cancel a locked order (`lock_subscription_of` before). Raises TooLateToCancel."""
    refuse_when_late(order)
    lines = list(OrderLine.objects.filter(order=order))
    units = sum(line.to_ship for line in lines if line.is_stocked)
    for stage in STAGES:
        left = {line.pk: getattr(line, stage) for line in lines if line.is_stocked}
        advance(order, left, source=stage, target="cancelled")
    _cancel_unstocked(order)
    _free_everything(order)
    order.move_to(OrderStatus.CANCELLED, now=now, cancel_reason=reason[:200], version=order.version + 1)
    _end_holds(order, by=by, now=now)
    InboundOrder.objects.filter(order=order).update(state=InboundState.CANCELLED)
    refresh_status(order, now=now)
    one = gettext_noop("Cancelled: {reason}. 1 unit is free again")
    more = gettext_noop("Cancelled: {reason}. {units} units are free again")
    record(
        "order.cancelled", one if units == 1 else more, subject=order.number, by=by, now=now, reason=reason, units=units
    )
    paid_ahead = owe_again(order, by=by, now=now)
    if tell_customer:
        cancelled_message(order, is_whole=True, change=order.version, now=now, paid_ahead=paid_ahead)
    credit_what_is_not_sent(order, by=by, now=now)


def refuse_when_late(order: Order) -> None:
    """Raises TooLateToCancel when something of the order has left, or waits sealed for the carrier."""
    if order.current_status in (OrderStatus.CLOSED, OrderStatus.CANCELLED):
        facts = {"order": order, "state": order.get_status_display().lower()}
        raise TooLateToCancel(_("%(order)s is %(state)s already. There is nothing left to cancel") % facts)
    if OrderLine.objects.filter(order=order, shipped__gt=0).exists():
        text = _("Part of %(order)s has left already. Cancel what is still here, and take the rest back as a return")
        raise TooLateToCancel(text % {"order": order})
    sealed = order.shipments.filter(status="packed").values_list("number", flat=True).first()
    if sealed:
        text = _("%(order)s is packed and labelled (%(shipment)s). Have it unpacked first, then cancel")
        raise TooLateToCancel(text % {"order": order, "shipment": sealed})


def _end_holds(order: Order, *, by: User | str, now: datetime) -> None:
    """What was to be asked of the customer is not asked any more."""
    holds = Hold.objects.filter(order=order).open()
    for code in set(holds.values_list("code", flat=True)):
        hold_settled(order, code=code)
    holds.update(released_at=now, released_by=str(by))


def _cancel_unstocked(order: Order) -> None:
    """Bundles and services carry no stages: all their units are cancelled with the order."""
    rows = list(OrderLine.objects.filter(order=order, kind__in=[LineKind.BUNDLE, LineKind.SERVICE]))
    for row in rows:
        row.cancelled = row.ordered
    OrderLine.objects.bulk_update(rows, ["cancelled"])


def _free_everything(order: Order) -> None:
    rows = list(Allocation.objects.filter(line__order=order))
    if not rows:
        return
    by_level: dict[tuple[int, int], int] = {}
    for row in rows:
        key = (row.warehouse_id, row.sku_id)
        by_level[key] = by_level.get(key, 0) + row.quantity
    Allocation.objects.filter(pk__in=[row.pk for row in rows]).delete()
    # Last in the lock order.
    levels = lock_levels({sku for _w, sku in by_level}, {warehouse for warehouse, _s in by_level})
    give_back({levels[key].pk: units for key, units in by_level.items()})


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_units(
    order_id: int,
    units: Mapping[int, int],
    *,
    by: User | str,
    reason: str,
    now: datetime,
    tell_customer: bool = True,
) -> Order:
    """Cancel some units by line id (of a bundle: its line, the parts follow). Raises TooLateToCancel."""
    lock_subscription_of(order_id)
    order = lock_order(order_id)
    lines = {line.pk: line for line in OrderLine.objects.filter(order=order)}
    gone = {pk: count for pk, count in units.items() if count > 0}
    if not all(pk in lines and lines[pk].bundle_id is None for pk in gone):
        raise TooLateToCancel(_("A line to be cancelled is not part of %(order)s") % {"order": order})
    if all(lines[pk].ordered - lines[pk].cancelled == gone.get(pk, 0) for pk in lines if lines[pk].bundle_id is None):
        cancel(order, by=by, reason=reason, now=now, tell_customer=tell_customer)
        return order
    tax_before = tax_of(lines.values())
    take_off(order, lines, gone, now=now)
    total_up(order, tax_before=tax_before, lines=lines.values())
    refresh_status(order, now=now)
    names = ", ".join(f"{count} × {lines[pk].name}" for pk, count in gone.items())
    sentence = gettext_noop("Cancelled {what}: {reason}")
    record("order.part_cancelled", sentence, subject=order.number, by=by, now=now, what=names[:200], reason=reason)
    if tell_customer:
        paid_ahead = "part" if order.is_renewal and paying_delivery(order) else ""
        cancelled_message(order, is_whole=False, change=order.version, now=now, paid_ahead=paid_ahead)
    credit_what_is_not_sent(order, by=by, now=now)
    release_when_paid(order, by=by, now=now)
    finish_unshipped(order, by=by, now=now)
    return order


def take_off(order: Order, lines: Mapping[int, OrderLine], gone: Mapping[int, int], *, now: datetime) -> None:
    """Inside the caller's transaction: cancel units of a locked order that are not on the floor, and their money.

    What waits for stock goes first, then what is promised. The order's totals are the caller's.
    Raises TooLateToCancel.
    """
    if order.current_status != OrderStatus.ACCEPTED:
        raise TooLateToCancel(_("%(order)s is not open any more") % {"order": order})
    stocked = stocked_units(lines, gone)
    for pk, count in stocked.items():
        if count > lines[pk].backordered + lines[pk].promised:
            raise TooLateToCancel(_too_late(lines[pk]))
    waiting = {pk: min(count, lines[pk].backordered) for pk, count in stocked.items()}
    advance(order, waiting, source="backordered", target="cancelled")
    promised = {pk: count - waiting[pk] for pk, count in stocked.items() if count > waiting[pk]}
    if promised:
        free_promised(order, now=now, lines=promised, to="cancelled")
    _lower_money(order, lines, gone)


def stocked_units(lines: Mapping[int, OrderLine], units: Mapping[int, int]) -> dict[int, int]:
    """Units of lines as sold, in terms of the lines that are picked: a bundle's parts stand for it."""
    wanted = {pk: count for pk, count in units.items() if lines[pk].is_stocked}
    for line in lines.values():
        if line.bundle_id is not None and line.bundle_id in units:
            sold = lines[line.bundle_id]
            wanted[line.pk] = wanted.get(line.pk, 0) + line.ordered // sold.ordered * units[sold.pk]
    return wanted


def _too_late(line: OrderLine) -> str:
    free = line.backordered + line.promised
    text = _("%(name)s: only %(units)s can still be cancelled, the rest is with the warehouse or has left")
    return text % {"name": line.name, "units": free}


def _lower_money(order: Order, lines: Mapping[int, OrderLine], gone: Mapping[int, int]) -> None:
    for pk, count in gone.items():
        line = lines[pk]
        before = line.ordered - line.cancelled
        if count > before:
            raise TooLateToCancel(_too_late(line))
        line.cancelled += count
        reprice_line(line, before=before, order=order)
        fields = MONEY if line.is_stocked else (*MONEY, "cancelled")
        line.save(update_fields=fields)
