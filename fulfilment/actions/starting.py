"""Taking an order to the packing bench: by its tote, its number, its wave, or its only item."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from fulfilment.actions.bench import at_bench, works_here
from fulfilment.actions.putting_back import stopped
from fulfilment.actions.releasing import lock_work
from fulfilment.actions.verifying import scan_item
from fulfilment.models import FulfilmentOrder, PackBox, Wave
from fulfilment.reports import lines_to_pack
from fulfilment.scans import Answer, Scan, right, units_of, wrong
from fulfilment.states import Verdict, WorkStatus
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.clock import local_time
from orders.states import Stage

IDLE_AFTER = timedelta(minutes=15)


def _start_tote(read: codes.Code, scan: Scan) -> Answer:
    works = works_here(scan.by).filter(tote=read.name, status__in=[WorkStatus.PICKED, WorkStatus.PACKING])
    if scan.task.startswith(codes.WAVE):
        works = works.filter(wave__number=scan.task)
    found = list(works.order_by("ship_by", "pk"))
    if not found:
        return wrong(_("Nothing picked stands in tote %(tote)s") % {"tote": read.name})
    if len(found) > 1:
        waves = ", ".join(sorted({str(work.wave or work.number) for work in found}))
        facts = {"tote": read.name, "waves": waves}
        return wrong(_("Tote %(tote)s is on several carts. Scan the pick list first: %(waves)s") % facts)
    return start(found[0].pk, scan)


def _start_order(read: codes.Code, scan: Scan) -> Answer:
    field = "order__number" if read.kind == codes.ORDER else "number"
    works = works_here(scan.by).filter(**{field: read.name}).order_by("-status", "pk")
    work = next((one for one in works if one.status in (WorkStatus.PICKED, WorkStatus.PACKING)), None)
    if work:
        return start(work.pk, scan)
    last = works.first()
    if last is None:
        return Answer(verdict=Verdict.UNKNOWN, message=_("We do not know %(code)s here") % {"code": read.name})
    facts = {"order": last.order.number, "state": last.get_status_display().lower()}
    return wrong(_("%(order)s cannot be packed: it is %(state)s") % facts)


def _start_wave(read: codes.Code, scan: Scan) -> Answer:
    wave = Wave.objects.filter(number=read.name, warehouse__in=Warehouse.objects.for_user(scan.by)).first()
    if wave is None:
        return Answer(verdict=Verdict.UNKNOWN, message=_("We do not know %(code)s here") % {"code": read.name})
    return right(_("Packing %(wave)s. Scan a tote or an item") % {"wave": wave}, task=wave.number)


def start_single(scan: Scan) -> Answer:
    """The most urgent order that needs exactly this one item; a stopped one is passed over."""
    first_stop = None
    for work in _singles_of(scan):
        answer = start(work.pk, scan)
        if answer.verdict == Verdict.ACCEPTED:
            started = at_bench(work.number, scan.by)
            return scan_item(started, scan) if started else answer
        first_stop = first_stop or (answer if answer.verdict == Verdict.STOP else None)
    return first_stop or _nobody_needs(scan)


def _singles_of(scan: Scan) -> Iterator[FulfilmentOrder]:
    works = works_here(scan.by).filter(is_single=True, status=WorkStatus.PICKED)
    if scan.task.startswith(codes.WAVE):
        works = works.filter(wave__number=scan.task)
    works = works.prefetch_related(Prefetch("lines", queryset=lines_to_pack()))
    for work in works.order_by(F("ship_by").asc(nulls_last=True), "-order__priority", "pk"):
        if any(units_of(line.sku, scan.code) == 1 for line in work.lines.all()):
            yield work


def _nobody_needs(scan: Scan) -> Answer:
    message = _("No order at this bench needs %(code)s alone. Scan its tote or order") % {"code": scan.code}
    return Answer(verdict=Verdict.UNKNOWN, message=message)


def start(work_id: int, scan: Scan) -> Answer:
    """Inside the caller's transaction: claim work for this bench, unless it is stopped or somebody packs it."""
    order, work = lock_work(work_id)
    if answer := stopped(order, work, Stage.PACK, by=scan.by, now=scan.now):
        return answer
    if work.status == WorkStatus.PACKING and work.packer_id not in (None, scan.by.pk) and not _is_idle(work, scan.now):
        facts = {"person": work.packer, "time": local_time(_since(work, scan.now), work.warehouse.time_zone)}
        return wrong(_("%(person)s has been packing this since %(time)s") % facts)
    if work.status not in (WorkStatus.PICKED, WorkStatus.PACKING):
        facts = {"order": order.number, "state": work.get_status_display().lower()}
        return wrong(_("%(order)s cannot be packed: it is %(state)s") % facts)
    if work.status == WorkStatus.PICKED:
        work.move_to(WorkStatus.PACKING, now=scan.now, packer=scan.by, pack_beat_at=scan.now)
    else:
        work.packer, work.pack_beat_at = scan.by, scan.now
        work.save(update_fields=["packer", "pack_beat_at"])
    PackBox.objects.get_or_create(work=work, position=1)
    return right(_("%(order)s for %(name)s") % {"order": order.number, "name": order.recipient}, task=work.number)


def _is_idle(work: FulfilmentOrder, now: datetime) -> bool:
    return work.pack_beat_at is None or now - work.pack_beat_at >= IDLE_AFTER


def _since(work: FulfilmentOrder, now: datetime) -> datetime:
    return work.packing_at or now


STARTS: dict[str, Callable[[codes.Code, Scan], Answer]] = {
    codes.TOTE: _start_tote,
    codes.ORDER: _start_order,
    codes.WORK: _start_order,
    codes.WAVE: _start_wave,
}
