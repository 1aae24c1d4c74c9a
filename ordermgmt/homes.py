"""What each role sees first. Apps add parts in `<app>/homes.py`; every number opens the rows behind it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from ordermgmt.listing.counting import Total


@dataclass(frozen=True)
class Figure:
    """One line: a count in words that links to exactly the rows it counts. `tone` marks what needs a person.

    `amount` is what those rows add up to, as money in words.
    """

    label: str | Promise
    total: Total
    url: str
    note: str | Promise = ""
    tone: str = ""
    amount: str = ""

    @property
    def is_quiet(self) -> bool:
        return not self.total.value


@dataclass(frozen=True)
class Part:
    """A card of a home page. `looks`: rows (a list of figures), tiles (big numbers), sentences (only those above zero),
    or tasks (each with its state in `note`).

    A part with a `template` of its own is drawn by it, with `facts` as context.
    """

    title: str | Promise
    figures: Sequence[Figure] = ()
    looks: str = "rows"
    nothing: str | Promise = ""
    url: str = ""
    url_label: str | Promise = ""
    template: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return self.looks == "sentences" and all(figure.is_quiet for figure in self.figures)

    @property
    def sentences(self) -> list[Figure]:
        """At most five, those above zero."""
        return [figure for figure in self.figures if not figure.is_quiet][:5]


Builder = Callable[[HttpRequest, datetime], Part | None]


@dataclass(frozen=True)
class _Registered:
    build: Builder
    roles: frozenset[str]
    rank: int


_PARTS: list[_Registered] = []


def home_part(*roles: str, rank: int = 50) -> Callable[[Builder], Builder]:
    """Register a part for the homes of these roles; lower rank comes first."""

    def register(build: Builder) -> Builder:
        _PARTS.append(_Registered(build, frozenset(roles), rank))
        return build

    return register


def parts_for(role: str, request: HttpRequest, *, now: datetime) -> list[Part]:
    """The parts of a role's home, built from today's rows."""
    mine = sorted((part for part in _PARTS if role in part.roles), key=lambda part: part.rank)
    built: list[Any] = [part.build(request, now) for part in mine]
    return [part for part in built if part is not None]
