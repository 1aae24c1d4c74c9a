"""Known problems: what leads tell everybody, on the inbox, first pages, the orders it touches and their customers' pages.

Apps say in `<app>/exceptions.py` which orders a carrier, a warehouse or an item touches.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ordermgmt.listing.counting import Total, totals_of
from ordermgmt.models import KnownProblem

# Every order's page asks; each process looks again after so many seconds.
FRESH_SECONDS = 15
MOST = 10
EVERYTHING = ""
_seen: dict[str, tuple[float, list[KnownProblem]]] = {}


@dataclass(frozen=True)
class Scope:
    """What a problem may touch: `choices` are keys with their words; none means that the key is typed (items)."""

    name: str
    label: Any
    choices: Callable[[], Sequence[tuple[str, str]]]
    orders: Callable[[str], QuerySet[Any]]
    orders_url: Callable[[str], str]
    exists: Callable[[str], bool]


SCOPES: dict[str, Scope] = {}


def problem_scope(scope: Scope) -> Scope:
    SCOPES[scope.name] = scope
    return scope


def lately_open() -> list[KnownProblem]:
    """Open problems, the newest first, as this process lately saw them."""
    name = str(connection.settings_dict["NAME"])
    asked_at, found = _seen.get(name, (-1e9, []))
    if monotonic() - asked_at > FRESH_SECONDS:
        found = list(KnownProblem.objects.open().order_by("-told_at", "-pk")[:MOST])
        _seen[name] = (monotonic(), found)
    return found


def forget() -> None:
    """After one was told or closed."""
    _seen.clear()


def touched(problem: KnownProblem) -> QuerySet[Any] | None:
    """The orders it touches that are still to come to their customers; None where its scope is gone."""
    scope = SCOPES.get(problem.scope)
    return scope.orders(problem.key) if scope else None


def url_of(problem: KnownProblem) -> str:
    scope = SCOPES.get(problem.scope)
    return scope.orders_url(problem.key) if scope else ""


def problems_of(order_ids: Iterable[int]) -> Mapping[int, list[KnownProblem]]:
    """The open problems that touch these orders: one statement for each problem, none when there is none."""
    ids = list(order_ids)
    found: dict[int, list[KnownProblem]] = {}
    for problem in lately_open():
        orders = touched(problem)
        if orders is not None:
            for pk in orders.filter(pk__in=ids).values_list("pk", flat=True):
                found.setdefault(pk, []).append(problem)
    return found


def words_for_customer(order_id: int) -> list[str]:
    """What the customer of an order reads about them."""
    return [one.customer_sentence for one in problems_of([order_id]).get(order_id, []) if one.customer_sentence]


@dataclass(frozen=True)
class Told:
    """An open problem with how many orders it touches."""

    problem: KnownProblem
    total: Total | None
    url: str


def told_now() -> list[Told]:
    """All open problems with their orders, counted in one statement."""
    problems = lately_open()
    rows = {str(one.pk): orders for one in problems if (orders := touched(one)) is not None}
    totals = totals_of(rows) if rows else {}
    return [Told(one, totals.get(str(one.pk)), url_of(one)) for one in problems]
