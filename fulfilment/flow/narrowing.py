"""What the map can be narrowed to; the same words for orders that wait now and for the stored history."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Carrier, FulfilmentOrder, Shipment
from fulfilment.states import ShipmentStatus, WorkStatus
from inventory.models import Warehouse
from orders.models import Channel, Delivery, Order, Plan
from orders.states import OrderStatus

FIRST, LATER = "first", "later"
NAMES = ("warehouse", "carrier", "channel", "plan", "segment")


def choices() -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
    """Label and values of each filter; one statement each."""
    return {
        "warehouse": (_("Warehouse"), list(Warehouse.objects.order_by("code").values_list("code", "title"))),
        "carrier": (_("Carrier"), list(Carrier.objects.order_by("name").values_list("code", "name"))),
        "channel": (_("Channel"), list(Channel.objects.order_by("name").values_list("code", "name"))),
        "plan": (_("Plan"), list(Plan.objects.order_by("name").values_list("number", "name"))),
        "segment": (_("Orders"), [(FIRST, _("First orders")), (LATER, _("Later orders"))]),
    }


def asked(data: Mapping[str, str]) -> dict[str, str]:
    """Those filters of an address that say something."""
    return {name: str(data[name])[:40] for name in NAMES if data.get(name)}


def carrier_of(order: str) -> Subquery:
    """Code of the carrier of the first parcel of an order."""
    parcels = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED).filter(order=OuterRef(order))
    return Subquery(parcels.order_by("pk").values("carrier__code")[:1], output_field=CharField())


def plan_of(order: str) -> Subquery:
    deliveries = Delivery.objects.filter(order=OuterRef(order))
    return Subquery(deliveries.values("subscription__version__plan__number")[:1], output_field=CharField())


def segment_of(order: str) -> Case:
    """Whether it is the first order its customer placed."""
    prefix = "" if order == "pk" else f"{order}__"
    earlier = Order.objects.exclude(status__in=[OrderStatus.CANCELLED, OrderStatus.DRAFT]).filter(
        customer=OuterRef(f"{prefix}customer"), placed_at__lt=OuterRef(f"{prefix}placed_at")
    )
    return Case(When(Exists(earlier), then=Value(LATER)), default=Value(FIRST), output_field=CharField())


def narrowed(orders: QuerySet[Any], filters: Mapping[str, str]) -> QuerySet[Any]:
    """Orders of which the filters are true."""
    return orders.filter(*_conditions(filters))


def _conditions(filters: Mapping[str, str]) -> Iterable[Any]:
    if value := filters.get("warehouse"):
        work = FulfilmentOrder.objects.exclude(status=WorkStatus.CANCELLED)
        yield Q(ship_from__code=value) | Q(Exists(work.filter(order=OuterRef("pk"), warehouse__code=value)))
    if value := filters.get("channel"):
        yield Q(channel__code=value)
    if value := filters.get("carrier"):
        live = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED)
        yield Exists(live.filter(order=OuterRef("pk"), carrier__code=value))
    if value := filters.get("plan"):
        yield Q(delivery__subscription__version__plan__number=value)
    if value := filters.get("segment"):
        yield Q(pk__in=_of_segment(value))


def _of_segment(value: str) -> QuerySet[Any]:
    return Order.objects.open().annotate(flow_segment=segment_of("pk")).filter(flow_segment=value).values("pk")
