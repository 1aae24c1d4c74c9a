"""Revenue by month with the rows behind it, and the journal for the accountant."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.listing.export import csv_response
from ordermgmt.templatetags import portal
from orders.journal.export import csv_lines, trial_balance
from orders.journal.sources import Period
from orders.models import RevenueEntry
from orders.period_close import last_month
from orders.revenue_filters import RevenueFilters
from orders.revenue_report import Month, by_month, next_month, used


@staff_page("orders.finance")
@require_GET
def revenue(request: StaffRequest) -> HttpResponse:
    """The last twelve months, the newest first; those before the first invoice are left out."""
    end = next_month(business_day(timezone.now()).replace(day=1))
    months = used(by_month(date(end.year - 1, end.month, 1), end))
    currencies = sorted({month.currency for month in months})
    tables = [(name, [_figures(m) for m in reversed(months) if m.currency == name]) for name in currencies]
    context = {"page": "revenue", "page_title": _("Revenue"), "tables": tables}
    return render(request, "reports/revenue.html", context)


def _figures(month: Month) -> dict[str, Any]:
    span = {"after": month.first.isoformat(), "before": month.last.isoformat()}
    return {
        "month": month,
        "billed_url": _rows_url(month, {f"booked_on_{side}": day for side, day in span.items()}),
        "earned_url": _rows_url(month, {f"recognised_on_{side}": day for side, day in span.items()}),
        "deferred_url": _rows_url(month, {"deferred_on": span["before"]}),
    }


def _rows_url(month: Month, query: dict[str, str]) -> str:
    return f"{reverse('revenue_rows')}?{urlencode({'view': 'all', 'currency': month.currency, **query})}"


class RevenueRows(ListPage):
    name = "revenue"
    title = gettext_lazy("Revenue, row by row")
    counted = ngettext_lazy("%(n)s entry", "%(n)s entries", "count")
    filterset = RevenueFilters
    columns = (
        Column("invoice__number", gettext_lazy("Invoice"), css="id"),
        Column("invoice_line__description", gettext_lazy("What"), css="grow"),
        Column("part", gettext_lazy("Part"), css="num low"),
        Column("rule", gettext_lazy("Earned how"), lambda r: r.get_rule_display(), css="nowrap low"),
        Column("booked_on", gettext_lazy("Billed"), sort="booked", css="nowrap"),
        Column("recognised_on", gettext_lazy("Earned"), sort="earned", css="nowrap"),
        Column("amount", gettext_lazy("Amount"), lambda r: portal.money(r.amount, r.currency), lambda r: r.amount, css="num"),
        Column("currency", gettext_lazy("Currency"), default=False),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "booked": ("-booked_on", "-id"),
        "earned": ("recognised_on", "id"),
    }
    default_sort = "booked"
    views = (View("all", gettext_lazy("All")), View("at_delivery", gettext_lazy("When delivered"), "rule=at_delivery"))
    empty = Empty(
        gettext_lazy("No revenue yet"), gettext_lazy("Entries are written with the first invoice."), icon="chart"
    )
    export_permission = "orders.finance"

    def row_url(self, row: RevenueEntry) -> str:
        return reverse("invoice", args=[row.invoice.number])


@staff_page("orders.finance")
@require_http_methods(["GET", "POST"])
def revenue_rows(request: StaffRequest) -> HttpResponseBase:
    return RevenueRows(request, RevenueEntry.objects.select_related("invoice", "invoice_line")).response()


@staff_page("orders.finance")
@require_GET
def journal(request: StaffRequest) -> HttpResponse:
    """The sums of a month by account; debits and credits are equal."""
    period = _period(request.GET.get("month", ""))
    rows = trial_balance(period)
    currencies = sorted({row.currency for row in rows})
    tables = [(name, [row for row in rows if row.currency == name]) for name in currencies]
    context = {
        "page": "journal",
        "page_title": _("Journal"),
        "period": period,
        "month": f"{period.first:%Y-%m}",
        "tables": [(name, own, _both_sides(own)) for name, own in tables],
    }
    return render(request, "reports/journal.html", context)


def _both_sides(rows: list[Any]) -> dict[str, Any]:
    return {"debit": sum(row.debit for row in rows), "credit": sum(row.credit for row in rows)}


@staff_page("orders.finance")
@require_POST
def journal_export(request: StaffRequest) -> HttpResponseBase:
    """The month as a file; that it was taken is noted for the closing of the period."""
    period, now = _period(request.POST.get("month", "")), timezone.now()
    month = f"{period.first:%Y-%m}"
    record("journal.exported", "Journal of {month} exported", subject=f"journal:{month}", by=request.user, now=now,
           month=month)  # fmt: skip
    return csv_response(f"journal-{month}", csv_lines(period), now)


def _period(month: str) -> Period:
    """A month such as 2026-11; the last whole one when none is named."""
    try:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 (a month has no zone)
    except ValueError:
        first = last_month(business_day(timezone.now()))
    return Period(first, next_month(first))
