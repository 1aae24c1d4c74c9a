"""Which warehouse a person works in on this device."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

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
    """The warehouse asked for in the address, else the last one of this session, else the first of theirs."""
    mine = my_warehouses(request)
    wanted = request.GET.get("warehouse") or request.session.get("warehouse", "")
    chosen = next((one for one in mine if one.code == wanted), mine[0] if mine else None)
    if chosen and request.session.get("warehouse") != chosen.code:
        request.session["warehouse"] = chosen.code
    return chosen
