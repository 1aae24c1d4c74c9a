"""Worked numbers about stock (orders_warehouse.md 2.12)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from inventory.factories import BinFactory, SkuFactory, WarehouseFactory
from inventory.kpis import units_on_hand
from inventory.models import CountEntry, CountTask, StockLevel, StockMovement
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import recount

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
TEN = Period(date(2026, 11, 1), date(2026, 11, 10))


def value(name: str, **filters: str) -> Decimal | None:
    return recount(find(name), TEN, filters).value


def test_stock_outs_by_item_and_the_avoidable_ones() -> None:
    """Five sizes, three missing here (60 %), two of them lie elsewhere: 40 % avoidable."""
    here, there = WarehouseFactory(), WarehouseFactory()
    for units, elsewhere in ((3, 0), (1, 0), (0, 5), (0, 2), (0, 0)):
        sku = SkuFactory()
        StockLevel.objects.create(warehouse=here, sku=sku, on_hand=units)
        StockLevel.objects.create(warehouse=there, sku=sku, on_hand=elsewhere)
    assert value("avoidable_stock_outs", warehouse=here.code) == Decimal("0.4")
    assert value("stock_outs") == Decimal("0.2")


def test_reserved_and_unsaleable_units_are_not_there_to_sell() -> None:
    StockLevel.objects.create(
        warehouse=WarehouseFactory(), sku=SkuFactory(), on_hand=9, unsaleable=4, allocated=3, safety=2
    )
    assert value("stock_outs") == 1


def test_places_counted_right() -> None:
    """492 of 500 is 98.4 %; here 3 of 4: a first count that was wrong and a second that was right is right."""
    people = [UserFactory(role="operator") for _ in range(2)]
    for counts in ([[[None, 5]]], [[[None, 5]]], [[[None, 4]], [[None, 5]]], [[[None, 4]], [[None, 4]]]):
        task = CountTask.objects.create(
            bin=BinFactory(), sku=SkuFactory(), reason="Cycle", opened_at=NOON, done_at=NOON
        )
        for person, counted in zip(people, counts, strict=False):
            CountEntry.objects.create(task=task, by=person, counted_at=NOON, counted=counted, expected=[[None, 5]])
    CountTask.objects.create(bin=BinFactory(), sku=SkuFactory(), reason="Cycle", opened_at=NOON)
    assert value("inventory_accuracy") == Decimal("0.75")


def move(place: object, sku: object, quantity: int, day: int, kind: str) -> None:
    at = NOON - timedelta(days=10 - day)
    StockMovement.objects.create(
        at=at, kind=kind, warehouse=place.warehouse, sku=sku, bin=place, quantity=quantity,  # type: ignore[attr-defined]
        effect_key=f"{kind}:{day}:{quantity}", actor="Test",
    )  # fmt: skip


def test_turnover_against_the_average_of_daily_balances() -> None:
    """100 for five days and 80 for five: 90 on average; 20 sent in ten days: 8.11 times a year, 45 days of stock."""
    place, sku = BinFactory(), SkuFactory()
    move(place, sku, 100, -20, "received")
    move(place, sku, -20, 6, "shipped")
    StockLevel.objects.create(warehouse=place.warehouse, sku=sku, on_hand=80)
    assert units_on_hand(TEN, {}) == 90
    assert value("stock_turnover") == Decimal("8.11")
    assert value("days_of_stock") == 45
    move(place, sku, 500, 14, "received")  # after the period: does not change it
    StockLevel.objects.update(on_hand=580)
    assert units_on_hand(TEN, {}) == 90
