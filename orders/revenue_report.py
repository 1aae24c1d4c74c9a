"""Revenue by month: billed, earned, and what is deferred at its end; every figure names the rows behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from ordermgmt.money import ZERO, round_money
from orders.models import RevenueEntry


@dataclass(frozen=True, kw_only=True)
class Month:
    """Of one currency. `deferred` is billed and not earned at the end of the month."""

    first: date
    currency: str
    billed: Decimal
    earned: Decimal
    deferred: Decimal

    @property
    def last(self) -> date:
        return next_month(self.first) - timedelta(days=1)


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def deferred_on(day: date) -> Q:
    """Entries that were billed and not yet earned at the end of a day."""
    return Q(booked_on__lte=day) & (Q(recognised_on=None) | Q(recognised_on__gt=day))


def by_month(first: date, end: date) -> list[Month]:
    """Every month from `first` to before `end` (both first days), for each currency in use; three statements."""
    rows = RevenueEntry.objects.filter(booked_on__lt=end)
    billed = _sums(rows.filter(booked_on__gte=first), "booked_on")
    earned = _sums(rows.filter(recognised_on__gte=first, recognised_on__lt=end), "recognised_on")
    before = RevenueEntry.objects.filter(deferred_on(first - timedelta(days=1))).order_by()
    open_: dict[str, Decimal] = dict(before.values_list("currency").annotate(sum=Sum("amount")))
    currencies = sorted({*open_, *(currency for currency, _day in {*billed, *earned})})
    return [month for currency in currencies for month in _months(currency, first, end, billed, earned, open_)]


def used(months: list[Month]) -> list[Month]:
    """Without the months before anything was billed in their currency."""
    first: dict[str, date] = {}
    for month in months:
        if month.billed or month.earned or month.deferred:
            first.setdefault(month.currency, month.first)
    return [month for month in months if month.first >= first.get(month.currency, month.first)]


Sums = dict[tuple[str, date], Decimal]


def _sums(rows: QuerySet[RevenueEntry], field: str) -> Sums:
    months: Any = rows.order_by().annotate(month=TruncMonth(field)).values_list("currency", "month")
    return {(currency, month): amount for currency, month, amount in months.annotate(sum=Sum("amount"))}


def _months(
    currency: str, first: date, end: date, billed: Sums, earned: Sums, open_: dict[str, Decimal]
) -> Iterable[Month]:
    """SQLite adds up in floating point: sums are rounded to the currency."""
    day, deferred = first, round_money(open_.get(currency, ZERO), currency)
    while day < end:
        more = round_money(billed.get((currency, day), ZERO), currency)
        less = round_money(earned.get((currency, day), ZERO), currency)
        deferred += more - less
        yield Month(first=day, currency=currency, billed=more, earned=less, deferred=deferred)
        day = next_month(day)
