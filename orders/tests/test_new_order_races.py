"""One form sent many times at once, on PostgreSQL: it places one order."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from inventory.factories import SkuFactory, WarehouseFactory, stock
from orders.actions.phone_orders import Entered, PlacedAlready, phone_channel, place_phone_order, save_draft
from orders.factories import NOW, draft
from orders.models import Order, OrderInWork

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]
TIMES = 8


@pytest.mark.parametrize("was_saved", [False, True])
def test_a_form_sent_many_times_at_once_places_once(was_saved: bool) -> None:
    sku = SkuFactory()
    stock(sku, WarehouseFactory(), 100)
    entered = Entered(token="a-form", state={}, draft=draft({sku: 2}, channel=phone_channel()))
    if was_saved:
        save_draft(entered, by="Ana", now=NOW)
    barrier = threading.Barrier(TIMES)

    def send(_number: int) -> str:
        barrier.wait()
        try:
            return place_phone_order(entered, by="Ana", now=NOW).number
        except PlacedAlready as known:
            return known.order.number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TIMES) as pool:
        numbers = set(pool.map(send, range(TIMES)))
    made = Order.objects.get()
    assert numbers == {made.number}
    assert made.lines.get().promised == 2
    assert OrderInWork.objects.get().order == made
