"""What the page of a customer shows beside the customer's own facts (P11). Apps fill it in `<app>/desk.py`.

A part gives what is open, the money, cards and deeds of one app at the cost of a constant number of statements;
a tab gives the rows behind one word of the row of tabs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from customers.models import Customer
from ordermgmt.models import User

Words = str | Promise
# Open things at or below this rank need somebody; those above it only move.
PROBLEM = 50


@dataclass(frozen=True)
class Desk:
    """Whose page it is, who looks at it, and when. `query` is what the address asks of a tab."""

    customer: Customer
    user: User
    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)

    def may(self, permission: str) -> bool:
        return self.user.has_perm(permission)


@dataclass(frozen=True, kw_only=True)
class Open:
    """One thing that is not finished: its number, what is said of it, and where to go on. Lower ranks come first."""

    number: str
    url: str
    words: Words
    tone: str = "waiting"
    shape: str = ""
    since: datetime | None = None
    note: str = ""
    rank: int = PROBLEM + 10

    @property
    def is_problem(self) -> bool:
        return self.rank <= PROBLEM


@dataclass(frozen=True, kw_only=True)
class Sum:
    """An amount in words that opens exactly the rows it adds up."""

    label: Words
    amount: str
    url: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A template under templates/, given `facts` as `card.facts`. `place` is "main" (beside what is open) or "side"."""

    template: str
    facts: Mapping[str, Any]
    place: str = "side"
    rank: int = 50


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something that may be done: a page (GET) or an act (POST); `looks` is "main", "" (a button) or "menu"."""

    label: Words
    url: str
    icon: str = ""
    key: str = ""
    method: str = "GET"
    looks: str = "menu"
    is_grave: bool = False
    rank: int = 50


@dataclass(frozen=True, kw_only=True)
class Part:
    """Of one app. `say` is the sentence for the caller, the one with the lowest `say_rank` is said.

    `counts` are shown beside the names of tabs, `threads` are numbers whose history belongs to the timeline,
    `contact_at` is when we last spoke or wrote, `checks` are what only the customer should know.
    """

    open: Sequence[Open] = ()
    sums: Sequence[Sum] = ()
    cards: Sequence[Card] = ()
    deeds: Sequence[Deed] = ()
    say: str = ""
    say_rank: int = 50
    counts: Mapping[str, Any] = field(default_factory=dict)
    threads: Sequence[str] = ()
    contact_at: datetime | None = None
    checks: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a tab shows."""

    template: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Tab:
    slug: str
    label: Words
    build: Callable[[Desk], Rows]
    rank: int
    permission: str


_PARTS: list[tuple[int, Callable[[Desk], Part]]] = []
_TABS: dict[str, Tab] = {}


def desk_part(rank: int = 50) -> Callable[[Callable[[Desk], Part]], Callable[[Desk], Part]]:
    """Register what an app shows of every customer; lower ranks come first."""

    def register(build: Callable[[Desk], Part]) -> Callable[[Desk], Part]:
        _PARTS.append((rank, build))
        return build

    return register


def desk_tab(
    slug: str, label: Words, *, rank: int, permission: str
) -> Callable[[Callable[[Desk], Rows]], Callable[[Desk], Rows]]:
    """Register a tab for people with a permission."""

    def register(build: Callable[[Desk], Rows]) -> Callable[[Desk], Rows]:
        _TABS[slug] = Tab(slug, label, build, rank, permission)
        return build

    return register


def tabs_of(desk: Desk) -> list[Tab]:
    """Those the person may open, in their order."""
    return sorted((tab for tab in _TABS.values() if desk.may(tab.permission)), key=lambda tab: tab.rank)


@dataclass(frozen=True)
class Standing:
    """All parts together."""

    open: Sequence[Open]
    sums: Sequence[Sum]
    main: Sequence[Card]
    side: Sequence[Card]
    deeds: Sequence[Deed]
    say: str
    counts: Mapping[str, Any]
    threads: Sequence[str]
    contact_at: datetime | None
    checks: Sequence[str]


def standing_of(desk: Desk) -> Standing:
    """What every app has to show, problems first."""
    parts = [build(desk) for _rank, build in sorted(_PARTS, key=lambda pair: pair[0])]
    cards = sorted((card for part in parts for card in part.cards), key=lambda card: card.rank)
    said = sorted((part for part in parts if part.say), key=lambda part: part.say_rank)
    counts: dict[str, Any] = {}
    for part in parts:
        counts |= part.counts
    return Standing(
        open=sorted((row for part in parts for row in part.open), key=lambda row: row.rank),
        sums=[one for part in parts for one in part.sums],
        main=[card for card in cards if card.place == "main"],
        side=[card for card in cards if card.place != "main"],
        deeds=sorted((deed for part in parts for deed in part.deeds), key=lambda deed: deed.rank),
        say=said[0].say if said else "",
        counts=counts,
        threads=[number for part in parts for number in part.threads],
        contact_at=max((part.contact_at for part in parts if part.contact_at), default=None),
        checks=[words for part in parts for words in part.checks],
    )
