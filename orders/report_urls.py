"""Reports of finance."""

from django.urls import URLPattern, URLResolver, path

from orders.views import cohort_customers, customer_values, finance_reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("stay/<str:month>/<int:after>/", cohort_customers.cohort_customers, name="cohort_customers"),
    path("value/", customer_values.customer_values, name="customer_values"),
    path("value/customers/", customer_values.value_customers, name="value_customers"),
    path("revenue/", finance_reports.revenue, name="revenue"),
    path("revenue/rows/", finance_reports.revenue_rows, name="revenue_rows"),
    path("journal/", finance_reports.journal, name="journal"),
    path("journal/export/", finance_reports.journal_export, name="journal_export"),
]
