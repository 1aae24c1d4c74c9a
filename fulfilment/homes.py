"""The home of a lead: the shift board of the warehouse chosen on this device."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from fulfilment.shift import Shift
from fulfilment.shift_board import Board
from fulfilment.states import WorkStatus
from inventory.models import Warehouse
from ordermgmt.homes import Part, home_part
from ordermgmt.models import User
from ordermgmt.roles import Role


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


def _busiest_first(user: User) -> list[Warehouse]:
    gone = [WorkStatus.DISPATCHED, WorkStatus.CANCELLED]
    work = Count("fulfilment_orders", filter=~Q(fulfilment_orders__status__in=gone))
    return list(Warehouse.objects.for_user(user).active().annotate(work=work).order_by("-work", "priority", "code"))


def _chosen(request: HttpRequest, mine: Sequence[Warehouse]) -> Warehouse | None:
    wanted = request.GET.get("warehouse") or request.session.get("warehouse", "")
    return next((one for one in mine if one.code == wanted), mine[0] if mine else None)
