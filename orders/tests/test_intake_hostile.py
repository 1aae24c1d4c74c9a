"""Hostile documents through the whole way: stored, answered, and never a fault of ours."""

import copy
import json
import random
from typing import Any

import pytest

from inventory.factories import SkuFactory
from orders.actions.taking_in import take_in
from orders.factories import ChannelFactory
from orders.intake.registry import PARSERS
from orders.models import InboundOrder, Order
from orders.states import ChannelKind, InboundState
from orders.tests.intake_samples import needs_samples
from orders.tests.test_intake_mutations import SOURCES, mutate, places
from orders.tests.test_intake_verbs import NOW, payload

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 150
LONG = ["x" * 120, "x" * 121, "x" * 5000, "ü" * 254, "💥" * 100, "a" * 64, "9" * 19, "<b>" * 60]
VALUES: list[Any] = [
    None, True, 0, -1, 1, 100_000, 10**30, 1e50, 0.1, "", " ", "0", "-1", "9999999999", "9999999999.99", "1.005",
    "NaN", "\0", "\ud800", [], {}, [None], {"a": []}, "JPY", "KWD", "ZZZ", "2024-13-45", "2099-12-31T23:59:59-12:00",
    *LONG,
]  # fmt: skip


def mutated(rng: random.Random) -> tuple[str, dict[str, Any]]:
    kind, raw = rng.choice(SOURCES)
    tree = copy.deepcopy(raw)
    tree["id"] = rng.randrange(1, 40)
    paths = places(tree)
    shallow = [path for path in paths if len(path) <= 3]
    for _turn in range(rng.randrange(1, 6)):
        path = rng.choice(rng.choice([shallow, paths]))
        mutate(tree, path, rng.choice(["delete", "set", "set", "double"]), rng.choice(VALUES))
    return kind, tree


@needs_samples
def test_mutated_payloads_are_stored_and_answered() -> None:
    channels = {kind: ChannelFactory(code=kind, kind=kind) for kind in (ChannelKind.SHOPIFY, ChannelKind.WOOCOMMERCE)}
    for code in ("IPOD2008GREEN", "IPOD2008RED", "Bar3"):
        SkuFactory(code=code)
    rng, states = random.Random(20261124), []
    for _round in range(ROUNDS):
        kind, tree = mutated(rng)
        for document in PARSERS[kind].split(json.dumps(tree, default=float).encode(), "hostile"):
            outcome = take_in(channels[kind], document, source="hostile", by="Test", now=NOW)
            assert "not_understood" not in {finding["code"] for finding in outcome.findings}, tree
            states.append(outcome.state)
    assert set(states) <= {"accepted", "held", "refused", "duplicate", "changed"}
    assert InboundOrder.objects.filter(state=InboundState.RECEIVED).count() == 0
    assert InboundOrder.objects.filter(attempts=0).count() == 0
    assert Order.objects.exists()


@pytest.mark.parametrize("value", ["x" * 300, "💥" * 60, "9" * 40])
@pytest.mark.parametrize(
    "path",
    ["name", "email", "phone", "note", "tags", "cancel_reason", "shipping_address/name", "shipping_address/zip",
     "shipping_address/city", "line_items/0/sku", "line_items/0/name", "line_items/0/id", "shipping_lines/0/title",
     "customer/id", "customer/first_name", "customer_locale", "id"],
)  # fmt: skip
def test_no_text_is_too_long_for_the_database(path: str, value: str) -> None:
    shop = ChannelFactory(code="shop", kind=ChannelKind.SHOPIFY)
    tree = payload(customer={"id": 1, "first_name": "Ann"})
    at: Any = tree
    *above, last = path.split("/")
    for step in above:
        at = at[int(step)] if step.isdecimal() else at[step]
    at[last] = value
    for document in PARSERS[shop.kind].split(json.dumps(tree).encode(), "long"):
        outcome = take_in(shop, document, source="long", by="Test", now=NOW)
        assert "not_understood" not in {finding["code"] for finding in outcome.findings}


@pytest.mark.parametrize(("price", "quantity"), [("9999999999", 1), ("1000000", 100_000), ("0.01", 100_000)])
def test_sums_beyond_this_world_are_refused_at_their_price(price: str, quantity: int) -> None:
    shop = ChannelFactory(code="shop", kind=ChannelKind.SHOPIFY)
    line = {"id": 1, "name": "Tea", "sku": "TEA", "quantity": quantity, "price": price}
    [document] = PARSERS[shop.kind].split(json.dumps(payload(line_items=[line])).encode(), "big")
    outcome = take_in(shop, document, source="big", by="Test", now=NOW)
    found = {(finding["code"], finding["place"]) for finding in outcome.findings}
    is_too_big = float(price) * quantity >= 10**10
    assert (("out_of_range", "/line_items/0/price") in found) is is_too_big
    assert "not_understood" not in {finding["code"] for finding in outcome.findings}
