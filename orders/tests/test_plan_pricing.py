"""What a delivery of so many boxes costs: the five models, faults of tiers, what always holds."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.plan_pricing import TierError, box_price, read_tiers

D = Decimal
# Up to 2 boxes 10 each; up to 5 boxes 8 each and 1.50; above 6 each and 3.
STEPS = [[2, "10.00", "0"], [5, "8.00", "1.50"], [None, "6.00", "3.00"]]


@dataclass(frozen=True)
class FakePrice:
    model: str
    amount: Decimal = Decimal(0)
    tiers: list[list[Any]] = field(default_factory=list)
    currency: str = "EUR"


@pytest.mark.parametrize(
    ("model", "boxes", "expected"),
    [
        ("flat", 1, "42.10"),
        ("flat", 7, "42.10"),
        ("per_unit", 3, "126.30"),
        ("tiered", 1, "10.00"),
        ("tiered", 2, "20.00"),
        ("tiered", 3, "29.50"),  # 2 × 10 + 1 × 8 + 1.50
        ("tiered", 6, "54.50"),  # 20 + (24 + 1.50) + (6 + 3)
        ("volume", 2, "20.00"),
        ("volume", 3, "25.50"),  # 3 × 8 + 1.50
        ("volume", 6, "39.00"),  # 6 × 6 + 3
        ("stairstep", 2, "10.00"),
        ("stairstep", 5, "9.50"),
        ("stairstep", 100, "9.00"),
    ],
)
def test_each_model(model: str, boxes: int, expected: str) -> None:
    assert box_price(FakePrice(model, D("42.10"), STEPS), boxes) == D(expected)


def test_it_is_rounded_once_at_the_end_to_the_minor_unit() -> None:
    assert box_price(FakePrice("per_unit", D("0.335")), 3) == D("1.01")
    assert box_price(FakePrice("per_unit", D("10.5"), currency="JPY"), 3) == D(32)


def test_no_boxes_have_no_price() -> None:
    with pytest.raises(ValueError, match="at least one box"):
        box_price(FakePrice("flat", D(1)), 0)


@pytest.mark.parametrize(
    ("tiers", "row", "words"),
    [
        ([], None, "at least one"),
        ([[5, "1"]], 0, "last tier empty"),
        ([[None, "1"], [None, "2"]], 0, "Only the last"),
        ([[5, "1"], [5, "2"], [None, "3"]], 1, "end above 5"),
        ([[0, "1"], [None, "3"]], 0, "end above 0"),
        ([[5, "-1"], [None, "3"]], 0, "negative"),
        ([[5, "1", "-2"], [None, "3"]], 0, "negative"),
        ([[5, "one"], [None, "3"]], 0, "not a number"),
        ([[5, "NaN"], [None, "3"]], 0, "not a number"),
        ([["many", "1"], [None, "3"]], 0, "not a number"),
        ([[5], [None, "3"]], 0, "not a number"),
    ],
)
def test_faults_of_tiers_are_said(tiers: list[list[Any]], row: int | None, words: str) -> None:
    with pytest.raises(TierError, match=words) as raised:
        read_tiers(tiers)
    assert raised.value.row == row


cents = st.decimals(0, 1_000, places=2)
tables = st.lists(st.tuples(st.integers(1, 20), cents, cents), max_size=6).flatmap(
    lambda rows: st.tuples(st.just(rows), cents, cents).map(
        lambda found: [
            *([sum(r[0] for r in found[0][: i + 1]), str(r[1]), str(r[2])] for i, r in enumerate(found[0])),
            [None, str(found[1]), str(found[2])],
        ]
    )
)


class TestWhatAlwaysHolds:
    @given(tables, st.integers(1, 200))
    def test_one_more_box_in_a_tiered_price_never_costs_less(self, tiers: list[list[Any]], boxes: int) -> None:
        price = FakePrice("tiered", tiers=tiers)
        assert box_price(price, boxes) <= box_price(price, boxes + 1)

    @given(cents, st.integers(1, 200))
    def test_a_single_tier_is_a_price_for_each(self, amount: Decimal, boxes: int) -> None:
        each = box_price(FakePrice("per_unit", amount), boxes)
        for model in ("tiered", "volume"):
            assert box_price(FakePrice(model, tiers=[[None, str(amount)]]), boxes) == each

    @given(tables, st.integers(1, 200))
    def test_volume_is_the_step_reached_for_all(self, tiers: list[list[Any]], boxes: int) -> None:
        tier = next(t for t in read_tiers(tiers) if t.up_to is None or boxes <= t.up_to)
        assert box_price(FakePrice("volume", tiers=tiers), boxes) == boxes * tier.amount + tier.flat
        assert box_price(FakePrice("stairstep", tiers=tiers), boxes) == tier.amount + tier.flat
