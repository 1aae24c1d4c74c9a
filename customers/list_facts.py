"""What the list of customers shows beyond their own fields (P10): apps work it out for the page's rows alone."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import Customer

# (customers of one page, now) to facts by customer id; a constant number of statements.
Facts = Mapping[int, Mapping[str, Any]]
_FACTS: list[Callable[[Sequence[int], datetime], Facts]] = []
_RISKS: list[Callable[[], QuerySet[Any]]] = []


def list_facts(build: Callable[[Sequence[int], datetime], Facts]) -> Callable[[Sequence[int], datetime], Facts]:
    """Register facts for the rows of a page."""
    _FACTS.append(build)
    return build


def risk(build: Callable[[], QuerySet[Any]]) -> Callable[[], QuerySet[Any]]:
    """Register a reason why customers may leave: a queryset of their ids."""
    _RISKS.append(build)
    return build


def facts_of(pks: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for build in _FACTS:
        for pk, facts in build(pks, now).items():
            found[pk].update(facts)
    return found


def at_risk(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those for whom any reason holds."""
    anyone = Q(pk__in=[])
    for build in _RISKS:
        anyone |= Q(pk__in=build())
    return rows.filter(anyone)
