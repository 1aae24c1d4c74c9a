"""What we hold about a person, app by app: what an export gives out and what an erasure replaces, keeps and refuses.

Each app names its models in `<app>/holdings.py`. A test walks all models: a text that may say something about a person
is either named by a holding or said to be about something else (IMPERSONAL).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Person:
    """One customer and the records that were merged into them, by id and number."""

    pks: Sequence[int]
    numbers: Sequence[str]
    emails: Sequence[str] = ()


Find = Callable[[Person], QuerySet[Any]]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One model. `personal`: its fields that say something of the person; `hidden`: left out of an export (secrets);
    `plain`: texts that were looked at and say nothing of the person.

    On erasure its rows are deleted (`is_deleted`), or `replaced` says what is written over which field, or `kept` says
    why they stay as they are. `after` does what no update can (files, links); it is called before the update.
    """

    model: type[Model]
    title: Words
    find: Find
    personal: Sequence[str]
    hidden: Sequence[str] = ()
    plain: Sequence[str] = ()
    replaced: Mapping[str, Any] = field(default_factory=dict)
    is_deleted: bool = False
    kept: Words = ""
    after: Callable[[QuerySet[Any], datetime], None] | None = None

    @property
    def name(self) -> str:
        return self.model._meta.label


Obstacle = Callable[[Person], Iterable[str]]
_HOLDINGS: dict[str, Holding] = {}
_OBSTACLES: list[Obstacle] = []
_LOCKS: list[tuple[int, Callable[[Person], None]]] = []
# Models whose texts are about goods, places, staff or the machine, with the reason.
IMPERSONAL: dict[str, str] = {}


def holds(*holdings: Holding) -> None:
    for one in holdings:
        _HOLDINGS[one.name] = one


def impersonal(**reasons: str) -> None:
    """`Model_name="why"`: texts of this model say nothing of customers."""
    IMPERSONAL.update(reasons)


def erasure_obstacle(rule: Obstacle) -> Obstacle:
    """Register what must be finished first: sentences, none when nothing stands in the way."""
    _OBSTACLES.append(rule)
    return rule


def erasure_lock(rank: int) -> Callable[[Callable[[Person], None]], Callable[[Person], None]]:
    """Register locks that an erasure takes first, in the order of `rank` (the lock order of the portal)."""

    def register(lock: Callable[[Person], None]) -> Callable[[Person], None]:
        _LOCKS.append((rank, lock))
        return lock

    return register


def holdings() -> list[Holding]:
    """In the order they were named: customers, orders, what came after."""
    return list(_HOLDINGS.values())


def obstacles_of(person: Person) -> list[str]:
    return [str(sentence) for rule in _OBSTACLES for sentence in rule(person)]


def lock_all(person: Person) -> None:
    """Inside the caller's transaction."""
    for _rank, lock in sorted(_LOCKS, key=lambda pair: pair[0]):
        lock(person)
