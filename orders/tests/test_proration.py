"""Parts of prices: the worked cases W25–W51, comparisons per month, what always holds."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordermgmt.money import minor_unit
from orders.periods import Interval, Segment
from orders.proration import (
    ChangeLines,
    Running,
    change_lines,
    is_downgrade,
    per_month,
    prorate,
    share_to_last,
    values_of_deliveries,
)

D = Decimal


class TestWorkedCases:
    @pytest.mark.parametrize(
        ("case", "amount", "days", "of_days", "expected"),
        [
            ("W25", "24.95", 9, 31, "7.24"),
            ("W26a", "24.95", 22, 30, "18.30"),
            ("W26b", "24.95", 8, 31, "6.44"),
            ("W26c", "24.95", 25, 30, "20.79"),
            ("W27", "17.95", 20, 30, "11.97"),
            ("W34", "50", 22, 31, "35.48"),
            ("W35", "50", 25, 30, "41.67"),
            ("W36", "10", 16, 30, "5.33"),
            ("W39 by the real period", "100", 10, 31, "32.26"),
            ("W42 by the real period", "310", 5, 31, "50.00"),
            ("W43 by the real period", "280", 2, 28, "20.00"),
            ("W44 by the real period", "290", 29, 29, "290.00"),
        ],
    )
    def test_a_part_of_a_period(self, case: str, amount: str, days: int, of_days: int, expected: str) -> None:
        assert prorate(D(amount), days, of_days, "USD") == D(expected), case

    @pytest.mark.parametrize(
        ("case", "starts_on", "ends_on", "on", "days"),
        [
            ("W25", date(2021, 8, 25), date(2021, 9, 25), date(2021, 9, 16), (9, 31)),
            ("W26a", date(2021, 9, 17), date(2021, 10, 17), date(2021, 9, 25), (22, 30)),
            ("W26b", date(2021, 8, 25), date(2021, 9, 25), date(2021, 9, 17), (8, 31)),
            ("W26c", date(2021, 9, 25), date(2021, 10, 25), date(2021, 9, 30), (25, 30)),
            ("W31", date(2010, 7, 17), date(2010, 8, 17), date(2010, 7, 17), (31, 31)),
            ("W34", date(2026, 8, 1), date(2026, 9, 1), date(2026, 8, 10), (22, 31)),
            ("W36", date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 15), (16, 30)),
        ],
    )
    def test_days_are_counted_half_open(
        self, case: str, starts_on: date, ends_on: date, on: date, days: tuple[int, int]
    ) -> None:
        running = Running(D(1), starts_on, ends_on)
        assert (running.days_from(on), running.days) == days, case

    def test_w28_a_set_up_fee_stands_beside_the_price(self) -> None:
        assert D(50) + prorate(D("24.95"), 30, 30, "USD") == D("74.95")

    def test_w29_w35_a_trial_is_days_left_out(self) -> None:
        assert prorate(D("24.95"), 0, 10, "USD") == 0
        trial = Segment(1, date(2021, 9, 20), 20, Interval(1, "month"))
        assert (trial.day_of(1), trial.day_of(2)) == (date(2021, 9, 20), date(2021, 10, 20))

    def test_w30_a_price_for_three_months_ends_on_the_day_of_the_month(self) -> None:
        monthly = Segment(1, date(2021, 9, 15), 15, Interval(1, "month"))
        assert monthly.day_of(4) == date(2021, 12, 15)

    def test_w31_ends_with_eight_of_thirty_one_days(self) -> None:
        last = Running(D(31), date(2010, 7, 17), date(2010, 8, 17))
        assert last.price - last.rest(date(2010, 7, 25), "USD") == 8

    def test_w32_is_a_recorded_difference(self) -> None:
        """With fixed months of 30 days each part is 22/30; ours are parts of the real period."""
        spring = Running(D(31), date(2023, 5, 15), date(2023, 6, 15))
        assert spring.rest(date(2023, 5, 23), "USD") == 23

    def test_w33_a_year_becomes_a_month(self) -> None:
        year = Running(D(10_000), date(2017, 7, 27), date(2018, 7, 27))
        month = Running(D(1_000), date(2017, 12, 25), date(2018, 1, 25))
        lines = change_lines(year, month, on=date(2018, 1, 24), currency="USD")
        assert lines == ChangeLines(D("-5041.10"), D("32.26"))
        assert lines.total == D("-5008.84")

    @pytest.mark.parametrize(
        ("case", "old", "new", "starts_on", "ends_on", "on", "expected"),
        [
            ("W37", 20, 40, date(2026, 5, 1), date(2026, 6, 1), date(2026, 5, 11), ("-13.55", "27.10")),
            ("W38", 60, 30, date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 21), ("-20.00", "10.00")),
            ("W40", 10, 20, date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 16), ("-5.00", "10.00")),
            ("W83e", 90, 120, date(2026, 4, 1), date(2026, 5, 1), date(2026, 4, 21), ("-30.00", "40.00")),
        ],
    )
    def test_a_change_is_a_credit_and_a_charge(
        self,
        case: str,
        old: int,
        new: int,
        starts_on: date,
        ends_on: date,
        on: date,
        expected: tuple[str, str],
    ) -> None:
        before, after = (Running(D(price), starts_on, ends_on) for price in (old, new))
        lines = change_lines(before, after, on=on, currency="USD")
        assert (lines.credit, lines.charge) == (D(expected[0]), D(expected[1])), case

    def test_w41_half_a_month_of_a_dearer_plan_is_on_the_next_bill(self) -> None:
        before, after = (Running(D(price), date(2026, 4, 30), date(2026, 5, 30)) for price in (10, 20))
        assert D(20) + change_lines(before, after, on=date(2026, 5, 15), currency="USD").total == D(25)

    @pytest.mark.parametrize(
        ("case", "old", "old_every", "new", "new_every", "expected"),
        [
            ("W45", 2, Interval(1, "day"), 300, Interval(1, "year"), True),
            ("W47 down", 20, Interval(1, "month"), 180, Interval(1, "year"), True),
            ("W47 up", 180, Interval(1, "year"), 20, Interval(1, "month"), False),
        ],
    )
    def test_up_or_down_is_told_by_the_same_time(
        self, case: str, old: int, old_every: Interval, new: int, new_every: Interval, expected: bool
    ) -> None:
        assert is_downgrade(D(old), old_every, D(new), new_every) is expected, case

    def test_w46_is_a_recorded_difference(self) -> None:
        """Rounding the day first gives 25.30; we round once: 23 of 30 days of 30.20."""
        assert prorate(D("30.20"), 23, 30, "EUR") == D("23.15")

    @pytest.mark.parametrize(("days", "expected"), [(400, "24.95"), (-3, "0.00")])
    def test_w48_never_more_than_all_nor_less_than_nothing(self, days: int, expected: str) -> None:
        assert prorate(D("24.95"), days, 31, "USD") == D(expected)

    def test_w49_a_year_paid_at_once_is_four_deliveries(self) -> None:
        assert values_of_deliveries(D(1200), 4, "USD") == [D(300)] * 4

    def test_w50_two_schedules_meet_in_the_same_year(self) -> None:
        months: dict[int, Decimal] = {}
        for every, amount, count in ((3, 1200, 4), (2, 600, 6)):
            schedule = Segment(1, date(2026, 1, 1), 1, Interval(every, "month"))
            for n, value in enumerate(values_of_deliveries(D(amount), count, "USD"), start=1):
                month = schedule.day_of(n).month
                months[month] = months.get(month, D(0)) + value
        assert months == {1: 400, 3: 100, 4: 300, 5: 100, 7: 400, 9: 100, 10: 300, 11: 100}
        assert sum(months.values()) == 1800

    def test_w51_the_remainder_is_in_the_last(self) -> None:
        assert values_of_deliveries(D(200), 3, "USD") == [D("66.66"), D("66.66"), D("66.68")]

    @pytest.mark.parametrize(
        ("case", "amount", "interval", "expected"),
        [
            ("W76 18.29 a year", "18.29", Interval(1, "year"), "1.5242"),
            ("W76 19.95 a year", "19.95", Interval(1, "year"), "1.6625"),
            ("W76 599.95 a year", "599.95", Interval(1, "year"), "49.9958"),
            ("W76 5499 a year", "5499", Interval(1, "year"), "458.2500"),
            ("W78 20 a week", "20", Interval(1, "week"), "86.6667"),
            ("40 every 4 weeks", "40", Interval(4, "week"), "43.3333"),
            ("60 every 6 weeks", "60", Interval(6, "week"), "43.3333"),
            ("10 every 30 days", "10", Interval(30, "day"), "10.1389"),
            ("90 a quarter", "90", Interval(3, "month"), "30.0000"),
        ],
    )
    def test_a_price_per_month(self, case: str, amount: str, interval: Interval, expected: str) -> None:
        assert per_month(D(amount), interval).quantize(D("0.0001")) == D(expected), case


cents = st.decimals(0, 100_000, places=2)
currencies = st.sampled_from(["EUR", "JPY", "KWD"])


class TestWhatAlwaysHolds:
    @given(cents, st.integers(-50, 800), st.integers(1, 400), currencies)
    def test_a_part_is_between_nothing_and_all(self, amount: Decimal, days: int, of_days: int, currency: str) -> None:
        part = prorate(amount, days, of_days, currency)
        assert 0 <= part <= amount + minor_unit(currency) / 2

    @given(cents, st.integers(1, 366), st.data())
    def test_more_days_never_cost_less(self, amount: Decimal, of_days: int, data: st.DataObject) -> None:
        days = data.draw(st.integers(0, of_days - 1))
        assert prorate(amount, days, of_days, "EUR") <= prorate(amount, days + 1, of_days, "EUR")

    @given(cents, st.lists(st.integers(1, 50), min_size=1, max_size=30))
    def test_parts_add_up_and_none_is_negative(self, amount: Decimal, weights: list[int]) -> None:
        parts = share_to_last(amount, weights, "EUR")
        assert sum(parts) == amount
        assert min(parts) >= 0

    @given(cents, st.integers(1, 60))
    def test_the_last_delivery_is_worth_at_most_a_cent_for_each_more(self, amount: Decimal, count: int) -> None:
        parts = values_of_deliveries(amount, count, "EUR")
        assert parts[:-1] == parts[:1] * (count - 1)
        assert 0 <= parts[-1] - parts[0] < count * D("0.01")

    @given(cents, st.integers(1, 366), st.integers(0, 365))
    def test_a_change_to_the_same_price_costs_nothing(self, price: Decimal, length: int, day: int) -> None:
        start = date(2026, 1, 1)
        running = Running(price, start, date.fromordinal(start.toordinal() + length))
        on = date.fromordinal(start.toordinal() + day)
        assert change_lines(running, running, on=on, currency="EUR").total == 0
