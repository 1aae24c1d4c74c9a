"""Orders with parcels for tests of what customers see, by the relations fulfilment declares."""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.db import transaction

from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Warehouse
from orders import factories
from orders.factories import NOW
from orders.models import Order

_count = count(1)


def in_stock(lines: int = 1, **facts: Any) -> Order:
    """An order of which everything is promised."""
    warehouse = Warehouse.objects.first() or WarehouseFactory()
    skus = [SkuFactory(name=f"Oat drink {n} l") for n in range(1, lines + 1)]
    for sku in skus:
        stock(sku, warehouse, 100)
    with transaction.atomic():
        return factories.order(dict.fromkeys(skus, 2), **facts)


def shipment(order: Order, status: str, **facts: Any) -> Any:
    """A parcel of an order as a row; the order's own state does not follow."""
    model = apps.get_model("fulfilment", "Shipment")
    carrier, _new = apps.get_model("fulfilment", "Carrier").objects.get_or_create(
        code="house", defaults={"name": "Nordic Parcel", "tracking_url": "https://track.example/{number}"}
    )
    box, _new = apps.get_model("fulfilment", "BoxType").objects.get_or_create(
        code="M",
        defaults={"name": "Medium", "length_mm": 1, "width_mm": 1, "height_mm": 1, "tare_g": 1, "max_weight_g": 9},
    )
    n = next(_count)
    warehouse = Warehouse.objects.get(pk=order.ship_from_id)
    work = order.fulfilment_orders.create(
        number=f"FO-T{n}", warehouse=warehouse, status="dispatched", created_at=NOW, dispatched_at=NOW
    )
    values = {
        "number": f"SH-T{n}", "order": order, "work": work, "warehouse": warehouse, "status": status, "carrier": carrier,
        "service": "Standard", "expected_on": date(2026, 11, 25), "packed_at": NOW - timedelta(hours=2), "packed_by": "Ana",
        "dispatched_at": NOW - timedelta(hours=1), **facts,
    }  # fmt: skip
    parcel = model.objects.create(**values)
    carton = parcel.cartons.create(position=1, sscc=f"{n:018d}", box=box, weight_g=900)
    number = f"NP{parcel.order.shipments.count():09d}SE"
    taken = apps.get_model("fulfilment", "Label").objects.filter(tracking_number=number).exists()
    carton.labels.create(tracking_number=f"NP{n + 10**8}SE" if taken else number, made_at=NOW)
    line = order.lines.first()
    parcel.lines.create(carton=carton, order_line=line, sku=line.sku, quantity=1)
    return parcel


def event(parcel: Any, status: str, *, place: str = "", at: datetime = NOW) -> Any:
    return parcel.events.create(
        source="house", event_id=f"e{next(_count)}", status=status, place=place, happened_at=at, received_at=at
    )
