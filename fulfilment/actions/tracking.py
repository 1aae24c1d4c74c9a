"""What carriers report: each event once, in any order, to one end; problems shown, arrivals told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from customers.actions.feedback import ask_feedback
from customers.feedback_emails import no_check_in
from fulfilment.carriers.messages import NotUnderstood, Report, fingerprint
from fulfilment.carriers.outcome import Outcome, outcome_of
from fulfilment.emails import delivered_message
from fulfilment.models import CarrierMessage, Label, Shipment, TrackingEvent
from fulfilment.states import CarrierStatus, ShipmentStatus
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions import progress
from orders.actions.links import end_after_delivery
from orders.emails import no_thanks, thank_you
from orders.models import Order
from orders.states import FulfilmentStatus, LineKind

# A clock that is a little ahead is believed; an event from tomorrow would stay the latest for ever.
AHEAD = timedelta(hours=1)


class UnknownParcel(LookupError):
    """No label of ours carries this tracking number."""


class FromTheFuture(ValueError):
    """The event is said to happen later than now."""


@dataclass
class Heard:
    """What came of a message or file: events that were new, known before, and refused with a reason."""

    new: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


def shipment_of(tracking_number: str, among: QuerySet[Shipment]) -> int:
    """The shipment of a label (void ones too: a parcel may travel under them). Raises UnknownParcel."""
    labels = Label.objects.filter(tracking_number=tracking_number, carton__shipment__in=among.values("pk"))
    found = labels.values_list("carton__shipment_id", flat=True).first()
    if found is None:
        raise UnknownParcel(_("No parcel of ours has the number %(number)s") % {"number": tracking_number})
    return found


@retries_conflicts
@transaction.atomic(durable=True)
def record_event(shipment_id: int, report: Report, *, source: str, by: User | str, now: datetime) -> bool:
    """Write an event once per (source, event id) and let the shipment follow; says whether it was new.

    The state is derived from all events each time, so that any order and any repetition of them ends in the same
    state. Raises FromTheFuture.
    """
    if report.happened_at > now + AHEAD:
        raise FromTheFuture(_("The event is dated %(at)s, which is not yet") % {"at": report.happened_at.isoformat()})
    order, shipment = _lock(shipment_id)
    if TrackingEvent.objects.filter(source=source, event_id=report.event_id).exists():
        return False
    TrackingEvent.objects.create(
        shipment=shipment,
        source=source,
        event_id=report.event_id,
        status=report.status,
        raw_status=report.raw_status,
        message=report.message,
        place=report.place,
        incident=report.incident,
        happened_at=report.happened_at,
        received_at=now,
        payload=dict(report.payload),
    )
    _note_event(shipment, report, by=by, now=now)
    follow(order, shipment, now=now)
    return True


def follow(order: Order, shipment: Shipment, *, now: datetime) -> None:
    """Inside the caller's transaction (order and shipment locked): put the shipment where its events say it is."""
    outcome = outcome_of(list(shipment.events.all()))
    if shipment.current_status == ShipmentStatus.DISPATCHED and outcome.delivered_at:
        shipment.move_to(ShipmentStatus.DELIVERED, now=now, delivered_at=outcome.delivered_at)
        delivered_message(shipment, now=now)
    if outcome.returned_at and shipment.can_move_to(ShipmentStatus.RETURNED):
        shipment.move_to(ShipmentStatus.RETURNED, now=now, returned_at=outcome.returned_at)
    _store(shipment, outcome)
    progress.refresh_status(order, now=now)
    _thank(order, shipment, now=now)


def _thank(order: Order, shipment: Shipment, *, now: datetime) -> None:
    """Thanks a day after the last parcel of a first order came; not when something went wrong or came back."""
    if shipment.problem or shipment.returned_at:
        no_thanks(order)
        no_check_in(order.number)
    elif order.fulfilment_status == FulfilmentStatus.DELIVERED and shipment.delivered_at:
        thank_you(order, delivered_at=shipment.delivered_at, now=now)
        _ask(order, shipment, now=now)
        end_after_delivery(order, delivered_at=shipment.delivered_at)


def _ask(order: Order, shipment: Shipment, *, now: datetime) -> None:
    """How it was, some days after everything came; never about a test."""
    if order.is_test or not shipment.delivered_at:
        return
    goods = (
        order.lines.filter(kind__in=(LineKind.ITEM, LineKind.BUNDLE))
        .order_by("position")
        .values_list("name", flat=True)
    )
    ask_feedback(
        order.customer, order_number=order.number, contents=list(goods), language=order.language,
        delivered_at=shipment.delivered_at, now=now,
    )  # fmt: skip


def _store(shipment: Shipment, outcome: Outcome) -> None:
    facts = {
        "carrier_status": outcome.status,
        "last_event_at": outcome.last_event_at,
        "problem": outcome.problem,
        "delivered_at": outcome.delivered_at if shipment.dispatched_at else None,
    }
    for name, value in facts.items():
        setattr(shipment, name, value)
    shipment.save(update_fields=list(facts))


def _lock(shipment_id: int) -> tuple[Order, Shipment]:
    """Order, then shipment: closes the race of two events of one parcel, and of an event with the hand-over."""
    order_id = Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id)
    order = progress.lock_order(order_id)
    shipment = (
        Shipment.objects.select_for_update(of=("self",)).select_related("carrier", "warehouse").get(pk=shipment_id)
    )
    shipment.order = order
    return order, shipment


def hear(message: CarrierMessage, reports: Sequence[Report], *, now: datetime) -> Heard:
    """Work a stored message of a carrier: each event in a transaction of its own; safe to repeat after a crash.

    A carrier speaks of its own parcels only: others are unknown to it.
    """
    theirs = Shipment.objects.filter(carrier__code=message.source)
    heard = hear_reports(reports, among=theirs, source=message.source, by=message.source, now=now)
    message.state = "refused" if heard.refused and not heard.new and not heard.known else "done"
    message.reason = "; ".join(heard.refused)[:300]
    message.save(update_fields=["state", "reason"])
    return heard


def hear_reports(
    reports: Iterable[Report], *, among: QuerySet[Shipment], source: str, by: User | str, now: datetime
) -> Heard:
    """Record each event of the parcels that whoever tells them may speak of; the rest is refused by name."""
    heard = Heard()
    for report in reports:
        try:
            is_new = record_event(shipment_of(report.tracking_number, among), report, source=source, by=by, now=now)
        except (UnknownParcel, FromTheFuture) as problem:
            heard.refused.append(str(problem))
            continue
        heard.new += is_new
        heard.known += not is_new
    return heard


def keep_message(source: str, body: str, *, now: datetime) -> CarrierMessage:
    """Store a message before anything is understood; the same body again is the same row."""
    row, _is_new = CarrierMessage.objects.get_or_create(
        source=source,
        body_hash=sha256(body.encode()).hexdigest(),
        defaults={"body": body, "received_at": now, "state": "refused", "reason": "Not worked yet"},
    )
    return row


def refuse_message(message: CarrierMessage, problem: NotUnderstood) -> None:
    CarrierMessage.objects.filter(pk=message.pk).update(state="refused", reason=str(problem)[:300])


def by_hand(
    shipment_id: int, *, status: str, happened_at: datetime, place: str, message: str, by: User, now: datetime
) -> bool:
    """What a person heard on the phone or read at the carrier's page; the same facts twice are one event."""
    number = Shipment.objects.values_list("number", flat=True).get(pk=shipment_id)
    report = Report(
        tracking_number="",
        event_id=fingerprint(number, status, happened_at, message),
        status=CarrierStatus(status),
        happened_at=happened_at,
        message=message[:300],
        place=place[:120],
    )
    return record_event(shipment_id, report, source="staff", by=by, now=now)


@transaction.atomic(durable=True)
def solve_problem(shipment_id: int, *, by: User, note: str, now: datetime) -> Shipment:
    """Mark a problem as taken care of; the next event may raise another."""
    _order, shipment = _lock(shipment_id)
    was, shipment.problem = shipment.problem, ""
    shipment.save(update_fields=["problem"])
    record(
        "shipment.solved",
        "Problem of {shipment} solved: {note}",
        subject=shipment.number,
        thread=shipment.order.number,
        by=by,
        now=now,
        category=ActivityCategory.CARRIER,
        shipment=shipment.number,
        note=note,
        problem=was,
    )
    return shipment


def _note_event(shipment: Shipment, report: Report, *, by: User | str, now: datetime) -> None:
    status = CarrierStatus(report.status)
    record(
        "shipment.tracked",
        "{shipment}: {status}, {place}" if report.place else "{shipment}: {status}",
        subject=shipment.number,
        thread=shipment.order.number,
        by=by,
        now=now,
        category=ActivityCategory.CARRIER,
        shipment=shipment.number,
        status=str(status.label),
        place=report.place,
        happened_at=report.happened_at.isoformat(),
    )
