"""Units that were picked: ledger, counters and states of their orders. Steps of the scans of a wave."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from fulfilment.actions.putting_back import settle_work, units_by_line
from fulfilment.actions.staging import stage_bin
from fulfilment.models import FulfilmentLine, PickTask, Wave
from fulfilment.scans import Scan
from fulfilment.states import WaveStatus, WorkStatus
from inventory.actions.moving import Move, write_moves
from inventory.states import MovementKind
from orders.actions import progress
from orders.models import OrderLine


def share(tasks: Sequence[PickTask], units: int) -> dict[PickTask, int]:
    """Open tasks, in their order, with the units each takes."""
    shares = {}
    for task in tasks:
        if count := min(units, task.open_units):
            shares[task] = count
            units -= count
    return shares


def record_pick(taken: dict[PickTask, int], *, key: str, scan: Scan) -> None:
    """Inside the caller's transaction (orders and works locked): ledger, counters and states of picked units.

    `key` names the effect: the same scan twice is refused by the database.
    """
    moves = []
    for task, count in taken.items():
        stage = stage_bin(task.bin.warehouse_id)
        work = task.line.work
        same: dict[str, Any] = {
            "kind": MovementKind.PICKED,
            "sku_id": task.line.sku_id,
            "lot_id": task.lot_id,
            "document": work.number,
        }
        name = f"{key}:{task.pk}"
        moves.append(Move(**same, bin=task.bin, quantity=-count, bin_allocated=count, key=f"{name}:out", transfer=name))
        moves.append(Move(**same, bin=stage, quantity=count, key=f"{name}:in", transfer=name))
    write_moves(moves, by=scan.by, now=scan.now, device=scan.device)
    count_picked(taken, 1)
    move_counters(taken, source="allocated", target="picked", now=scan.now)
    for work in {task.line.work_id: task.line.work for task in taken}.values():
        if work.status == WorkStatus.RELEASED:
            work.move_to(WorkStatus.PICKING, now=scan.now)
        settle_work(work, now=scan.now)


def count_picked(taken: dict[PickTask, int], sign: int) -> None:
    for task, count in taken.items():
        task.picked += sign * count
        task.is_skipped = False
        FulfilmentLine.objects.filter(pk=task.line_id).update(picked=F("picked") + sign * count)
    PickTask.objects.bulk_update(list(taken), ["picked", "is_skipped"])


def move_counters(taken: dict[PickTask, int], *, source: str, target: str, now: datetime) -> None:
    orders = {task.line.work.order_id: task.line.work.order for task in taken}
    progress.advance_lines(OrderLine.objects.all(), units_by_line(taken), source=source, target=target)
    progress.settle(list(orders.values()), now=now)


def start_wave(wave: Wave, *, now: datetime) -> None:
    if wave.status in (WaveStatus.OPEN, WaveStatus.DONE):
        wave.move_to(WaveStatus.PICKING, now=now)
