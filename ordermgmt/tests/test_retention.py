"""Which backups stay."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ordermgmt.retention import file_name, kept, taken_at

FIRST = datetime(2026, 1, 1, 1, 30, tzinfo=UTC)


def test_two_years_of_nights_leave_days_weeks_and_months():
    nights = [FIRST + timedelta(days=n) for n in range(730)]
    left = sorted(kept(nights), reverse=True)
    assert left[:7] == sorted(nights, reverse=True)[:7]
    assert len({at.isocalendar()[:2] for at in left[:10]}) >= 5
    assert len({(at.year, at.month) for at in left}) == 13
    assert len(left) <= 7 + 5 + 13


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), unique=True))
def test_the_newest_stays_and_keeping_twice_is_keeping_once(moments):
    left = kept(moments)
    assert left <= set(moments)
    assert not moments or max(moments) in left
    assert kept(left) == left


def test_names():
    assert taken_at(Path(file_name(FIRST))) == FIRST
    assert taken_at(Path("ordermgmt-yesterday.tar.gz")) is None
    assert taken_at(Path("notes.txt")) is None
