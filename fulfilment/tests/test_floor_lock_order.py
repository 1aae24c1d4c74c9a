"""Verbs of the floor take their locks in the one order (ARCHITECTURE.md): whoever holds a lower row is waited for."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, models, transaction

from fulfilment.factories import item, released
from fulfilment.states import Verdict
from fulfilment.tests.floor import Floor, assert_books_hold, place_code, tote_code
from fulfilment.tests.test_races import at_once
from inventory.factories import WarehouseFactory, stock
from inventory.models import Bin, BinStock, StockLevel
from orders.models import Order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
# Longer than the database waits before it looks for a deadlock: then the one that came second is its victim.
LONG = 1.3


@pytest.fixture
def floor() -> Floor:
    if connection.vendor != "postgresql":
        pytest.skip("locks are taken on PostgreSQL: SQLite has one writer")
    return Floor()


def meeting(first: models.Model, then: models.Model, scan: Callable[[], Any]) -> dict[str, Any]:
    """Somebody locks two rows, the lower one first; meanwhile a scan wants both. Nobody may end in a deadlock."""
    assert first.pk < then.pk
    holds = Event()

    def other() -> None:
        with transaction.atomic():
            type(first)._default_manager.select_for_update().get(pk=first.pk)
            holds.set()
            time.sleep(LONG)
            type(then)._default_manager.select_for_update().get(pk=then.pk)

    def ours() -> Any:
        holds.wait(10)
        return scan()

    theirs, answer = at_once([other, ours])
    assert theirs is None, theirs
    assert not isinstance(answer, Exception), answer
    found: dict[str, Any] = answer
    return found


def test_a_tote_does_not_lock_the_order_of_the_next_stop(floor: Floor) -> None:
    oat, tea = item(floor.warehouse), item(floor.warehouse)
    stock(oat, floor.warehouse, 5, bin=Bin.objects.get(code="A-01"))
    stock(tea, floor.warehouse, 5, bin=Bin.objects.get(code="A-02"))
    (wave,) = released(floor.warehouse, [{tea: 1}, {oat: 1}], by=floor.lead, kind="singles")[:1]
    wave.fulfilment_orders.filter(order__lines__sku=tea).update(tote="A")
    wave.fulfilment_orders.filter(order__lines__sku=oat).update(tote="B")
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    assert sam.scan(oat.barcode)["task"]["step"] == "tote"
    low, high = Order.objects.order_by("pk")
    assert meeting(low, high, lambda: sam.scan(tote_code("B")))["verdict"] == Verdict.ACCEPTED


def test_a_short_pick_locks_levels_of_every_warehouse_at_once(floor: Floor) -> None:
    oat = item(floor.warehouse)
    elsewhere = WarehouseFactory()
    stock(oat, elsewhere, 1)
    stock(oat, floor.warehouse, 2)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    low, high = StockLevel.objects.order_by("pk")
    assert low.warehouse == elsewhere
    assert meeting(low, high, lambda: sam.command("SHORT", found=0))["verdict"] == Verdict.LINE_DONE
    assert_books_hold()


def test_a_short_pick_locks_bin_balances_in_order(floor: Floor) -> None:
    oat = item(floor.warehouse)
    stock(oat, floor.warehouse, 2, bin=Bin.objects.get(code="A-01"))
    stock(oat, floor.warehouse, 5, bin=Bin.objects.get(code="A-02"))
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    low, high = BinStock.objects.filter(sku=oat, quantity__gt=0).order_by("pk")
    assert low.bin.code == "A-01"
    assert meeting(low, high, lambda: sam.command("SHORT", found=0))["verdict"] == Verdict.LINE_DONE
    assert_books_hold()
