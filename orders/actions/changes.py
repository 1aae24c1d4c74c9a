"""Editing an order after it was accepted: a change set, previewed, applied whole, undoable."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import Activity, User
from ordermgmt.retrying import retries_conflicts
from orders.actions.change_previews import preview
from orders.actions.making_changes import TooLateToChange, carry_out, refuse_free_units
from orders.actions.progress import lock_order
from orders.emails import changed_message
from orders.models import Order, OrderChange
from orders.states import ChangeState, OrderStatus
from orders.wanted import Wanted


class ChangeConflict(Exception):
    """Somebody changed the order meanwhile; `latest` says who, when and what."""

    def __init__(self, order: Order, latest: Activity | None) -> None:
        super().__init__(_("%(order)s was changed meanwhile. Look at it again") % {"order": order})
        self.latest = latest


@transaction.atomic(durable=True)
def propose_change(order_id: int, wanted: Wanted, *, by: User | str, now: datetime) -> OrderChange:
    """Write down a change with its preview: money, stock and promise before and after. Nothing else changes.

    Raises TooLateToChange.
    """
    order = lock_order(order_id)
    _refuse_when_late(order, wanted)
    return OrderChange.objects.create(
        order=order,
        wanted=wanted.as_json(),
        preview=preview(order, wanted, now=now),
        order_version=order.version,
        by=str(by),
        created_at=now,
    )


def _refuse_when_late(order: Order, wanted: Wanted) -> None:
    """Raises TooLateToChange: closed orders, an address that is on a box already, units that cannot be."""
    if order.current_status != OrderStatus.ACCEPTED:
        raise TooLateToChange(_("%(order)s is %(state)s.") % {"order": order, "state": order.get_status_display()})
    lines = list(order.lines.all())
    if wanted.address is not None and any(line.packed or line.shipped for line in lines):
        raise TooLateToChange(_("The address is on a packed box or a parcel that has left"))
    sold = [line for line in lines if line.bundle_id is None]
    moved = [line for line in sold if line.pk in wanted.units]
    if len(moved) != len(wanted.units):
        raise TooLateToChange(_("A line to be changed is not part of %(order)s") % {"order": order})
    if any(units < 0 for units in wanted.units.values()):
        raise TooLateToChange(_("Units cannot be below zero"))
    refuse_free_units(order, sold, wanted.units)
    if (
        wanted.units
        and not wanted.add
        and not any(wanted.units.get(line.pk, line.ordered - line.cancelled) for line in sold)
    ):
        raise TooLateToChange(_("Nothing would be left of %(order)s. Cancel it instead") % {"order": order})


@retries_conflicts
@transaction.atomic(durable=True)
def apply_change(change_id: int, *, by: User | str, now: datetime, tell_customer: bool = False) -> Order:
    """Make a proposed change, all of it or nothing. Raises ChangeConflict, TooLateToChange."""
    order = lock_order(OrderChange.objects.values_list("order_id", flat=True).get(pk=change_id))
    change = OrderChange.objects.get(pk=change_id)
    if change.state != ChangeState.PROPOSED or change.order_version != order.version:
        raise ChangeConflict(order, Activity.objects.of(order.number).first())
    wanted = Wanted.of_json(change.wanted)
    _refuse_when_late(order, wanted)
    change.before = carry_out(order, wanted, by=by, now=now)
    change.state, change.applied_at = ChangeState.APPLIED, now
    change.save(update_fields=["state", "applied_at", "before"])
    sentences = change.preview.get("sentences", [])
    what = "; ".join(sentences)[:250]
    record("order.changed", gettext_noop("Changed: {what}"), subject=order.number, by=by, now=now, what=what)
    if tell_customer:
        changed_message(order, change=change.pk, sentences=sentences, now=now)
    return order


def change(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> OrderChange:
    """Inside the caller's transaction: change a locked order at once; can be undone. Raises TooLateToChange."""
    _refuse_when_late(order, wanted)
    made = OrderChange(order=order, wanted=wanted.as_json(), order_version=order.version, by=str(by), created_at=now)
    made.preview = preview(order, wanted, now=now)
    made.before = carry_out(order, wanted, by=by, now=now)
    made.state, made.applied_at = ChangeState.APPLIED, now
    made.save(force_insert=True)
    what = "; ".join(made.preview["sentences"])[:250]
    record("order.changed", gettext_noop("Changed: {what}"), subject=order.number, by=by, now=now, what=what)
    return made


@retries_conflicts
@transaction.atomic(durable=True)
def undo_change(change_id: int, *, by: User | str, now: datetime) -> Order:
    """Put back what a change did, while nothing physical has happened. Raises TooLateToChange, ChangeConflict."""
    order = lock_order(OrderChange.objects.values_list("order_id", flat=True).get(pk=change_id))
    change = OrderChange.objects.get(pk=change_id)
    later = OrderChange.objects.filter(order=order, state=ChangeState.APPLIED, applied_at__gt=change.applied_at or now)
    if change.state != ChangeState.APPLIED or later.exists():
        raise ChangeConflict(order, Activity.objects.of(order.number).first())
    if any(line.allocated or line.picked or line.packed or line.shipped for line in order.lines.all()):
        raise TooLateToChange(_("%(order)s is with the warehouse: make a new change instead") % {"order": order})
    before = Wanted.of_json(change.before["wanted"])
    refuse_free_units(order, order.lines.all(), before.units)
    carry_out(order, before, by=by, now=now, money=change.before["money"])
    change.state, change.undone_at = ChangeState.UNDONE, now
    change.save(update_fields=["state", "undone_at"])
    record("order.change_undone", gettext_noop("The last change was undone"), subject=order.number, by=by, now=now)
    return order
