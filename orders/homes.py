"""Parts of the role homes that are about orders. Each figure is a list of orders, counted by that list's own filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing.counting import totals_of
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders import finance_homes, period_close
from orders.filters import OrderFilters
from orders.models import Hold, Order
from orders.states import HoldCode

__all__ = ["finance_homes", "period_close"]


def _rows(query: str, request: HttpRequest) -> QuerySet[Order]:
    rows: QuerySet[Order] = OrderFilters(QueryDict(query), queryset=Order.objects.all(), request=request).qs
    return rows


def _figures(
    request: HttpRequest, lines: Sequence[tuple[str, str, str]], notes: Mapping[str, str] | None = None
) -> list[Figure]:
    """(words, query of the orders list, tone) as figures, all counted in one statement."""
    totals = totals_of({query: _rows(query, request) for _words, query, _tone in lines})
    said = notes or {}
    return [
        Figure(words, totals[query], f"/orders/?view=all&{query}", said.get(query, ""), tone)
        for words, query, tone in lines
    ]


@home_part(Role.SUPPORT, rank=10)
def my_orders(request: HttpRequest, now: datetime) -> Part:
    lines = [
        (_("Assigned to me, open"), "assignee=me&state=open", ""),
        (_("Assigned to me, on hold"), "assignee=me&state=held", "hold"),
        (_("Assigned to me, late"), "assignee=me&due=late", "warn"),
    ]
    return Part(_("My follow-ups"), _figures(request, lines))


@home_part(Role.SUPPORT, rank=20)
def held_by_cause(request: HttpRequest, now: datetime) -> Part:
    """Causes that wait for support, most orders first, with the age of the oldest."""
    held = Hold.objects.open().filter(owner_role=Role.SUPPORT).values_list("code")
    causes: Any = held.annotate(n=Count("order", distinct=True), oldest=Min("opened_at")).order_by("-n")
    notes = {
        f"hold={code}": _("oldest %(age)s") % {"age": portal.duration(now - oldest)} for code, _n, oldest in causes
    }
    lines = [(str(HoldCode(code).label), f"hold={code}", "hold") for code, _n, _oldest in causes]
    lines.append((_("Delivery problem"), "state=problem", "bad"))
    return Part(_("Waiting for support"), _figures(request, lines, notes), nothing=_("Nothing is on hold."))


@home_part(Role.MANAGER, rank=10)
def attention(request: HttpRequest, now: datetime) -> Part:
    """At most five sentences; those past their promise first."""
    oldest = Hold.objects.open().order_by("opened_at").values_list("opened_at", flat=True).first()
    notes = {"held=day": _("oldest %(age)s") % {"age": portal.duration(now - oldest)}} if oldest else {}
    lines = [
        (_("orders are past their ship-by day"), "due=late", "warn"),
        (_("orders have a delivery problem"), "state=problem", "bad"),
        (_("orders are on hold for more than a day"), "held=day", "hold"),
        (_("orders wait for stock"), "state=backordered", "warn"),
        (_("orders left without being paid"), "state=shipped&payment=unpaid&payment=overdue", "bad"),
    ]
    checked = _("Nothing needs you. Last check %(time)s.") % {"time": portal.clock_time(now)}
    return Part(_("Needs attention"), _figures(request, lines, notes), looks="sentences", nothing=checked)


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
