"""Figures ready to draw: value and change in words, state against the target, and the links to their rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.charts import spark
from ordermgmt.kpi_facts import rows_url
from ordermgmt.kpis import Kpi, Measure, Period, Unit
from ordermgmt.measuring import BEGINNING, Measured, Sums, measured_from, recount, stored_days
from ordermgmt.models import KpiMark, KpiTarget
from ordermgmt.report_forms import Question
from ordermgmt.templatetags import portal

# Below this many rows a percentage says less than the counts.
FEW = 20


def _readable(minutes: Decimal) -> Decimal:
    """From ten hours on, whole hours say enough."""
    return minutes if minutes < 600 else (minutes / 60).quantize(Decimal(1)) * 60


def in_words(kpi: Kpi, value: Decimal | None, filters: Mapping[str, str] | None = None) -> str:
    """96.8 %, 1 d 2 h, €1,200.00, 45 d, 8.1 ×."""
    if value is None:
        return str(portal.number(None))
    currency = (filters or {}).get("currency") or settings.REPORT_CURRENCY
    shown: dict[str, Any] = {
        Unit.SHARE: lambda: portal.percent(value),
        Unit.MINUTES: lambda: portal.duration(float(_readable(value)) * 60),
        Unit.MONEY: lambda: portal.money(value, currency),
        Unit.DAYS: lambda: f"{portal.quantity(round(value, 1))}{portal.NBSP}{_('d')}",
        Unit.OF_FIVE: lambda: _("%(score)s of 5") % {"score": portal.number(value, 1)},
        Unit.TIMES: lambda: f"{portal.number(value, 1)}{portal.NBSP}×",
        Unit.PER_THOUSAND: lambda: f"{portal.number(value * 1000, 1)}{portal.NBSP}‰",
        Unit.PER_HOUR: lambda: f"{portal.number(value, 0)}{portal.NBSP}{_('an hour')}",
    }
    return str(shown.get(kpi.unit, lambda: portal.quantity(value))())


def has_few(found: Measured) -> bool:
    """Whether the counts say more than the percentage."""
    kpi, is_share = found.kpi, found.kpi.unit in (Unit.SHARE, Unit.PER_THOUSAND)
    return is_share and not (kpi.formula or kpi.in_money) and found.value is not None and 0 < found.denominator < FEW


@dataclass(frozen=True)
class Tile:
    """One figure of a period. `earlier` is the same for the period it is compared with."""

    kpi: Kpi
    found: Measured
    earlier: Measured | None
    target: Decimal | None
    filters: Mapping[str, str]
    query: str = ""

    @property
    def value(self) -> str:
        if self.is_few:
            words = _("%(part)s of %(all)s")
            return words % {
                "part": portal.quantity(self.found.numerator),
                "all": portal.quantity(self.found.denominator),
            }
        return in_words(self.kpi, self.found.value, self.filters)

    @property
    def is_few(self) -> bool:
        return has_few(self.found)

    @property
    def has_counts(self) -> bool:
        """Numerator and denominator are rows of the list."""
        return self.kpi.measure == Measure.RATIO and not self.kpi.base and self.found.denominator == self.found.count

    @property
    def rows_url(self) -> str:
        return rows_url(self.kpi, self.found.period, self.filters)

    @property
    def counted_url(self) -> str:
        return f"{self.rows_url}&part=yes"

    @property
    def rest_url(self) -> str:
        return f"{self.rows_url}&part=no"

    @property
    def rows(self) -> str:
        return ngettext("%(n)s row", "%(n)s rows", self.found.count) % {"n": portal.number(self.found.count)}

    @property
    def change(self) -> str:
        """Against the period compared with: percentage points for shares, else per cent."""
        if self.earlier is None or self.earlier.value is None or self.found.value is None:
            return ""
        difference = self.found.value - self.earlier.value
        if has_few(self.found) or has_few(self.earlier):
            return ""
        if self.kpi.unit == Unit.SHARE:
            words = f"{portal.number(difference * 100, 1)}{portal.NBSP}{_('pp')}"
        elif self.earlier.value:
            words = f"{portal.number(difference * 100 / abs(self.earlier.value), 0)}{portal.NBSP}%"
        else:
            return ""
        return f"+{words}" if difference > 0 else words

    @property
    def meets(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None or self.found.value is None or self.kpi.higher_is_better is None:
            return None
        above = self.found.value >= self.target
        return above if self.kpi.higher_is_better else self.found.value <= self.target

    @property
    def tone(self) -> str:
        return {True: "good", False: "warn", None: "neutral"}[self.meets]

    @property
    def target_words(self) -> str:
        return in_words(self.kpi, self.target, self.filters) if self.target is not None else ""

    @property
    def spark(self) -> str:
        return spark(dict(self.found.days))

    @property
    def left_out(self) -> list[str]:
        """Filters that mean nothing for this figure."""
        return [name for name in self.filters if name not in self.kpi.dimensions and name != "currency"]


def targets_of(kpis: Iterable[Kpi], on: date) -> dict[str, Decimal | None]:
    """Set by people, else that of the definition."""
    found = {one.name: one.target for one in kpis}
    lasting = Q(ends_on=None) | Q(ends_on__gte=on)
    for row in KpiTarget.objects.filter(lasting, kpi__in=list(found), starts_on__lte=on).order_by("starts_on"):
        found[row.kpi] = row.value
    return found


def tiles(kpis: Iterable[Kpi], question: Question) -> list[Tile]:
    """Stored figures are read together: as many statements for a million orders as for ten."""
    every = list(kpis)
    days = _days(every, question)
    targets = targets_of(every, question.period.last)
    return [_tile(one, question, days.get(one.name, {}), targets[one.name]) for one in every]


def _days(kpis: list[Kpi], question: Question) -> dict[str, dict[date, Sums]]:
    first = min(question.period.first, question.earlier.first if question.earlier else question.period.first)
    balances = [one for one in kpis if one.is_stored and one.measure == Measure.BALANCE]
    others = [one for one in kpis if one.is_stored and one.measure != Measure.BALANCE]
    last = question.period.last
    found = stored_days(others, Period(first, last), question.filters) if others else {}
    return found | (stored_days(balances, Period(BEGINNING, last), question.filters) if balances else {})


def _tile(kpi: Kpi, question: Question, days: Mapping[date, Sums], target: Decimal | None) -> Tile:
    found = _measure(kpi, question.period, question, days)
    has_past = question.earlier is not None and not kpi.is_live
    earlier = _measure(kpi, question.earlier, question, days) if has_past and question.earlier else None
    return Tile(kpi, found, earlier, target, question.filters, question.query)


def _measure(kpi: Kpi, period: Period, question: Question, days: Mapping[date, Sums]) -> Measured:
    settled = kpi.settled(period, question.today)
    if kpi.is_stored:
        return measured_from(kpi, settled, question.filters, days)
    return recount(kpi, settled, question.filters)


def fresh_at() -> Any:
    """The moment up to which every stored figure is worked out; None before the first time."""
    return KpiMark.objects.aggregate(at=Min("refreshed_at"))["at"]
