"""The heartbeat of an open scan screen: it keeps the claim, and learns of a hold or a cancellation without a scan."""

from datetime import datetime

from django.utils.translation import gettext as _

from fulfilment.actions.bench import works_here
from fulfilment.actions.pick_commands import taken_over
from fulfilment.actions.putting_back import why_stopped
from fulfilment.models import FulfilmentOrder, Wave
from fulfilment.states import WorkStatus
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.models import User
from orders.states import Stage

_STAGES = {WorkStatus.PACKING: Stage.PACK, WorkStatus.PACKED: Stage.DISPATCH}


def beat(task: str, *, by: User, now: datetime) -> str:
    """Keep the claim of a person on the task of their screen; returns what stops it, or nothing.

    Only the moment is written: the next scan sets the goods aside, under its locks.
    """
    return _beat_wave(task, by, now) if task.startswith(f"{codes.WAVE}-") else _beat_work(task, by, now)


def _beat_wave(number: str, by: User, now: datetime) -> str:
    waves = Wave.objects.unfinished().filter(number=number, warehouse__in=Warehouse.objects.for_user(by).values("pk"))
    if waves.filter(picker=by).update(beat_at=now):
        return ""
    wave = waves.select_related("picker").first()
    return taken_over(wave).message if wave and wave.picker_id else ""


def _beat_work(number: str, by: User, now: datetime) -> str:
    work = works_here(by).filter(number=number).first()
    if work is None:
        return ""
    if work.packer_id == by.pk and work.status in _STAGES:
        FulfilmentOrder.objects.filter(pk=work.pk, packer=by, status=WorkStatus.PACKING).update(pack_beat_at=now)
        return why_stopped(work.order, work, _STAGES[WorkStatus(work.status)])
    return _gone(work)


def _gone(work: FulfilmentOrder) -> str:
    """Why the screen no longer has what it shows."""
    if work.packer_id:
        facts = {"person": work.packer, "order": work.order.number}
        return _("Stop. %(person)s packs %(order)s now") % facts if work.status == WorkStatus.PACKING else ""
    return why_stopped(work.order, work, Stage.PACK)
