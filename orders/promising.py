"""When an order leaves and when it arrives. Pure: calendars come in as values."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

# Days to look ahead for a free working day before giving up on the calendar.
HORIZON_DAYS = 120
# What is promised for goods whose arrival nobody knows: working days until they can leave.
UNKNOWN_ARRIVAL_WORKDAYS = 10
CARRIER_WORKDAYS = frozenset("12345")


@dataclass(frozen=True, slots=True)
class Calendar:
    """A warehouse's days: ISO weekdays it works, public holidays of its country, closures, load.

    `capacity` is orders a day (0: no limit); `load` the orders already promised for a day.
    """

    time_zone: str
    cut_off: time
    work_days: str = "12345"
    country: str = ""
    observes_holidays: bool = True
    closed: frozenset[date] = frozenset()
    capacity: int = 0
    load: MutableMapping[date, int] = field(default_factory=dict)

    def works_on(self, day: date) -> bool:
        if str(day.isoweekday()) not in self.work_days or day in self.closed:
            return False
        return not (self.observes_holidays and is_holiday(self.country, day))

    def has_room_on(self, day: date) -> bool:
        return not self.capacity or self.load.get(day, 0) < self.capacity

    def room_on(self, day: date) -> int | None:
        """Orders that still fit into a day; None when there is no limit."""
        return self.capacity - self.load.get(day, 0) if self.capacity else None

    def take(self, day: date) -> None:
        """One order more leaves on a day; counted only where there is a limit."""
        if self.capacity:
            self.load[day] = self.load.get(day, 0) + 1


@dataclass(frozen=True, slots=True)
class Promise:
    """When the goods leave and when they arrive."""

    ship_on: date
    delivery_on: date


def promise(
    calendar: Calendar,
    *,
    now: datetime,
    transit_days: int,
    country: str,
    available_on: date | None = None,
    requested_on: date | None = None,
) -> Promise:
    """The earliest promise, or for a later wished day the latest that still arrives on it.

    `available_on` is the day goods that are not there yet can leave. Transit days are working days
    of carriers (Monday to Friday without public holidays of the destination).
    """
    start = first_day(calendar, now)
    ship_on = _next_open(calendar, max(start, available_on) if available_on else start)
    earliest = Promise(ship_on, arrival(ship_on, transit_days, country))
    if requested_on is None or requested_on <= earliest.delivery_on:
        return earliest
    return _latest_for(calendar, earliest, requested_on, transit_days, country)


def first_day(calendar: Calendar, now: datetime) -> date:
    """The local day work can start: today before the cut-off, otherwise tomorrow."""
    local = now.astimezone(ZoneInfo(calendar.time_zone))
    return local.date() if local.time() <= calendar.cut_off else local.date() + timedelta(days=1)


def workdays_later(calendar: Calendar, day: date, count: int) -> date:
    """The working day `count` working days after `day`."""
    for candidate in _days(day + timedelta(days=1)):
        count -= calendar.works_on(candidate)
        if count <= 0:
            return candidate
    return day + timedelta(days=HORIZON_DAYS)


def arrival(ship_on: date, transit_days: int, country: str) -> date:
    """The day a parcel arrives: `transit_days` carrier days after it left."""
    left = max(transit_days, 1)
    for day in _days(ship_on + timedelta(days=1)):
        left -= str(day.isoweekday()) in CARRIER_WORKDAYS and not is_holiday(country, day)
        if left <= 0:
            return day
    return ship_on + timedelta(days=HORIZON_DAYS)


def _next_open(calendar: Calendar, start: date) -> date:
    days = [day for day in _days(start) if calendar.works_on(day)]
    with_room = (day for day in days if calendar.has_room_on(day))
    return next(with_room, days[-1] if days else start)


def _latest_for(calendar: Calendar, earliest: Promise, wished: date, transit_days: int, country: str) -> Promise:
    best = earliest
    for day in _days(earliest.ship_on):
        if day > wished:
            break
        if calendar.works_on(day) and calendar.has_room_on(day):
            arrives = arrival(day, transit_days, country)
            best = Promise(day, wished) if arrives <= wished else best
    return best


def _days(start: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range(HORIZON_DAYS))


def is_holiday(country: str, day: date) -> bool:
    """Whether `day` is a public holiday of the country; countries unknown to the library have none."""
    return day in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
