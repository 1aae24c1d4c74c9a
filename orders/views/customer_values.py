"""What is a customer worth: the table, how it is worked out, and the customers of each line."""

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListFilters, ListPage
from ordermgmt.templatetags import portal
from orders.models import CustomerValue
from orders.value_table import NO_PLAN, answer, lines, newest_fit


@require_safe
@staff_page("reports.view")
def customer_values(request: StaffRequest) -> HttpResponse:
    currencies = list(CustomerValue.objects.order_by("currency").values_list("currency", flat=True).distinct())
    currency = request.GET.get("currency", "")
    if currency not in currencies:
        currency = settings.REPORT_CURRENCY
    found = lines(currency)
    context = {
        "page": "customer-values", "page_title": _("What is a customer worth?"), "lines": found, "currency": currency,
        "currencies": currencies, "answer": answer(found) if found else "", "fit": newest_fit(currency),
        "is_alike": len(found) > 1 and len({line.each_expected for line in found}) == 1,
    }  # fmt: skip
    return render(request, "reports/values.html", context)


class ValueFilters(ListFilters):
    currency = django_filters.CharFilter(label=gettext_lazy("Currency"))
    plan = django_filters.CharFilter(label=gettext_lazy("Plan"), method="of_plan")
    quarter = django_filters.CharFilter(label=gettext_lazy("Start"))

    class Meta:
        model = CustomerValue
        fields: Any = ()

    def of_plan(self, rows: QuerySet[CustomerValue], name: str, value: str) -> QuerySet[CustomerValue]:
        return rows.filter(plan="" if value == NO_PLAN else value)


def _money(name: str) -> Any:
    return lambda row: portal.money(getattr(row, name), row.currency)


class ValueCustomers(ListPage):
    name = "value-customers"
    title = gettext_lazy("What is a customer worth?")
    counted = ngettext_lazy("%(n)s customer", "%(n)s customers", "count")
    filterset = ValueFilters
    columns = (
        Column("customer__number", gettext_lazy("Number"), css="id"),
        Column("customer__name", gettext_lazy("Name"), css="grow"),
        Column("began_on", gettext_lazy("First purchase"), css="nowrap"),
        Column("last_on", gettext_lazy("Last purchase"), css="nowrap"),
        Column("purchases", gettext_lazy("Purchases"), css="num"),
        Column("to_date", gettext_lazy("To date"), _money("to_date"), lambda r: r.to_date, css="num nowrap", sort="value"),
        Column("expected", gettext_lazy("Next 12 months"), _money("expected"), lambda r: r.expected, css="num nowrap"),
    )  # fmt: skip
    sorts = {"value": ("-to_date", "-id")}
    default_sort = "value"
    empty = Empty(gettext_lazy("Nobody"), gettext_lazy("No customer is in this line."), icon="chart")
    export_permission = "reports.view"

    def row_url(self, row: Any) -> str:
        return str(row.customer.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def value_customers(request: StaffRequest) -> HttpResponseBase:
    return ValueCustomers(request, CustomerValue.objects.select_related("customer")).response()
