"""The same form sent several times at once: real threads, real commits, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection, connections

from inventory.actions.adjusting import adjust_stock
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
