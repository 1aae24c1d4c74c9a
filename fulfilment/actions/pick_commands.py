"""Cards of a picker beside the scans of goods: skip this stop, undo the last pick. Steps of the scan verb."""

from django.utils.translation import gettext as _

from fulfilment.actions.pick_counting import count_picked, move_counters, start_wave
from fulfilment.actions.putting_back import return_to_shelf
from fulfilment.actions.walking import lock_works, place_of
from fulfilment.models import PickTask, ScanEvent, Wave
from fulfilment.scans import Answer, Scan, right, stop, wrong
from fulfilment.states import Verdict, WorkStatus


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
    count_picked(taken, -1)
    move_counters(taken, source="picked", target="allocated", now=scan.now)
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


def taken_over(wave: Wave) -> Answer:
    facts = {"person": wave.picker or _("Nobody"), "wave": wave.number}
    return stop(_("Stop. %(person)s has %(wave)s now") % facts)
