"""P07: the orders list, and the panel that shows an order without leaving it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext, ngettext_lazy
from django.utils.translation import gettext as _

from ordermgmt.access import staff_page
from ordermgmt.blocking import Blocker, blockers_of, for_reader
from ordermgmt.clock import business_day
from ordermgmt.listing import Bulk, Column, Empty, ListPage, View
from ordermgmt.looks import look_of
from ordermgmt.navigation import active_role
from ordermgmt.templatetags import portal
from orders.filters import OrderFilters
from orders.loading import load_state
from orders.models import Order
from orders.states import OrderStatus
from orders.unshipped import GONE
from orders.wording import StateWord, state_of

DEFAULT_VIEWS = {"lead": "due-today", "finance": "unpaid-shipped"}


def state_cell(order: Order) -> SafeString:
    """Shape, word, and the first reason why it does not move."""
    reason, mark = getattr(order, "reason", ""), _state_mark(state_of(order), get_language())
    return (
        format_html('<span class="state-line">{}<span class="reason">{}</span></span>', mark, reason)
        if reason
        else mark
    )


@lru_cache(maxsize=500)
def _state_mark(word: StateWord, language: str | None) -> SafeString:
    return portal.tag(word.label, word.look.tone, word.look.loud, word.look.shape)


def due_cell(order: Order) -> SafeString | str:
    """The day it must leave, and how late it is in words."""
    if not order.promised_ship_on:
        return _("no date yet") if order.status == OrderStatus.ACCEPTED else ""
    late = (getattr(order, "today", order.promised_ship_on) - order.promised_ship_on).days
    if late <= 0 or order.status != OrderStatus.ACCEPTED or order.fulfilment_status in GONE:
        return portal.day(order.promised_ship_on) if late else _("today")
    words = ngettext("%(n)s d late", "%(n)s d late", late) % {"n": late}
    return format_html('<span class="late" title="{}">{}</span>', f"{order.promised_ship_on:%d %b %Y}", words)


def customer_cell(order: Order) -> SafeString:
    city = f"{order.ship_city}, {order.ship_country}" if order.ship_city else order.ship_country
    return format_html('{} <span class="muted">{}</span>', order.recipient or order.customer or order.email, city)


def payment_cell(order: Order) -> SafeString:
    return portal.state_words((order.payment_status, order.get_payment_status_display()))


class OrderList(ListPage):
    name = "orders"
    title = gettext_lazy("Orders")
    counted = ngettext_lazy("%(n)s order", "%(n)s orders", "count")
    filterset = OrderFilters
    columns = (
        Column("number", gettext_lazy("Order"), sort="number", css="id"),
        Column("recipient", gettext_lazy("Customer"), customer_cell, lambda order: order.recipient, css="nowrap"),
        Column("state", gettext_lazy("State and reason"), state_cell, lambda order: state_of(order).label, css="grow"),
        Column(
            "promised_ship_on", gettext_lazy("Due"), due_cell, lambda order: order.promised_ship_on, "due", "nowrap low"
        ),
        Column("units", gettext_lazy("Items"), css="num wide"),
        Column(
            "total",
            gettext_lazy("Total"),
            lambda o: portal.money(o.total, o.currency),
            lambda o: o.total,
            "total",
            "num",
        ),
        Column("payment_status", gettext_lazy("Payment"), payment_cell, css="wide", default=False),
        Column(
            "tags",
            gettext_lazy("Tags"),
            lambda o: ", ".join(o.tags),
            lambda o: ", ".join(o.tags),
            css="wide",
            default=False,
        ),
        Column(
            "channel",
            gettext_lazy("Channel"),
            lambda o: o.channel.name,
            lambda o: o.channel.name,
            css="wide",
            default=False,
            join="channel",
        ),
        Column("assignee", gettext_lazy("Assigned to"), css="wide", default=False, join="assignee"),
        Column("shipping_method", gettext_lazy("Delivery method"), css="wide", default=False),
        Column("placed_at", gettext_lazy("Placed"), sort="placed", css="wide low", default=False),
        Column("email", gettext_lazy("E-mail"), css="wide", default=False),
        Column("currency", gettext_lazy("Currency"), css="wide", default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "number": ("id",),
        "placed": ("placed_at", "id"),
        "due": ("promised_ship_on", "id"),
        "total": ("total", "id"),
    }
    default_sort = "-placed"
    views = (
        View("open", gettext_lazy("Open"), "state=open"),
        View("on-hold", gettext_lazy("On hold"), "state=held"),
        View("due-today", gettext_lazy("Due today"), "due=today"),
        View("late", gettext_lazy("Late"), "due=late&sort=due"),
        View("backordered", gettext_lazy("Backordered"), "state=backordered"),
        View("ready", gettext_lazy("Ready to pick"), "state=ready&sort=due"),
        View("shipped-today", gettext_lazy("Shipped today"), "shipped=today"),
        View("problem", gettext_lazy("Delivery problem"), "state=problem"),
        View("draft", gettext_lazy("Draft"), "state=draft"),
        View(
            "unpaid-shipped",
            gettext_lazy("Unpaid, shipped"),
            "state=shipped&payment=unpaid&payment=overdue&payment=part_paid",
        ),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(
        gettext_lazy("No orders yet"),
        gettext_lazy("Orders from your shops and from the phone appear here."),
        gettext_lazy("New order"),
        "/orders/new/",
        "box",
    )
    bulk = (
        Bulk(gettext_lazy("Hold"), "/orders/bulk/hold/", "orders.hold", "pause"),
        Bulk(gettext_lazy("Release"), "/orders/bulk/release/", "orders.release_hold", "play"),
        Bulk(gettext_lazy("Tag"), "/orders/bulk/tag/", "orders.edit", "tag"),
        Bulk(gettext_lazy("Assign"), "/orders/bulk/assign/", "orders.edit", "person"),
        Bulk(gettext_lazy("Cancel"), "/orders/bulk/cancel/", "orders.cancel", "close"),
    )
    export_permission = "orders.export"
    has_peek = True
    template = "orders/order_list.html"

    def default_view(self) -> str:
        return DEFAULT_VIEWS.get(active_role(self.request), "open")

    def row_url(self, row: Order) -> str:
        return f"/orders/{row.number}/"

    def extra_context(self) -> dict[str, Any]:
        return {"perms_create": self.request.user.has_perm("orders.create")}

    def prepare(self, rows: list[Any]) -> None:
        load_state(rows)
        prefetch_related_objects([order for order in rows if not order.recipient], "customer")
        why = blockers_of(rows, now=self.now)
        today = business_day(self.now)
        for order in rows:
            order.reason = _reason(why.get(order.pk, ()))
            order.today = today


def _reason(why: Sequence[Blocker]) -> str:
    """What stands behind the state; how late it is stands in a column of its own."""
    first = min(why, key=lambda blocker: blocker.code == "late", default=None)
    return first.sentence if first else ""


@staff_page("orders.view")
def order_list(request: HttpRequest) -> HttpResponseBase:
    """Every order the filters name."""
    return OrderList(request, Order.objects.all()).response()


@staff_page("orders.view")
def order_peek(request: HttpRequest, number: str) -> HttpResponse:
    """The side panel: state, why, what is in it, and the next acts."""
    orders = Order.objects.select_related("channel", "customer", "assignee").with_state()
    order = get_object_or_404(orders.prefetch_related("lines__sku"), number=number)
    return render(
        request,
        "orders/order_peek.html",
        {"order": order, **peek_facts(order, reader=request.user, now=timezone.now())},
    )


def peek_facts(order: Order, *, reader: Any, now: datetime) -> dict[str, Any]:
    word = state_of(order)
    return {
        "address": f"/orders/{order.number}/",
        "word": word,
        "look": look_of(order, word.value),
        "blockers": for_reader(blockers_of([order], now=now).get(order.pk, []), reader),
        "lines": [line for line in order.lines.all() if line.kind != "component"],
    }
