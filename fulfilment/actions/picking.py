"""Picking a wave by scan: place, item, tote, next. Steps of the scan verb (actions/scanning.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from fulfilment.actions.putting_back import return_to_shelf, settle_wave, settle_work, stopped, units_by_line
from fulfilment.actions.staging import stage_bin
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask, ScanEvent, Wave
from fulfilment.reports import Pick, route
from fulfilment.scans import Answer, Scan, right, sku_of, stop, units_of, wrong
from fulfilment.states import Verdict, WaveStatus, WorkStatus
from inventory.actions.moving import Move, write_moves
from inventory.states import MovementKind
from ordermgmt import codes
from orders.actions import progress
from orders.models import Order, OrderLine
from orders.states import Stage

# What the name of a quantity card begins with: Q-12.
COUNT = "Q-"


@dataclass(frozen=True)
class Place:
    """Where the picker stands: the next scan (`location`, `item`, `tote` or `end`) and its stop."""

    step: str
    pick: Pick | None
    picks: Sequence[Pick]


def place_of(wave: Wave, picks: Sequence[Pick] | None = None) -> Place:
    """The next scan that is wanted."""
    picks = route(wave) if picks is None else picks
    pick = next((one for one in picks if not one.is_done), None)
    if wave.awaits_tote:
        return Place("tote", pick, picks)
    if pick is None:
        return Place("end", None, picks)
    if wants_place(pick, picks) and wave.at_bin_id != pick.bin.pk:
        return Place("location", pick, picks)
    return Place("item", pick, picks)


def wants_place(pick: Pick, picks: Sequence[Pick]) -> bool:
    """SCAN_LOCATION: always, same_item (only when the item lies in two bins of this walk) or off."""
    if settings.SCAN_LOCATION == "same_item":
        return len({one.bin.pk for one in picks if one.sku.pk == pick.sku.pk}) > 1
    return bool(settings.SCAN_LOCATION == "always")


def pick_scan(wave: Wave, scan: Scan) -> Answer:
    """Inside the caller's transaction (wave locked, its picker scans): one scan of a place, an item or a tote."""
    place = place_of(wave)
    works = lock_works(_touched(wave, place))
    if answer := _stopped(wave, works, scan):
        return answer
    now_here = locked_place(wave, works)
    if now_here is None:
        return wrong(_("The walk has changed. Look at the screen, then scan"))
    return _scan_at(wave, now_here, scan)


def _scan_at(wave: Wave, place: Place, scan: Scan) -> Answer:
    if place.step == "end":
        settle_wave(wave, now=scan.now)
        return right(_("Wave done. Take the cart to the packing bench"), verdict=Verdict.JOB_DONE)
    if place.step == "tote":
        return _scan_tote(wave, place, scan)
    if place.step == "location":
        return _scan_place(wave, place, scan)
    return _scan_item(wave, place, scan)


def _stopped(wave: Wave, works: Iterable[FulfilmentOrder], scan: Scan) -> Answer | None:
    """Cancelled and held orders of this stop leave the walk before anything else happens; each is named."""
    judged = [stopped(work.order, work, Stage.PICK, by=scan.by, now=scan.now) for work in works]
    answers = [answer for answer in judged if answer]
    if not answers:
        return None
    wave.awaits_tote = ""
    wave.save(update_fields=["awaits_tote"])
    settle_wave(wave, now=scan.now)
    return stop(" ".join(dict.fromkeys(answer.message for answer in answers)))


def _touched(wave: Wave, place: Place) -> list[PickTask]:
    """The tasks that this scan is about: goods in hand, else the stop that is next."""
    if place.step == "tote":
        return [task for pick in place.picks if pick.tote == wave.awaits_tote for task in pick.tasks]
    return [task for task in place.pick.tasks if task.open_units] if place.pick else []


def lock_works(tasks: Iterable[PickTask]) -> list[FulfilmentOrder]:
    """Inside the caller's transaction: orders, then fulfilment orders, each in primary-key order.

    Closes the race of a scan with a cancellation, a hold and a short pick elsewhere.
    """
    work_ids = {task.line.work_id for task in tasks}
    orders = {order.pk: order for order in Order.objects.locked().filter(pk__in=_orders_of(work_ids))}
    works = list(FulfilmentOrder.objects.locked().filter(pk__in=work_ids).select_related("warehouse"))
    for work in works:
        work.order = orders[work.order_id]
    return works


def _orders_of(work_ids: Iterable[int]) -> list[int]:
    return list(FulfilmentOrder.objects.filter(pk__in=list(work_ids)).values_list("order_id", flat=True))


def locked_place(wave: Wave, works: Iterable[FulfilmentOrder]) -> Place | None:
    """Inside the caller's transaction: the place read again under the locks, its tasks holding the locked records.

    None when it is another one by now: locking its orders as well would be out of order. A tote moves no units.
    """
    place = place_of(wave)
    if place.step == "tote" or place.pick is None:
        return place
    locked = {work.pk: work for work in works}
    if not {task.line.work_id for task in place.pick.tasks if task.open_units} <= locked.keys():
        return None
    for task in place.pick.tasks:
        task.line.work = locked.get(task.line.work_id, task.line.work)
    return place


def _scan_place(wave: Wave, place: Place, scan: Scan) -> Answer:
    pick = _pick(place)
    read = scan.read
    if _names(scan.code, codes.BIN, pick.bin.code):
        wave.at_bin = pick.bin
        wave.save(update_fields=["at_bin"])
        return right(pick.bin.code)
    if read is None:
        return _cut_short()
    if read.kind == codes.BIN:
        return wrong(_("This is %(here)s. Go to %(there)s") % {"here": read.name, "there": pick.bin.code})
    if read.kind == codes.COMMAND or sku_of(scan.code, [one.sku for one in place.picks]):
        return wrong(_("Scan the place first: %(there)s") % {"there": pick.bin.code})
    return _unknown(scan)


def _scan_item(wave: Wave, place: Place, scan: Scan) -> Answer:
    pick = _pick(place)
    if scan.command:
        return _count_card(wave, place, scan)
    units = units_of(pick.sku, scan.code)
    if not units:
        return _not_this_item(wave, place, scan)
    if scan.lot and pick.lot and scan.lot.upper() != pick.lot.code.upper():
        return wrong(_("This is lot %(here)s. Take lot %(there)s") % {"here": scan.lot, "there": pick.lot.code})
    if units > pick.left:
        return _too_many(units, pick)
    return _take(wave, place, units, scan)


def _too_many(units: int, pick: Pick) -> Answer:
    facts = {"units": units, "left": pick.left}
    return Answer(verdict=Verdict.EXTRA, message=_("Only %(left)s left to pick. This counts %(units)s") % facts)


def _count_card(wave: Wave, place: Place, scan: Scan) -> Answer:
    """A quantity card or the keypad: so many in all at this stop, after one was scanned to prove the item."""
    pick, number = _pick(place), scan.command.removeprefix(COUNT)
    if not scan.command.startswith(COUNT) or not number.isdigit() or len(number) > 6:
        return wrong(_("This card does nothing here"))
    if not pick.picked:
        return wrong(_("Scan one %(item)s first, then say how many") % {"item": pick.sku.name})
    units = int(number) - pick.picked
    if units < 1:
        return wrong(_("%(picked)s are counted already. Say how many there are in all") % {"picked": pick.picked})
    return _too_many(units, pick) if units > pick.left else _take(wave, place, units, scan)


def _take(wave: Wave, place: Place, units: int, scan: Scan) -> Answer:
    """Move the units from the shelf to the staging place, for the most urgent orders of this stop first."""
    pick = _pick(place)
    taken = share(pick.tasks, units)
    record_pick(taken, key=f"pick:{scan.key}", scan=scan)
    start_wave(wave, now=scan.now)
    if pick.tote and pick.is_done and pick.tote != wave.at_tote:
        wave.awaits_tote = pick.tote
        wave.save(update_fields=["awaits_tote"])
    verdict = _verdict_after(wave, pick, place, now=scan.now)
    effect = {"picks": [[task.pk, count] for task, count in taken.items()]}
    facts = {"item": pick.sku.name, "picked": pick.picked, "quantity": pick.quantity}
    message = _("%(item)s, %(picked)s of %(quantity)s") % facts
    if verdict == Verdict.JOB_DONE:
        message = _("Wave done. Take the cart to the packing bench")
    return right(message, verdict=verdict, effect=effect)


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
    _count(taken, 1)
    _move_counters(taken, source="allocated", target="picked", now=scan.now)
    for work in {task.line.work_id: task.line.work for task in taken}.values():
        if work.status == WorkStatus.RELEASED:
            work.move_to(WorkStatus.PICKING, now=scan.now)
        settle_work(work, now=scan.now)


def _count(taken: dict[PickTask, int], sign: int) -> None:
    for task, count in taken.items():
        task.picked += sign * count
        task.is_skipped = False
        FulfilmentLine.objects.filter(pk=task.line_id).update(picked=F("picked") + sign * count)
    PickTask.objects.bulk_update(list(taken), ["picked", "is_skipped"])


def _move_counters(taken: dict[PickTask, int], *, source: str, target: str, now: datetime) -> None:
    orders = {task.line.work.order_id: task.line.work.order for task in taken}
    progress.advance_lines(OrderLine.objects.all(), units_by_line(taken), source=source, target=target)
    progress.settle(list(orders.values()), now=now)


def start_wave(wave: Wave, *, now: datetime) -> None:
    if wave.status in (WaveStatus.OPEN, WaveStatus.DONE):
        wave.move_to(WaveStatus.PICKING, now=now)


def _verdict_after(wave: Wave, pick: Pick, place: Place, *, now: datetime) -> str:
    if not pick.is_done:
        return Verdict.ACCEPTED
    if wave.awaits_tote:
        return Verdict.LINE_DONE
    if all(one.is_done for one in place.picks):
        settle_wave(wave, now=now)
        return Verdict.JOB_DONE
    return Verdict.LINE_DONE


def _scan_tote(wave: Wave, place: Place, scan: Scan) -> Answer:
    tote, read = wave.awaits_tote, scan.read
    if _names(scan.code, codes.TOTE, tote):
        wave.at_tote, wave.awaits_tote = tote, ""
        wave.save(update_fields=["at_tote", "awaits_tote"])
        if place.pick is None:
            settle_wave(wave, now=scan.now)
            return right(_("Wave done. Take the cart to the packing bench"), verdict=Verdict.JOB_DONE)
        return right(_("Tote %(tote)s") % {"tote": tote})
    if read is None:
        return _cut_short()
    if read.kind == codes.TOTE:
        facts = {"here": read.name, "there": tote}
        return wrong(_("Tote %(here)s. This goes into tote %(there)s") % facts)
    return wrong(_("Scan tote %(tote)s first") % {"tote": tote})


def _not_this_item(wave: Wave, place: Place, scan: Scan) -> Answer:
    pick, read = _pick(place), scan.read
    if read is None:
        return _cut_short()
    if read.kind == codes.BIN and read.name == pick.bin.code:
        return right(_("You are at %(bin)s. Scan the item") % {"bin": pick.bin.code})
    other = sku_of(scan.code, [one.sku for one in place.picks])
    if other:
        facts = {"here": other.name, "there": pick.sku.name}
        if wave.at_bin_id == pick.bin.pk and _done_here(place.picks, wave, other.pk):
            return Answer(verdict=Verdict.EXTRA, message=_("%(here)s is complete. Put it back") % facts)
        return wrong(_("You scanned %(here)s. This line needs %(there)s") % facts)
    return _unknown(scan)


def _done_here(picks: Sequence[Pick], wave: Wave, sku_id: int) -> bool:
    return any(one.is_done and one.sku.pk == sku_id and one.bin.pk == wave.at_bin_id for one in picks)


def skip(wave: Wave, scan: Scan) -> Answer:
    """Inside the caller's transaction (wave locked): this stop comes back at the end."""
    place = place_of(wave)
    if place.pick is None or place.step == "tote":
        return wrong(_("There is nothing to skip here"))
    others = [pick for pick in place.picks if not pick.is_done and pick is not place.pick]
    if not others:
        return wrong(_("This is the last line. Pick it or report it short"))
    if all(pick.is_skipped for pick in others):
        PickTask.objects.filter(line__work__wave=wave).update(is_skipped=False)
    PickTask.objects.filter(pk__in=[task.pk for task in place.pick.tasks]).unpicked().update(is_skipped=True)
    return right(_("Skipped %(bin)s. It comes back at the end") % {"bin": place.pick.bin.code}, verdict=Verdict.COMMAND)


def undo(wave: Wave, scan: Scan) -> Answer:
    """Inside the caller's transaction (wave locked): the last pick of this person goes back on the shelf."""
    event = (
        ScanEvent.objects.filter(task=wave.number, by=scan.by, undone_at=None, effect__has_key="picks")
        .order_by("-pk")
        .first()
    )
    taken = _still_undoable(event) if event else None
    if event is None or not taken:
        return wrong(_("There is no scan to undo"))
    return_to_shelf(taken, key=f"undo:{event.pk}", by=scan.by, now=scan.now, device=scan.device, keeps_aside=True)
    _count(taken, -1)
    _move_counters(taken, source="picked", target="allocated", now=scan.now)
    for work in {task.line.work_id: task.line.work for task in taken}.values():
        if work.status == WorkStatus.PICKED:
            work.move_to(WorkStatus.PICKING, now=scan.now)
    start_wave(wave, now=scan.now)
    event.undone_at = scan.now
    event.save(update_fields=["undone_at"])
    wave.awaits_tote, wave.at_bin = "", next(iter(taken)).bin
    wave.save(update_fields=["awaits_tote", "at_bin"])
    facts = {"units": sum(taken.values()), "item": next(iter(taken)).line.sku.name, "bin": wave.at_bin.code}
    return right(_("Undone. Put %(units)s %(item)s back in %(bin)s") % facts, verdict=Verdict.COMMAND)


def _still_undoable(event: ScanEvent) -> dict[PickTask, int]:
    """The units of a scan while nobody packs or has withdrawn them; orders and works are locked."""
    units: dict[int, int] = dict(event.effect["picks"])
    found = PickTask.objects.filter(pk__in=list(units)).select_related("bin", "line__sku").order_by("pk")
    works = {work.pk: work for work in lock_works(found)}
    if not all(work.status in (WorkStatus.PICKING, WorkStatus.PICKED) for work in works.values()):
        return {}
    tasks = list(found.all())
    for task in tasks:
        task.line.work = works[task.line.work_id]
    return {task: units[task.pk] for task in tasks if task.picked >= units[task.pk]}


def _pick(place: Place) -> Pick:
    if place.pick is None:
        raise LookupError("the walk has no stop left")
    return place.pick


def _names(text: str, kind: str, name: str) -> bool:
    """The printed code, or the name as typed."""
    text = "".join(text.split()).upper()
    return text in (codes.printed(kind, name.upper()), name.upper())


def _cut_short() -> Answer:
    return wrong(_("That scan was cut short. Scan again"))


def _unknown(scan: Scan) -> Answer:
    message = _("We do not know the code %(code)s. Scan again, or ask your lead to link it") % {"code": scan.code}
    return Answer(verdict=Verdict.UNKNOWN, message=message)


def taken_over(wave: Wave) -> Answer:
    facts = {"person": wave.picker or _("Nobody"), "wave": wave.number}
    return stop(_("Stop. %(person)s has %(wave)s now") % facts)
