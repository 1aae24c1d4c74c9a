"""One search for everything (ux.md 3.3): apps register searchers in `<app>/search.py`.

Order of resolution: an exact code goes straight to its record; then phone, e-mail, names and words.
Results are rows that answer the question without being opened.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote_plus

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise

from ordermgmt.models import User

GROUP_SIZE = 5
PHONE_DIGITS = 5
_PREFIXES = {"@": "customers", "#": "orders", ":": "items"}


@dataclass(frozen=True)
class Asked:
    """What was typed or scanned, looked at from every side."""

    raw: str
    text: str = field(init=False)
    group: str = field(init=False)

    def __post_init__(self) -> None:
        text = " ".join(self.raw.split())[:100]
        group = _PREFIXES.get(text[:1], "")
        object.__setattr__(self, "group", group)
        object.__setattr__(self, "text", text[1:].strip() if group else text)

    @property
    def code(self) -> str:
        """As a code: no spaces, capitals."""
        return self.text.replace(" ", "").upper()

    @property
    def digits(self) -> str:
        """Its digits, when it is a number written in any way (+46 (0)70-123 45); else nothing."""
        return re.sub(r"\D", "", self.text) if re.fullmatch(r"[\d\s+()./-]+", self.text) else ""

    @property
    def phone(self) -> str:
        """Digits to look for inside an international number: without trunk zero or dialling prefix."""
        digits = re.sub(r"\D", "", self.text.replace("(0)", "")) if self.digits else ""
        digits = digits.lstrip("0")
        return digits if len(digits) >= PHONE_DIGITS else ""

    @property
    def email(self) -> str:
        return self.text.lower() if "@" in self.text and " " not in self.text else ""

    @property
    def words(self) -> list[str]:
        """Words worth looking for: a trigram index needs three letters."""
        if self.email:
            return []
        words = self.text.split()
        return words if any(len(word) >= 3 for word in words) else []


@dataclass(frozen=True)
class Hit:
    """One result row. `state` is (look value, words); `answer` what a caller wants to know; `say` to read aloud."""

    title: str
    url: str
    subtitle: str = ""
    state: tuple[str, Any] | None = None
    answer: str = ""
    last: str = ""
    say: str = ""


class Searcher(Protocol):
    """What an app brings. Both methods use a constant number of queries."""

    def exact(self, asked: Asked, user: User) -> str:
        """Address of the one record with this very code, or nothing."""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        """Up to GROUP_SIZE + 1 rows; the last one only says that there are more."""


class Group(NamedTuple):
    key: str
    title: str | Promise
    icon: str
    permission: str
    searcher: Searcher
    list_url: str
    rank: int


@dataclass(frozen=True)
class Results:
    """The rows of one group; `more_url` opens the list with the same words."""

    group: Group
    hits: Sequence[Hit]
    more_url: str


_GROUPS: dict[str, Group] = {}


def searcher(
    key: str, title: str | Promise, *, permission: str, icon: str, list_url: str = "", rank: int = 50
) -> Callable[[type[Any]], type[Any]]:
    """Register a class of a searcher under a group. `list_url`: path of the list that takes `?q=`."""

    def register(kind: type[Any]) -> type[Any]:
        _GROUPS[key] = Group(key, title, icon, permission, kind(), list_url, rank)
        return kind

    return register


def groups_for(user: User, only: str = "") -> list[Group]:
    """The groups this person may see, in order."""
    found = [group for group in _GROUPS.values() if user.has_perm(group.permission) and only in ("", group.key)]
    return sorted(found, key=lambda group: group.rank)


def exact(asked: Asked, user: User) -> str:
    """Where an exact code leads, or nothing."""
    if not asked.code:
        return ""
    addresses = (group.searcher.exact(asked, user) for group in groups_for(user, asked.group))
    return next((address for address in addresses if address), "")


def find(asked: Asked, user: User, *, now: datetime) -> list[Results]:
    """Groups with rows, at most GROUP_SIZE each."""
    if len(asked.text) < 2:
        return []
    found = []
    for group in groups_for(user, asked.group):
        hits = list(group.searcher.find(asked, user, now))
        if hits:
            more = f"{group.list_url}?q={quote_plus(asked.text)}" if len(hits) > GROUP_SIZE and group.list_url else ""
            found.append(Results(group, hits[:GROUP_SIZE], more))
    return found


def starts_with(name: str, text: str) -> Q:
    """Rows whose field begins with a code (ASCII), in the form each database answers from a plain index."""
    if connection.vendor == "postgresql":
        return Q(**{f"{name}__startswith": text})
    return Q(**{f"{name}__gte": text, f"{name}__lt": f"{text}\U0010ffff"})


def all_words(names: Iterable[str], words: Iterable[str]) -> Q:
    """Rows in which one of the fields holds every word, in any order."""
    either = Q()
    for name in names:
        every = Q()
        for word in words:
            every &= Q(**{f"{name}__icontains": word})
        either |= every
    return either
