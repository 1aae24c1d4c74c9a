"""Figures by their own categories as ranked bars: what is in the way, why people leave, which carrier is late."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from ordermgmt.kpi_facts import rows_url
from ordermgmt.kpis import Kpi, Measure, Period, Unit
from ordermgmt.measuring import Sums, sums_of_rows, value_of
from ordermgmt.models import KpiDay
from ordermgmt.models.kpis import DIMENSIONS
from ordermgmt.money import ZERO
from ordermgmt.report_forms import Question
from ordermgmt.templatetags import portal
from ordermgmt.tiles import FEW, in_words

PLACE = 1 + DIMENSIONS.index("category")
MOST_BARS = 8


@dataclass(frozen=True)
class Bar:
    """One category. `width` and `mark` (the period compared with) are in hundredths of the longest bar."""

    label: str
    value: str
    earlier: str
    part: str
    count: int
    url: str
    width: float
    mark: float | None


@dataclass(frozen=True)
class Ranking:
    """The longest bars first; of shares the lowest first, because it is the one to look at."""

    kpi: Kpi
    answer: str
    bars: Sequence[Bar]
    is_share: bool
    compares: bool


def by_category(kpi: Kpi, period: Period, filters: Mapping[str, str]) -> dict[str, Sums]:
    """Sums of each category: one statement, from the stored days where there are some."""
    found: dict[str, Sums] = defaultdict(Sums)
    if kpi.is_stored:
        rows = KpiDay.objects.filter(kpi=kpi.name, on__range=(period.first, period.last), **kpi.known(filters))
        grouped = rows.order_by().values("category")
        for row in grouped.annotate(n=Sum("numerator"), d=Sum("denominator"), c=Sum("count")):
            found[row["category"]] += Sums(row["n"], row["d"], row["c"])
        return dict(found)
    for key, sums in sums_of_rows(kpi, period, filters).items():
        found[key[PLACE]] += sums
    return dict(found)


def ranking(kpi: Kpi, question: Question) -> Ranking | None:
    """None where nothing of the figure happened in the period."""
    period = kpi.settled(question.period, question.today)
    now = by_category(kpi, period, question.filters)
    if not now:
        return None
    has_past = question.earlier is not None and not kpi.is_live
    before = (
        by_category(kpi, kpi.settled(question.earlier, question.today), question.filters)
        if question.earlier and has_past
        else {}
    )
    values = {code: value_of(kpi, sums, period) for code, sums in now.items()}
    past = {code: value_of(kpi, sums, period) for code, sums in before.items()}
    is_share = kpi.measure != Measure.SUM
    order = sorted(values, key=lambda code: ((values[code] or ZERO) * (1 if is_share else -1), code))[:MOST_BARS]
    longest = max((value or ZERO for value in (*values.values(), *past.values())), default=ZERO)
    longest = Decimal(1) if kpi.unit == Unit.SHARE else longest or Decimal(1)
    total = sum((value or ZERO for value in values.values()), ZERO)
    names = kpi.categories() if kpi.categories else {}
    bars = [
        _bar(kpi, code, names, now[code], (values[code], past.get(code)), longest, total, period, question)
        for code in order
    ]
    return Ranking(kpi, _answer(kpi, bars, total, question), bars, is_share, bool(before))


def _bar(
    kpi: Kpi, code: str, names: Mapping[str, Any], sums: Sums, values: tuple[Decimal | None, Decimal | None],
    longest: Decimal, total: Decimal, period: Period, question: Question,
) -> Bar:  # fmt: skip
    now, past = values
    is_few = kpi.unit == Unit.SHARE and sums.denominator < FEW
    counts = _("%(part)s of %(all)s") % {
        "part": portal.quantity(sums.numerator), "all": portal.quantity(sums.denominator)
    }  # fmt: skip
    shown = counts if is_few else in_words(kpi, now, question.filters)
    if kpi.measure != Measure.SUM:
        part = "" if is_few else counts if kpi.unit == Unit.SHARE else ""
    else:
        part = str(portal.percent((now or ZERO) / total, 0)) if total >= FEW or kpi.unit != Unit.COUNT else ""
    return Bar(
        label=str(names.get(code, code) or _("Not said")),
        value=shown,
        earlier=in_words(kpi, past, question.filters) if past is not None else "",
        part=part,
        count=sums.count,
        url=rows_url(kpi, period, {**question.filters, "category": code}),
        width=_width(now, longest),
        mark=_width(past, longest) if past is not None else None,
    )


def _width(value: Decimal | None, longest: Decimal) -> float:
    return round(100 * float((value or ZERO) / longest), 1)


def _answer(kpi: Kpi, bars: Sequence[Bar], total: Decimal, question: Question) -> str:
    first = bars[0]
    if kpi.measure != Measure.SUM:
        if len(bars) == 1:
            return _("%(what)s: %(value)s.") % {"what": first.label, "value": first.value}
        return _("Lowest: %(what)s with %(value)s; highest: %(other)s with %(best)s.") % {
            "what": first.label, "value": first.value, "other": bars[-1].label, "best": bars[-1].value,
        }  # fmt: skip
    facts = {"what": first.label, "value": first.value, "total": in_words(kpi, total, question.filters)}
    return _("Most: %(what)s, %(value)s of %(total)s.") % facts
