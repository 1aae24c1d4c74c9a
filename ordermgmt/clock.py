"""The only place that knows time zones; everything else is handed `now` and dates."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

# Days people may ask for: weeks before and years after them are days as well.
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)


def day_asked(text: str) -> date | None:
    """A day as an address writes it (2026-11-24); None where that is none, or out of any use."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def business_zone() -> ZoneInfo:
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)


def business_day(now: datetime, zone: str | None = None) -> date:
    """The calendar day of an instant at a warehouse (its zone) or at the office."""
    return now.astimezone(ZoneInfo(zone) if zone else business_zone()).date()


def local_time(instant: datetime, zone: str | None = None) -> str:
    """The time of day of an instant at a warehouse or at the office, such as 14:08."""
    return instant.astimezone(ZoneInfo(zone) if zone else business_zone()).strftime("%H:%M")
