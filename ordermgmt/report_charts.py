"""The charts of the reports: one figure over time, and where monthly revenue changes come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ordermgmt.charts import Column, Columns, LineChart, columns_chart, line_chart
from ordermgmt.day_notes import DayNote, day_notes
from ordermgmt.kpis import Kpi, Measure, Period, find
from ordermgmt.measuring import Sums, measured_from, stored_days
from ordermgmt.money import ZERO
from ordermgmt.report_forms import Question
from ordermgmt.templatetags import portal
from ordermgmt.tiles import Tile, in_words

# Longer periods are drawn by the week.
MOST_POINTS = 100
MONTHS = 12


@dataclass(frozen=True)
class Line:
    """A row of the table beside a chart."""

    label: str
    value: str
    earlier: str
    url: str


@dataclass(frozen=True)
class Trend:
    """A chart over time with its table and the sentence that answers its question."""

    chart: LineChart
    answer: str
    table: Sequence[Line]
    notes: Sequence[DayNote]
    by_week: bool


def trend(tile: Tile, question: Question, url_of: Any) -> Trend:
    """`url_of(first, last)` is the address of the rows of some days."""
    period, kpi = tile.found.period, tile.kpi
    step = 7 if period.days > MOST_POINTS else 1
    values = _steps(dict(tile.found.days), period, step, kpi)
    earlier = (
        (tile.earlier.period, _steps(dict(tile.earlier.days), tile.earlier.period, step, kpi)) if tile.earlier else None
    )
    notes = day_notes(period)
    chart = line_chart(
        period, values, words=lambda value: in_words(kpi, value, question.filters), step=step, earlier=earlier,
        target=tile.target, notes=[(note.on, note.words) for note in notes],
    )  # fmt: skip
    past = {period.first + (day - earlier[0].first): value for day, value in earlier[1].items()} if earlier else {}
    table = [
        Line(
            portal.day_words(day), in_words(kpi, values[day], question.filters),
            in_words(kpi, past.get(day), question.filters) if earlier else "",
            url_of(day, min(day + timedelta(days=step - 1), period.last)),
        )
        for day in sorted(values)
    ]  # fmt: skip
    return Trend(chart, sentence(tile, values), table, notes, step > 1)


def _steps(days: dict[date, Decimal | None], period: Period, step: int, kpi: Kpi) -> dict[date, Decimal | None]:
    """Days, or for long periods the mean of each week's days (of a balance the last, of a sum the total)."""
    if step == 1:
        return days
    weeks: dict[date, list[Decimal]] = {}
    for day, value in sorted(days.items()):
        if value is not None:
            start = period.first + timedelta(days=(day - period.first).days // step * step)
            weeks.setdefault(start, []).append(value)
    return {start: _joined(kpi, values) for start, values in weeks.items()}


def _joined(kpi: Kpi, values: list[Decimal]) -> Decimal:
    if kpi.measure == Measure.BALANCE:
        return values[-1]
    total = sum(values, ZERO)
    return total if kpi.measure == Measure.SUM else total / len(values)


def sentence(tile: Tile, values: Mapping[date, Decimal | None]) -> str:
    """The answer to the question of the chart, in words."""
    if tile.found.value is None:
        return _("No rows in this period.")
    if tile.target is None or tile.meets is None:
        return _("%(value)s in this period.") % {"value": tile.value}
    better = tile.kpi.higher_is_better
    missed = sum(
        1 for value in values.values() if value is not None and (value < tile.target if better else value > tile.target)
    )
    facts = {"value": tile.value, "target": tile.target_words, "missed": missed, "days": len(values)}
    if tile.meets:
        return _("%(value)s, within the target of %(target)s; missed on %(missed)s of %(days)s days.") % facts
    return _("%(value)s, not the target of %(target)s; missed on %(missed)s of %(days)s days.") % facts


# Where monthly revenue changes come from ---------------------------------------------------------
UP = (("f1", "mrr_new"), ("f2", "mrr_expansion"), ("f3", "mrr_reactivation"))
DOWN = (("f4", "mrr_contraction"), ("f5", "mrr_churn"))


@dataclass(frozen=True)
class Movements:
    """Twelve months: the chart, the heads of its table, and its rows with links to their movements."""

    chart: Columns
    heads: Sequence[str]
    series: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]], str]]
    answer: str


def movements(question: Question, rows_url: Any) -> Movements:
    months = _months(question.today)
    names = [name for _css, name in (*UP, *DOWN)]
    kpis = [find(name) for name in names]
    days = stored_days(kpis, Period(months[0].first, months[-1].last), question.filters)
    columns = [_column(month, days, question) for month in months]
    rows = []
    for month, column in zip(months, columns, strict=True):
        cells = [
            (in_words(kpi, column.extra[kpi.name], question.filters), rows_url(kpi, month, question.filters))
            for kpi in kpis
        ]
        rows.append((column.label, cells, in_words(kpis[0], column.net, question.filters)))
    titles = [str(kpi.title) for kpi in kpis]
    this = rows[-1]
    chart = columns_chart(columns, words=lambda v: str(portal.money_short(v, question.filters.get("currency", "EUR"))))
    answer = _("This month so far: %(net)s net.") % {"net": this[2]}
    return Movements(chart, titles, [(css, str(find(name).title)) for css, name in (*UP, *DOWN)], rows[::-1], answer)


def _months(today: date) -> list[Period]:
    firsts = [today.replace(day=1)]
    while len(firsts) < MONTHS:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    return [
        Period(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)) for first in reversed(firsts)
    ]


def _column(month: Period, days: Mapping[str, Mapping[date, Sums]], question: Question) -> Column:
    values: dict[str, Decimal] = {}
    for _css, name in (*UP, *DOWN):
        values[name] = measured_from(find(name), month, question.filters, days.get(name, {})).value or ZERO
    parts = [
        [
            (css, f"{find(name).title} {in_words(find(name), values[name], question.filters)}", values[name])
            for css, name in side
        ]
        for side in (UP, DOWN)
    ]
    return Column(date_format(month.first, "M"), parts[0], parts[1], dict(values))
