from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.office_hours import NoOfficeHours, OfficeHours, read_hours

ZONE = ZoneInfo("Europe/Stockholm")
OFFICE = read_hours("1-5 09:00-17:00", ZONE, lambda day: day == date(2026, 12, 25))
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Stockholm
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda at: at.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (MONDAY, 4, "2026-11-23 14:00"),
        (MONDAY, 7, "2026-11-23 17:00"),
        (MONDAY, 8, "2026-11-24 10:00"),
        (datetime(2026, 11, 20, 15, 30, tzinfo=UTC), 1, "2026-11-23 09:30"),
        (datetime(2026, 11, 21, 12, 0, tzinfo=UTC), 2, "2026-11-23 11:00"),
        (datetime(2026, 12, 24, 15, 0, tzinfo=UTC), 2, "2026-12-28 10:00"),
        (datetime(2026, 3, 27, 15, 0, tzinfo=UTC), 2, "2026-03-30 10:00"),  # the clocks change on the weekend
    ],
)
def test_only_hours_in_which_somebody_is_there_count(start: datetime, hours: int, end: str) -> None:
    assert f"{OFFICE.after(start, timedelta(hours=hours)).astimezone(ZONE):%Y-%m-%d %H:%M}" == end


@given(start=moments, minutes=st.integers(1, 60 * 100))
def test_after_and_between_are_each_others_reverse(start: datetime, minutes: int) -> None:
    needed = timedelta(minutes=minutes)
    end = OFFICE.after(start, needed)
    assert OFFICE.between(start, end) == needed
    local = end.astimezone(ZONE)
    assert local.weekday() < 5
    assert time(9) < local.time() <= time(17)


def test_no_hours_at_all_still_end() -> None:
    closed = OfficeHours(ZONE, frozenset(), time(9), time(17))
    assert closed.after(MONDAY, timedelta(hours=1)) == MONDAY + timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "9-17", "1-5 17:00-09:00", "0-5 09:00-17:00", "1-5 9-17 x"])
def test_hours_that_cannot_be_read_say_how_they_are_written(text: str) -> None:
    with pytest.raises(NoOfficeHours, match="SUPPORT_HOURS"):
        read_hours(text, ZONE, lambda _day: False)
