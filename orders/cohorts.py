"""Who stays: customers by the month in which they first subscribed, and how many are left after each month since.

Read from the stored days of the figure `subscribers`, whose category is that month.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customers.models import Customer
from ordermgmt.kpis import find
from ordermgmt.models import KpiDay
from ordermgmt.report_forms import Question
from ordermgmt.report_sections import report_section
from ordermgmt.rollups import EVER
from ordermgmt.templatetags import portal
from ordermgmt.tiles import FEW

MONTHS = 12
LEVELS = 5


@dataclass(frozen=True)
class Cell:
    """Customers left at the end of the nth month after the first. `level`: shade from 0 to 5, a help only."""

    text: str
    count: int
    url: str
    level: int


@dataclass(frozen=True)
class Cohort:
    label: str
    size: int
    cells: Sequence[Cell]
    remark: str = ""


def month_after(first: date, months: int) -> date:
    """The first day of the nth month after."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def changes_by_month() -> dict[date, dict[date, tuple[int, int]]]:
    """By first month, then by month: change of the number of customers, and how many joined. One statement."""
    rows = KpiDay.objects.filter(kpi="subscribers").exclude(category="").order_by().annotate(month=TruncMonth("on"))
    found: dict[date, dict[date, tuple[int, int]]] = defaultdict(dict)
    for row in rows.values("category", "month").annotate(change=Sum("numerator"), joined=Sum("denominator")):
        year, month = row["category"].split("-")
        found[date(int(year), int(month), 1)][row["month"]] = (int(row["change"]), int(row["joined"]))
    return dict(found)


def cohorts(today: date, changes: Mapping[date, Mapping[date, tuple[int, int]]] | None = None) -> list[Cohort]:
    """The last twelve first months, the newest last; the running month counts so far."""
    changes = changes_by_month() if changes is None else changes
    this = today.replace(day=1)
    firsts = sorted(first for first in changes if _months_between(first, this) < MONTHS)
    rows = [_cohort(first, changes[first], this) for first in firsts]
    return _remarked(rows)


def _cohort(first: date, months: Mapping[date, tuple[int, int]], this: date) -> Cohort:
    size = sum(joined for _change, joined in months.values())
    cells, left = [], 0
    for n in range(_months_between(first, this) + 1):
        left += months.get(month_after(first, n), (0, 0))[0]
        cells.append(_cell(first, n, left, size))
    return Cohort(date_format(first, "M Y"), size, cells)


def _cell(first: date, n: int, left: int, size: int) -> Cell:
    share = left / size if size else 0
    text = str(portal.percent(share, 0)) if size >= FEW else portal.quantity(left)
    url = reverse("cohort_customers", args=[f"{first:%Y-%m}", n])
    return Cell(text, left, url, min(LEVELS, round(share * LEVELS)))


def _remarked(rows: Sequence[Cohort]) -> list[Cohort]:
    """The best and the weakest first month by who was left after one month, in words; of months with enough customers."""
    judged = {n: row.cells[1].count / row.size for n, row in enumerate(rows) if len(row.cells) > 1 and row.size >= FEW}
    if len(judged) < 2 or len(set(judged.values())) < 2:
        return list(rows)
    best, weakest = max(judged, key=lambda n: judged[n]), min(judged, key=lambda n: judged[n])
    words = {best: _("best"), weakest: _("weakest")}
    return [Cohort(row.label, row.size, row.cells, words.get(n, "")) for n, row in enumerate(rows)]


def customers_left(first: date, months: int) -> QuerySet[Customer]:
    """Customers who first subscribed in a month and are left at the end of the nth month after."""
    end = month_after(first, months + 1) - timedelta(days=1)
    moves = find("subscribers").selected(EVER).filter(began=f"{first:%Y-%m}", on__lte=end)
    left = moves.order_by().values("customer").annotate(n=Sum("kpi_numerator")).filter(n__gt=0)
    return Customer.objects.filter(pk__in=left.values("customer"))


@report_section("cohorts", template="reports/_cohorts.html", rank=14)
def cohort_section(question: Question) -> dict[str, Any] | None:
    rows = cohorts(question.today)
    if not rows:
        return None
    widest = max(len(row.cells) for row in rows)
    return {"rows": rows, "columns": [portal.quantity(n) for n in range(widest)], "answer": _answer(rows), "few": FEW}


def _answer(rows: Sequence[Cohort]) -> str:
    aged = [row for row in rows if len(row.cells) > 3]
    size, left = sum(row.size for row in aged), sum(row.cells[3].count for row in aged)
    if not size:
        return _("Needs four months of subscriptions to say more.")
    facts = {"left": portal.quantity(left), "all": portal.quantity(size)}
    if size < FEW:
        return _("%(left)s of %(all)s customers are left three months after the first.") % facts
    return _("%(share)s of customers are left three months after the first (%(left)s of %(all)s).") % {
        "share": portal.percent(left / size, 0), **facts,
    }  # fmt: skip
