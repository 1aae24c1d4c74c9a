"""Packing at the bench: every unit proved by a scan, a carton suggested, a label only then."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from structlog import get_logger

from fulfilment.actions.dispatching import AlreadyDispatched, CannotDispatch, dispatch_shipment
from fulfilment.actions.labelling import OrderHeld, PackedCarton, PackedUnits, make_shipment
from fulfilment.actions.putting_back import stopped
from fulfilment.actions.releasing import lock_work
from fulfilment.carriers import NoService
from fulfilment.cartonising import Box, Thing, smallest_for, suggest
from fulfilment.models import (
    BoxType,
    FulfilmentLine,
    FulfilmentOrder,
    Label,
    PackBox,
    PackItem,
    PickTask,
    ScanEvent,
    Shipment,
    Wave,
)
from fulfilment.reports import lines_to_pack
from fulfilment.scans import Answer, Scan, right, stop, units_of, wrong
from fulfilment.states import LabelState, ShipmentStatus, Verdict, WorkStatus
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.clock import local_time
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions import holds, progress
from orders.models import Order
from orders.states import HoldCode, Stage

log = get_logger(__name__)
IDLE_AFTER = timedelta(minutes=15)
# A parcel may differ from what its parts weigh by this share, but at least by these grams.
TOLERANCE, LEAST_TOLERANCE_G = 0.05, 50

PROBLEMS = {
    "missing": (HoldCode.OPERATOR, gettext_noop("A unit is missing at the bench")),
    "damaged": (HoldCode.OPERATOR, gettext_noop("A unit is damaged at the bench")),
    "does_not_fit": (HoldCode.OPERATOR, gettext_noop("Does not fit into a carton")),
    "address": (HoldCode.ADDRESS, gettext_noop("The packer doubts the address")),
}


class NotVerified(Exception):
    """Units are not scanned yet; the sentence names them."""


class ReasonNeeded(Exception):
    """Units are vouched for, and boxes opened again, only with a reason."""


class NotPacked(Exception):
    """The work is not at the bench in the state that is needed, or its parcel has left; the sentence says so."""


class NotAllLeft(Exception):
    """Proved parcels whose hand-over failed; the others have left."""


@dataclass(frozen=True)
class Weight:
    """What an open carton should weigh, in grams."""

    expected_g: int

    @property
    def slack_g(self) -> int:
        return max(LEAST_TOLERANCE_G, round(self.expected_g * TOLERANCE))

    def accepts(self, weight_g: int) -> bool:
        return abs(weight_g - self.expected_g) <= self.slack_g


def pack_scan(scan: Scan) -> Answer:
    """Inside the caller's transaction: one scan at the bench."""
    if scan.command:
        return _command(scan)
    if label := _label(scan):
        return _scan_label(label, scan)
    work = at_bench(scan.task, scan.by)
    if work is not None and work.status == WorkStatus.PACKING:
        return _scan_item(work, scan)
    read = scan.read
    if read is None:
        return wrong(_("That scan was cut short. Scan again"))
    if read.kind in _STARTS:
        return _STARTS[read.kind](read, scan)
    return _start_single(scan)


def works_here(by: User) -> QuerySet[FulfilmentOrder]:
    """Work of the warehouses this person may see."""
    here = FulfilmentOrder.objects.filter(warehouse__in=Warehouse.objects.for_user(by))
    return here.select_related("order", "warehouse", "packer", "wave")


def at_bench(number: str, by: User) -> FulfilmentOrder | None:
    """The work a bench is busy with: being packed, or packed and waiting for its label to be scanned."""
    return works_here(by).filter(number=number, packer=by, status__in=[WorkStatus.PACKING, WorkStatus.PACKED]).first()


# Starting ----------------------------------------------------------------------------------------
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


def _start_single(scan: Scan) -> Answer:
    """The most urgent order that needs exactly this one item; a stopped one is passed over."""
    first_stop = None
    for work in _singles_of(scan):
        answer = start(work.pk, scan)
        if answer.verdict == Verdict.ACCEPTED:
            started = at_bench(work.number, scan.by)
            return _scan_item(started, scan) if started else answer
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


_STARTS: dict[str, Callable[[codes.Code, Scan], Answer]] = {
    codes.TOTE: _start_tote,
    codes.ORDER: _start_order,
    codes.WORK: _start_order,
    codes.WAVE: _start_wave,
}


# Verifying ---------------------------------------------------------------------------------------
def _scan_item(work: FulfilmentOrder, scan: Scan) -> Answer:
    order, work = lock_work(work.pk)
    if answer := _still_mine(order, work, scan):
        return answer
    lines = list(lines_to_pack().filter(work=work))
    line = next((one for one in lines if units_of(one.sku, scan.code)), None)
    if line is None:
        return _not_in(order, scan)
    same = [one for one in lines if one.sku_id == line.sku_id]
    line = next((one for one in same if one.packed < one.picked), line)
    units = units_of(line.sku, scan.code)
    if line.packed + units > line.picked:
        facts = {"packed": line.packed, "picked": line.picked}
        return Answer(verdict=Verdict.EXTRA, message=_("Already %(packed)s of %(picked)s. Put it back") % facts)
    _verify(work, line, units, now=scan.now)
    if all(one.packed == one.picked for one in lines):
        return _verified(order, work, scan, effect={"packed": [line.pk, units]})
    count = {"item": line.sku.name, "packed": line.packed, "picked": line.picked}
    message = _("%(item)s, %(packed)s of %(picked)s") % count
    verdict = Verdict.LINE_DONE if line.packed == line.picked else Verdict.ACCEPTED
    return right(message, verdict=verdict, task=work.number, effect={"packed": [line.pk, units]})


def _still_mine(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer | None:
    if answer := stopped(order, work, Stage.PACK, by=scan.by, now=scan.now):
        return answer
    if work.status != WorkStatus.PACKING or work.packer_id != scan.by.pk:
        return stop(_("Stop. %(person)s packs %(order)s now") % {"person": work.packer or "–", "order": order.number})
    return None


def _not_in(order: Order, scan: Scan) -> Answer:
    read = scan.read
    if read is None:
        return wrong(_("That scan was cut short. Scan again"))
    if read.kind:
        return wrong(_("Finish %(order)s first, or press Pause") % {"order": order.number})
    return wrong(_("%(code)s is not in %(order)s. Take it out") % {"code": scan.code, "order": order.number})


def _verify(work: FulfilmentOrder, line: FulfilmentLine, units: int, *, now: datetime) -> None:
    box = open_box(work)
    item, is_new = PackItem.objects.get_or_create(box=box, line=line, defaults={"quantity": units})
    if not is_new:
        item.quantity += units
        item.save(update_fields=["quantity"])
    line.packed += units
    line.save(update_fields=["packed"])
    work.pack_beat_at = now
    work.save(update_fields=["pack_beat_at"])


def open_box(work: FulfilmentOrder) -> PackBox:
    """The carton being filled."""
    box = work.boxes.order_by("-position").first()
    return box or PackBox.objects.create(work=work, position=1)


def _verified(order: Order, work: FulfilmentOrder, scan: Scan, *, effect: dict[str, Any]) -> Answer:
    """Everything is in the carton: weigh it when there is a scale, else close it at once."""
    if scan.has_scale and scan.weight_g is None:
        return right(_("All in. Weigh the box"), verdict=Verdict.LINE_DONE, task=work.number, effect=effect)
    return finish(order, work, scan, effect=effect)


# Cartons and weight ------------------------------------------------------------------------------
def box_types() -> list[BoxType]:
    return list(BoxType.objects.filter(is_active=True))


def as_box(row: BoxType) -> Box:
    return Box(row.pk, (row.length_mm, row.width_mm, row.height_mm), row.tare_g, row.max_weight_g)


def things_of(pairs: Sequence[tuple[FulfilmentLine, int]]) -> list[Thing]:
    """Units as things to lay into a carton."""
    return [
        Thing(line.pk, (line.sku.length_mm, line.sku.width_mm, line.sku.height_mm), line.sku.weight_g)
        for line, units in pairs
        for _unit in range(units)
    ]


def suggested(pairs: Sequence[tuple[FulfilmentLine, int]], types: Sequence[BoxType]) -> BoxType | None:
    """The carton for these units: the smallest that takes all, else the first of several."""
    boxes, things = [as_box(row) for row in types], things_of(pairs)
    one = smallest_for(things, boxes) if things else None
    key = one.key if one else next((filled.box.key for filled in suggest(things, boxes)), None)
    return next((row for row in types if row.pk == key), None)


def weight_of(pairs: Sequence[tuple[FulfilmentLine, int]], box: BoxType | None) -> Weight:
    return Weight(sum(line.sku.weight_g * units for line, units in pairs) + (box.tare_g if box else 0))


def _contents(box: PackBox) -> list[tuple[FulfilmentLine, int]]:
    return [(item.line, item.quantity) for item in box.items.select_related("line__sku").order_by("pk")]


def finish(order: Order, work: FulfilmentOrder, scan: Scan, *, effect: dict[str, Any] | None = None) -> Answer:
    """Inside the caller's transaction (order and work locked, all units verified): close the carton, make the label."""
    if scan.weight_g is not None and (answer := _weigh(work, scan)):
        return answer
    try:
        shipment = make_shipment(work, _cartons(work), by=scan.by, now=scan.now)
    except OrderHeld as held:
        return stop(
            _("Stop. %(order)s may not get a label: %(why)s") % {"order": order.number, "why": held.hold.reason}
        )
    except NoService as problem:
        return stop(_("Stop. %(order)s: %(why)s") % {"order": order.number, "why": problem}, task=work.number)
    packed = {line.order_line_id: line.packed for line in work.lines.all() if line.packed}
    progress.advance(order, packed, source="picked", target="packed")
    work.move_to(WorkStatus.PACKED, now=scan.now)
    progress.refresh_status(order, now=scan.now)
    message = _("%(order)s is packed. Scan the label when it is on the box") % {"order": order.number}
    return right(
        message, verdict=Verdict.LINE_DONE, task=work.number, effect={**(effect or {}), "shipment": shipment.pk}
    )


def _weigh(work: FulfilmentOrder, scan: Scan) -> Answer | None:
    """Keeps the weight of the open carton; amber when it is not what the parts weigh, unless a reason is given."""
    box, weight_g = open_box(work), scan.weight_g or 0
    contents = _contents(box)
    expected = weight_of(contents, box.box or suggested(contents, box_types()))
    if not expected.accepts(weight_g) and not scan.reason:
        return Answer(verdict=Verdict.EXTRA, message=_off_by(weight_g - expected.expected_g), task=work.number)
    box.weight_g = weight_g
    box.save(update_fields=["weight_g"])
    return None


def _off_by(grams: int) -> str:
    amount = f"{abs(grams) / 1000:.1f}"
    if grams > 0:
        return _("%(kg)s kg too heavy. Check for an extra item, then weigh again") % {"kg": amount}
    return _("%(kg)s kg too light. Check for a missing item, then weigh again") % {"kg": amount}


def _cartons(work: FulfilmentOrder) -> list[PackedCarton]:
    types, lots = box_types(), _picked_lots(work)
    cartons = []
    for box in work.boxes.order_by("position"):
        contents = _contents(box)
        if not contents:
            continue
        kind = box.box or suggested(contents, types)
        if kind is None:
            raise NoService(_("No carton size is set up"))
        weight_g = box.weight_g or weight_of(contents, kind).expected_g
        units = [one for line, count in contents for one in _by_lot(line, count, lots[line.pk])]
        cartons.append(PackedCarton(box=kind, weight_g=weight_g, contents=units))
    return cartons


def _picked_lots(work: FulfilmentOrder) -> dict[int, list[list[int | None]]]:
    """[lot, units] per line, in the order they were picked from."""
    lots: dict[int, list[list[int | None]]] = defaultdict(list)
    for task in PickTask.objects.filter(line__work=work, picked__gt=0).order_by("pk"):
        lots[task.line_id].append([task.lot_id, task.picked])
    return lots


def _by_lot(line: FulfilmentLine, units: int, lots: list[list[int | None]]) -> Iterator[PackedUnits]:
    while units and lots:
        lot_id, there = lots[0][0], lots[0][1] or 0
        count = min(units, there)
        units -= count
        lots[0][1] = there - count
        if not lots[0][1]:
            lots.pop(0)
        if count:
            yield PackedUnits(order_line_id=line.order_line_id, sku_id=line.sku_id, quantity=count, lot_id=lot_id)


# Labels ------------------------------------------------------------------------------------------
def _label(scan: Scan) -> Label | None:
    """The label whose carton or parcel number was scanned."""
    text = "".join(scan.code.split()).upper().removeprefix("]C1")
    sscc = text[2:] if len(text) == 20 and text.startswith("00") else text
    labels = Label.objects.select_related(
        "carton__shipment__order", "carton__shipment__work", "carton__shipment__carrier"
    )
    found = labels.filter(tracking_number__iexact=text).first()
    return found or labels.filter(carton__sscc=sscc).order_by("-state", "-pk").filter(state=LabelState.MADE).first()


def _scan_label(label: Label, scan: Scan) -> Answer:
    """Prove that the label is on its box; with the last one the parcel leaves."""
    shipment = label.carton.shipment
    if not Warehouse.objects.for_user(scan.by).filter(pk=shipment.warehouse_id).exists():
        return stop(_("Stop. This parcel belongs to another warehouse"))
    order, work = lock_work(shipment.work_id)
    waiting = at_bench(scan.task, scan.by)
    if waiting is not None and waiting.status == WorkStatus.PACKED and waiting.pk != work.pk:
        facts = {"other": order.number, "order": waiting.order.number}
        return stop(_("Stop. This label belongs to %(other)s, not to %(order)s. Take it off this box") % facts)
    if answer := _not_to_leave(order, label, scan):
        return answer
    label.scanned_at = scan.now
    label.save(update_fields=["scanned_at"])
    left = Label.objects.filter(carton__shipment=shipment, state=LabelState.MADE, scanned_at=None).count()
    if left:
        return right(_("Label right. %(left)s more to scan") % {"left": left}, task=work.number)
    return right(_("Label right"), task=work.number, effect={"dispatch": shipment.pk})


def _not_to_leave(order: Order, label: Label, scan: Scan) -> Answer | None:
    shipment = Shipment.objects.select_related("carrier", "warehouse").get(pk=label.carton.shipment_id)
    if shipment.dispatched_at:
        facts = {
            "order": order.number,
            "time": local_time(shipment.dispatched_at, shipment.warehouse.time_zone),
            "carrier": shipment.carrier,
        }
        message = _("%(order)s left at %(time)s with %(carrier)s. Do not send this box. Give it to the problem shelf")
        return stop(message % facts)
    if label.state == LabelState.VOID or shipment.status != ShipmentStatus.PACKED:
        return stop(_("Stop. This label is void. Take it off and print a new one"))
    return _stopped_parcel(order, scan)


def _stopped_parcel(order: Order, scan: Scan) -> Answer | None:
    if order.status == "cancelled":
        return stop(_("Stop. %(order)s was cancelled. Give the box to the problem shelf") % {"order": order.number})
    hold = holds.stops(order, Stage.DISPATCH)
    if hold is None:
        return None
    facts = {"order": order.number, "reason": hold.reason.rstrip(".")}
    return stop(_("Stop. %(order)s was put on hold (%(reason)s). Put the box on the hold shelf") % facts)


def dispatch_proved(shipment_id: int, scan: Scan) -> Answer:
    """The last label of a shipment was proved: hand it over (a verb of its own), and say what came of it."""
    try:
        shipment = dispatch_shipment(shipment_id, by=scan.by, now=scan.now, device=scan.device)
    except AlreadyDispatched:
        shipment = Shipment.objects.select_related("order", "carrier").get(pk=shipment_id)
    except (CannotDispatch, OrderHeld) as problem:
        return stop(_("Stop. The parcel stays here: %(why)s") % {"why": problem})
    facts = {"order": shipment.order.number, "carrier": shipment.carrier}
    message = _("%(order)s leaves with %(carrier)s. Scan the next tote or item") % facts
    wave = shipment.work.wave
    return right(message, verdict=Verdict.JOB_DONE, task=wave.number if wave else "-")


# Commands ----------------------------------------------------------------------------------------
def _command(scan: Scan) -> Answer:
    work = at_bench(scan.task, scan.by)
    if scan.command == "PAUSE":
        return right(_("Paused. This order stays yours for 15 minutes"), verdict=Verdict.COMMAND, go="/scan/")
    if work is not None and work.status == WorkStatus.PACKED and scan.command == "REPRINT":
        return right(_("Why is the label printed again?"), verdict=Verdict.COMMAND, task=work.number, ask="reprint")
    if work is None or work.status != WorkStatus.PACKING:
        return right(_("Go on"), verdict=Verdict.COMMAND) if scan.command == "OK" else wrong(_("Scan an order first"))
    order, work = lock_work(work.pk)
    if answer := _still_mine(order, work, scan):
        return answer
    if scan.command.startswith("BOX-"):
        return _choose_box(work, scan)
    return _COMMANDS.get(scan.command, _no_such)(order, work, scan)


def _no_such(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    return wrong(_("This card does nothing here"))


def _choose_box(work: FulfilmentOrder, scan: Scan) -> Answer:
    kind = BoxType.objects.filter(code__iexact=scan.command.removeprefix("BOX-"), is_active=True).first()
    if kind is None:
        return wrong(_("We have no such carton"))
    box = open_box(work)
    box.box = kind
    box.save(update_fields=["box"])
    return right(_("Carton %(box)s") % {"box": kind.name}, verdict=Verdict.COMMAND, task=work.number)


def _next_box(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    box = open_box(work)
    if not box.items.exists():
        return wrong(_("This carton is still empty"))
    if scan.weight_g is not None and (answer := _weigh(work, scan)):
        return answer
    new = PackBox.objects.create(work=work, position=box.position + 1)
    return right(_("Carton %(number)s") % {"number": new.position}, verdict=Verdict.COMMAND, task=work.number)


def _done(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    """Close the carton (again), once everything is verified."""
    try:
        check_verified(work)
    except NotVerified as gap:
        return wrong(str(gap))
    return finish(order, work, scan)


def check_verified(work: FulfilmentOrder) -> None:
    """Raises NotVerified, naming the first item that is not scanned completely."""
    for line in work.lines.filter(packed__lt=F("picked")).select_related("sku").order_by("pk"):
        facts = {"item": line.sku.name, "left": line.picked - line.packed}
        raise NotVerified(_("Not packed yet: scan %(item)s, %(left)s more") % facts)


def _undo(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    events = ScanEvent.objects.filter(by=scan.by, station="pack", undone_at=None, effect__has_key="packed")
    event = events.order_by("-pk").first()
    line_id, units = event.effect["packed"] if event else (0, 0)
    item = PackItem.objects.filter(box__work=work, line=line_id, quantity__gte=units).order_by("-box__position").first()
    if event is None or item is None:
        return wrong(_("There is no scan to undo"))
    _take_out(item, units)
    event.undone_at = scan.now
    event.save(update_fields=["undone_at"])
    facts = {"item": item.line.sku.name, "units": units}
    return right(_("Undone. Take %(units)s %(item)s out") % facts, verdict=Verdict.COMMAND, task=work.number)


def _take_out(item: PackItem, units: int) -> None:
    FulfilmentLine.objects.filter(pk=item.line_id).update(packed=F("packed") - units)
    if item.quantity == units:
        item.delete()
        return
    item.quantity -= units
    item.save(update_fields=["quantity"])


def _problem(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    """The order is held with the reason; its tote goes to the problem shelf."""
    code, reason = PROBLEMS.get(scan.reason, PROBLEMS["missing"])
    holds.hold(order, code=code, reason=_(reason), by=scan.by, now=scan.now, source="bench", handle=work.number)
    work.move_to(WorkStatus.PICKED, now=scan.now, packer=None)
    message = _("%(order)s is on hold. Put it on the problem shelf") % {"order": order.number}
    return right(message, verdict=Verdict.COMMAND, task="-")


_COMMANDS: dict[str, Callable[[Order, FulfilmentOrder, Scan], Answer]] = {
    "NEXTBOX": _next_box,
    "DONE": _done,
    "UNDO": _undo,
    "PROBLEM": _problem,
    "OK": lambda order, work, scan: right(_("Go on"), verdict=Verdict.COMMAND),
}


@transaction.atomic(durable=True)
def override_packing(work_id: int, *, by: User, reason: str, now: datetime) -> FulfilmentOrder:
    """A lead vouches for the units that were not scanned: they count as packed, with the reason.

    The label is still made by closing the carton. Raises ReasonNeeded, NotPacked when nobody packs it now.
    """
    if not reason.strip():
        raise ReasonNeeded
    order, work = lock_work(work_id)
    if work.status != WorkStatus.PACKING:
        raise NotPacked(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    units = 0
    for line in work.lines.filter(packed__lt=F("picked")).select_related("sku"):
        units += line.picked - line.packed
        _verify(work, line, line.picked - line.packed, now=now)
    record(
        "pack.overridden",
        gettext_noop("{units} of {work} packed without a scan: {reason}"),
        subject=work.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        units=units,
        work=work.number,
        reason=reason.strip(),
    )
    return work


@retries_conflicts
@transaction.atomic(durable=True)
def unpack(work_id: int, *, by: User, reason: str, now: datetime) -> FulfilmentOrder:
    """Open a packed parcel again before it leaves: labels void, shipment cancelled, every unit to be scanned anew.

    Raises ReasonNeeded, NotPacked.
    """
    if not reason.strip():
        raise ReasonNeeded
    order, work = lock_work(work_id)
    shipments = list(work.shipments.select_for_update(of=("self",)).filter(status=ShipmentStatus.PACKED).order_by("pk"))
    if work.status != WorkStatus.PACKED or not shipments:
        raise NotPacked(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    labels = Label.objects.filter(carton__shipment__in=shipments, state=LabelState.MADE)
    labels.update(state=LabelState.VOID, voided_at=now, void_reason=reason.strip()[:120])
    for shipment in shipments:
        shipment.move_to(ShipmentStatus.CANCELLED, now=now)
    packed = {line.order_line_id: line.packed for line in work.lines.all() if line.packed}
    progress.advance(order, packed, source="packed", target="picked")
    work.boxes.all().delete()
    work.lines.update(packed=0)
    work.move_to(WorkStatus.PICKED, now=now, packer=None)
    progress.refresh_status(order, now=now)
    record(
        "pack.opened",
        gettext_noop("{work} opened again, label void: {reason}"),
        subject=work.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        work=work.number,
        reason=reason.strip(),
    )
    return work


def hand_over_proved(*, now: datetime) -> int:
    """Parcels whose labels are all proved but that were not handed over (the bench was cut off); returns how many.

    One that goes wrong holds up none behind it. Raises NotAllLeft at the end, naming those.
    """
    live = Label.objects.filter(state=LabelState.MADE, carton__shipment=OuterRef("pk"))
    due = Shipment.objects.filter(Exists(live), ~Exists(live.filter(scanned_at=None)), status=ShipmentStatus.PACKED)
    left, wrong_ones = 0, []
    for pk, number in list(due.order_by("pk").values_list("pk", "number")):
        try:
            left += _hand_over(pk, now)
        except Exception as problem:
            log.exception("hand_over_failed", name=number)
            wrong_ones.append(f"{number}: {type(problem).__name__}")
    if wrong_ones:
        raise NotAllLeft("; ".join(wrong_ones))
    return left


def _hand_over(shipment_id: int, now: datetime) -> bool:
    try:
        dispatch_shipment(shipment_id, by="Bench", now=now)
    except (CannotDispatch, OrderHeld):
        return False
    return True
