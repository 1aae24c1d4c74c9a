"""Test records of the floor and of parcels. `released` hands an order over with the real verb."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

import factory

from fulfilment import models
from fulfilment.actions.planning import Choice
from fulfilment.actions.waves import release_waves
from fulfilment.states import CarrierStatus, Verdict, WaveKind
from inventory.factories import BinFactory, SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, Warehouse
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders import factories as orders

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_scans = count(1)


class WaveFactory(factory.django.DjangoModelFactory[models.Wave]):
    """An empty wave; orders come from `released`."""

    class Meta:
        model = models.Wave

    number = factory.Sequence(lambda n: f"WV-{90_000 + n}")
    warehouse = factory.SubFactory(WarehouseFactory)
    kind = WaveKind.MULTI
    created_at = NOW
    created_by = "Lead"


class AutoReleaseFactory(factory.django.DjangoModelFactory[models.AutoRelease]):
    class Meta:
        model = models.AutoRelease

    warehouse = factory.SubFactory(WarehouseFactory)
    is_on = True
    changed_at = NOW
    changed_by = "Lead"


class FulfilmentOrderFactory(factory.django.DjangoModelFactory[models.FulfilmentOrder]):
    """Planned work without lines; work with goods comes from `released`."""

    class Meta:
        model = models.FulfilmentOrder

    number = factory.Sequence(lambda n: f"FO-{900_000 + n}")
    order = factory.SubFactory(orders.OrderFactory)
    warehouse = factory.SubFactory(WarehouseFactory)
    created_at = NOW


class FulfilmentLineFactory(factory.django.DjangoModelFactory[models.FulfilmentLine]):
    class Meta:
        model = models.FulfilmentLine

    work = factory.SubFactory(FulfilmentOrderFactory)
    order_line = factory.LazyAttribute(lambda line: line.work.order.lines.first())
    sku = factory.LazyAttribute(lambda line: line.order_line.sku)
    quantity = 1


class PickTaskFactory(factory.django.DjangoModelFactory[models.PickTask]):
    """A row for its own sake: the bin's balance does not follow."""

    class Meta:
        model = models.PickTask

    line = factory.SubFactory(FulfilmentLineFactory)
    bin = factory.SubFactory(BinFactory)
    quantity = 1


class PackBoxFactory(factory.django.DjangoModelFactory[models.PackBox]):
    class Meta:
        model = models.PackBox

    work = factory.SubFactory(FulfilmentOrderFactory)
    position = 1


class PackItemFactory(factory.django.DjangoModelFactory[models.PackItem]):
    class Meta:
        model = models.PackItem

    box = factory.SubFactory(PackBoxFactory)
    line = factory.LazyAttribute(lambda item: FulfilmentLineFactory(work=item.box.work))
    quantity = 1


class ScanEventFactory(factory.django.DjangoModelFactory[models.ScanEvent]):
    class Meta:
        model = models.ScanEvent

    device = "test"
    sequence = factory.Sequence(lambda n: 1_000_000 + n)
    by = factory.SubFactory(UserFactory, role=Role.OPERATOR)
    at = NOW
    station = "pick"
    code = "4006381333931"
    verdict = Verdict.ACCEPTED


class BoxTypeFactory(factory.django.DjangoModelFactory[models.BoxType]):
    class Meta:
        model = models.BoxType
        django_get_or_create = ("code",)

    code = "M"
    name = "Medium box"
    length_mm = 300
    width_mm = 200
    height_mm = 150
    tare_g = 150
    max_weight_g = 10_000


class CarrierFactory(factory.django.DjangoModelFactory[models.Carrier]):
    class Meta:
        model = models.Carrier
        django_get_or_create = ("code",)

    code = "house"
    name = "Nordic Parcel"


class CarrierRateFactory(factory.django.DjangoModelFactory[models.CarrierRate]):
    class Meta:
        model = models.CarrierRate
        django_get_or_create = ("carrier", "service", "country", "max_weight_g")

    carrier = factory.SubFactory(CarrierFactory)
    service = "Standard"
    country = "SE"
    max_weight_g = 20_000
    price = Decimal("4.90")
    transit_days = 2


class PickupFactory(factory.django.DjangoModelFactory[models.Pickup]):
    class Meta:
        model = models.Pickup

    warehouse = factory.SubFactory(WarehouseFactory)
    carrier = factory.SubFactory(CarrierFactory)
    leaves_at = time(16)


class ShipmentFactory(factory.django.DjangoModelFactory[models.Shipment]):
    class Meta:
        model = models.Shipment

    number = factory.Sequence(lambda n: f"SH-{900_000 + n}")
    work = factory.SubFactory(FulfilmentOrderFactory)
    order = factory.LazyAttribute(lambda shipment: shipment.work.order)
    warehouse = factory.LazyAttribute(lambda shipment: shipment.work.warehouse)
    carrier = factory.SubFactory(CarrierFactory)
    service = "Standard"
    packed_at = NOW
    packed_by = "Test"


class CartonFactory(factory.django.DjangoModelFactory[models.Carton]):
    class Meta:
        model = models.Carton

    shipment = factory.SubFactory(ShipmentFactory)
    position = 1
    sscc = factory.Sequence(lambda n: f"{735_001_290_000_000_000 + n}")
    box = factory.SubFactory(BoxTypeFactory)
    weight_g = 400


class ShipmentLineFactory(factory.django.DjangoModelFactory[models.ShipmentLine]):
    class Meta:
        model = models.ShipmentLine

    carton = factory.SubFactory(CartonFactory)
    shipment = factory.LazyAttribute(lambda line: line.carton.shipment)
    order_line = factory.LazyAttribute(lambda line: line.shipment.order.lines.first())
    sku = factory.LazyAttribute(lambda line: line.order_line.sku)
    quantity = 1


class LabelFactory(factory.django.DjangoModelFactory[models.Label]):
    class Meta:
        model = models.Label

    carton = factory.SubFactory(CartonFactory)
    tracking_number = factory.Sequence(lambda n: f"NP{n:09d}SE")
    made_at = NOW


class TrackingEventFactory(factory.django.DjangoModelFactory[models.TrackingEvent]):
    class Meta:
        model = models.TrackingEvent

    shipment = factory.SubFactory(ShipmentFactory)
    source = "house"
    event_id = factory.Sequence(lambda n: f"event-{n}")
    status = CarrierStatus.IN_TRANSIT
    happened_at = NOW
    received_at = NOW


class CarrierMessageFactory(factory.django.DjangoModelFactory[models.CarrierMessage]):
    class Meta:
        model = models.CarrierMessage

    source = "house"
    body = "{}"
    body_hash = factory.Sequence(lambda n: f"{n:064d}")
    received_at = NOW
    state = "done"


def gtin(number: int) -> str:
    """An EAN-13 of a test item."""
    body = f"735001{number:06d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


_items = count(1)


def item(warehouse: Warehouse, units: int = 0, **facts: Any) -> Sku:
    """A SKU with a barcode, and units of it in the warehouse's first bin."""
    made: Sku = SkuFactory(barcode=gtin(next(_items)), **facts)
    if units:
        stock(made, warehouse, units)
    return made


def ready_to_ship() -> None:
    """Box sizes and a carrier with a rate, so that a label can be made."""
    for code, name, size, tare in [("S", "Small box", (200, 150, 100), 80), ("M", "Medium box", (300, 200, 150), 150)]:
        BoxTypeFactory(code=code, name=name, length_mm=size[0], width_mm=size[1], height_mm=size[2], tare_g=tare)
    CarrierRateFactory()


def released(
    warehouse: Warehouse, wanted: list[Mapping[Sku, int]], *, by: User, now: datetime = NOW, **choice: Any
) -> list[models.Wave]:
    """Orders of these SKUs, taken in and released to the floor with the real verb."""
    for units in wanted:
        orders.order(units, now=now)
    return release_waves(warehouse, Choice(**choice), by=by, now=now)
