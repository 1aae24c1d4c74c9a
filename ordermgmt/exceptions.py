"""What a person must decide, grouped by cause: rules that apps register in `<app>/exceptions.py`.

A rule looks at all rows with a constant number of queries and tells each cause that is there now, with its rows
counted and added up by the database. The job `exceptions` (exception_jobs.py) keeps one item per rule and cause,
opens it, follows it and closes it by itself when the cause is gone. Events nobody must act upon are not exceptions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from ordermgmt.blocking import Fix
from ordermgmt.roles import Role

if TYPE_CHECKING:
    from ordermgmt.models import ExceptionItem

# Rows of one cause that are kept by number; their count and sums are of all.
MOST_SUBJECTS = 500


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One cause that is there now.

    `key`: the same as long as it is the same trouble ("" when the rule knows only one), at most 120 letters.
    `subjects`: numbers of the records it touches, at most MOST_SUBJECTS; `count`: how many there are (default: those).
    `since`: since when the oldest of them waits. `amounts`: money at risk by currency. `facts`: JSON values for words.
    `target_at` and `owner_role` when they differ from the rule's.
    """

    key: str = ""
    since: datetime
    subjects: Sequence[str] = ()
    count: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    target_at: datetime | None = None
    owner_role: str = ""

    @property
    def rows(self) -> int:
        return self.count or len(self.subjects)


class Row(NamedTuple):
    """One record behind an item, as the inbox shows it: what it is, where it is, why it waits, what is at stake."""

    number: str
    url: str
    words: str = ""
    amount: str = ""


class Ending(NamedTuple):
    """Why a cause is gone: a translatable sentence with its facts."""

    sentence: str
    facts: Mapping[str, Any] = {}


class ExceptionRule:
    """One kind of trouble. `target`: by when it should be solved, counted from `since`. `permission`: whose rows they are.

    Everything but `causes` reads the stored item alone (`cause`, `count`, `facts`, `amounts`), in the reader's language.
    """

    name: ClassVar[str]
    title: ClassVar[Any]
    owner_role: ClassVar[str] = Role.SUPPORT
    target: ClassVar[timedelta] = timedelta(hours=4)
    tone: ClassVar[str] = "warn"
    permission: ClassVar[str] = "orders.view"
    # Looks every so many minutes; more where looking is dear.
    every: ClassVar[int] = 1

    def causes(self, now: datetime) -> Iterable[Cause]:
        """What is wrong now: a constant number of queries, however many rows."""
        raise NotImplementedError

    def sentence(self, item: "ExceptionItem") -> str:
        """What + how many: "23 orders wait for OAT-1L"."""
        raise NotImplementedError

    def why(self, item: "ExceptionItem") -> str:
        """So what, or what is known about it: "240 are due on PO-551 on 24 Nov"."""
        return ""

    def rows_url(self, item: "ExceptionItem") -> str:
        """The list of exactly the rows it counts."""
        return ""

    def rows(self, item: "ExceptionItem", now: datetime) -> Sequence[Row]:
        """The first rows, for the page of the item: a constant number of queries."""
        return ()

    def fixes(self, item: "ExceptionItem") -> Sequence[Fix]:
        """What mends it, the best first; `effect` says what it will do."""
        return ()

    def endings(self, items: Sequence["ExceptionItem"], now: datetime) -> Mapping[int, Ending]:
        """Why the causes of these items are gone, by item id, where the rule knows better than the records' history."""
        return {}


REGISTRY: dict[str, ExceptionRule] = {}
R = TypeVar("R", bound=type[ExceptionRule])


class NameTaken(Exception):
    """Two rules carry the same name."""


def exception_rule(rule: R) -> R:
    """Register a rule."""
    known = REGISTRY.get(rule.name)
    if known and type(known).__qualname__ != rule.__qualname__:
        raise NameTaken(rule.name)
    REGISTRY[rule.name] = rule()
    return rule


def in_order() -> list[ExceptionRule]:
    return [REGISTRY[name] for name in sorted(REGISTRY)]


def names_for(reader: Any) -> list[str]:
    """The rules whose rows this person may see."""
    return [rule.name for rule in in_order() if reader.has_perm(rule.permission)]
