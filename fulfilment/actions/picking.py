"""Picking a wave by scan: place, item, tote, next. Steps of the scan verb (actions/scanning.py)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from fulfilment.actions.pick_counting import record_pick, share, start_wave
from fulfilment.actions.putting_back import settle_wave, stopped
from fulfilment.actions.walking import Place, lock_works, locked_place, place_of
from fulfilment.models import FulfilmentOrder, PickTask, Wave
from fulfilment.reports import Pick
from fulfilment.scans import Answer, Scan, right, sku_of, stop, units_of, wrong
from fulfilment.states import Verdict
from ordermgmt import codes
from orders.states import Stage

# What the name of a quantity card begins with: Q-12.
COUNT = "Q-"


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
