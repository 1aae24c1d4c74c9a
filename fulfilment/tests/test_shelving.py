"""Which bin and lot: first expired first out, and what a customer cannot use up in time is not sent."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fulfilment.shelving import Demand, Missing, Shelf, Shelves


def shelf(stock_id: int, free: int = 10, **facts: object) -> Shelf:
    return Shelf(stock_id=stock_id, bin_id=stock_id, sku_id=1, free=free, **facts)  # type: ignore[arg-type]


def taken(shelves: list[Shelf], quantity: int = 1, outlives: date | None = None) -> list[tuple[int, int]]:
    takes, _missing = Shelves(shelves).take_some([Demand(1, 1, quantity, outlives)])
    return [(take.shelf.stock_id, take.units) for take in takes]


def test_earliest_expiry_goes_first_and_goods_without_expiry_last() -> None:
    shelves = [shelf(1), shelf(2, expires_on=date(2027, 3, 1)), shelf(3, expires_on=date(2027, 2, 1))]
    assert taken(shelves, 25) == [(3, 10), (2, 10), (1, 5)]


def test_a_lot_that_does_not_outlive_the_customers_use_is_left() -> None:
    shelves = [shelf(1, expires_on=date(2026, 12, 1)), shelf(2, expires_on=date(2027, 2, 1))]
    assert taken(shelves, 1, outlives=date(2026, 12, 2)) == [(2, 1)]
    assert taken(shelves, 1, outlives=date(2026, 12, 1)) == [(1, 1)]


def test_then_the_oldest_receipt_then_the_bin_that_empties_then_the_walk() -> None:
    same = date(2027, 1, 1)
    assert taken(
        [
            shelf(1, expires_on=same, received_on=date(2026, 2, 1)),
            shelf(2, expires_on=same, received_on=date(2026, 1, 1)),
        ]
    ) == [(2, 1)]
    assert taken([shelf(1, free=9), shelf(2, free=3)], 4) == [(2, 3), (1, 1)]
    assert taken([shelf(1, sequence=8), shelf(2, sequence=4)]) == [(2, 1)]


def test_an_order_takes_all_or_nothing_and_says_what_is_missing() -> None:
    shelves = Shelves([shelf(1, free=2, expires_on=date(2026, 1, 1)), shelf(2, free=3)])
    takes, missing = shelves.take_all([Demand(1, 1, 4, date(2026, 6, 1))])
    assert takes == []
    assert missing == [Missing(1, 1, 1, expiring=1)]
    takes, missing = shelves.take_all([Demand(2, 1, 3, date(2026, 6, 1))])
    assert [take.units for take in takes] == [3]


SHELVES = st.lists(
    st.builds(
        Shelf,
        stock_id=st.integers(1, 99),
        bin_id=st.just(1),
        sku_id=st.integers(1, 3),
        free=st.integers(0, 9),
        expires_on=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ),
    max_size=8,
)
DEMANDS = st.lists(
    st.builds(
        Demand,
        st.integers(1, 9),
        st.integers(1, 3),
        st.integers(1, 12),
        st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ),
    max_size=6,
)


@given(SHELVES, DEMANDS)
def test_units_are_neither_made_nor_lost(shelves: list[Shelf], demands: list[Demand]) -> None:
    before = sum(one.free for one in shelves)
    takes, missing = Shelves(shelves).take_some(demands)
    assert sum(one.free for one in shelves) + sum(take.units for take in takes) == before
    assert all(one.free >= 0 for one in shelves)
    wanted = sum(demand.quantity for demand in demands)
    assert sum(take.units for take in takes) + sum(gap.units for gap in missing) == wanted
