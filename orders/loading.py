"""What lists and the customer's page read beside an order, by statements that are compiled once.

Fulfilment is to the right of the arrow and is reached by the relations it declares.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from ordermgmt.loading import Related
from orders.models import AddressKind, Hold, Order, OrderAddress, OrderLine


def _rows(name: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model("fulfilment", name)._default_manager.all()
    return rows


_HOLDS = Related(
    "holds", lambda ids: Hold.objects.filter(released_at=None, order__in=ids).order_by("opened_at"), "open_holds"
)
_FLOOR = Related(
    "fulfilment_orders",
    lambda ids: (
        _rows("FulfilmentOrder").exclude(status="dispatched").filter(order__in=ids).select_related("warehouse", "wave")
    ),
    "floor_work",
)
_PARCELS = Related(
    "shipments",
    lambda ids: _rows("Shipment").exclude(status="cancelled").filter(order__in=ids).select_related("carrier"),
    "live_shipments",
)
_LINES = Related("lines", lambda ids: OrderLine.objects.filter(order__in=ids))
_SHIPPING = Related(
    "addresses",
    lambda ids: OrderAddress.objects.filter(kind=AddressKind.SHIPPING, order__in=ids),
    "shipping_rows",
)
_EVENTS = Related("events", lambda ids: _rows("TrackingEvent").filter(shipment__in=ids))
_CARTONS = Related("cartons", lambda ids: _rows("Carton").filter(shipment__in=ids))
_LABELS = Related("labels", lambda ids: _rows("Label").filter(carton__in=ids))
_PACKED = Related("lines", lambda ids: _rows("ShipmentLine").filter(shipment__in=ids).select_related("order_line"))


def load_state(orders: Sequence[Order]) -> None:
    """What `Order.objects.with_state()` loads, for orders at hand: three statements for any number."""
    for related in (_HOLDS, _FLOOR, _PARCELS):
        related.load(orders)


def load_followed(order: Order) -> None:
    """What the customer's page shows of an order: its state, lines, address and parcels."""
    for related in (_HOLDS, _FLOOR, _LINES, _SHIPPING):
        related.load([order])
    parcels = _PARCELS.load([order])
    _EVENTS.load(parcels)
    _PACKED.load(parcels)
    _LABELS.load(_CARTONS.load(parcels))
