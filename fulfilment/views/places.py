"""Which warehouse a person works in on this device."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from fulfilment.actions.choosing import ready_to_release
from fulfilment.models import Wave
from inventory.models import Warehouse
from ordermgmt.models import User


def person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def my_warehouses(request: HttpRequest) -> list[Warehouse]:
    return list(Warehouse.objects.for_user(person(request)).active().distinct())


def here(request: HttpRequest) -> Warehouse | None:
    """The warehouse asked for in the address, else the one last asked for in this session, else the first of theirs."""
    mine = my_warehouses(request)
    return _chosen(request, mine) or (mine[0] if mine else None)


def here_or_busiest(request: HttpRequest) -> Warehouse | None:
    """As `here`, but a warehouse nobody asked for just now gives way to the one that has work when it has none."""
    mine = my_warehouses(request)
    chosen = _chosen(request, mine)
    if chosen and (request.GET.get("warehouse") == chosen.code or len(mine) == 1 or _work(chosen)):
        return chosen
    return max(mine, key=_work, default=None)


def _chosen(request: HttpRequest, mine: list[Warehouse]) -> Warehouse | None:
    wanted = request.GET.get("warehouse") or request.session.get("warehouse", "")
    chosen = next((one for one in mine if one.code == wanted), None)
    if chosen and request.session.get("warehouse") != chosen.code:
        request.session["warehouse"] = chosen.code
    return chosen


def _work(warehouse: Warehouse) -> int:
    """Orders ready for the floor and waves on it."""
    return ready_to_release(warehouse).count() + Wave.objects.filter(warehouse=warehouse).unfinished().count()
