"""Counts that stay cheap on tables of a million rows: exact up to a limit, "more than" beyond it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ordermgmt.templatetags import portal

LIMIT = 10_000
# Words are found by bits of text, which costs a look at every match: there "more than 1,000" is enough.
WORDS_LIMIT = 1_000
FRESH = timedelta(seconds=30)
DEAR_MS = 20


class Total(NamedTuple):
    """How many rows match; `more` when there are more than `value`."""

    value: int
    more: bool = False

    @classmethod
    def of(cls, found: int, limit: int = LIMIT) -> "Total":
        return cls(min(found, limit), found > limit)

    def __str__(self) -> str:
        return f"{portal.number(self.value)}+" if self.more else portal.number(self.value)


def total_of(queryset: QuerySet[Any], limit: int = LIMIT) -> Total:
    """One query that never looks at more than `limit` + 1 matching rows."""
    return totals_of({"": queryset}, limit)[""]


def dear_total_of(key: str, queryset: QuerySet[Any], now: datetime, limit: int = LIMIT) -> Total:
    """The total; one that took long to count is kept for a while, so that paging does not count again and again."""
    known = _remembered.get(key)
    if known and now - known.at < FRESH:
        return known.totals[""]
    start = perf_counter()
    total = total_of(queryset, limit)
    if (perf_counter() - start) * 1000 > DEAR_MS:
        _remembered[key] = Remembered({"": total}, now)
    return total


def totals_of(querysets: Mapping[str, QuerySet[Any]], limit: int = LIMIT) -> dict[str, Total]:
    """The totals of several lists in one statement."""
    parts: list[str] = []
    parameters: list[Any] = []
    empty: set[str] = set()
    for name, queryset in querysets.items():
        try:
            sql, values = queryset.order_by().values("pk")[: limit + 1].query.sql_with_params()
        except EmptyResultSet:
            empty.add(name)
            continue
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) counted)")  # noqa: S608 - the text is Django's own, values are parameters
        parameters += values
    found: list[int] = []
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)}", parameters)
            found = list(cursor.fetchone())
    numbers = iter(found)
    return {name: Total(0) if name in empty else Total.of(next(numbers), limit) for name in querysets}


class Remembered(NamedTuple):
    totals: dict[str, Total]
    at: datetime


_remembered: dict[str, Remembered] = {}


def remembered_totals(key: str, lists: Mapping[str, Callable[[], QuerySet[Any]]], now: datetime) -> Remembered:
    """Totals at most FRESH old, kept by this process; the page says how old they are.

    The lists are only built when they are counted.
    """
    known = _remembered.get(key)
    if known and known.totals.keys() == lists.keys() and now - known.at < FRESH:
        return known
    if len(_remembered) > 500:
        _remembered.clear()
    found = totals_of({name: build() for name, build in lists.items()})
    _remembered[key] = fresh = Remembered(found, now)
    return fresh


def forget_totals() -> None:
    """After a verb that moves rows between views, and between tests."""
    _remembered.clear()
