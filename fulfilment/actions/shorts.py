"""Short pick: goods that are not where the books say, and everything that follows from it at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.choosing import is_pickable, outlives, shelf_of
from fulfilment.actions.putting_back import settle_wave, settle_work
from fulfilment.actions.releasing import set_aside, task_for
from fulfilment.actions.walking import Place, lock_works, place_of
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask, Wave
from fulfilment.reports import Pick
from fulfilment.scans import Answer, Scan, right, wrong
from fulfilment.shelving import Demand, Shelf, Shelves, Take
from fulfilment.states import ShortReason, Verdict
from inventory.actions.holding import lock_levels
from inventory.actions.moving import Move, write_moves
from inventory.actions.reserving import give_way
from inventory.models import Bin, BinStock, CountTask, StockLevel, Warehouse
from inventory.states import BinKind, MovementKind
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from orders.actions import progress
from orders.actions.allocation import allocate
from orders.models import Allocation, Order, OrderLine


def short_pick(wave: Wave, scan: Scan) -> Answer:
    """Inside the caller's transaction (wave locked): only `scan.found` of the wanted units are here.

    The missing units leave the books (damaged ones move to the damaged place), the bin is counted
    before it is used again, each order takes another bin or, failing that, another warehouse or its
    place in the queue; other orders that wanted units from this bin are looked at again as well.
    """
    place = place_of(wave)
    if place.pick is None or place.step == "tote":
        return wrong(_("There is no line to report short"))
    reason = scan.reason or ShortReason.NOT_FOUND
    if reason not in ShortReason.values:
        return wrong(_("Say why: not found, damaged or wrong item"))
    if scan.found is None:
        return right(_("How many are here?"), verdict=Verdict.COMMAND, ask="short")
    found = scan.found
    if not 0 <= found < place.pick.left:
        return wrong(_("%(left)s are wanted here. Say how many of them there are") % {"left": place.pick.left})
    return _report(wave, place, found, reason, scan)


def _report(wave: Wave, place: Place, found: int, reason: str, scan: Scan) -> Answer:
    pick = place.pick or place.picks[0]
    tasks = _tasks_on(pick, with_others=reason != ShortReason.DAMAGED)
    works = {work.pk: work for work in lock_works(tasks)}
    tasks = _tasks_on(pick, with_others=reason != ShortReason.DAMAGED)
    for task in tasks:
        task.line.work = works[task.line.work_id]
    gone = _missing_units(pick, tasks, found)
    if not gone:
        return wrong(_("There is no line to report short"))
    _suspect(pick, reason, now=scan.now)
    sent = _replace(pick, gone, reason, scan)
    _note_each(pick, gone, sent, reason, by=scan.by, now=scan.now)
    for work in works.values():
        settle_work(work, now=scan.now)
    settle_wave(wave, now=scan.now)
    return right(_sentence(pick, gone, sent), verdict=Verdict.LINE_DONE, effect={"short": sum(gone.values())})


def _tasks_on(pick: Pick, *, with_others: bool) -> list[PickTask]:
    """Open tasks of this stop, and of other stops and waves that want the same bin, item and lot."""
    tasks = PickTask.objects.unpicked().select_related("bin", "line__sku", "line__work__warehouse").order_by("pk")
    if with_others:
        return list(tasks.filter(bin=pick.bin, line__sku=pick.sku, lot=pick.lot))
    return list(tasks.filter(pk__in=[task.pk for task in pick.tasks]))


def _missing_units(pick: Pick, tasks: Sequence[PickTask], found: int) -> dict[PickTask, int]:
    """Units each task lacks: what was found is kept for this stop, most urgent order first."""
    mine = {task.pk: place for place, task in enumerate(pick.tasks)}
    gone = {}
    for task in sorted(tasks, key=lambda task: (task.pk not in mine, mine.get(task.pk, 0), task.pk)):
        kept = min(found, task.open_units)
        found -= kept
        if task.open_units > kept:
            gone[task] = task.open_units - kept
    return gone


def _suspect(pick: Pick, reason: str, *, now: datetime) -> None:
    """The bin is left out of new picks until it was counted."""
    if reason != ShortReason.DAMAGED:
        Bin.objects.filter(pk=pick.bin.pk).update(is_suspect=True)
    CountTask.objects.get_or_create(
        bin=pick.bin, sku=pick.sku, done_at=None, defaults={"reason": str(ShortReason(reason).label), "opened_at": now}
    )


def _replace(pick: Pick, gone: dict[PickTask, int], reason: str, scan: Scan) -> dict[int, list[Take]]:
    """Other bins for the missing units, as far as they are free; the rest leaves the promise. By task id."""
    warehouse_id = pick.bin.warehouse_id
    level = _lock_levels(pick, gone)[warehouse_id, pick.sku.pk]
    give_way(level)
    spare = level.on_hand - level.unsaleable - level.allocated
    shelves = Shelves(_other_shelves(pick))
    found: dict[int, list[Take]] = {}
    lost: dict[PickTask, int] = {}
    for task, units in gone.items():
        until = outlives(task.line.work.order)
        takes, _missing = shelves.take_some([Demand(task.line_id, pick.sku.pk, min(units, spare), until)])
        found[task.pk] = takes
        spare -= sum(take.units for take in takes)
        lost[task] = units - sum(take.units for take in takes)
    phantom = min(spare, _phantom_units(pick, scan.found or 0, reason))
    _take_off_books(pick, gone, lost, phantom, reason, scan)
    _write_takes(gone, found, reason)
    _lose(lost, by=scan.by, now=scan.now)
    return found


def _lock_levels(pick: Pick, gone: Iterable[PickTask]) -> dict[tuple[int, int], StockLevel]:
    """Every level that the loss may touch, at once: the orders may be given this item, and others they lack, anywhere.

    Levels before bin balances: closes the race with promises being made for the same units, and the deadlock with one.
    """
    lines = OrderLine.objects.filter(order__in={task.line.work.order_id for task in gone}, sku__isnull=False)
    skus = {pick.sku.pk, *lines.values_list("sku_id", flat=True)}
    return lock_levels(skus, Warehouse.objects.values_list("pk", flat=True))


def _phantom_units(pick: Pick, found: int, reason: str) -> int:
    """Units that nobody has asked for and that, by what the picker saw, are not in the bin either."""
    if reason == ShortReason.DAMAGED or found:
        return 0
    row = BinStock.objects.filter(bin=pick.bin, sku=pick.sku, lot=pick.lot).first()
    return row.quantity - row.allocated if row else 0


def _other_shelves(pick: Pick) -> list[Shelf]:
    # The balance of the short bin changes as well: locked here, in one order with a release that takes from both.
    rows = (
        BinStock.objects.select_for_update(of=("self",))
        .filter(bin__warehouse=pick.bin.warehouse_id, sku=pick.sku)
        .select_related("bin", "lot")
        .order_by("pk")
    )
    return [
        shelf_of(row)
        for row in rows
        if row.bin_id != pick.bin.pk and row.quantity > row.allocated and is_pickable(row.bin)
    ]


def _take_off_books(
    pick: Pick, gone: dict[PickTask, int], lost: dict[PickTask, int], phantom: int, reason: str, scan: Scan
) -> None:
    """Missing units are adjusted away (a count brings back what is found); damaged ones go to the damaged place."""
    units, off = sum(gone.values()), sum(lost.values())
    same: dict[str, Any] = {"sku_id": pick.sku.pk, "lot_id": pick.lot.pk if pick.lot else None, "document": scan.task}
    why = _("Short pick: %(reason)s") % {"reason": ShortReason(reason).label.lower()}
    kind = MovementKind.MOVED if reason == ShortReason.DAMAGED else MovementKind.ADJUSTED
    key = f"short:{scan.key}"
    moves = [
        Move(
            **same,
            kind=kind,
            bin=pick.bin,
            quantity=-units - phantom,
            bin_allocated=units,
            level_allocated=off,
            key=f"{key}:out",
            transfer=key if reason == ShortReason.DAMAGED else "",
            reason=why,
        )
    ]
    if reason == ShortReason.DAMAGED:
        there = _damaged_place(pick.bin.warehouse_id)
        moves.append(Move(**same, kind=kind, bin=there, quantity=units, key=f"{key}:in", transfer=key, reason=why))
    write_moves(moves, by=scan.by, now=scan.now, device=scan.device)


def _damaged_place(warehouse_id: int) -> Bin:
    known = Bin.objects.filter(warehouse_id=warehouse_id, kind=BinKind.DAMAGED, is_active=True).order_by("pk").first()
    return known or Bin.objects.create(
        warehouse_id=warehouse_id, code="DAMAGED", kind=BinKind.DAMAGED, pick_sequence=999_999
    )


def _write_takes(gone: dict[PickTask, int], found: dict[int, list[Take]], reason: str) -> None:
    aside: dict[int, int] = defaultdict(int)
    new = []
    for task, units in gone.items():
        task.short += units
        task.short_reason = reason
        task.is_skipped = False
        for take in found[task.pk]:
            aside[take.shelf.stock_id] += take.units
            new.append(task_for(task.line, take))
    PickTask.objects.bulk_update(list(gone), ["short", "short_reason", "is_skipped"])
    PickTask.objects.bulk_create(new)
    set_aside(aside)


def _lose(lost: dict[PickTask, int], *, by: User, now: datetime) -> None:
    """Units that no bin here has: off the work and the promise; the order asks for them again."""
    by_order: dict[int, list[tuple[PickTask, int]]] = defaultdict(list)
    for task, units in lost.items():
        if units:
            by_order[task.line.work.order_id].append((task, units))
    for order_id in sorted(by_order):
        rows = by_order[order_id]
        order = rows[0][0].line.work.order
        by_line = _sum_by_line(rows)
        for task, count in rows:
            FulfilmentLine.objects.filter(pk=task.line_id).update(quantity=F("quantity") - count)
        _shrink_allocations(rows[0][0].line.work.warehouse_id, by_line)
        progress.advance(order, by_line, source="allocated", target="backordered")
        allocate(order, by=by, now=now)


def _sum_by_line(rows: Iterable[tuple[PickTask, int]]) -> dict[int, int]:
    units: dict[int, int] = defaultdict(int)
    for task, count in rows:
        units[task.line.order_line_id] += count
    return dict(units)


def _shrink_allocations(warehouse_id: int, units: dict[int, int]) -> None:
    for row in Allocation.objects.select_for_update().filter(line__in=list(units), warehouse=warehouse_id):
        count = units[row.line_id]
        if row.quantity <= count:
            row.delete()
            continue
        row.quantity -= count
        row.released -= count
        row.save(update_fields=["quantity", "released"])


def _note_each(
    pick: Pick, gone: dict[PickTask, int], found: dict[int, list[Take]], reason: str, *, by: User, now: datetime
) -> None:
    per_work: dict[FulfilmentOrder, int] = defaultdict(int)
    for task, units in gone.items():
        per_work[task.line.work] += units
    for work, units in per_work.items():
        record(
            "pick.short",
            gettext_noop("{units} {item} short at {bin}: {reason}"),
            subject=work.number,
            thread=_order(work).number,
            by=by,
            now=now,
            category=ActivityCategory.WAREHOUSE,
            units=units,
            item=pick.sku.code,
            bin=pick.bin.code,
            reason=str(ShortReason(reason).label).lower(),
        )


def _order(work: FulfilmentOrder) -> Order:
    return work.order


def _sentence(pick: Pick, gone: dict[PickTask, int], found: dict[int, list[Take]]) -> str:
    mine = {task.pk for task in pick.tasks}
    takes = [take for pk, taken in found.items() if pk in mine for take in taken]
    units = sum(take.units for take in takes)
    wanted = sum(count for task, count in gone.items() if task.pk in mine)
    if not units:
        return _("%(wanted)s short. No other place has it; the order goes on without") % {"wanted": wanted}
    bins = Bin.objects.filter(pk__in={take.shelf.bin_id for take in takes}).order_by("pick_sequence", "code")
    facts = {"units": units, "wanted": wanted, "bins": ", ".join(bins.values_list("code", flat=True))}
    return _("%(wanted)s short. Take %(units)s from %(bins)s instead") % facts
