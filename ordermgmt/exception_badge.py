"""The number beside Exceptions in the rail: what waits in the queue of the role the person works as."""

from time import monotonic

from django.db import connection
from django.http import HttpRequest

from ordermgmt.exception_inbox import counts_for, default_view
from ordermgmt.exceptions import names_for
from ordermgmt.models import User
from ordermgmt.navigation import COUNTS_BY_ENTRY, active_role

# Every page shows it: this process asks every half minute. The inbox itself counts anew and says so here.
FRESH_SECONDS = 30
_seen: dict[tuple[str, str, str], tuple[float, int]] = {}


def badge(request: HttpRequest) -> int:
    """As lately counted; on the inbox the very number of its tab."""
    user, role = request.user, active_role(request)
    if not isinstance(user, User):
        return 0
    key = _key(user, role)
    asked_at, count = _seen.get(key, (-1e9, 0))
    if monotonic() - asked_at > FRESH_SECONDS:
        count = counts_for(user)[default_view(user, role)]
        _seen[key] = (monotonic(), count)
    return count


def note_count(request: HttpRequest, user: User, count: int) -> None:
    """What the inbox counted just now."""
    _seen[_key(user, active_role(request))] = (monotonic(), count)


def _key(user: User, role: str) -> tuple[str, str, str]:
    """People of one role who may see the same rules share one count."""
    name = str(connection.settings_dict["NAME"])
    return name, default_view(user, role), ",".join(names_for(user))


COUNTS_BY_ENTRY["exception_list"] = badge
