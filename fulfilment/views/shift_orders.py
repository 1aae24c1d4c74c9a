"""The orders behind each number of the shift board."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods

from fulfilment.models import FulfilmentOrder
from fulfilment.shift_filters import ShiftFilters
from fulfilment.views.places import here_or_busiest
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.blocking import blockers_of
from ordermgmt.listing import Column, Empty, ListPage
from ordermgmt.templatetags import portal
from orders.loading import load_state
from orders.models import Order
from orders.wording import state_of


def _state(order: Order) -> SafeString:
    word = state_of(order)
    mark = portal.tag(word.label, word.look.tone, word.look.loud, word.look.shape)
    reason = getattr(order, "reason", "")
    return (
        format_html('<span class="state-line">{}<span class="reason">{}</span></span>', mark, reason)
        if reason
        else mark
    )


def _work(order: Order) -> list[FulfilmentOrder]:
    return list(order.floor_work)  # type: ignore[attr-defined]  # loaded by with_state


def _wave(order: Order) -> str:
    waves = {job.wave.number for job in _work(order) if job.wave}
    return ", ".join(sorted(waves))


def _due(order: Order) -> SafeString | str:
    late = (getattr(order, "today") - order.promised_ship_on).days if order.promised_ship_on else 0  # noqa: B009
    if late > 0:
        return format_html('<span class="late">{}</span>', _("%(n)s d late") % {"n": late})
    return portal.day(order.promised_ship_on) if late else _("today")


class ShiftOrders(ListPage):
    name = "shift-orders"
    title = gettext_lazy("Orders of the shift")
    counted = ngettext_lazy("%(n)s order", "%(n)s orders", "count")
    filterset = ShiftFilters
    columns = (
        Column("number", gettext_lazy("Order"), css="id"),
        Column("recipient", gettext_lazy("Customer"), css="nowrap"),
        Column("state", gettext_lazy("State and reason"), _state, lambda order: state_of(order).label, css="grow"),
        Column("wave", gettext_lazy("Wave"), _wave, _wave, css="nowrap"),
        Column("units", gettext_lazy("Items"), css="num wide"),
        Column(
            "promised_ship_on", gettext_lazy("Due"), _due, lambda order: order.promised_ship_on, "due", "nowrap low"
        ),
        Column("priority", gettext_lazy("Priority"), css="num wide", default=False),
        Column("ship_country", gettext_lazy("Country"), css="wide", default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"due": ("promised_ship_on", "id")}
    default_sort = "due"
    empty = Empty(
        gettext_lazy("Nothing here"), gettext_lazy("No order of this shift stands in this part."), icon="check"
    )
    export_permission = "orders.export"

    def prepare(self, rows: list[Any]) -> None:
        load_state(rows)
        why = blockers_of(rows, now=self.now)
        for order in rows:
            order.reason = why[order.pk][0].sentence if order.pk in why else ""

    def row_url(self, row: Order) -> str:
        return f"/orders/{row.number}/"


@staff_page("fulfilment.view")
@require_http_methods(["GET", "POST"])
def shift_orders(request: StaffRequest) -> HttpResponseBase:
    """A warehouse always belongs to the question: without one, that of this device."""
    if not request.GET.get("warehouse") and (warehouse := here_or_busiest(request)):
        query = request.GET.copy()
        query["warehouse"] = warehouse.code
        return redirect(f"{request.path}?{query.urlencode()}")
    return ShiftOrders(request, Order.objects.all()).response()
