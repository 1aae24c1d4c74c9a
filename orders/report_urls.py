"""Reports of finance."""

from django.urls import URLPattern, URLResolver, path

from orders.views import finance_reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("revenue/", finance_reports.revenue, name="revenue"),
    path("revenue/rows/", finance_reports.revenue_rows, name="revenue_rows"),
    path("journal/", finance_reports.journal, name="journal"),
    path("journal/export/", finance_reports.journal_export, name="journal_export"),
]
