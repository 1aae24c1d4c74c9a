"""The scan verb: one scan of one device, judged and done once, however often it is sent."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fulfilment.actions import packing, pick_commands, picking, proving, shorts
from fulfilment.actions.claiming import lock_wave
from fulfilment.actions.screens import home_task, pack_task, pick_task
from fulfilment.actions.staging import NoStagingPlace
from fulfilment.models import ScanEvent, Wave
from fulfilment.scans import Answer, Scan, right, stop, wrong
from fulfilment.states import Verdict, WaveStatus, WorkStatus
from inventory.actions.moving import NotInBin
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from ordermgmt.roles import Role

STATIONS = ("home", "pick", "pack")


class SequenceTaken(Exception):
    """Another person's scan has this number on this device; the device counts on from a higher one."""


def take_scan(scan: Scan) -> dict[str, Any]:
    """Judge a scan, do what it means, and keep the answer with it; a repeated scan gets the kept answer.

    Raises SequenceTaken.
    """
    if known := _known(scan):
        return known
    try:
        answer, event = _take_new(scan)
    except IntegrityError:
        # Two senders of the same scan: the second waited for the first and finds its answer.
        if known := _known(scan):
            return known
        raise
    except NoStagingPlace:
        return _refuse(scan, _("Stop. There is no staging place for picked goods. Ask your lead to set one up"))
    except NotInBin:
        return _refuse(scan, _("Stop. The books have fewer here. Press Short, or ask your lead to count the place"))
    return _hand_over(event, answer, scan)


@transaction.atomic(durable=True)
def _refuse(scan: Scan, words: str) -> dict[str, Any]:
    """The scan is kept with a Stop: a screen that got an error would send it again for ever."""
    event = _event(scan)
    _keep(event, stop(words), scan)
    return dict(event.answer)


def _known(scan: Scan) -> dict[str, Any] | None:
    event = ScanEvent.objects.filter(device=scan.device, sequence=scan.sequence).first()
    if event is None:
        return None
    if event.by_id != scan.by.pk:
        raise SequenceTaken
    return dict(event.answer)


@retries_conflicts
@transaction.atomic(durable=True)
def _take_new(scan: Scan) -> tuple[Answer, ScanEvent]:
    """Insert first: UNIQUE(device, sequence) makes a repeat wait here, before anything is done."""
    event = _event(scan)
    answer = _JUDGES[scan.station](scan)
    _keep(event, answer, scan)
    return answer, event


def _event(scan: Scan) -> ScanEvent:
    return ScanEvent.objects.create(
        device=scan.device,
        sequence=scan.sequence,
        by=scan.by,
        at=scan.now,
        station=scan.station,
        task=scan.task,
        code=scan.code[:120],
        verdict=Verdict.COMMAND,
        milliseconds=scan.milliseconds,
    )


def _keep(event: ScanEvent, answer: Answer, scan: Scan) -> None:
    event.verdict, event.effect = answer.verdict, answer.effect
    event.answer = {
        "verdict": answer.verdict,
        "message": answer.message,
        "go": answer.go,
        "ask": answer.ask,
        "task": _task(answer, scan),
    }
    event.save(update_fields=["verdict", "effect", "answer"])


def _hand_over(event: ScanEvent, answer: Answer, scan: Scan) -> dict[str, Any]:
    """A proved label leaves in a transaction of its own (dispatch is a verb); the answer then says so."""
    if shipment_id := answer.effect.get("dispatch"):
        answer = proving.dispatch_proved(shipment_id, scan)
        _keep(event, answer, scan)
    return dict(event.answer)


def _task(answer: Answer, scan: Scan) -> dict[str, Any]:
    number = answer.task or scan.task
    if scan.station == "pick":
        wave = Wave.objects.select_related("warehouse", "picker").filter(number=number).first()
        return pick_task(wave) if wave else home_task()
    if scan.station == "pack":
        return pack_task(number, scan.by, has_scale=scan.has_scale)
    return home_task()


def _home(scan: Scan) -> Answer:
    """Scanning a wave or a tote starts the matching job."""
    read = scan.read
    if read is None:
        return wrong(_("That scan was cut short. Scan again"))
    if read.kind == codes.WAVE:
        wave = _waves_of(scan).filter(number=read.name).first()
        if wave is None:
            return Answer(verdict=Verdict.UNKNOWN, message=_("We do not know %(code)s here") % {"code": read.name})
        if wave.status in (WaveStatus.DONE, WaveStatus.CANCELLED):
            return right(_("%(wave)s is picked. Pack it") % {"wave": wave}, go=f"/scan/pack/?task={wave.number}")
        return right(str(wave), go=f"/scan/pick/{wave.number}/")
    if read.kind in (codes.TOTE, codes.ORDER, codes.WORK):
        return right(_("Pack %(what)s") % {"what": read.name}, go=f"/scan/pack/?code={read.text}")
    return Answer(
        verdict=Verdict.UNKNOWN,
        message=_("We do not know the code %(code)s. Scan a wave or a tote") % {"code": read.text},
    )


def _waves_of(scan: Scan) -> Any:
    return Wave.objects.filter(warehouse__in=Warehouse.objects.for_user(scan.by))


def _pick(scan: Scan) -> Answer:
    found = _waves_of(scan).filter(number=scan.task).values_list("pk", flat=True).first()
    if found is None:
        return stop(_("Stop. %(wave)s is not a wave of your warehouse") % {"wave": scan.task or "–"})
    wave = lock_wave(found)
    if wave.status == WaveStatus.CANCELLED:
        return stop(_("Stop. %(wave)s was cancelled") % {"wave": wave}, go="/scan/")
    if wave.picker_id != scan.by.pk:
        return pick_commands.taken_over(wave)
    wave.beat_at = scan.now
    wave.save(update_fields=["beat_at"])
    command = scan.command
    if command and not command.startswith(picking.COUNT):
        return _PICK_COMMANDS.get(command, _no_such)(wave, scan)
    return picking.pick_scan(wave, scan)


def _no_such(wave: Wave, scan: Scan) -> Answer:
    return wrong(_("This card does nothing here"))


def _pause(wave: Wave, scan: Scan) -> Answer:
    facts = {"wave": wave.number}
    return right(_("Paused. %(wave)s stays yours for 15 minutes") % facts, verdict=Verdict.COMMAND, go="/scan/")


def _ok(wave: Wave, scan: Scan) -> Answer:
    return right(_("Go on"), verdict=Verdict.COMMAND)


def help_text(scan: Scan) -> Answer:
    """HELP: who can be called."""
    leads = User.objects.filter(grants__role=Role.LEAD, is_active=True)
    here = leads.filter(memberships__warehouse__in=Warehouse.objects.for_user(scan.by)).distinct().order_by("name")
    names = ", ".join(str(one) for one in here[:4]) or _("Nobody")
    return right(_("Call a lead: %(names)s") % {"names": names}, verdict=Verdict.COMMAND)


_PICK_COMMANDS: dict[str, Callable[[Wave, Scan], Answer]] = {
    "SHORT": shorts.short_pick,
    "SKIP": pick_commands.skip,
    "UNDO": pick_commands.undo,
    "PAUSE": _pause,
    "OK": _ok,
    "HELP": lambda wave, scan: help_text(scan),
}


def _pack(scan: Scan) -> Answer:
    return help_text(scan) if scan.command == "HELP" else packing.pack_scan(scan)


_JUDGES: dict[str, Callable[[Scan], Answer]] = {"home": _home, "pick": _pick, "pack": _pack}


def next_job(by: Any, warehouse: Warehouse) -> Wave | None:
    """What a person should pick next: their unfinished wave, else the most urgent free one."""
    waves = Wave.objects.filter(warehouse=warehouse).unfinished()
    mine = waves.filter(picker=by).order_by("-beat_at").first()
    if mine:
        return mine
    free = waves.filter(picker=None, fulfilment_orders__status=WorkStatus.RELEASED)
    return free.order_by("fulfilment_orders__ship_by", "pk").first()
