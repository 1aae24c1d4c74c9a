"""Figures stored by day: brought up to date from what changed, built anew, and compared with their rows.

Each figure names trails: tables that only grow and tell which of its rows changed. A refresh reads what was added to
them, works the days of those rows out anew, and never adds to a stored sum: doing it twice changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from ordermgmt.clock import business_day
from ordermgmt.kpis import APART, Kpi, Period, Trail, in_order
from ordermgmt.measuring import Key, Sums, sums_of_rows
from ordermgmt.models import KpiDay, KpiMark
from ordermgmt.models.kpis import DIMENSIONS

# A transaction that began earlier may commit later with lower keys; so long nothing is taken as read.
LAG = timedelta(minutes=15)
KEYS_AT_ONCE = 500
DAYS_AT_ONCE = 31
EVER = Period(date(1970, 1, 1), date(9998, 12, 31))


def stored() -> list[Kpi]:
    return [one for one in (*in_order(), *APART.values()) if one.is_stored]


def refresh(
    *, now: datetime, progress: Callable[[int, int], None] | None = None, kpis: Iterable[Kpi] | None = None
) -> dict[str, int]:
    """Work out what changed; safe to repeat and to stop anywhere. Days written by figure."""
    written = {}
    every = list(kpis or stored())
    for done, one in enumerate(every, start=1):
        if days := _refresh(one, now):
            written[one.name] = days
        if progress:
            progress(done, len(every))
    return written


def rebuild(kpis: Iterable[Kpi] | None = None, *, now: datetime) -> int:
    """All days of the figures anew. Number of days."""
    return sum(_rebuild(one, now) for one in kpis or stored())


def _refresh(kpi: Kpi, now: datetime) -> int:
    mark = KpiMark.objects.filter(kpi=kpi.name).first()
    if mark is None or mark.version != kpi.version or mark.read_to.keys() != _ends(kpi).keys():
        return _rebuild(kpi, now)
    ends = _ends(kpi)
    days = changed_days(kpi, mark.read_from)
    with transaction.atomic():
        for period in stretches(days):
            _write(kpi, period)
        _move(kpi, mark, ends, now)
    return len(days)


def _rebuild(kpi: Kpi, now: datetime) -> int:
    ends = _ends(kpi)
    whole = _whole(kpi)
    with transaction.atomic():
        KpiDay.objects.filter(kpi=kpi.name).delete()
        if whole:
            for period in _months(whole):
                _insert(kpi, sums_of_rows(kpi, period))
        facts = {"version": kpi.version, "read_from": ends, "read_to": ends, "moved_at": now, "refreshed_at": now}
        KpiMark.objects.update_or_create(kpi=kpi.name, defaults=facts)
    return whole.days if whole else 0


def _move(kpi: Kpi, mark: KpiMark, ends: dict[str, int], now: datetime) -> None:
    """What was read LAG ago is where the next refresh begins; what came since is read again."""
    mark.refreshed_at = now
    if now - mark.moved_at >= LAG:
        mark.read_from, mark.read_to, mark.moved_at = mark.read_to, ends, now
    mark.save()


def _ends(kpi: Kpi) -> dict[str, int]:
    """The highest key of each trail."""
    return {str(n): trail.model().aggregate(n=Max("pk"))["n"] or 0 for n, trail in enumerate(kpi.trails)}


def changed_days(kpi: Kpi, since: dict[str, int]) -> set[date]:
    """Business days of records that a trail names after a key, also of those that do not count any more."""
    records = kpi.rows(EVER).model._default_manager.annotate(kpi_day=kpi.day)
    days: set[date] = set()
    for n, trail in enumerate(kpi.trails):
        for keys in _added(trail, since.get(str(n), 0)):
            rows = records.filter(**{f"{trail.path}__in": keys}, kpi_day__isnull=False)
            days.update(rows.order_by().values_list("kpi_day", flat=True).distinct())
    return days


def _added(trail: Trail, after: int) -> Iterator[list[Any]]:
    keys = trail.model().filter(pk__gt=after).order_by().values_list(trail.key, flat=True).distinct()
    found = list(keys)
    for start in range(0, len(found), KEYS_AT_ONCE):
        yield found[start : start + KEYS_AT_ONCE]


def _whole(kpi: Kpi) -> Period | None:
    """From the first day with a row to the last."""
    field = kpi.on or kpi.moment
    ends = kpi.rows(EVER).aggregate(first=Min(field), last=Max(field))
    if ends["first"] is None:
        return None
    return Period(_day(ends["first"]), _day(ends["last"]))


def _day(value: date | datetime) -> date:
    return business_day(value) if isinstance(value, datetime) else value


def stretches(days: Iterable[date]) -> Iterator[Period]:
    """The days as periods without gaps, none longer than DAYS_AT_ONCE."""
    first = last = None
    for day in sorted(days):
        if first and last and (day - last).days == 1 and (day - first).days < DAYS_AT_ONCE:
            last = day
            continue
        if first and last:
            yield Period(first, last)
        first = last = day
    if first and last:
        yield Period(first, last)


def _months(whole: Period) -> Iterator[Period]:
    first = whole.first
    while first <= whole.last:
        last = min(first + timedelta(days=DAYS_AT_ONCE - 1), whole.last)
        yield Period(first, last)
        first = last + timedelta(days=1)


def _write(kpi: Kpi, period: Period) -> None:
    """Inside the caller's transaction: the days of a period anew."""
    KpiDay.objects.filter(kpi=kpi.name, on__gte=period.first, on__lte=period.last).delete()
    _insert(kpi, sums_of_rows(kpi, period))


def _insert(kpi: Kpi, found: dict[Key, Sums]) -> None:
    KpiDay.objects.bulk_create((_row(kpi, key, sums) for key, sums in found.items()), batch_size=500)


def _row(kpi: Kpi, key: Key, sums: Sums) -> KpiDay:
    return KpiDay(
        kpi=kpi.name,
        on=key[0],
        **dict(zip(DIMENSIONS, key[1:], strict=True)),
        numerator=sums.numerator,
        denominator=sums.denominator,
        count=sums.count,
        spread={str(span): n for span, n in sorted(sums.spread.items())},
    )


@dataclass(frozen=True)
class Difference:
    """A day of a figure whose stored sums are not those of its rows."""

    kpi: str
    key: Key
    stored: Any
    counted: Any

    def __str__(self) -> str:
        return f"{self.kpi} {' '.join(str(part) for part in self.key if part)}: stored {self.stored}, counted {self.counted}"


def differences(kpis: Iterable[Kpi] | None = None) -> Iterator[Difference]:
    """Every stored day against a recount of its rows."""
    for one in kpis or stored():
        counted = {key: _facts(sums) for key, sums in _recounted(one).items()}
        kept = {_key(row): _stored_facts(row) for row in KpiDay.objects.filter(kpi=one.name)}
        for key in sorted(counted.keys() | kept.keys(), key=str):
            if counted.get(key) != kept.get(key):
                yield Difference(one.name, key, kept.get(key), counted.get(key))


def _recounted(kpi: Kpi) -> dict[Key, Sums]:
    whole = _whole(kpi)
    return sums_of_rows(kpi, whole) if whole else {}


def _key(row: KpiDay) -> Key:
    return (row.on, *(getattr(row, name) for name in DIMENSIONS))


def _facts(sums: Sums) -> tuple[Any, ...]:
    return (round(sums.numerator, 4), round(sums.denominator, 4), sums.count, dict(sums.spread))


def _stored_facts(row: KpiDay) -> tuple[Any, ...]:
    return (row.numerator, row.denominator, row.count, {int(span): n for span, n in row.spread.items()})
