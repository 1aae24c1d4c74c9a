"""Parts of the role homes that are about orders. Each figure is a list of orders, counted by that list's own filters."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing.counting import totals_of
from ordermgmt.roles import Role
from orders import finance_homes, period_close, setting_up
from orders.filters import OrderFilters
from orders.models import Order

__all__ = ["finance_homes", "period_close", "setting_up"]


def _rows(query: str, request: HttpRequest) -> QuerySet[Order]:
    rows: QuerySet[Order] = OrderFilters(QueryDict(query), queryset=Order.objects.all(), request=request).qs
    return rows


def _figures(request: HttpRequest, lines: Sequence[tuple[str, str, str]]) -> list[Figure]:
    """(words, query of the orders list, tone) as figures, all counted in one statement."""
    totals = totals_of({query: _rows(query, request) for _words, query, _tone in lines})
    return [Figure(words, totals[query], f"/orders/?view=all&{query}", "", tone) for words, query, tone in lines]


@home_part(Role.SUPPORT, rank=30)
def my_orders(request: HttpRequest, now: datetime) -> Part:
    lines = [
        (_("Assigned to me, open"), "assignee=me&state=open", ""),
        (_("Assigned to me, on hold"), "assignee=me&state=held", "hold"),
        (_("Assigned to me, late"), "assignee=me&due=late", "warn"),
    ]
    return Part(_("My orders"), _figures(request, lines))


@home_part(Role.MANAGER, rank=20)
def open_work(request: HttpRequest, now: datetime) -> Part:
    lines = [
        (_("Open orders"), "state=open", ""),
        (_("Due today"), "due=today", ""),
        (_("Due in 7 days"), "due=week", ""),
        (_("Left today"), "shipped=today", ""),
        (_("On hold"), "state=held", ""),
    ]
    return Part(_("Orders now"), _figures(request, lines), looks="tiles")


@home_part(Role.FINANCE, rank=10)
def owed(request: HttpRequest, now: datetime) -> Part:
    lines = [
        (_("Left, not paid"), "state=shipped&payment=unpaid", "bad"),
        (_("Left, paid in part"), "state=shipped&payment=part_paid", "warn"),
        (_("Overdue"), "payment=overdue", "bad"),
        (_("Authorised, to be collected"), "payment=authorised", ""),
        (_("Held until paid"), "hold=payment", "hold"),
        (_("Refunded in part"), "payment=part_refunded", ""),
    ]
    return Part(_("Payments"), _figures(request, lines), url="/invoices/", url_label=_("Invoices"))
