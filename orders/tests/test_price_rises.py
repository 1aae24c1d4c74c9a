"""When a price change reaches whom: the worked cases W70–W73 and what always holds."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.periods import Interval, Segment, first_number_from, planned_on
from orders.price_rises import RiseTerms, Subscriber, charged_price, effective_on, months_of_spread

D = Decimal


def subscriber(
    first_on: date, interval: Interval | None = None, *, started_on: date = date(2020, 1, 1), number: str = "SUB-1",
    last_rise_on: date | None = None,
) -> Subscriber:  # fmt: skip
    segments = [Segment(1, first_on, first_on.day, interval or Interval(1, "month"))]

    def billing_from(day: date) -> date:
        return planned_on(segments, first_number_from(segments, day))

    return Subscriber(number, started_on, billing_from, last_rise_on)


def spread_by(months: int, *, over: int) -> str:
    """A number that the hash gives so many months."""
    return next(f"SUB-{n}" for n in range(1_000) if months_of_spread(f"SUB-{n}", over) == months)


def test_w70_a_rise_is_cut_to_the_cap() -> None:
    assert charged_price(D(100), D(130), D(20), "EUR") == D(120)


def test_w71_window_first_year_spread_and_the_own_day_follow_one_another() -> None:
    terms = RiseTerms(date(2024, 5, 20), notice_days=37, spread_months=1)
    own = {"started_on": date(2023, 7, 8)}
    monthly = date(2023, 7, 27)
    for months, expected in ((0, date(2024, 7, 27)), (1, date(2024, 8, 27))):
        found = subscriber(monthly, number=spread_by(months, over=1), **own)  # type: ignore[arg-type]
        assert effective_on(found, terms, told_on=date(2024, 3, 7)) == expected


@pytest.mark.parametrize(
    ("first_on", "interval", "expected"),
    [
        (date(2026, 1, 13), Interval(1, "month"), date(2027, 4, 13)),
        (date(2026, 1, 20), Interval(3, "month"), date(2027, 4, 20)),
        (date(2026, 3, 23), Interval(1, "year"), date(2028, 3, 23)),
    ],
)
def test_w72_each_at_their_own_billing_date(first_on: date, interval: Interval, expected: date) -> None:
    terms = RiseTerms(date(2027, 3, 1), notice_days=30)
    assert effective_on(subscriber(first_on, interval), terms, told_on=date(2027, 3, 1)) == expected


def test_w72b_a_bill_within_the_notice_is_still_the_old_price() -> None:
    terms = RiseTerms(date(2024, 2, 1), notice_days=30)
    assert effective_on(subscriber(date(2023, 1, 13)), terms, told_on=date(2024, 2, 1)) == date(2024, 3, 13)


def test_w73_existing_ones_from_their_day_on() -> None:
    terms = RiseTerms(date(2021, 3, 1), notice_days=30)
    assert effective_on(subscriber(date(2020, 1, 1)), terms, told_on=date(2021, 1, 15)) == date(2021, 3, 1)


def test_none_within_twelve_months_of_the_last() -> None:
    risen = subscriber(date(2023, 1, 5), last_rise_on=date(2025, 11, 5))
    terms = RiseTerms(date(2026, 3, 1), notice_days=30)
    assert effective_on(risen, terms, told_on=date(2026, 1, 1)) == date(2026, 11, 5)


def test_a_lower_price_waits_for_nothing_but_its_notice() -> None:
    new = subscriber(date(2026, 1, 5), started_on=date(2026, 1, 5), last_rise_on=date(2026, 2, 5))
    terms = RiseTerms(date(2026, 3, 1), notice_days=0, spread_months=6)
    assert effective_on(new, terms, told_on=date(2026, 2, 10), is_rise=False) == date(2026, 3, 5)


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


class TestWhatAlwaysHolds:
    @given(days, days, st.integers(0, 120), days, st.integers(0, 6), st.booleans())
    def test_nobody_pays_more_untold_nor_in_the_first_year(
        self, first_on: date, earliest_on: date, notice: int, told_on: date, spread: int, protects: bool
    ) -> None:
        terms = RiseTerms(earliest_on, notice, spread_months=spread, protects_first_year=protects)
        found = effective_on(subscriber(first_on, started_on=first_on), terms, told_on=told_on)
        assert found >= earliest_on
        assert found - told_on >= timedelta(days=notice)
        if protects:
            assert (found - first_on).days >= 365

    @given(st.decimals(0, 1_000, places=2), st.decimals(0, 2_000, places=2), st.none() | st.decimals(0, 100, places=1))
    def test_the_price_is_never_above_the_new_one_nor_the_cap(
        self, old: Decimal, new: Decimal, cap: Decimal | None
    ) -> None:
        charged = charged_price(old, new, cap, "EUR")
        assert charged <= new
        if cap is not None and new > old:
            assert old <= charged <= old * (1 + cap / 100)

    @given(st.integers(0, 12), st.integers(0, 10_000))
    def test_the_spread_is_stable_and_within(self, over: int, n: int) -> None:
        months = months_of_spread(f"SUB-{n}", over)
        assert 0 <= months <= over
        assert months == months_of_spread(f"SUB-{n}", over)
