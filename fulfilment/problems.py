"""What is wrong with a parcel, in our words, and what to do about it."""

from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Shipment
from fulfilment.models.shipments import SILENT_AFTER
from fulfilment.states import CarrierStatus, ShipmentStatus

_WORDS: dict[str, str | Promise] = {
    CarrierStatus.FAILED: _("Delivery failed"),
    CarrierStatus.DELAYED: _("Delayed"),
    CarrierStatus.RETURN_TO_SENDER: _("Going back to us"),
    CarrierStatus.ON_HOLD: _("Held by the carrier"),
    CarrierStatus.CANCELLED: _("Cancelled by the carrier"),
}
_CAUSES: dict[str, str | Promise] = {
    "carrier_address_not_found": _("address not found"),
    "carrier_damaged_parcel": _("damaged"),
    "carrier_parcel_lost": _("lost"),
    "carrier_delay": _("carrier is late"),
    "carrier_sorting_error": _("sorted wrongly"),
    "consignee_not_home": _("nobody at home"),
    "consignee_not_available": _("nobody at home"),
    "consignee_refused": _("refused at the door"),
    "consignee_incorrect_address": _("address is wrong"),
    "consignee_business_closed": _("business closed"),
    "consignee_access_restricted": _("no access"),
    "customs_delay": _("customs"),
    "customs_documentation": _("customs wants papers"),
    "customs_duties_unpaid": _("duties not paid"),
    "weather_delay": _("weather"),
}
ADVICE: dict[str, str | Promise] = {
    CarrierStatus.FAILED: _("Ask the customer for a better time or place, then tell the carrier today."),
    CarrierStatus.DELAYED: _("Tell the customer the new date. Send again after 5 days without a scan."),
    CarrierStatus.RETURN_TO_SENDER: _("Ask the customer whether to send again or refund before it is back."),
    CarrierStatus.ON_HOLD: _("Ask the carrier what it waits for."),
    "silent": _("Ask the carrier for a trace. Send again after 5 days without a scan."),
}


def code_of(shipment: Shipment, now: datetime) -> str:
    """The problem's code: what the carrier reported, else `silent` after 48 hours without a scan."""
    if shipment.problem:
        return shipment.problem.partition(":")[0]
    heard_at = shipment.last_event_at or shipment.dispatched_at
    is_silent = shipment.status == ShipmentStatus.DISPATCHED and heard_at and heard_at < now - SILENT_AFTER
    return "silent" if is_silent else ""


def words_of(shipment: Shipment, now: datetime) -> str:
    """In words with its cause, empty when all is well: "Delivery failed: nobody at home"."""
    if code_of(shipment, now) == "silent":
        return gettext("No scan for 48 h")
    return problem_words(shipment.problem)


def troubled(parcels: QuerySet[Shipment], trouble: str, now: datetime) -> QuerySet[Shipment]:
    """Parcels with one trouble: `silent`, or a problem as the carrier reported it ("" for any of those)."""
    if trouble == "silent":
        return parcels.filter(pk__in=Shipment.objects.silent(now).values("pk"), problem="")
    alive = parcels.exclude(status=ShipmentStatus.CANCELLED)
    return alive.filter(problem=trouble) if trouble else alive.exclude(problem="")


def problem_words(problem: str) -> str:
    """What a carrier reported (a state, or a state with its incident) in words."""
    code, _colon, incident = problem.partition(":")
    words = str(_WORDS.get(code, code))
    cause = str(_CAUSES.get(incident, incident.replace("_", " ")))
    return f"{words}: {cause}" if cause else words


def days_late(shipment: Shipment, today: date) -> int:
    """Days behind the promise: late already, or expected late."""
    promised = shipment.order.promised_delivery_on
    if not promised or shipment.status in (ShipmentStatus.CANCELLED, ShipmentStatus.RETURNED):
        return 0
    if shipment.delivered_at:
        return max(0, (shipment.delivered_at.date() - promised).days)
    likely = max(shipment.expected_on or promised, today if shipment.dispatched_at else promised)
    return max(0, (likely - promised).days)
