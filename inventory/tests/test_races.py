"""The same form sent several times at once: real threads, real commits, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection, connections

from inventory.actions.adjusting import adjust_stock
from inventory.actions.receiving import ReceiptLine, ReceiptRefused, receive_goods
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import BinStock, StockMovement

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: there is no race to lose"
    ),
]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_one_adjustment_sent_four_times_is_one() -> None:
    sku = SkuFactory()
    stock(sku, WarehouseFactory(), 9)
    row, gate = BinStock.objects.get(sku=sku), Barrier(4)

    def send(_turn: int) -> StockMovement | None:
        gate.wait()
        try:
            return adjust_stock(
                place=row.bin, sku=sku, units=4, expected=9, reason="Count", key="form-1", by="Ana", now=NOW
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        written = set(pool.map(send, range(4)))
    assert written == {StockMovement.objects.get(effect_key="form-1")}
    row.refresh_from_db()
    assert row.quantity == 4


def test_two_deliveries_with_one_number_are_not_both_booked() -> None:
    place = WarehouseFactory().bins.get(code="RECV")
    skus, gate = SkuFactory.create_batch(4), Barrier(4)

    def receive(sku_id: int) -> str:
        gate.wait()
        try:
            lines = [ReceiptLine(sku_id=sku_id, units=3)]
            receive_goods(place=place, lines=lines, document="DN-7", by="Ana", now=NOW)
        except ReceiptRefused as refusal:
            return str(refusal)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(receive, [sku.pk for sku in skus]))
    assert said[0] == ""
    assert all("DN-7 was booked before with other goods" in words for words in said[1:])
    assert StockMovement.objects.filter(document="DN-7").count() == 1
