"""The forecast of a shift: pace, range, and what misses its truck."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfilment.forecast import Due, Pace, trucks

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
AT_13, AT_14 = NOW + timedelta(hours=1), NOW + timedelta(hours=2)


def due(pk: int, carrier: str = "post", cut_off: datetime = AT_13, *, packed: bool = False) -> Due:
    return Due(pk, carrier, cut_off, packed)


def test_the_end_is_what_is_left_by_what_an_hour_packs() -> None:
    pace = Pace(16)
    assert pace.done_at(32, NOW) == NOW + timedelta(hours=2)
    assert pace.earliest(32, NOW) == NOW + timedelta(hours=32 / 20)
    assert pace.latest(32, NOW) == NOW + timedelta(hours=32 / 12)


def test_without_a_pace_nothing_is_foretold() -> None:
    (truck,) = trucks([due(1), due(2)], Pace(0), NOW)
    assert (truck.done_at, truck.missed) == (None, [])
    assert Pace(1).latest(4, NOW) is None


def test_the_least_urgent_of_a_carrier_miss_its_truck() -> None:
    (truck,) = trucks([due(pk) for pk in range(1, 8)], Pace(4), NOW)
    assert truck.missed == [5, 6, 7]


def test_the_truck_that_leaves_first_is_served_first() -> None:
    first, second = trucks([due(1, "late", AT_14), due(2, "late", AT_14), due(3, "soon"), due(4, "soon")], Pace(1), NOW)
    assert (first.carrier, first.missed) == ("soon", [4])
    assert (second.carrier, second.missed) == ("late", [1, 2])


def test_packed_boxes_only_miss_a_truck_that_has_left() -> None:
    assert trucks([due(1, packed=True)], Pace(0), NOW)[0].missed == []
    assert trucks([due(1, packed=True)], Pace(9), AT_13)[0].missed == [1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), max_size=40), st.integers(0, 50))
def test_every_order_is_on_one_truck_and_none_misses_another(rows: list[tuple[str, int, bool]], pace: int) -> None:
    orders = [
        due(pk, name, NOW + timedelta(hours=hours), packed=packed) for pk, (name, hours, packed) in enumerate(rows)
    ]
    made = trucks(orders, Pace(pace), NOW)
    assert sorted(pk for truck in made for pk in truck.orders) == list(range(len(orders)))
    assert all(set(truck.missed) <= set(truck.orders) for truck in made)
    assert [truck.cut_off for truck in made] == sorted(truck.cut_off for truck in made)
