"""When an order is stopped on the floor: work set aside, withdrawn, and goods put back on the shelf."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.releasing import lock_work
from fulfilment.actions.staging import stage_bin
from fulfilment.actions.taking_back import drop_open
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PackBox, PickTask, Wave
from fulfilment.scans import Answer, stop
from fulfilment.states import WaveStatus, WorkStatus
from inventory.actions.moving import Move, write_moves
from inventory.states import MovementKind
from ordermgmt.clock import local_time
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions.holds import stops
from orders.models import Hold, Order
from orders.states import OrderStatus


class NothingToPutBack(Exception):
    """No goods of this order stand at the bench to be put back."""


def stopped(order: Order, work: FulfilmentOrder, stage: str, *, by: User | None, now: datetime) -> Answer | None:
    """Inside the caller's transaction (order and work locked): what the person must do when the order may not go on.

    A cancelled order's work is withdrawn, a held one's is set aside; nothing else happens at this scan.
    """
    words = why_stopped(order, work, stage)
    if not words:
        return None
    if order.status == OrderStatus.CANCELLED:
        withdraw(order, work, by=by, now=now)
    elif hold := stops(order, stage):
        _set_aside(work, hold, by=by, now=now)
    return stop(words)


def why_stopped(order: Order, work: FulfilmentOrder, stage: str) -> str:
    """What to do with the goods of an order that may not go on; nothing when it may. Writes nothing."""
    if order.status == OrderStatus.CANCELLED:
        return _cancelled_sentence(order, work)
    hold = stops(order, stage)
    return _held_sentence(order, work, hold) if hold else ""


def _cancelled_sentence(order: Order, work: FulfilmentOrder) -> str:
    picked = sum(work.lines.values_list("picked", flat=True))
    facts = {"order": order.number, "units": picked, "tote": work.tote or work.number}
    if not picked:
        return _("Stop. %(order)s was cancelled. Take nothing for it") % facts
    return _("Stop. %(order)s was cancelled. Leave its %(units)s in tote %(tote)s") % facts


def _held_sentence(order: Order, work: FulfilmentOrder, hold: Hold) -> str:
    facts = {
        "order": order.number,
        "time": local_time(hold.opened_at, work.warehouse.time_zone),
        "reason": hold.reason.rstrip("."),
        "tote": work.tote or work.number,
    }
    return _("Stop. %(order)s was put on hold at %(time)s (%(reason)s). Put tote %(tote)s on the hold shelf") % facts


def withdraw(order: Order, work: FulfilmentOrder, *, by: User | None, now: datetime) -> None:
    """Inside the caller's transaction: end the work of a cancelled order; picked goods wait to be put back.

    The order's own counters moved when it was cancelled.
    """
    drop_open(work)
    PackBox.objects.filter(work=work).delete()
    work.lines.update(packed=0)
    work.move_to(WorkStatus.CANCELLED, now=now, packer=None)
    _note(order, work, "work.withdrawn", gettext_noop("{work} stopped on the floor: order cancelled"), by=by, now=now)


def _set_aside(work: FulfilmentOrder, hold: Hold, *, by: User | None, now: datetime) -> None:
    """Held work leaves its wave with what is in the tote; a later wave takes it up again."""
    if work.status == WorkStatus.PACKING:
        work.move_to(WorkStatus.PICKED, now=now, packer=None)
    if work.status in (WorkStatus.RELEASED, WorkStatus.PICKING) and work.wave_id:
        work.wave = None
        work.save(update_fields=["wave"])
    sentence = gettext_noop("{work} set aside on the floor: {reason}")
    _note(work.order, work, "work.set_aside", sentence, by=by, now=now, reason=hold.reason)


@retries_conflicts
@transaction.atomic(durable=True)
def put_back(work_id: int, *, by: User, now: datetime, device: str = "") -> int:
    """Picked goods of a cancelled order go back where they came from; returns the units. Raises NothingToPutBack."""
    order, work = lock_work(work_id)
    tasks = list(PickTask.objects.filter(line__work=work, picked__gt=0).select_related("bin", "line").order_by("pk"))
    if work.status != WorkStatus.CANCELLED or not tasks:
        raise NothingToPutBack
    return_to_shelf({task: task.picked for task in tasks}, key=f"putback:{work.pk}", by=by, now=now, device=device)
    units = sum(task.picked for task in tasks)
    PickTask.objects.filter(pk__in=[task.pk for task in tasks]).update(quantity=F("quantity") - F("picked"), picked=0)
    FulfilmentLine.objects.filter(work=work).update(quantity=F("quantity") - F("picked"), picked=0, packed=0)
    _note(
        order,
        work,
        "work.put_back",
        gettext_noop("{units} of {work} put back on the shelf"),
        by=by,
        now=now,
        units=units,
    )
    return units


def return_to_shelf(
    units: dict[PickTask, int], *, key: str, by: User, now: datetime, device: str, keeps_aside: bool = False
) -> None:
    """Inside the caller's transaction: picked units move from the staging place back to their bins.

    With `keeps_aside` they stay set aside there for the same task.
    """
    moves = []
    for task, count in units.items():
        stage = stage_bin(task.bin.warehouse_id)
        same: dict[str, Any] = {"kind": MovementKind.UNPICKED, "sku_id": task.line.sku_id, "lot_id": task.lot_id}
        name = f"{key}:{task.pk}"
        moves.append(Move(**same, bin=stage, quantity=-count, key=f"{name}:out", transfer=name))
        aside = -count if keeps_aside else 0
        moves.append(Move(**same, bin=task.bin, quantity=count, key=f"{name}:in", transfer=name, bin_allocated=aside))
    write_moves(moves, by=by, now=now, device=device)


def withdraw_cancelled(*, now: datetime) -> int:
    """End the work of cancelled orders that nobody has scanned since, so that bins are free; returns how many."""
    due = FulfilmentOrder.objects.open().filter(order__status=OrderStatus.CANCELLED).order_by("pk")
    return sum(_withdraw_one(pk, now) for pk in list(due.values_list("pk", flat=True)))


@retries_conflicts
@transaction.atomic(durable=True)
def _withdraw_one(work_id: int, now: datetime) -> bool:
    # The wave before any order of it, as a scan takes them.
    wave = Wave.objects.select_for_update(of=("self",)).filter(fulfilment_orders=work_id).first()
    order, work = lock_work(work_id)
    if order.status != OrderStatus.CANCELLED or work.status in (WorkStatus.DISPATCHED, WorkStatus.CANCELLED):
        return False
    if work.shipments.filter(status="packed").exists():
        return False
    withdraw(order, work, by=None, now=now)
    if wave:
        settle_wave(wave, now=now)
    return True


def settle_work(work: FulfilmentOrder, *, now: datetime) -> None:
    """Inside the caller's transaction: picked when nothing is left to pick; cancelled when there is nothing at all."""
    if PickTask.objects.filter(line__work=work).unpicked().exists():
        return
    if any(work.lines.values_list("picked", flat=True)):
        if work.status == WorkStatus.RELEASED:
            work.move_to(WorkStatus.PICKING, now=now)
        if work.status == WorkStatus.PICKING:
            work.move_to(WorkStatus.PICKED, now=now)
    elif work.status in (WorkStatus.RELEASED, WorkStatus.PICKING):
        work.move_to(WorkStatus.CANCELLED, now=now)


def settle_wave(wave: Wave, *, now: datetime) -> bool:
    """Inside the caller's transaction (wave locked): finished when nothing is left to pick; says whether it is."""
    if wave.status not in (WaveStatus.OPEN, WaveStatus.PICKING):
        return wave.status == WaveStatus.DONE
    works = wave.fulfilment_orders.open()
    if works.filter(status__in=[WorkStatus.RELEASED, WorkStatus.PICKING]).exists():
        return False
    has_goods = works.exists() or wave.fulfilment_orders.filter(status=WorkStatus.DISPATCHED).exists()
    wave.move_to(WaveStatus.DONE if has_goods else WaveStatus.CANCELLED, now=now)
    return True


def units_by_line(tasks: dict[PickTask, int]) -> dict[int, int]:
    """Units of tasks, by order line."""
    units: dict[int, int] = defaultdict(int)
    for task, count in tasks.items():
        units[task.line.order_line_id] += count
    return dict(units)


def _note(
    order: Order, work: FulfilmentOrder, verb: str, sentence: str, *, by: User | None, now: datetime, **facts: object
) -> None:
    record(
        verb,
        sentence,
        subject=work.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        work=work.number,
        **facts,
    )
