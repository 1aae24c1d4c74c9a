"""P12: the subscriptions list, and the panel that shows one without leaving it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ordermgmt.access import staff_page
from ordermgmt.listing import Bulk, Column, Empty, ListPage, View
from ordermgmt.looks import look_of
from ordermgmt.templatetags import portal
from orders.projecting import project
from orders.subscription_filters import SubscriptionFilters, subscriptions_with_next
from orders.subscription_rows import load_rows

RELATED = ("customer", "version__plan", "next_version__plan", "address", "method")


def state_cell(s: Any) -> SafeString:
    """Short: the day a pause ends is that of the next delivery."""
    look = look_of(s, s.word.value)
    words = s.get_status_display() if s.word.value == "paused" else s.word.label
    return portal.tag(words, look.tone, look.loud, look.shape)


def next_cell(s: Any) -> SafeString | str:
    if s.coming is None:
        return portal.number(None)
    return portal.day(s.coming.leaves_on)


def closes_cell(s: Any) -> SafeString | str:
    """Until when it can be changed."""
    if s.coming is None:
        return portal.number(None)
    if not s.coming.is_open:
        return format_html('<span class="muted">{}</span>', _("closed"))
    return portal.day(s.coming.dates.lock_at)


def amount_cell(s: Any) -> SafeString | str:
    return portal.money(s.coming.amount, s.currency) if s.coming else portal.number(None)


def payment_words(s: Any) -> str:
    return str(s.method) if s.method else _("On invoice")


def payment_cell(s: Any) -> SafeString | str:
    if s.unpaid is None:
        return f"••{s.method.last4}" if s.method and s.method.last4 else payment_words(s)
    return portal.tag(_("Not paid"), "bad", True, "octagon")


def customer_cell(s: Any) -> SafeString:
    return format_html('<span title="{}">{}</span>', s.customer.number, s.customer)


class SubscriptionList(ListPage):
    name = "subscriptions"
    title = gettext_lazy("Subscriptions")
    counted = ngettext_lazy("%(n)s subscription", "%(n)s subscriptions", "count")
    filterset = SubscriptionFilters
    columns = (
        Column("number", gettext_lazy("Subscription"), sort="number", css="id"),
        Column("customer", gettext_lazy("Customer"), customer_cell, lambda s: str(s.customer), css="grow"),
        Column("plan", gettext_lazy("Plan"), lambda s: s.version.plan.name, lambda s: s.version.plan.name, css="grow low"),
        Column("state", gettext_lazy("State"), state_cell, lambda s: s.word.label, css="nowrap"),
        Column("next", gettext_lazy("Next delivery"), next_cell, lambda s: s.next_on, "next", "nowrap low"),
        Column(
            "closes",
            gettext_lazy("Cut-off"),
            closes_cell,
            lambda s: s.coming.dates.lock_at if s.coming else None,
            css="nowrap wide",
        ),
        Column("amount", gettext_lazy("Amount"), amount_cell, lambda s: s.coming.amount if s.coming else None, css="num"),
        Column("ordered", gettext_lazy("Sent"), lambda s: s.ordered, lambda s: s.ordered, css="num wide"),
        Column("payment", gettext_lazy("Payment"), payment_cell, payment_words, css="nowrap"),
        Column("skips", gettext_lazy("Skips"), lambda s: s.skips, lambda s: s.skips, css="num wide", default=False),
        Column("starts_on", gettext_lazy("First delivery"), css="nowrap wide", default=False),
        Column(
            "mrr",
            gettext_lazy("Monthly revenue"),
            lambda s: portal.money(s.mrr, s.currency),
            lambda s: s.mrr,
            css="num wide",
            default=False,
        ),
        Column("quantity", gettext_lazy("Boxes"), css="num wide", default=False),
        Column("email", gettext_lazy("E-mail"), lambda s: s.customer.email, lambda s: s.customer.email, css="wide", default=False),
        Column("currency", gettext_lazy("Currency"), css="wide", default=False),
    )  # fmt: skip
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"number": ("id",), "next": ("next_on", "id")}
    default_sort = "-number"
    views = (
        View("active", gettext_lazy("Active"), "state=active"),
        View("tomorrow", gettext_lazy("Renewing tomorrow"), "renews=tomorrow&sort=next"),
        View("unpaid", gettext_lazy("Payment problem"), "payment=problem"),
        View("paused", gettext_lazy("Pause ends this month"), "resumes=month"),
        View("cancelling", gettext_lazy("Cancelling"), "state=cancelling"),
        View("stock", gettext_lazy("Stock risk"), "stock=risk&sort=next"),
        View("parked", gettext_lazy("Renewal waits for a decision"), "state=parked"),
        View("all", gettext_lazy("All")),
    )
    empty = Empty(
        gettext_lazy("No subscriptions yet"),
        gettext_lazy("A subscription delivers by itself, again and again, until somebody changes it."),
        gettext_lazy("New subscription"),
        "/subscriptions/new/",
        "repeat",
    )
    bulk = (
        Bulk(gettext_lazy("Skip"), "/subscriptions/bulk/skip/", "subscriptions.edit", "right"),
        Bulk(gettext_lazy("Move"), "/subscriptions/bulk/move/", "subscriptions.edit", "calendar"),
        Bulk(gettext_lazy("Swap item"), "/subscriptions/bulk/swap/", "subscriptions.edit", "repeat"),
        Bulk(gettext_lazy("Pause"), "/subscriptions/bulk/pause/", "subscriptions.edit", "pause"),
    )
    export_permission = "orders.export"
    has_peek = True
    template = "subscriptions/list.html"

    def prepare(self, rows: list[Any]) -> None:
        load_rows(rows, now=self.now)


@staff_page("subscriptions.view")
def subscription_list(request: HttpRequest) -> HttpResponseBase:
    return SubscriptionList(request, subscriptions_with_next().select_related(*RELATED)).response()


@staff_page("subscriptions.view")
def subscription_peek(request: HttpRequest, number: str) -> HttpResponse:
    """The side panel: state, what comes, and the next acts."""
    s = subscriptions_with_next().select_related(*RELATED).filter(number=number).first()
    if s is None:
        raise Http404(number)
    now = timezone.now()
    load_rows([s], now=now)
    context = {"s": s, "coming": project(s, now=now, count=3), "payment": payment_words(s)}
    return render(request, "subscriptions/peek.html", context)
