from datetime import UTC, datetime

import pytest

from inventory.actions.receiving import ReceiptLine, ReceiptRefused, receive_goods
from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import BinStock, StockLevel, StockMovement
from ordermgmt.models import Activity

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_received_goods_are_on_hand_and_in_the_bin() -> None:
    sku, warehouse = SkuFactory(), WarehouseFactory()
    stock(sku, warehouse, 40)
    level = StockLevel.objects.get(sku=sku, warehouse=warehouse)
    assert (level.on_hand, level.free) == (40, 40)
    assert BinStock.objects.get(sku=sku).quantity == 40


def test_the_same_delivery_is_booked_once() -> None:
    sku, warehouse = SkuFactory(), WarehouseFactory()
    place = warehouse.bins.get(code="RECV")
    lines = [ReceiptLine(sku_id=sku.pk, units=5), ReceiptLine(sku_id=sku.pk, units=7)]
    for _ in range(2):
        receive_goods(place=place, lines=lines, document="DN-1", by="Ana", now=NOW)
    assert StockLevel.objects.get(sku=sku).on_hand == 12
    assert StockMovement.objects.count() == 1
    assert Activity.objects.filter(verb="receive_goods").count() == 1


def test_another_delivery_under_the_same_number_is_refused() -> None:
    sku, warehouse = SkuFactory(), WarehouseFactory()
    place = warehouse.bins.get(code="RECV")
    receive_goods(place=place, lines=[ReceiptLine(sku_id=sku.pk, units=5)], document="DN-1", by="Ana", now=NOW)
    with pytest.raises(ReceiptRefused, match="its own number"):
        receive_goods(place=place, lines=[ReceiptLine(sku_id=sku.pk, units=6)], document="DN-1", by="Ana", now=NOW)
    assert StockLevel.objects.get(sku=sku).on_hand == 5


@pytest.mark.parametrize(("units", "document"), [(0, "DN-1"), (-4, "DN-1"), (2_000_000, "DN-1"), (5, " ")])
def test_absurd_receipts_are_refused(units: int, document: str) -> None:
    sku, place = SkuFactory(), WarehouseFactory().bins.get(code="RECV")
    with pytest.raises(ReceiptRefused):
        receive_goods(
            place=place, lines=[ReceiptLine(sku_id=sku.pk, units=units)], document=document, by="Ana", now=NOW
        )
    assert not StockMovement.objects.exists()


def test_bundles_are_received_as_parts() -> None:
    made = bundle({SkuFactory(): 2})
    place = WarehouseFactory().bins.get(code="RECV")
    with pytest.raises(ReceiptRefused, match="Receive its parts"):
        receive_goods(place=place, lines=[ReceiptLine(sku_id=made.pk, units=1)], document="DN-9", by="Ana", now=NOW)
