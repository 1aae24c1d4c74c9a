"""P10: the list of customers."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Count, F, Max, Q, Sum
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers.filters import OWING, CustomerFilters
from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.access import staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.templatetags import portal


def _town(customer: Customer) -> str:
    address = customer.current_address
    return f"{address.city}, {address.country}" if address and address.city else ""


def _sums(amounts: dict[str, Any]) -> SafeString | str:
    """One amount per currency; nothing is a dash."""
    shown = [(portal.money(amount, currency),) for currency, amount in sorted(amounts.items()) if amount]
    return format_html_join(", ", "{}", shown) if shown else portal.number(0)


def _name(customer: Customer) -> SafeString | str:
    if customer.company and customer.company != customer.name:
        return format_html('{}<small class="muted"> {}</small>', customer.company, customer.name)
    return customer.name


class CustomerList(ListPage):
    name = "customers"
    title = _("Customers")
    counted = ngettext_lazy("%(n)s customer", "%(n)s customers", "count")
    filterset = CustomerFilters
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), css="id"),
        Column("name", _("Name"), cell=_name, sort="name", css="grow"),
        Column("town", _("Town"), cell=_town, text=_town, css="low nowrap"),
        Column(
            "status",
            _("State"),
            cell=portal.state_tag,
            text=lambda customer: customer.get_status_display(),
        ),
        Column("open_orders", _("Open orders"), cell=lambda c: c.orders_open, text=lambda c: c.orders_open, css="num"),
        Column("owes", _("Owes"), cell=lambda c: _sums(c.owes), text=lambda c: str(_sums(c.owes)), css="num nowrap"),
        Column(
            "spent",
            _("Ordered in all"),
            cell=lambda c: _sums(c.spent),
            text=lambda c: str(_sums(c.spent)),
            css="num wide nowrap",
        ),
        Column(
            "last", _("Last order"), cell=lambda c: portal.day(c.last_order), text=lambda c: c.last_order, css="wide"
        ),
        Column("created_at", _("Customer since"), cell=lambda c: portal.day(c.created_at), sort="created", css="wide"),
        Column("email", _("E-mail"), default=False, css="wide"),
        Column("phone", _("Phone"), default=False, css="wide"),
    )
    sorts: ClassVar = {"name": ("name", "id"), "created": ("-created_at", "-id")}
    default_sort = "created"
    views: ClassVar = (
        View("all", _("All")),
        View("owing", _("Owes money"), "owes=true"),
        View("blocked", _("Blocked"), "status=blocked&sort=name"),
    )
    empty = Empty(
        _("No customers yet"),
        _("Customers appear here with their first order, or when you add them."),
        _("Add the first customer"),
        "/customers/new/",
        "people",
    )
    export_permission = "customers.export"
    template = "customers/list.html"

    def extra_context(self) -> dict[str, Any]:
        user = self.request.user
        return {"may_edit": user.has_perm("customers.edit"), "may_import": user.has_perm("customers.import")}

    def prepare(self, rows: list[Any]) -> None:
        """Orders of the whole page in one query, per customer and currency."""
        facts: dict[int, list[Any]] = {}
        for fact in _order_facts([row.pk for row in rows]):
            facts.setdefault(fact["pk"], []).append(fact)
        for row in rows:
            mine = facts.get(row.pk, [])
            row.orders_open = sum(fact["open"] for fact in mine)
            row.owes = {fact["orders__currency"]: fact["owes"] for fact in mine}
            row.spent = {fact["orders__currency"]: fact["spent"] for fact in mine}
            row.last_order = max((fact["last"] for fact in mine), default=None)


def _order_facts(pks: list[int]) -> Any:
    counted = Q(orders__status__in=("accepted", "closed"))
    owed = F("orders__total") - F("orders__paid_total") + F("orders__refunded_total")
    return (
        Customer.objects.filter(pk__in=pks, orders__isnull=False)
        .values("pk", "orders__currency")
        .order_by()
        .annotate(
            open=Count("orders", filter=Q(orders__status="accepted")),
            owes=Sum(owed, filter=counted & Q(orders__payment_status__in=OWING)),
            spent=Sum("orders__total", filter=counted),
            last=Max("orders__placed_at"),
        )
    )


@staff_page("customers.view")
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """Everyone the shop may sell to; merged and erased records only when asked for."""
    ended = request.GET.get("status") in (CustomerStatus.MERGED, CustomerStatus.ERASED)
    rows = Customer.objects.all() if ended else Customer.objects.live()
    return CustomerList(request, rows.prefetch_related("addresses")).response()
