"""Two hundred buyers for a hundred units: real threads, real commits, on PostgreSQL."""

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.models import Sum

from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import Sku, StockLevel
from orders.actions.allocation import allocate_waiting
from orders.actions.placing import place_order
from orders.drafts import OrderDraft
from orders.factories import NOW, ChannelFactory, draft
from orders.models import Allocation, OrderLine

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: there is no race to lose"
    ),
]
ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))
BUYERS = 200
THREADS = 16
Basket = Callable[[list[Sku], Sku, int], dict[Sku, int]]

BASKETS: dict[str, Basket] = {
    "one line": lambda skus, box, i: {skus[0]: 1},
    "three lines": lambda skus, box, i: dict.fromkeys(random.Random(i).sample(skus[:3], 3), 1),
    "bundles sharing parts": lambda skus, box, i: {box: 1} if i % 2 else {skus[i % 3]: 1, skus[(i + 1) % 3]: 2},
    "any mix": lambda skus, box, i: [
        {skus[i % 3]: 1},
        dict.fromkeys(random.Random(i).sample(skus[:3], 3), 1 + i % 2),
        {box: 1},
        {box: 1, skus[0]: 1},
    ][i % 4],
}


def at_once(work: Callable[[OrderDraft], object], drafts: list[OrderDraft]) -> list[BaseException]:
    """Run all in threads that start together; gives back what went wrong."""
    barrier, errors = threading.Barrier(THREADS), []

    def buy(mine: list[OrderDraft]) -> None:
        try:
            barrier.wait()
            for one in mine:
                work(one)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(buy, [drafts[i::THREADS] for i in range(THREADS)]))
    return errors


@pytest.mark.parametrize("name", BASKETS)
@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_exactly_what_is_there_is_sold(name: str, round_number: int) -> None:
    house, channel = WarehouseFactory(), ChannelFactory()
    skus = [SkuFactory() for _ in range(3)]
    for sku in skus:
        stock(sku, house, 100)
    box = bundle({skus[1]: 2, skus[0]: 1})
    drafts = [draft(BASKETS[name](skus, box, i), channel=channel) for i in range(BUYERS)]
    wanted = Counter[int]()
    for one in drafts:
        for line in one.lines:
            parts = {skus[1].pk: 2, skus[0].pk: 1} if line.sku_id == box.pk else {line.sku_id or 0: 1}
            wanted.update({sku: units * line.quantity for sku, units in parts.items()})

    errors = at_once(lambda one: place_order(one, by="Web", now=NOW), drafts)

    assert errors == []
    for sku in skus:
        sold = min(100, wanted[sku.pk])
        assert StockLevel.objects.get(sku=sku).allocated == sold
        assert Allocation.objects.filter(sku=sku).aggregate(n=Sum("quantity"))["n"] == (sold or None)
        lines = OrderLine.objects.filter(sku=sku).aggregate(p=Sum("promised"), b=Sum("backordered"))
        assert ((lines["p"] or 0), (lines["p"] or 0) + (lines["b"] or 0)) == (sold, wanted[sku.pk])


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_runs_and_buyers_at_once_share_what_arrives(round_number: int) -> None:
    house, channel = WarehouseFactory(), ChannelFactory()
    skus = [SkuFactory() for _ in range(2)]
    for sku in skus:
        stock(sku, house, 1)
    waiting = [place_order(draft({skus[0]: 1, skus[1]: 1}, channel=channel), by="Web", now=NOW) for _ in range(20)]
    for sku in skus:
        stock(sku, house, 30)
    drafts = [draft({skus[i % 2]: 1}, channel=channel) for i in range(64)]

    def work(one: OrderDraft) -> None:
        place_order(one, by="Web", now=NOW)
        allocate_waiting(now=NOW)

    assert at_once(work, drafts) == []
    allocate_waiting(now=NOW)
    for sku in skus:
        assert StockLevel.objects.get(sku=sku).allocated == 31
    # Who waited first is served first: nobody overtakes the queue.
    assert not OrderLine.objects.filter(order__in=waiting, backordered__gt=0).exists()
