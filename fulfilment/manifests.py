"""What waits for each carrier's truck, and what left with it today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from fulfilment.models import Carrier, Carton, Label, Shipment
from fulfilment.states import LabelState, ShipmentStatus
from inventory.models import Warehouse
from orders.models import Hold
from orders.states import Stage

# Parcels shown and handed over at once; the rest follows when these are gone.
MOST = 100


@dataclass(frozen=True)
class Parcel:
    """A shipment on a manifest. `lacks` says why it cannot be loaded; "" when it can."""

    shipment: Shipment
    boxes: int
    weight_g: int
    tracking: tuple[str, ...]
    lacks: str = ""
    is_proved: bool = True

    @property
    def kilos(self) -> str:
        return f"{self.weight_g / 1000:.2f}"


@dataclass
class Manifest:
    """One carrier on one day: parcels that wait (most urgent first) and parcels that left."""

    carrier: Carrier
    waiting: list[Parcel] = field(default_factory=list)
    gone: list[Parcel] = field(default_factory=list)

    @property
    def ready(self) -> int:
        return sum(not parcel.lacks for parcel in self.waiting)

    @property
    def boxes(self) -> int:
        return sum(parcel.boxes for parcel in self.gone)

    @property
    def kilos(self) -> str:
        return f"{sum(parcel.weight_g for parcel in self.gone) / 1000:.2f}"


def manifests(warehouse: Warehouse, *, day: date) -> list[Manifest]:
    """By carrier, in a constant number of queries."""
    found: dict[int, Manifest] = {}
    parcels = _parcels(warehouse)
    waiting = list(parcels.filter(status=ShipmentStatus.PACKED).order_by("packed_at", "pk")[:MOST])
    held = _holds(waiting)
    for shipment in waiting:
        _of(found, shipment).waiting.append(_parcel(shipment, held.get(shipment.order_id, "")))
    start, end = bounds(warehouse, day)
    for shipment in parcels.filter(dispatched_at__gte=start, dispatched_at__lt=end).order_by("dispatched_at", "pk"):
        _of(found, shipment).gone.append(_parcel(shipment, ""))
    return sorted(found.values(), key=lambda one: one.carrier.name)


def bounds(warehouse: Warehouse, day: date) -> tuple[datetime, datetime]:
    """The first moment of a day at the warehouse and that of the next."""
    zone = ZoneInfo(warehouse.time_zone)
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def _parcels(warehouse: Warehouse) -> QuerySet[Shipment]:
    labels = Label.objects.filter(state=LabelState.MADE)
    cartons = Carton.objects.order_by("position").prefetch_related(Prefetch("labels", labels))
    rows = Shipment.objects.filter(warehouse=warehouse).select_related("order", "carrier")
    return rows.prefetch_related(Prefetch("cartons", cartons))


def _of(found: dict[int, Manifest], shipment: Shipment) -> Manifest:
    return found.setdefault(shipment.carrier_id, Manifest(shipment.carrier))


def _holds(shipments: Iterable[Shipment]) -> dict[int, str]:
    orders = [shipment.order_id for shipment in shipments]
    holds = Hold.objects.stopping(Stage.DISPATCH).filter(order__in=orders).order_by("-opened_at", "-pk")
    return {hold.order_id: hold.reason for hold in holds}


def _parcel(shipment: Shipment, hold: str) -> Parcel:
    cartons = list(shipment.cartons.all())
    labels = [label for carton in cartons for label in carton.labels.all()]
    return Parcel(
        shipment=shipment,
        boxes=len(cartons),
        weight_g=sum(carton.weight_g for carton in cartons),
        tracking=tuple(label.tracking_number for label in labels),
        lacks=_("On hold: %(reason)s") % {"reason": hold}
        if hold
        else _("A box has no label")
        if len(labels) < len(cartons)
        else "",
        is_proved=all(label.scanned_at for label in labels),
    )
