"""The value of a figure in a period: from its rows, or from the sums stored by day. Both by the same arithmetic."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, F, Sum

from ordermgmt.kpis import Filters, Kpi, Measure, Period, Unit
from ordermgmt.models import KpiDay
from ordermgmt.models.kpis import DIMENSIONS
from ordermgmt.money import ZERO

BEGINNING = date(1970, 1, 1)
_PLACES = {Unit.SHARE: "0.000001", Unit.PER_THOUSAND: "0.000001", Unit.MONEY: "0.01"}
P95 = 95


@dataclass
class Sums:
    """Numerator, denominator, rows, and how many rows took how many minutes."""

    numerator: Decimal = ZERO
    denominator: Decimal = ZERO
    count: int = 0
    spread: Counter[int] = field(default_factory=Counter)

    def __iadd__(self, other: "Sums") -> "Sums":
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.count += other.count
        self.spread.update(other.spread)
        return self


def added(parts: Iterable[Sums]) -> Sums:
    total = Sums()
    for part in parts:
        total += part
    return total


@dataclass(frozen=True)
class Measured:
    """`value` is None where there is nothing to divide by. `days` are the period's days that have rows."""

    kpi: Kpi
    period: Period
    value: Decimal | None
    numerator: Decimal
    denominator: Decimal
    count: int
    days: Mapping[date, Decimal | None]
    statistics: Mapping[str, Decimal]


Key = tuple[Any, ...]


def recount(kpi: Kpi, period: Period, filters: Filters | None = None) -> Measured:
    """From the rows themselves."""
    filters = filters or {}
    by_key = sums_of_rows(kpi, read_period(kpi, period), filters)
    return _measured(kpi, period, filters, _by_day(by_key))


def from_days(kpi: Kpi, period: Period, filters: Filters | None = None) -> Measured:
    """From the stored sums; figures that are not stored are counted."""
    filters = filters or {}
    if not kpi.is_stored:
        return recount(kpi, period, filters)
    return measured_from(kpi, period, filters, stored_days([kpi], read_period(kpi, period), filters).get(kpi.name, {}))


def measured_from(kpi: Kpi, period: Period, filters: Filters, days: Mapping[date, Sums]) -> Measured:
    wanted = read_period(kpi, period)
    return _measured(
        kpi, period, filters, {day: sums for day, sums in days.items() if wanted.first <= day <= wanted.last}
    )


def read_period(kpi: Kpi, period: Period) -> Period:
    """Of a balance everything up to the end of the period counts."""
    return Period(BEGINNING, period.last) if kpi.measure == Measure.BALANCE else period


def sums_of_rows(kpi: Kpi, period: Period, filters: Filters | None = None) -> dict[Key, Sums]:
    """Sums of the rows by day and dimensions, as they are stored."""
    rows = kpi.selected(period, filters).order_by()
    names = list(kpi.dimensions)
    if kpi.spans:
        return _spread(kpi, rows, names)
    paths = [kpi.dimensions[name] for name in names]
    day = [] if kpi.is_live else ["kpi_day"]
    grouped = rows.values(*day, *paths).annotate(n=Sum("kpi_numerator"), d=Sum("kpi_denominator"), rows_=Count("pk"))
    found: dict[Key, Sums] = defaultdict(Sums)
    for row in grouped:
        key = (row.get("kpi_day"), *_dimensions(names, [row[path] for path in paths]))
        found[key] += Sums(Decimal(row["n"] or 0), Decimal(row["d"] or 0), row["rows_"])
    return dict(found)


def _spread(kpi: Kpi, rows: Any, names: list[str]) -> dict[Key, Sums]:
    found: dict[Key, Sums] = defaultdict(Sums)
    extra = {f"kpi_{name}": kpi.dimensions[name] for name in names}
    rows = rows.annotate(**{name: F(path) for name, path in extra.items()})
    assert kpi.spans  # noqa: S101 - only called for such
    for row, span in kpi.spans(rows):
        key = (getattr(row, "kpi_day", None), *_dimensions(names, [getattr(row, name) for name in extra]))
        found[key] += Sums(Decimal(span), Decimal(1), 1, Counter({span: 1}))
    return dict(found)


def _dimensions(names: list[str], values: list[Any]) -> tuple[str, ...]:
    known = dict(zip(names, values, strict=True))
    return tuple(str(known.get(name) or "") for name in DIMENSIONS)


def _by_day(by_key: Mapping[Key, Sums]) -> dict[date, Sums]:
    days: dict[date, Sums] = defaultdict(Sums)
    for key, sums in by_key.items():
        days[key[0] or BEGINNING] += sums
    return dict(days)


def stored_days(kpis: Iterable[Kpi], period: Period, filters: Filters) -> dict[str, dict[date, Sums]]:
    """Stored sums of many figures by day, in two statements (sums, spreads), whatever the number of orders."""
    every = list(kpis)
    found: dict[str, dict[date, Sums]] = defaultdict(lambda: defaultdict(Sums))
    groups: dict[tuple[tuple[str, str], ...], list[Kpi]] = defaultdict(list)
    for one in every:
        groups[tuple(sorted(one.known(filters).items()))].append(one)
    for known, members in groups.items():
        _read_group(members, period, dict(known), found)
    return {name: dict(days) for name, days in found.items()}


def _read_group(members: list[Kpi], period: Period, known: dict[str, str], found: Any) -> None:
    rows = KpiDay.objects.filter(on__gte=period.first, on__lte=period.last, **known)
    plain = [one.name for one in members if not one.spans]
    timed = [one.name for one in members if one.spans]
    grouped = rows.filter(kpi__in=plain).order_by().values("kpi", "on")
    for row in grouped.annotate(n=Sum("numerator"), d=Sum("denominator"), c=Sum("count")):
        found[row["kpi"]][row["on"]] += Sums(row["n"], row["d"], row["c"])
    if timed:
        for one in rows.filter(kpi__in=timed):
            spread = Counter({int(minutes): n for minutes, n in one.spread.items()})
            found[one.kpi][one.on] += Sums(one.numerator, one.denominator, one.count, spread)


def _measured(kpi: Kpi, period: Period, filters: Filters, days: Mapping[date, Sums]) -> Measured:
    total = added(days.values())
    denominator = kpi.base(period, kpi.known(filters)) if kpi.base else total.denominator
    value = _value(kpi, total, denominator, period)
    return Measured(
        kpi,
        period,
        value,
        total.numerator,
        denominator,
        total.count,
        _series(kpi, period, days),
        _statistics(kpi, total),
    )


def _series(kpi: Kpi, period: Period, days: Mapping[date, Sums]) -> dict[date, Decimal | None]:
    """The value of each day that has rows; a balance is carried along. A figure with a base has none by day."""
    if kpi.is_live or kpi.base:
        return {}
    series: dict[date, Decimal | None] = {}
    running = Sums()
    for day in sorted(days):
        running = running if kpi.measure == Measure.BALANCE else Sums()
        running += days[day]
        if day >= period.first:
            series[day] = _value(kpi, running, running.denominator, period)
    return series


def value_of(kpi: Kpi, sums: Sums, period: Period) -> Decimal | None:
    """Of sums that need no base."""
    return _value(kpi, sums, sums.denominator, period)


def _value(kpi: Kpi, sums: Sums, denominator: Decimal, period: Period) -> Decimal | None:
    if kpi.measure == Measure.MEDIAN:
        return percentile(sums.spread, 50)
    if kpi.measure == Measure.P95:
        return percentile(sums.spread, P95)
    if kpi.formula:
        worked = kpi.formula(sums.numerator, denominator, period)
        return worked if worked is None else rounded(kpi, worked)
    if kpi.measure == Measure.RATIO or kpi.base:
        return rounded(kpi, sums.numerator / denominator) if denominator else None
    return rounded(kpi, sums.numerator)


def _statistics(kpi: Kpi, sums: Sums) -> dict[str, Decimal]:
    if not kpi.spans or not sums.count:
        return {}
    middle, late = percentile(sums.spread, 50), percentile(sums.spread, P95)
    return {
        "mean": rounded(kpi, sums.numerator / sums.count),
        "median": middle or ZERO,
        "p90": percentile(sums.spread, 90) or ZERO,
        "p95": late or ZERO,
    }


def rounded(kpi: Kpi, value: Decimal) -> Decimal:
    return value.quantize(Decimal(_PLACES.get(kpi.unit, "0.01")), rounding=ROUND_HALF_UP)


def percentile(spread: Mapping[int, int], percent: int) -> Decimal | None:
    """Exact, of counted minutes: the median is the mean of the middle two, others by nearest rank."""
    total = sum(spread.values())
    if not total:
        return None
    if percent == 50:
        low, high = _nth(spread, (total + 1) // 2), _nth(spread, total // 2 + 1)
        return Decimal(low + high) / 2
    return Decimal(_nth(spread, -(-total * percent // 100)))


def _nth(spread: Mapping[int, int], rank: int) -> int:
    seen = 0
    for minutes in sorted(spread):
        seen += spread[minutes]
        if seen >= rank:
            return minutes
    return max(spread)
