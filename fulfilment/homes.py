"""The home of a lead: the shift board of the warehouse chosen on this device; and what of it managers must know."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment import setting_up
from fulfilment.shift import Shift
from fulfilment.shift_board import Board
from fulfilment.shift_rows import amounts_of
from fulfilment.states import WorkStatus
from inventory.models import Warehouse
from ordermgmt.clock import local_time
from ordermgmt.concerns import Concern, concerns
from ordermgmt.homes import Part, home_part
from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal

__all__ = ["setting_up"]


@home_part(Role.LEAD, rank=10)
def shift_board(request: HttpRequest, now: datetime) -> Part:
    """Today at the warehouse asked for, last looked at, or else the one with the most open work."""
    mine = _busiest_first(request.user) if isinstance(request.user, User) else []
    chosen = _chosen(request, mine)
    facts = {
        "board": Board(Shift(chosen, now)) if chosen else None,
        "warehouse": chosen,
        "warehouses": sorted(mine, key=lambda one: (one.priority, one.code)),
        "may_release": request.user.has_perm("fulfilment.release"),
        "may_dispatch": request.user.has_perm("fulfilment.dispatch"),
    }
    return Part(_("Shift board"), template="fulfilment/board.html", facts=facts)


@concerns
def trucks_at_risk(request: HttpRequest, now: datetime) -> Iterable[Concern]:
    """Warehouses whose pace does not reach a truck, or whose truck left without everything."""
    if not request.user.has_perm("fulfilment.view") or not isinstance(request.user, User):
        return
    for warehouse in _busiest_first(request.user):
        board = Board(Shift(warehouse, now))
        missed = [truck for truck in board.trucks if truck.missed]
        if missed:
            yield _concern(board, warehouse, min(truck.cut_off for truck in missed))


def _concern(board: Board, warehouse: Warehouse, cut_off: datetime) -> Concern:
    count, sums = len(board.at_risk), amounts_of(board.at_risk)
    words = ngettext(
        "%(n)s order will miss its truck at %(place)s", "%(n)s orders will miss their truck at %(place)s", count
    )
    money = " + ".join(portal.money(amount, currency) for currency, amount in sorted(sums.items()))
    return Concern(
        key=f"trucks:{warehouse.code}",
        sentence=words % {"n": portal.number(count), "place": warehouse.title},
        url=board.urls["risk"],
        count=count,
        target_at=cut_off,
        so_what=_("%(money)s promised, cut-off %(time)s")
        % {"money": money, "time": local_time(cut_off, warehouse.time_zone)},
        worth=sum(sums.values(), Decimal(0)),
    )


def _busiest_first(user: User) -> list[Warehouse]:
    gone = [WorkStatus.DISPATCHED, WorkStatus.CANCELLED]
    work = Count("fulfilment_orders", filter=~Q(fulfilment_orders__status__in=gone))
    return list(Warehouse.objects.for_user(user).active().annotate(work=work).order_by("-work", "priority", "code"))


def _chosen(request: HttpRequest, mine: Sequence[Warehouse]) -> Warehouse | None:
    wanted = request.GET.get("warehouse") or request.session.get("warehouse", "")
    return next((one for one in mine if one.code == wanted), mine[0] if mine else None)
