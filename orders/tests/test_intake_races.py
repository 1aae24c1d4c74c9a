"""The same and different documents delivered at once by many: real threads, real commits, on PostgreSQL."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from customers.models import Customer
from inventory.factories import SkuFactory
from orders.actions.taking_in import take_in
from orders.factories import ChannelFactory
from orders.intake.registry import PARSERS
from orders.models import Channel, InboundOrder, InboundRevision, Order
from orders.states import ChannelKind, InboundState, RevisionState
from orders.tests.test_intake_verbs import NOW, payload

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time"),
]
THREADS = 8


@pytest.fixture
def shop() -> Channel:
    SkuFactory(code="TEA")
    return ChannelFactory(code="shop", kind=ChannelKind.SHOPIFY)


def deliver(channel: Channel, bodies: list[list[dict[str, Any]]]) -> list[str]:
    """Each thread delivers its list of payloads; all start together. What went wrong is raised."""
    barrier, states = threading.Barrier(len(bodies)), []
    parser = PARSERS[channel.kind]

    def work(trees: list[dict[str, Any]]) -> None:
        try:
            barrier.wait()
            for tree in trees:
                [document] = parser.split(json.dumps(tree).encode(), "race")
                states.append(take_in(channel, document, source="race", by="Race", now=NOW).state)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        list(pool.map(work, bodies))
    return states


def shuffled(seed: int, trees: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return random.Random(seed).sample(trees, len(trees))


def test_one_document_delivered_by_many_is_one_order(shop: Channel) -> None:
    trees = [payload(id=number, name=f"#{number}") for number in range(1, 11)]
    states = deliver(shop, [shuffled(seed, trees) for seed in range(THREADS)])
    assert len(states) == THREADS * len(trees)
    assert "refused" not in states
    assert Order.objects.count() == InboundOrder.objects.count() == len(trees)
    assert InboundRevision.objects.count() == 0


def test_versions_in_any_order_leave_one_order_and_one_proposal(shop: Channel) -> None:
    trees = [payload(note=f"version {number}", updated_at=f"2026-03-01T10:{number:02}:00Z") for number in range(10)]
    deliver(shop, [shuffled(seed, trees) for seed in range(THREADS)])
    inbound = InboundOrder.objects.get()
    assert Order.objects.count() == 1
    assert inbound.revisions.count() == len(trees) - 1
    assert inbound.revisions.filter(state=RevisionState.PROPOSED).count() <= 1
    assert inbound.order is not None
    assert (
        inbound.order.holds.open().filter(code="change").count() == inbound.revisions.filter(state="proposed").count()
    )
    newest = inbound.revisions.filter(state=RevisionState.PROPOSED).first() or inbound
    assert "version 9" in newest.payload


def test_a_customer_new_to_many_orders_is_one(shop: Channel) -> None:
    who = {"id": 7, "first_name": "Ann", "last_name": "Tester"}
    trees = [payload(id=number, customer=who, email="") for number in range(1, THREADS + 1)]
    deliver(shop, [[tree] for tree in trees])
    owners = set(Order.objects.values_list("customer", flat=True))
    assert Order.objects.count() == THREADS
    assert len(owners) == 1
    assert Customer.objects.count() == 1
    assert InboundOrder.objects.filter(state=InboundState.RECEIVED).count() == 0
