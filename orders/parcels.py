"""Parcels in the customer's words: where each is, what is in it, what went wrong and what can be done.

Read from loaded shipments by the names fulfilment declares; nothing here queries.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.looks import BAD, GOOD, MOVING, Look, look_of
from orders.models import Order

SILENT_AFTER = timedelta(hours=48)
STATUS_WORDS = {
    "pending": gettext_lazy("Packed, waits for the carrier"),
    "picked_up": gettext_lazy("The carrier has it"),
    "in_transit": gettext_lazy("On its way"),
    "out_for_delivery": gettext_lazy("Out for delivery"),
    "ready_for_pickup": gettext_lazy("Waits at the pick-up point"),
    "delivered": gettext_lazy("Delivered"),
    "delivery_delayed": gettext_lazy("Delayed"),
    "delivery_failed": gettext_lazy("Could not be delivered"),
    "return_to_sender": gettext_lazy("Going back to us"),
    "on_hold": gettext_lazy("Held by the carrier"),
    "cancelled": gettext_lazy("Cancelled by the carrier"),
    "unknown": gettext_lazy("On its way"),
}
CAUSES = {
    "consignee_not_home": gettext_lazy("nobody was at home"),
    "consignee_not_available": gettext_lazy("nobody was at home"),
    "consignee_refused": gettext_lazy("it was refused at the door"),
    "consignee_incorrect_address": gettext_lazy("the address was not right"),
    "consignee_business_closed": gettext_lazy("the business was closed"),
    "consignee_access_restricted": gettext_lazy("the driver could not get in"),
    "carrier_address_not_found": gettext_lazy("the address was not found"),
    "carrier_damaged_parcel": gettext_lazy("it was damaged on the way"),
    "carrier_parcel_lost": gettext_lazy("the carrier lost it"),
    "weather_delay": gettext_lazy("of the weather"),
    "customs_delay": gettext_lazy("of customs"),
}
# What happened, what we do, what you can do.
TROUBLES: dict[str, tuple[Any, Any, Any]] = {
    "delivery_failed": (
        gettext_lazy("Your parcel could not be delivered"),
        gettext_lazy("The carrier tries again on the next working day. We watch it."),
        gettext_lazy("Be at home, or call us for another place or time."),
    ),
    "delivery_delayed": (
        gettext_lazy("Your parcel is delayed"),
        gettext_lazy("We ask the carrier every day and write to you with a new date."),
        gettext_lazy("You can wait, or call us for a new parcel or your money back."),
    ),
    "return_to_sender": (
        gettext_lazy("Your parcel is coming back to us"),
        gettext_lazy("We write to you as soon as it is here."),
        gettext_lazy("Call us: we send it again or give your money back."),
    ),
    "on_hold": (
        gettext_lazy("The carrier holds your parcel"),
        gettext_lazy("We ask the carrier what it waits for."),
        gettext_lazy("You need not do anything. Call us if you cannot wait."),
    ),
}
OTHER_TROUBLE = (
    gettext_lazy("There is a problem with the delivery"),
    gettext_lazy("We are asking the carrier and will write to you."),
    gettext_lazy("Call us if you cannot wait."),
)


@dataclass(frozen=True)
class Parcel:
    """One parcel on the customer's page. `numbers`: tracking number and where to follow it, or ""."""

    title: str
    status: Any
    look: Look
    carrier: str
    service: str
    numbers: Sequence[tuple[str, str]]
    expected_on: date | None
    delivered_at: datetime | None
    left_at: datetime | None
    place: str
    trouble: str
    is_out: bool
    is_waiting_for_pickup: bool
    last_known_at: datetime | None
    is_silent: bool
    items: Sequence[tuple[str, int]]
    events: Sequence[Any]

    @property
    def is_problem(self) -> bool:
        return bool(self.trouble) and self.delivered_at is None


def parcels_of(order: Order, *, now: datetime) -> list[Parcel]:
    """Problems first, then what is still to come, then what has arrived."""
    shipments = sorted(order.live_shipments, key=lambda shipment: shipment.pk)  # type: ignore[attr-defined]
    made = [_parcel(shipment, place, len(shipments), now) for place, shipment in enumerate(shipments, 1)]
    return sorted(made, key=lambda parcel: (not parcel.is_problem, parcel.delivered_at is not None))


def arrival(parcels: Sequence[Parcel], promised: date | None) -> date | None:
    """When the last parcel that is on its way arrives; what was promised while nothing has left."""
    days = [
        parcel.expected_on for parcel in parcels if parcel.left_at and not parcel.delivered_at and parcel.expected_on
    ]
    return max(days) if days else promised


def is_out(parcels: Sequence[Parcel]) -> bool:
    return any(parcel.is_out for parcel in parcels)


def trouble_words(trouble: str) -> tuple[str, str, str]:
    code, _sep, incident = trouble.partition(":")
    what, ours, yours = TROUBLES.get(code, OTHER_TROUBLE)
    cause = CAUSES.get(incident)
    if cause:
        what = _("%(what)s, because %(cause)s") % {"what": what, "cause": cause}
    return str(what), str(ours), str(yours)


def _parcel(shipment: Any, place: int, count: int, now: datetime) -> Parcel:
    status = "pending" if shipment.status == "packed" else shipment.carrier_status
    is_moving = shipment.status == "dispatched"
    events = sorted(shipment.events.all(), key=lambda event: event.happened_at, reverse=True)
    heard_at = shipment.last_event_at or shipment.dispatched_at
    if is_moving and status == "pending":
        status = "picked_up"
    return Parcel(
        title=_("Parcel %(n)s of %(all)s") % {"n": place, "all": count} if count > 1 else _("Your parcel"),
        status=STATUS_WORDS.get(status, STATUS_WORDS["unknown"]),
        look=_look(shipment, status),
        carrier=shipment.carrier.name,
        service=shipment.service,
        numbers=_numbers(shipment),
        expected_on=shipment.expected_on,
        delivered_at=shipment.delivered_at,
        left_at=shipment.dispatched_at,
        place=next((event.place for event in events if event.status == shipment.carrier_status), ""),
        trouble=shipment.problem,
        is_out=is_moving and status == "out_for_delivery",
        is_waiting_for_pickup=is_moving and status == "ready_for_pickup",
        last_known_at=heard_at,
        is_silent=bool(is_moving and heard_at and heard_at < now - SILENT_AFTER),
        items=_items(shipment),
        events=[(event, STATUS_WORDS.get(event.status, STATUS_WORDS["unknown"])) for event in events],
    )


def _look(shipment: Any, status: str) -> Look:
    if shipment.delivered_at:
        return GOOD
    if shipment.problem:
        return BAD
    return MOVING if shipment.status == "dispatched" else look_of(None, status)


def _numbers(shipment: Any) -> list[tuple[str, str]]:
    template = shipment.carrier.tracking_url
    labels = [label for carton in shipment.cartons.all() for label in carton.labels.all() if label.state == "made"]
    return [(label.tracking_number, template.replace("{number}", label.tracking_number)) for label in labels]


def _items(shipment: Any) -> list[tuple[str, int]]:
    units: dict[str, int] = defaultdict(int)
    for line in shipment.lines.all():
        units[line.order_line.name] += line.quantity
    return list(units.items())
