"""How soon a ticket must be answered and solved, in hours of the office (ux.md P01: "past target")."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays
from django.conf import settings

from customers.office_hours import NoOfficeHours, OfficeHours, read_hours
from customers.ticket_states import TicketPriority
from ordermgmt.clock import business_zone


class Targets(NamedTuple):
    """Office hours to the first answer, to every later one, and to the solution."""

    first: float
    later: float
    solution: float


DEFAULTS: dict[str, Targets] = {
    TicketPriority.LOW: Targets(16, 16, 80),
    TicketPriority.NORMAL: Targets(4, 8, 24),
    TicketPriority.HIGH: Targets(2, 4, 16),
    TicketPriority.URGENT: Targets(1, 1, 8),
}


def targets_of(priority: str) -> Targets:
    """Those of the setting (`normal=4/8/24`), else the shop's usual ones. Raises NoOfficeHours."""
    written = settings.SUPPORT_TARGETS.get(priority)
    if not written:
        return DEFAULTS[priority]
    try:
        first, later, solution = (float(part) for part in written.split("/"))
    except ValueError:
        raise NoOfficeHours(f"SUPPORT_TARGETS {priority} is {written!r}; write it as 4/8/24") from None
    return Targets(first, later, solution)


@lru_cache(maxsize=4)
def _hours(text: str, zone: str, country: str) -> OfficeHours:
    return read_hours(text, business_zone(), _free_days(country))


def _free_days(country: str) -> Callable[[date], bool]:
    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        return lambda _day: False

    def is_free(day: date) -> bool:
        return day in calendar

    return is_free


def office() -> OfficeHours:
    return _hours(settings.SUPPORT_HOURS, settings.BUSINESS_TIME_ZONE, settings.SHOP["country"])


def answer_due(priority: str, *, since: datetime, is_first: bool) -> datetime:
    """By when someone who has waited since then is answered."""
    wanted = targets_of(priority)
    return office().after(since, timedelta(hours=wanted.first if is_first else wanted.later))


def solution_due(priority: str, *, since: datetime) -> datetime:
    return office().after(since, timedelta(hours=targets_of(priority).solution))


def put_off(due: datetime, *, waited_from: datetime, to: datetime) -> datetime:
    """A target moved by the office time in which the customer had the word."""
    waited = office().between(waited_from, to)
    return office().after(max(due, waited_from), waited) if waited else due
