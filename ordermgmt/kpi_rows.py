"""The exact rows behind a figure, as a list page."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db.models import F
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy, ngettext_lazy
from django_filters import CharFilter, ChoiceFilter, DateFilter

from ordermgmt.clock import day_asked
from ordermgmt.kpis import Kpi, Period
from ordermgmt.listing import Column, Empty, ListFilters, ListPage
from ordermgmt.models import KpiDay
from ordermgmt.models.kpis import DIMENSIONS

PARTS = [("yes", gettext_lazy("Counted in the numerator")), ("no", gettext_lazy("Not counted in the numerator"))]


class KpiRowFilters(ListFilters):
    """`first`, `last` and the splits are applied by the figure itself; here they are only known and shown."""

    first = DateFilter(label=gettext_lazy("From"), method="as_selected")
    last = DateFilter(label=gettext_lazy("To"), method="as_selected")
    part = ChoiceFilter(label=gettext_lazy("Part"), choices=PARTS, method="by_part")
    warehouse = CharFilter(label=gettext_lazy("Warehouse"), method="as_selected")
    channel = CharFilter(label=gettext_lazy("Channel"), method="as_selected")
    plan = CharFilter(label=gettext_lazy("Plan"), method="as_selected")
    country = CharFilter(label=gettext_lazy("Country"), method="as_selected")
    currency = CharFilter(label=gettext_lazy("Currency"), method="as_selected")
    category = CharFilter(label=gettext_lazy("Kind"), method="as_selected")
    carrier = CharFilter(label=gettext_lazy("Carrier"), method="as_selected")
    segment = CharFilter(label=gettext_lazy("Segment"), method="as_selected")

    class Meta:
        model = KpiDay
        fields: ClassVar[list[str]] = []

    def as_selected(self, rows: Any, name: str, value: Any) -> Any:
        return rows

    def by_part(self, rows: Any, name: str, value: str) -> Any:
        """All of what the row asks for is there, or not all of it."""
        whole = {"kpi_numerator__gte": F("kpi_denominator")}
        return rows.filter(**whole) if value == "yes" else rows.exclude(**whole)


class KpiRows(ListPage):
    name = "kpi-rows"
    counted = ngettext_lazy("%(n)s row", "%(n)s rows", "count")
    filterset = KpiRowFilters
    default_sort = "-day"
    export_permission = "reports.view"
    empty = Empty(
        gettext_lazy("No rows"), gettext_lazy("Nothing in this period counts towards the figure."), icon="chart"
    )

    def __init__(self, request: HttpRequest, kpi: Kpi, *, period: Period, filters: Mapping[str, str]) -> None:
        rows = kpi.selected(period, filters)
        super().__init__(request, rows.select_related(*kpi.joins) if kpi.joins else rows)
        self.kpi = kpi
        # Counts that took long are remembered by the name of the list.
        self.name = f"kpi-{kpi.name}"  # type: ignore[misc]
        self.title = kpi.title  # type: ignore[misc]
        day = () if kpi.is_live else (Column("kpi_day", gettext_lazy("Day"), sort="day", css="nowrap"),)
        counts = (Column("kpi_numerator", gettext_lazy("Counts"), css="num"),)
        over = (
            (Column("kpi_denominator", gettext_lazy("Of"), css="num"),)
            if kpi.measure == "ratio" and not kpi.base
            else ()
        )
        self.columns = (  # type: ignore[misc]
            Column("kpi_record", gettext_lazy("Record"), css="id"), *day, *(() if kpi.spans else (*counts, *over)),
        )  # fmt: skip
        self.sorts = {"day": ("id",) if kpi.is_live else ("kpi_day", "id")}  # type: ignore[misc]

    def prepare(self, rows: list[Any]) -> None:
        for row in rows:
            row.kpi_record, row.kpi_url = self.kpi.record(row)

    def row_url(self, row: Any) -> str:
        return str(row.kpi_url)


def asked_period(data: QueryDict, today: date) -> Period:
    """From the address; the last 30 days where it says nothing that makes sense."""
    first, last = (day_asked(data.get(name, "")) for name in ("first", "last"))
    return Period(first, last) if first and last and first <= last else Period(today - timedelta(days=29), today)


def asked_filters(data: QueryDict) -> dict[str, str]:
    return {name: str(data[name]) for name in DIMENSIONS if data.get(name)}
