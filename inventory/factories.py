"""Test records of the warehouse. `stock` books units with the real receiving verb."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import factory

from inventory import models
from inventory.actions.receiving import ReceiptLine, receive_goods
from inventory.states import PICKABLE_BINS, BinKind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_receipts = count(1)

# Code, kind and pick sequence of the bins every warehouse gets.
BINS = [
    ("RECV", BinKind.RECEIVING, 0),
    ("A-01", BinKind.PICK, 10),
    ("A-02", BinKind.PICK, 20),
    ("A-03", BinKind.PICK, 30),
    ("BULK-1", BinKind.BULK, 900),
    ("STAGE", BinKind.STAGE, 990),
    ("QUAR", BinKind.QUARANTINE, 995),
    ("DMG", BinKind.DAMAGED, 999),
]
ZONES = [("SE", 1, 1), ("DK", 2, 2), ("NO", 2, 3), ("FI", 3, 3), ("DE", 3, 4), ("GB", 4, 6), ("US", 6, 9)]


class WarehouseFactory(factory.django.DjangoModelFactory[models.Warehouse]):
    class Meta:
        model = models.Warehouse
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"W{n}")
    title = factory.LazyAttribute(lambda w: f"Warehouse {w.code}")
    name = "Nordic Pantry AB"
    line1 = "Lagervägen 4"
    city = "Malmö"
    postcode = "211 42"
    country = "SE"
    cut_off = time(14)

    @factory.post_generation
    def bins(self: Any, create: bool, extracted: Sequence[tuple[str, str, int]] | None, **kwargs: Any) -> None:
        rows = BINS if extracted is None else extracted
        models.Bin.objects.bulk_create(
            models.Bin(warehouse=self, code=code, kind=kind, pick_sequence=sequence) for code, kind, sequence in rows
        )

    @factory.post_generation
    def zones(self: Any, create: bool, extracted: Sequence[tuple[str, int, int]] | None, **kwargs: Any) -> None:
        rows = ZONES if extracted is None else extracted
        models.ServedZone.objects.bulk_create(
            models.ServedZone(warehouse=self, country=country, transit_days=days, distance_rank=rank)
            for country, days, rank in rows
        )


class BinFactory(factory.django.DjangoModelFactory[models.Bin]):
    class Meta:
        model = models.Bin

    warehouse = factory.SubFactory(WarehouseFactory)
    code = factory.Sequence(lambda n: f"B-{n:03d}")
    kind = BinKind.PICK
    pick_sequence = factory.Sequence(lambda n: 100 + n)


class ClosureFactory(factory.django.DjangoModelFactory[models.Closure]):
    class Meta:
        model = models.Closure

    warehouse = factory.SubFactory(WarehouseFactory)
    day = factory.LazyFunction(NOW.date)
    reason = "Stocktaking"


class ServedZoneFactory(factory.django.DjangoModelFactory[models.ServedZone]):
    class Meta:
        model = models.ServedZone

    warehouse = factory.SubFactory(WarehouseFactory)
    country = "FR"
    transit_days = 4


class MembershipFactory(factory.django.DjangoModelFactory[models.Membership]):
    class Meta:
        model = models.Membership

    user = factory.SubFactory("ordermgmt.factories.UserFactory")
    warehouse = factory.SubFactory(WarehouseFactory)


class ProductFactory(factory.django.DjangoModelFactory[models.Product]):
    class Meta:
        model = models.Product

    code = factory.Sequence(lambda n: f"P-{n:04d}")
    name = factory.Sequence(lambda n: f"Product {n}")
    created_at = NOW


class SkuFactory(factory.django.DjangoModelFactory[models.Sku]):
    class Meta:
        model = models.Sku
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"SKU-{n:04d}")
    product = factory.SubFactory(ProductFactory)
    name = factory.Sequence(lambda n: f"Item {n}")
    weight_g = 250
    length_mm = 100
    width_mm = 80
    height_mm = 60
    created_at = NOW

    @factory.post_generation
    def price(self: Any, create: bool, extracted: str | Decimal | None, **kwargs: Any) -> None:
        amount = Decimal("10.00") if extracted is None else Decimal(extracted)
        models.SkuPrice.objects.create(sku=self, currency="EUR", amount=amount)


class SkuPriceFactory(factory.django.DjangoModelFactory[models.SkuPrice]):
    class Meta:
        model = models.SkuPrice

    sku = factory.SubFactory(SkuFactory)
    currency = "SEK"
    amount = Decimal("119.00")


class SkuCodeFactory(factory.django.DjangoModelFactory[models.SkuCode]):
    class Meta:
        model = models.SkuCode

    sku = factory.SubFactory(SkuFactory)
    code = factory.Sequence(lambda n: f"CASE-{n:06d}")
    quantity = 12


class BundleComponentFactory(factory.django.DjangoModelFactory[models.BundleComponent]):
    class Meta:
        model = models.BundleComponent

    bundle = factory.SubFactory(SkuFactory, is_bundle=True)
    component = factory.SubFactory(SkuFactory)
    quantity = 2


class LotFactory(factory.django.DjangoModelFactory[models.Lot]):
    class Meta:
        model = models.Lot

    sku = factory.SubFactory(SkuFactory, tracks_lots=True)
    code = factory.Sequence(lambda n: f"L{n:05d}")


class CountTaskFactory(factory.django.DjangoModelFactory[models.CountTask]):
    class Meta:
        model = models.CountTask

    bin = factory.SubFactory(BinFactory)
    sku = factory.SubFactory(SkuFactory)
    reason = "Short pick"
    opened_at = NOW


class CountEntryFactory(factory.django.DjangoModelFactory[models.CountEntry]):
    class Meta:
        model = models.CountEntry

    task = factory.SubFactory(CountTaskFactory)
    by = factory.SubFactory("ordermgmt.factories.UserFactory")
    counted_at = NOW
    counted = factory.LazyFunction(lambda: [[None, 3]])
    expected = factory.LazyFunction(lambda: [[None, 10]])


class StockLevelFactory(factory.django.DjangoModelFactory[models.StockLevel]):
    """An empty level; units come from `stock`."""

    class Meta:
        model = models.StockLevel

    warehouse = factory.SubFactory(WarehouseFactory)
    sku = factory.SubFactory(SkuFactory)


class ReservationFactory(factory.django.DjangoModelFactory[models.Reservation]):
    """A row alone: its units are kept back of the level by `reserve`."""

    class Meta:
        model = models.Reservation

    key = factory.Sequence(lambda n: f"form-{n}")
    level = factory.SubFactory(StockLevelFactory)
    units = 1
    until = NOW + timedelta(minutes=15)


class BinStockFactory(factory.django.DjangoModelFactory[models.BinStock]):
    """An empty balance; units come from `stock`."""

    class Meta:
        model = models.BinStock

    bin = factory.SubFactory(BinFactory)
    sku = factory.SubFactory(SkuFactory)


class StockMovementFactory(factory.django.DjangoModelFactory[models.StockMovement]):
    """One received unit, booked with the real verb so that balances follow."""

    class Meta:
        model = models.StockMovement

    @classmethod
    def _create(cls, model_class: type[models.StockMovement], *args: Any, **kwargs: Any) -> models.StockMovement:
        warehouse = kwargs.get("warehouse") or WarehouseFactory()
        return stock(kwargs.get("sku") or SkuFactory(), warehouse, kwargs.get("quantity", 1))


def bundle(parts: dict[models.Sku, int], **facts: Any) -> models.Sku:
    """A bundle SKU made of `parts` (SKU to units)."""
    made: models.Sku = SkuFactory(is_bundle=True, **facts)
    models.BundleComponent.objects.bulk_create(
        models.BundleComponent(bundle=made, component=sku, quantity=units) for sku, units in parts.items()
    )
    return made


def stock(
    sku: models.Sku,
    warehouse: models.Warehouse,
    units: int,
    bin: models.Bin | None = None,  # noqa: A002
    lot: models.Lot | None = None,
    *,
    now: datetime = NOW,
) -> models.StockMovement:
    """Receive units into `bin` (default: the warehouse's first pick face)."""
    place = bin or warehouse.bins.filter(kind__in=PICKABLE_BINS).order_by("pick_sequence", "code").first()
    if place is None:
        raise LookupError(f"{warehouse} has no bin to pick from")
    line = ReceiptLine(sku_id=sku.pk, units=units, lot_id=lot.pk if lot else None)
    return receive_goods(place=place, lines=[line], document=f"GR-{next(_receipts)}", by="Test", now=now)[0]
