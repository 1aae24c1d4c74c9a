"""The only place that knows time zones; everything else is handed `now` and dates."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def business_zone() -> ZoneInfo:
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)


def business_day(now: datetime, zone: str | None = None) -> date:
    """The calendar day of an instant at a warehouse (its zone) or at the office."""
    return now.astimezone(ZoneInfo(zone) if zone else business_zone()).date()


def local_time(instant: datetime, zone: str | None = None) -> str:
    """The time of day of an instant at a warehouse or at the office, such as 14:08."""
    return instant.astimezone(ZoneInfo(zone) if zone else business_zone()).strftime("%H:%M")
