"""Figures: each has one definition, one version, and the exact rows behind it. Apps register theirs in `<app>/kpis.py`.

A figure names rows, the business day each belongs to, and what each adds to numerator and denominator; the value,
its days, its stored sums and the list it opens all follow from that. Formulas: orders_warehouse.md 2.12, subscriptions.md 2.12-2.14.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils.functional import Promise

from ordermgmt.clock import business_zone

Filters = Mapping[str, str]
Row = Any


class Unit:
    SHARE = "share"  # of one
    PER_THOUSAND = "per_thousand"  # kept as a share of one
    PER_HOUR = "per_hour"
    MINUTES = "minutes"
    COUNT = "count"
    MONEY = "money"
    DAYS = "days"
    TIMES = "times"
    OF_FIVE = "of_five"  # a mean of scores from 1 to 5


class Measure:
    """RATIO: numerator over denominator. SUM: of the period. BALANCE: of everything up to the end of the period.

    MEDIAN and P95: of the minutes of each row. A RATIO with `base` is over something that is no sum of its rows.
    """

    RATIO = "ratio"
    SUM = "sum"
    BALANCE = "balance"
    MEDIAN = "median"
    P95 = "p95"


@dataclass(frozen=True, slots=True)
class Period:
    """Business days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def each(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """From the first midnight up to, not including, the midnight after the last day."""
        return midnight(self.first), midnight(self.last + timedelta(days=1))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), business_zone()).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Trail:
    """A table that only grows and tells which rows of a figure changed: its `key` equals the `path` of those rows."""

    model: Callable[[], QuerySet[Any]]
    key: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """`is_live`: counted when asked, no history. `is_settled`: only days that are over. `is_rolled`: stored by day.

    `moment` (an instant) or `on` (a date) says which day a row belongs to. `record` gives number and address of a row.
    `spans`: whole minutes (or days) of each row, for medians. `formula`: where the value is not numerator over denominator.
    `in_money`: numerator and denominator are amounts, no counts of rows.
    `categories`: what each code of the dimension `category` is called, for ranked bars. `is_tile`: has a tile of its own;
    without it the figure stands in a section of the report only.
    """

    name: str
    rows: Callable[[Period], QuerySet[Any]]
    title: str | Promise
    question: str | Promise
    definition: str | Promise
    source: str
    unit: str
    measure: str = Measure.RATIO
    version: int = 1
    higher_is_better: bool | None = True
    moment: str = ""
    on: str = ""
    numerator: Any = field(default_factory=lambda: Value(1))
    denominator: Any = field(default_factory=lambda: Value(1))
    base: Callable[[Period, Filters], Decimal] | None = None
    spans: Callable[[QuerySet[Any]], Iterable[tuple[Row, int]]] | None = None
    formula: Callable[[Decimal, Decimal, Period], Decimal | None] | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    categories: Callable[[], Mapping[str, Any]] | None = None
    is_tile: bool = True
    in_money: bool = False
    trails: tuple[Trail, ...] = ()
    target: Decimal | None = None
    is_live: bool = False
    is_settled: bool = False
    is_rolled: bool = True
    role: str = "manager"
    group: str = "orders"
    record: Callable[[Row], tuple[str, str]] = lambda row: (str(row), row.get_absolute_url())
    joins: tuple[str, ...] = ()
    rank: int = 50

    @property
    def is_stored(self) -> bool:
        return self.is_rolled and not self.is_live

    def known(self, filters: Filters) -> dict[str, str]:
        """Those filters that mean something here; amounts are in one currency at a time."""
        found = {name: value for name, value in filters.items() if value and name in self.dimensions}
        if "currency" in self.dimensions:
            found.setdefault("currency", settings.REPORT_CURRENCY)
        return found

    def selected(self, period: Period, filters: Filters | None = None) -> QuerySet[Any]:
        """The exact rows (all of them without filters), with `kpi_day`, `kpi_numerator`, `kpi_denominator` on each."""
        rows: QuerySet[Any] = self.rows(period).filter(self._within(period))
        if filters is not None:
            rows = rows.filter(**{self.dimensions[name]: value for name, value in self.known(filters).items()})
        day = {} if self.is_live else {"kpi_day": self.day}
        selected: QuerySet[Any] = rows.annotate(**day, kpi_numerator=self.numerator, kpi_denominator=self.denominator)
        return selected

    @property
    def day(self) -> Any:
        return F(self.on) if self.on else TruncDate(self.moment, tzinfo=business_zone())

    def _within(self, period: Period) -> Q:
        if self.is_live:
            return Q()
        if self.on:
            return Q(**{f"{self.on}__gte": period.first, f"{self.on}__lte": period.last})
        start, end = period.instants
        return Q(**{f"{self.moment}__gte": start, f"{self.moment}__lt": end})

    def settled(self, period: Period, today: date) -> Period:
        """The part of the period that can be judged."""
        end = today - timedelta(days=1) if self.is_settled else today
        return Period(min(period.first, end), min(period.last, end))


def one_if(condition: Any) -> Case:
    """1 for the rows that fulfil a condition, 0 for the others."""
    return Case(When(condition, then=Value(1)), default=Value(0))


REGISTRY: dict[str, Kpi] = {}
# Stored by day like the others, but shown by a page of their own and not among the reports.
APART: dict[str, Kpi] = {}


class UnknownKpi(Exception):
    """No figure has this name."""


def kpi(name: str, **facts: Any) -> Callable[[Callable[[Period], QuerySet[Any]]], Callable[[Period], QuerySet[Any]]]:
    """Register a function that gives the rows of a figure (of a period, which most need not look at)."""

    def register(function: Callable[[Period], QuerySet[Any]]) -> Callable[[Period], QuerySet[Any]]:
        REGISTRY[name] = Kpi(name=name, rows=function, **facts)
        return function

    return register


def kept_apart(one: Kpi) -> Kpi:
    """Register a figure that is stored by day and is no report."""
    APART[one.name] = one
    return one


def in_order() -> list[Kpi]:
    return sorted(REGISTRY.values(), key=lambda one: (one.rank, one.name))


def find(name: str) -> Kpi:
    try:
        return REGISTRY[name] if name in REGISTRY else APART[name]
    except KeyError:
        raise UnknownKpi(f"There is no KPI {name!r}. KPIs: {', '.join(sorted(REGISTRY))}") from None


@dataclass(frozen=True)
class Dimension:
    """Something figures can be split by; `choices` gives (code, words)."""

    name: str
    label: str | Promise
    choices: Callable[[], Iterable[tuple[str, str]]]


SPLITS: dict[str, Dimension] = {}


def dimension(name: str, label: str | Promise, choices: Callable[[], Iterable[tuple[str, str]]]) -> None:
    """Register what a filter of the reports offers."""
    SPLITS[name] = Dimension(name, label, choices)
