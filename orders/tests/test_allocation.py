from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, StockLevel, Warehouse
from ordermgmt.jobs import run_now
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.allocation import allocate_order, allocate_waiting
from orders.actions.cancellation import cancel_order
from orders.actions.holds import place_hold
from orders.actions.promises import _renew_chunk, renew_missed
from orders.factories import ADDRESS, NOW, order
from orders.models import Allocation, Order, OrderLine
from orders.states import FulfilmentStatus, HoldCode, Stage

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def waiting(order: Order) -> int:
    return sum(order.lines.values_list("backordered", flat=True))


@pytest.fixture
def house() -> Warehouse:
    return WarehouseFactory()


@pytest.fixture
def sku() -> Sku:
    return SkuFactory()


def test_what_arrives_goes_to_who_waits_oldest_first(house: Warehouse, sku: Sku) -> None:
    second = order({sku: 2}, now=NOW + timedelta(minutes=1))
    first = order({sku: 2}, now=NOW)
    stock(sku, house, 3)
    assert allocate_waiting(now=LATER) == {"orders": 2, "units": 3, "complete": 1}
    assert (waiting(first), waiting(second)) == (0, 1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.fulfilment_status == FulfilmentStatus.UNFULFILLED
    assert second.fulfilment_status == FulfilmentStatus.WAITING
    assert StockLevel.objects.get(sku=sku).allocated == 3
    assert Activity.objects.of(first.number).filter(verb="stock.promised").get().facts["units"] == 2
    assert allocate_waiting(now=LATER) == {"orders": 0, "units": 0, "complete": 0}


def test_priority_goes_first(house: Warehouse, sku: Sku) -> None:
    old = order({sku: 1})
    urgent = order({sku: 1}, now=NOW + timedelta(minutes=1), priority=5)
    stock(sku, house, 1)
    allocate_waiting(now=LATER)
    assert (waiting(old), waiting(urgent)) == (1, 0)


def test_the_complete_goes_before_what_would_only_wait_for_its_rest(house: Warehouse, sku: Sku) -> None:
    missing = SkuFactory()
    both = order({sku: 1, missing: 1})
    single = order({sku: 1}, now=NOW + timedelta(minutes=1))
    stock(sku, house, 1)
    allocate_waiting(now=LATER)
    assert (waiting(both), waiting(single)) == (2, 0)


def test_an_aged_order_is_overtaken_no_more(house: Warehouse, sku: Sku) -> None:
    missing = SkuFactory()
    aged = order({sku: 1, missing: 1})
    now = NOW + timedelta(days=5)
    urgent = order({sku: 1}, now=now, priority=9)
    stock(sku, house, 1)
    allocate_waiting(now=now)
    assert (waiting(aged), waiting(urgent)) == (1, 1)
    assert Allocation.objects.get().line.order == aged


def test_a_new_order_does_not_overtake_the_queue(house: Warehouse, sku: Sku) -> None:
    first = order({sku: 2})
    stock(sku, house, 2)
    assert waiting(order({sku: 1}, now=LATER)) == 1
    allocate_waiting(now=LATER)
    assert waiting(first) == 0


def test_a_hold_that_blocks_it_and_a_cancelled_order_are_left_out(house: Warehouse, sku: Sku) -> None:
    held, gone, last = order({sku: 1}), order({sku: 1}), order({sku: 1})
    place_hold(held.pk, code=HoldCode.OPERATOR, reason="x", by="Ana", now=NOW, blocks=[Stage.ALLOCATE])
    cancel_order(gone.pk, by="Ana", reason="x", now=NOW)
    stock(sku, house, 1)
    allocate_waiting(now=LATER)
    assert (waiting(held), waiting(last)) == (1, 0)


def test_cancelling_frees_units_for_the_next(house: Warehouse, sku: Sku) -> None:
    stock(sku, house, 1)
    first, second = order({sku: 1}), order({sku: 1})
    cancel_order(first.pk, by="Ana", reason="x", now=LATER)
    allocate_waiting(now=LATER)
    assert waiting(second) == 0


def test_only_warehouses_that_serve_the_address_are_asked(sku: Sku) -> None:
    abroad = WarehouseFactory(zones=[("US", 2, 1)])
    WarehouseFactory(zones=[("SE", 2, 1)])
    made = order({sku: 1})
    stock(sku, abroad, 5)
    allocate_waiting(now=LATER)
    assert waiting(made) == 1


def test_a_promise_that_comes_earlier_is_kept_and_told(house: Warehouse, sku: Sku) -> None:
    made = order({sku: 1})
    first = made.promised_delivery_on
    stock(sku, house, 1)
    allocate_order(made.pk, by="Ana", now=LATER)
    made.refresh_from_db()
    assert first is not None
    assert made.promised_delivery_on is not None
    assert made.promised_delivery_on < first == made.first_promised_delivery_on
    assert Activity.objects.of(made.number).filter(verb="promise.moved").exists()
    assert not OutgoingMessage.objects.filter(kind="order_late").exists()


def test_a_missed_promise_moves_and_the_customer_is_told_once(house: Warehouse, sku: Sku) -> None:
    stock(sku, house, 1)
    made = order({sku: 1})
    now = NOW + timedelta(days=2)
    assert renew_missed(now=now).done == 1
    assert renew_missed(now=now).done == 0
    made.refresh_from_db()
    assert str(made.promised_ship_on) == "2026-11-25"
    late = OutgoingMessage.objects.get(kind="order_late")
    assert "26\N{NO-BREAK SPACE}Nov" in late.text
    assert "24\N{NO-BREAK SPACE}Nov" in late.text


def test_an_order_that_cannot_be_promised_does_not_keep_the_others_waiting(sku: Sku) -> None:
    abroad = WarehouseFactory(zones=[("DK", 2, 1)])
    WarehouseFactory(zones=[("SE", 2, 1)])
    bad, good = order({sku: 1}, shipping=replace(ADDRESS, postcode="1050", country="DK")), order({sku: 1})
    Warehouse.objects.filter(pk=abroad.pk).update(time_zone="No/Where")
    run = run_now("renew_promises", as_of=NOW + timedelta(days=30))
    assert (run.summary["moved"], run.summary["failed"]) == (1, 1)
    assert bad.number in run.summary["failed_rows"][0]
    before = good.promised_ship_on
    good.refresh_from_db()
    assert before is not None
    assert good.promised_ship_on is not None
    assert good.promised_ship_on > before


def snapshot() -> dict[str, Any]:
    """Everything the queue decided, without ids and instants."""
    lines = OrderLine.objects.order_by("pk").values_list("position", "backordered", "promised")
    rows = Allocation.objects.order_by("line_id", "warehouse_id").values_list(
        "line__position", "warehouse__code", "quantity"
    )
    orders = Order.objects.order_by("pk").values_list("fulfilment_status", "promised_ship_on", "units")
    levels = StockLevel.objects.order_by("pk").values_list("allocated", flat=True)
    decided = Activity.objects.order_by("subject", "pk").values_list("verb", "facts")
    return {"lines": [*lines], "rows": [*rows], "orders": [*orders], "levels": [*levels], "decided": [*decided]}


@pytest.mark.parametrize("backwards", [False, True])
def test_one_by_one_gives_what_the_run_gives(backwards: bool) -> None:
    houses = [WarehouseFactory(code="MMX"), WarehouseFactory(code="STO", zones=[("SE", 1, 2)])]
    skus = [SkuFactory() for _ in range(3)]
    baskets = [{skus[i % 3]: 1 + i % 2, skus[(i + 1) % 3]: 1} for i in range(7)] + [{skus[0]: 1}]
    orders = [order(units, now=NOW + timedelta(minutes=i), priority=i % 2) for i, units in enumerate(baskets)]
    for i, sku in enumerate(skus):
        stock(sku, houses[0], 2 + i)
        stock(sku, houses[1], 1)
    before = snapshot()
    ids = [made.pk for made in orders]

    start = transaction.savepoint()
    allocate_waiting(now=LATER)
    by_run = snapshot()
    transaction.savepoint_rollback(start)
    assert snapshot() == before != by_run
    for pk in reversed(ids) if backwards else ids:
        allocate_order(pk, by="Allocation", now=LATER)
    assert snapshot() == by_run


def test_what_left_or_was_held_meanwhile_keeps_its_day() -> None:
    left, held = order(), order()
    Order.objects.filter(pk=left.pk).update(fulfilment_status=FulfilmentStatus.SHIPPED)
    place_hold(held.pk, code="request", reason="Later", by="Ana", now=NOW)
    _renew_chunk([left.pk, held.pk], now=NOW + timedelta(days=20))
    assert not Activity.objects.filter(verb="promise.moved").exists()
