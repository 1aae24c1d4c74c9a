"""Lists behind the tables of the dashboard: the customers of a cell."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing import Column, Empty, ListFilters, ListPage
from ordermgmt.templatetags import portal
from orders.cohorts import customers_left


class NoFilters(ListFilters):
    """The address says it all."""

    class Meta:
        model = Customer
        fields: Any = ()


class CohortCustomers(ListPage):
    name = "cohort-customers"
    title = gettext_lazy("Who stays?")
    counted = ngettext_lazy("%(n)s customer", "%(n)s customers", "count")
    filterset = NoFilters
    columns = (
        Column("number", gettext_lazy("Number"), css="id"),
        Column("name", gettext_lazy("Name"), css="grow"),
        Column("status", gettext_lazy("State"), portal.state_tag, lambda c: c.get_status_display()),
    )
    sorts = {"number": ("number",)}
    default_sort = "number"
    empty = Empty(gettext_lazy("Nobody"), gettext_lazy("No customer of this month is left."), icon="chart")
    export_permission = "reports.view"

    def __init__(self, request: HttpRequest, *, first: date, months: int) -> None:
        super().__init__(request, customers_left(first, months))
        self.name = f"cohort-{first:%Y-%m}-{months}"  # type: ignore[misc]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page("reports.view")
def cohort_customers(request: StaffRequest, month: str, after: int) -> HttpResponseBase:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404(_("No such month")) from None
    if after > 240:
        raise Http404(_("No such month"))
    return CohortCustomers(request, first=first, months=after).response()
