"""The label proved by a scan; with the last one the parcel leaves."""

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from structlog import get_logger

from fulfilment.actions.bench import at_bench
from fulfilment.actions.dispatching import AlreadyDispatched, CannotDispatch, dispatch_shipment
from fulfilment.actions.labelling import OrderHeld
from fulfilment.actions.releasing import lock_work
from fulfilment.models import Label, Shipment
from fulfilment.scans import Answer, Scan, right, stop
from fulfilment.states import LabelState, ShipmentStatus, Verdict, WorkStatus
from inventory.models import Warehouse
from ordermgmt.clock import local_time
from orders.actions import holds
from orders.models import Order
from orders.states import Stage

log = get_logger(__name__)


class NotAllLeft(Exception):
    """Proved parcels whose hand-over failed; the others have left."""


def label_of(scan: Scan) -> Label | None:
    """The label whose carton or parcel number was scanned."""
    text = "".join(scan.code.split()).upper().removeprefix("]C1")
    sscc = text[2:] if len(text) == 20 and text.startswith("00") else text
    labels = Label.objects.select_related(
        "carton__shipment__order", "carton__shipment__work", "carton__shipment__carrier"
    )
    found = labels.filter(tracking_number__iexact=text).first()
    return found or labels.filter(carton__sscc=sscc).order_by("-state", "-pk").filter(state=LabelState.MADE).first()


def scan_label(label: Label, scan: Scan) -> Answer:
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
