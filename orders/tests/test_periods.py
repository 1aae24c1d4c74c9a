"""Days of deliveries: the worked cases W1–W24 of our rules and what must hold for any calendar."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.periods import (
    CLOSING_TIME,
    Interval,
    Segment,
    Terms,
    dates_for,
    first_number_from,
    local_instant,
    planned_on,
    working_day_before,
)

MONTHLY, YEARLY, WEEKLY = Interval(1, "month"), Interval(1, "year"), Interval(1, "week")
PARIS = ZoneInfo("Europe/Paris")
ZONES = ["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]


def calendar(anchor_on: date, interval: Interval = MONTHLY, *, day: int | None = None) -> Segment:
    return Segment(1, anchor_on, day or anchor_on.day, interval)


def days(segment: Segment, first: int, count: int) -> list[str]:
    return [segment.day_of(n).isoformat() for n in range(first, first + count)]


class TestWorkedCases:
    @pytest.mark.parametrize(
        ("case", "segment", "first", "expected"),
        [
            ("W1", calendar(date(2026, 1, 31)), 2, ["2026-02-28", "2026-03-31", "2026-04-30"]),
            ("W1 leap", calendar(date(2028, 1, 31)), 2, ["2028-02-29", "2028-03-31", "2028-04-30"]),
            ("W2", calendar(date(2012, 4, 30), day=31), 1, ["2012-04-30", "2012-05-31"]),
            ("W3 monthly", calendar(date(2012, 1, 31), day=30), 2, ["2012-02-29"]),
            ("W3 yearly", calendar(date(2012, 1, 31), YEARLY, day=30), 2, ["2013-01-30"]),
            ("W4", calendar(date(2012, 2, 16), day=30), 1, ["2012-02-29"]),
            ("W5", calendar(date(2017, 1, 31)), 1, ["2017-01-31", "2017-02-28", "2017-03-31"]),
            ("W6", calendar(date(2026, 8, 31)), 2, ["2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"]),
            ("W7", calendar(date(2022, 1, 31)), 2, ["2022-02-28"]),
            ("W8", calendar(date(2024, 2, 29), YEARLY), 2, ["2025-02-28"]),
            ("W17", calendar(date(2026, 1, 30)), 2, ["2026-02-28", "2026-03-30", "2026-04-30", "2026-05-30"]),
            (
                "W18",
                calendar(date(2025, 12, 31), Interval(2, "month")),
                2,
                ["2026-02-28", "2026-04-30", "2026-06-30", "2026-08-31"],
            ),
            (
                "W19",
                calendar(date(2024, 2, 29), YEARLY),
                2,
                ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
            ),
            (
                "W20",
                calendar(date(2026, 1, 5), Interval(4, "week")),
                2,
                ["2026-02-02", "2026-03-02", "2026-03-30", "2026-04-27"],
            ),
        ],
    )
    def test_our_days_are_the_expected_ones(self, case: str, segment: Segment, first: int, expected: list[str]) -> None:
        assert days(segment, first, len(expected)) == expected, case

    @pytest.mark.parametrize(
        ("case", "anchor_on", "wrong"),
        [
            ("W13", date(2026, 1, 31), ["2026-02-28", "2026-03-28"]),
            ("W14 28th", date(2026, 1, 28), ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
            ("W14 30th", date(2026, 1, 30), ["2026-02-28", "2026-03-31"]),
            ("W14 April", date(2026, 4, 30), ["2026-05-31", "2026-06-30"]),
        ],
    )
    def test_days_that_drift_elsewhere_do_not_drift_here(self, case: str, anchor_on: date, wrong: list[str]) -> None:
        ours = days(calendar(anchor_on), 2, len(wrong))
        assert ours != wrong, case
        assert [int(day[-2:]) for day in ours if day[5:7] != "02"] == [anchor_on.day] * len(
            [day for day in ours if day[5:7] != "02"]
        )

    def test_w15_a_month_from_a_late_evening_is_counted_in_local_days(self) -> None:
        bought = datetime(2026, 2, 27, 23, tzinfo=ZoneInfo("America/New_York"))
        assert calendar(bought.date()).day_of(2) == date(2026, 3, 27)

    def test_w9_is_a_recorded_difference(self) -> None:
        """Recharge sends the one who signs up on 10 October on 15 November; we send on the next 15th."""
        fifteenth = [calendar(date(2026, 9, 15))]
        number = first_number_from(fifteenth, date(2026, 10, 10))
        assert planned_on(fifteenth, number) == date(2026, 10, 15)

    @pytest.mark.parametrize(
        ("signed_up", "first"), [(date(2026, 4, 17), date(2026, 5, 15)), (date(2026, 4, 28), date(2026, 6, 15))]
    )
    def test_w10_after_the_cut_off_the_next_one_is_the_first(self, signed_up: date, first: date) -> None:
        fifteenth, cut_off_days = [calendar(date(2026, 4, 15))], 25
        number = first_number_from(fifteenth, signed_up + timedelta(days=cut_off_days))
        assert planned_on(fifteenth, number) == first

    @pytest.mark.parametrize(
        ("case", "cut_off_days", "weekday_before", "expected"),
        [
            ("W11 Monday", 7, date(2022, 3, 28), date(2022, 4, 11)),
            ("W11 Thursday", 7, date(2022, 3, 24), date(2022, 4, 7)),
            ("W11 Friday", 7, date(2022, 3, 25), date(2022, 4, 8)),
            ("W12 Tuesday", 5, date(2022, 3, 29), date(2022, 4, 5)),
        ],
    )
    def test_w11_w12_the_first_day_of_the_week_that_a_cut_off_leaves(
        self, case: str, cut_off_days: int, weekday_before: date, expected: date
    ) -> None:
        weekly, ordered = [calendar(weekday_before, WEEKLY)], date(2022, 3, 31)
        number = first_number_from(weekly, ordered + timedelta(days=cut_off_days))
        assert planned_on(weekly, number) == expected, case

    @pytest.mark.parametrize(
        ("start", "count", "end"),
        [(date(2026, 7, 1), 15, date(2026, 7, 16)), (date(2026, 7, 1), 30, date(2026, 7, 31))],
    )
    def test_w16_days_are_plain_addition(self, start: date, count: int, end: date) -> None:
        assert calendar(start, Interval(count, "day")).day_of(2) == end

    def test_w21_in_the_gap_of_spring_the_run_is_at_its_end(self) -> None:
        assert local_instant(date(2026, 3, 29), time(2, 30), PARIS) == datetime(2026, 3, 29, 1, tzinfo=UTC)

    def test_w22_in_the_repeated_hour_of_autumn_the_first_counts(self) -> None:
        assert local_instant(date(2026, 10, 25), time(2, 30), PARIS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_w23_a_local_day_begins_at_local_midnight(self) -> None:
        begins = local_instant(date(2026, 6, 1), time(0), ZoneInfo("America/Los_Angeles"))
        assert begins == datetime(2026, 6, 1, 7, tzinfo=UTC)
        assert datetime(2026, 6, 1, 5, tzinfo=UTC) < begins

    def test_w24_another_zone_moves_moments_but_no_day(self) -> None:
        first, second = (
            dates_for(date(2026, 3, 29), Terms(3, 2, 0, ZoneInfo(zone)), lambda day: True) for zone in ZONES[:2]
        )
        assert (first.planned_on, first.leaves_on, first.charge_on) == (
            second.planned_on,
            second.leaves_on,
            second.charge_on,
        )
        assert first.lock_at != second.lock_at


anchors = st.dates(date(1990, 1, 1), date(2100, 12, 31))
intervals = st.builds(Interval, st.integers(1, 26), st.sampled_from(["day", "week", "month", "year"]))
long_intervals = st.builds(Interval, st.integers(1, 12), st.sampled_from(["month", "year"]))
numbers = st.integers(1, 400)


class TestWhatAlwaysHolds:
    @given(anchors, long_intervals, st.integers(1, 31), numbers)
    def test_the_intended_day_is_kept_and_only_cut_to_the_month(
        self, anchor_on: date, interval: Interval, day: int, number: int
    ) -> None:
        found = calendar(anchor_on, interval, day=day).day_of(number)
        assert found.day == min(day, monthrange(found.year, found.month)[1])

    @given(anchors, intervals, st.integers(1, 31), numbers)
    def test_each_delivery_is_after_the_one_before(
        self, anchor_on: date, interval: Interval, day: int, number: int
    ) -> None:
        segment = calendar(anchor_on, interval, day=day)
        assert segment.day_of(number) < segment.day_of(number + 1)

    @given(anchors, st.integers(1, 24), st.integers(1, 31), st.integers(1, 60))
    def test_nothing_drifts(self, anchor_on: date, months: int, day: int, years: int) -> None:
        """After as many intervals as make whole years the calendar month is the same."""
        segment = calendar(anchor_on, Interval(months, "month"), day=day)
        later = segment.day_of(1 + 12 * years)
        assert (later.year - anchor_on.year, later.month) == (months * years, anchor_on.month)

    @given(anchors, st.integers(1, 400), st.sampled_from([("day", 1), ("week", 7)]), numbers)
    def test_days_and_weeks_have_a_fixed_length(
        self, anchor_on: date, every: int, unit: tuple[str, int], number: int
    ) -> None:
        segment = calendar(anchor_on, Interval(every, unit[0]))
        assert (segment.day_of(number + 1) - segment.day_of(number)).days == every * unit[1]

    @given(anchors, intervals, st.integers(0, 2_000), st.integers(0, 20))
    def test_the_first_from_a_day_is_the_first(
        self, anchor_on: date, interval: Interval, later: int, after: int
    ) -> None:
        segments, day = [calendar(anchor_on, interval)], anchor_on + timedelta(days=later)
        number = first_number_from(segments, day, after=after)
        assert number > after
        assert planned_on(segments, number) >= day
        assert number == after + 1 or planned_on(segments, number - 1) < day

    @given(anchors, st.sets(st.integers(0, 6), max_size=6))
    def test_a_closed_day_moves_forward_never_back(self, day: date, closed: set[int]) -> None:
        leaves = working_day_before(day, lambda d: d.weekday() not in closed)
        assert leaves <= day
        assert leaves.weekday() not in closed
        assert (day - leaves).days < 7


moments = st.times().map(lambda t: t.replace(microsecond=0))
years_of_change = st.dates(date(2000, 1, 1), date(2037, 12, 31))


class TestClocks:
    @pytest.mark.parametrize("name", ZONES)
    @given(day=years_of_change, at=moments)
    def test_a_local_time_that_exists_is_met(self, name: str, day: date, at: time) -> None:
        zone = ZoneInfo(name)
        local = local_instant(day, at, zone).astimezone(zone)
        asked = datetime.combine(day, at)
        assert local.replace(tzinfo=None) >= asked
        if local.replace(tzinfo=None) == asked:
            assert local.fold == 0
        else:  # skipped by the clocks: the first instant after the gap
            a_second_before = (local.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
            assert a_second_before.replace(tzinfo=None) < asked

    @pytest.mark.parametrize("name", ZONES)
    @given(day=years_of_change, cut_off=st.integers(0, 60), slot=st.integers(0, 6 * 3600))
    def test_changes_close_on_their_local_day_whatever_the_clocks_do(
        self, name: str, day: date, cut_off: int, slot: int
    ) -> None:
        zone = ZoneInfo(name)
        found = dates_for(day, Terms(cut_off, 0, slot, zone), lambda d: True)
        local = found.lock_at.astimezone(zone)
        assert (local.date(), local.time()) == (day - timedelta(days=cut_off), CLOSING_TIME)
        assert found.order_at - found.lock_at == timedelta(seconds=60 + slot)

    @pytest.mark.parametrize("name", ZONES)
    @given(day=years_of_change)
    def test_one_day_closes_before_the_next(self, name: str, day: date) -> None:
        zone = ZoneInfo(name)
        first, second = (local_instant(d, CLOSING_TIME, zone) for d in (day, day + timedelta(days=1)))
        assert timedelta(hours=22) < second - first < timedelta(hours=26)
