"""Time as support counts it: only the hours it is there. Pure; instants in, instants out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_DAYS = 370


class NoOfficeHours(ValueError):
    """The hours cannot be read; the sentence says how they are written."""


@dataclass(frozen=True)
class OfficeHours:
    """Open on `weekdays` (0 is Monday) from `opens` to `closes`, local time, but on no day that `is_free` names."""

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: time
    closes: time
    is_free: Callable[[date], bool] = lambda _day: False

    def after(self, start: datetime, needed: timedelta) -> datetime:
        """The instant at which `needed` office time has gone by since `start`."""
        left = needed
        for opened, closed in self._spans(start):
            if closed - opened >= left:
                return opened + left
            left -= closed - opened
        return start + needed

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much office time lies between two instants."""
        total = timedelta()
        for opened, closed in self._spans(start):
            if opened >= end:
                break
            total += min(closed, end) - opened
        return total

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of today's hours, then those of the days after, for a year at most."""
        first = start.astimezone(self.zone).date()
        for n in range(MOST_DAYS):
            day = first + timedelta(days=n)
            if day.weekday() not in self.weekdays or self.is_free(day):
                continue
            opened, closed = self._at(day, self.opens), self._at(day, self.closes)
            if closed > start:
                yield max(opened, start), closed

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, self.zone).astimezone(UTC)


def read_hours(text: str, zone: ZoneInfo, is_free: Callable[[date], bool]) -> OfficeHours:
    """`1-5 09:00-17:00`: Monday to Friday, nine to five. Raises NoOfficeHours."""
    try:
        days, hours = text.split()
        first, last = (int(part) for part in days.split("-"))
        opens, closes = (time.fromisoformat(part) for part in hours.split("-"))
    except ValueError:
        raise NoOfficeHours(f"SUPPORT_HOURS is {text!r}; write it as 1-5 09:00-17:00") from None
    if not (1 <= first <= last <= 7 and opens < closes):
        raise NoOfficeHours(f"SUPPORT_HOURS is {text!r}: days go from 1 (Monday) to 7 and hours forward")
    return OfficeHours(zone, frozenset(range(first - 1, last)), opens, closes, is_free)
