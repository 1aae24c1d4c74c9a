"""What can be imported: the registry of kinds, their columns, and what a row becomes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ordermgmt.importing.reading import Unreadable
from ordermgmt.models import User

Complain = Callable[[int, str, str], None]


class Wrong(Exception):
    """A cell does not hold what its column asks for; the sentence says what to write."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """`name` is the fact, `label` the head in files, `parse` turns a cell into a value, `empty` stands for an empty one."""

    name: str
    label: str
    parse: Callable[[str], Any]
    empty: Any = ""
    required: bool = False
    hint: str | Promise = ""
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Row:
    """A row of the file: values by fact, only of columns that the file has."""

    number: int
    values: dict[str, Any]


@dataclass(slots=True)
class Plan:
    """What a row does: `record` is the kind's own; `changes` maps words to (old, new); neither new nor changed is a no-op."""

    row: Row
    title: str
    is_new: bool
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    record: Any = None

    @property
    def is_change(self) -> bool:
        return not self.is_new and bool(self.changes)


@dataclass(frozen=True, kw_only=True)
class Applying:
    """Who applies which run, and when; None as run means a preview."""

    run_id: int
    by: User | str
    now: datetime
    file_name: str


class ImportKind(ABC):
    """One kind of file. `plan` reads the database once for a chunk; `write` writes a chunk with a constant number of statements."""

    slug: ClassVar[str]
    title: ClassVar[str | Promise]
    hint: ClassVar[str | Promise] = ""
    permission: ClassVar[str]
    export_permission: ClassVar[str]
    columns: ClassVar[Sequence[Column]]
    # The columns that name the record, for finding the same one twice in a file.
    key: ClassVar[Sequence[str]]

    def key_of(self, row: Row) -> Hashable | None:
        parts = tuple(row.values.get(name) for name in self.key)
        return parts if any(part not in (None, "") for part in parts) else None

    @abstractmethod
    def plan(self, rows: Sequence[Row], complain: Complain, *, lock: bool) -> list[Plan]:
        """What each row does; `complain` notes row, column and words of what is wrong. With `lock` just before `write`."""

    @abstractmethod
    def write(self, plans: Sequence[Plan], applying: Applying) -> None:
        """Inside the caller's transaction: make the records new or changed."""

    @abstractmethod
    def export(self) -> Iterator[Sequence[Any]]:
        """Every record as cells in the order of `columns`."""

    def extra_column(self, label: str) -> Column | None:
        """A column whose head is a pattern, such as a price in any currency."""
        return None

    def match(self, head: Iterable[str]) -> tuple[list[Column | None], list[str]]:
        """The column of each place of the file (None: not ours), and the heads that are left out. Raises Unreadable."""
        names = self._names()
        matched = [names.get(tidy_label(label)) or self.extra_column(label) for label in head]
        found = [column for column in matched if column]
        if twice := next((column for at, column in enumerate(found) if column in found[:at]), None):
            raise Unreadable(_("The column %(label)s is there twice.") % {"label": twice.label})
        missing = [column.label for column in self.columns if column.required and column not in found]
        if missing:
            words = _("The column %(labels)s is missing. The first row must hold the names of the columns: %(all)s.")
            every = ", ".join(column.label for column in self.columns)
            raise Unreadable(words % {"labels": ", ".join(missing), "all": every})
        left_out = [label for label, column in zip(head, matched, strict=True) if column is None and label]
        return matched, left_out

    def _names(self) -> dict[str, Column]:
        return {
            tidy_label(name): column for column in self.columns for name in (column.label, column.name, *column.aliases)
        }


def tidy_label(label: str) -> str:
    return "".join(letter for letter in label.lower() if letter.isalnum())


KINDS: dict[str, ImportKind] = {}


def import_kind(kind: type[ImportKind]) -> type[ImportKind]:
    """Register a kind; the registry keeps the order in which apps bring them."""
    KINDS[kind.slug] = kind()
    return kind


def differences(record: Any, facts: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
    """Facts that differ from a record, under the words of their columns."""
    return {
        labels.get(name, name): (getattr(record, name), value)
        for name, value in facts.items()
        if getattr(record, name) != value
    }
