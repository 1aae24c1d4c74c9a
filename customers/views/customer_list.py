"""P10: the list of customers."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Max
from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers.desk import contacts
from customers.filters import CustomerFilters
from customers.list_facts import facts_of
from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.access import staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.templatetags import portal


def _town(customer: Customer) -> str:
    address = customer.current_address
    return f"{address.city}, {address.country}" if address and address.city else ""


def _sums(customer: Any, name: str) -> SafeString | str:
    """One amount per currency; nothing is zero in the currency they buy in."""
    amounts: dict[str, Any] = getattr(customer, name)
    shown = [(portal.money(amount, currency),) for currency, amount in sorted(amounts.items()) if amount]
    if shown:
        return format_html_join(", ", "{}", shown)
    usual = min({**customer.owes, **customer.worth}, default="")
    return format_html('<span class="muted">{}</span>', portal.money(0, usual))


def _plain_sums(customer: Any, name: str) -> str:
    return strip_tags(_sums(customer, name))


def _open_orders(customer: Any) -> SafeString | str:
    return (
        portal.number(customer.orders_open)
        if customer.orders_open
        else format_html('<span class="muted">{}</span>', portal.number(0))
    )


def _name(customer: Customer) -> SafeString | str:
    if customer.company and customer.company != customer.name:
        return format_html('{}<small class="muted"> {}</small>', customer.company, customer.name)
    return customer.name


# The state of a customer's plans: words and look.
PLAN_WORDS = {
    "active": (_("Active"), "good"), "paused": (_("Paused"), "hold"), "unpaid": (_("Not paid"), "bad"),
    "over": (_("Ended"), "neutral"),
}  # fmt: skip


def _plan(customer: Any) -> SafeString | str:
    """Loud only where a payment failed."""
    if customer.plan not in PLAN_WORDS:
        return portal.number(None)
    words, tone = PLAN_WORDS[customer.plan]
    return portal.tag(words, tone, tone == "bad")


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
        Column("plan", _("Plan"), cell=_plan, text=lambda c: str(PLAN_WORDS.get(c.plan, ("", ""))[0]), css="nowrap"),
        Column(
            "next_on",
            _("Next delivery"),
            cell=lambda c: portal.day(c.next_on),
            text=lambda c: c.next_on,
            css="nowrap low named",
        ),
        Column("open_orders", _("Open orders"), cell=_open_orders, text=lambda c: c.orders_open, css="num named"),
        Column(
            "owes",
            _("Owes"),
            cell=lambda c: _sums(c, "owes"),
            text=lambda c: _plain_sums(c, "owes"),
            css="num nowrap named",
        ),
        Column(
            "worth",
            _("Paid in all"),
            cell=lambda c: _sums(c, "worth"),
            text=lambda c: _plain_sums(c, "worth"),
            css="num wide nowrap",
        ),
        Column(
            "contact",
            _("Last contact"),
            cell=lambda c: portal.day(c.contact_at),
            text=lambda c: c.contact_at,
            css="wide",
        ),
        Column("created_at", _("Customer since"), cell=lambda c: portal.day(c.created_at), sort="created", css="wide"),
        Column("email", _("E-mail"), default=False, css="wide"),
        Column("phone", _("Phone"), default=False, css="wide"),
    )
    sorts: ClassVar = {"name": ("name", "id"), "created": ("-created_at", "-id")}
    default_sort = "created"
    views: ClassVar = (
        View("all", _("All")),
        View("subscribers", _("Active subscribers"), "plan=active"),
        View("at-risk", _("At risk"), "risk=yes"),
        View("new", _("New this week"), "new=week"),
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
        """What other apps know of the rows of this page, and when somebody last spoke with each."""
        facts = facts_of([row.pk for row in rows], self.now)
        numbers = [row.number for row in rows]
        spoke: Any = dict(contacts(numbers).order_by().values_list("subject").annotate(at=Max("at")))
        for row in rows:
            mine = facts.get(row.pk, {})
            row.orders_open, row.owes, row.worth = (
                mine.get("orders_open", 0),
                mine.get("owes", {}),
                mine.get("worth", {}),
            )
            row.plan, row.next_on, row.contact_at = mine.get("plan", ""), mine.get("next_on"), spoke.get(row.number)


@staff_page("customers.view")
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """Everyone the shop may sell to; merged and erased records only when asked for."""
    ended = request.GET.get("status") in (CustomerStatus.MERGED, CustomerStatus.ERASED)
    rows = Customer.objects.all() if ended else Customer.objects.live()
    return CustomerList(request, rows.prefetch_related("addresses")).response()
