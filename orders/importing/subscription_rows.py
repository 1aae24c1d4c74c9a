"""The rows of a file of subscriptions: read, tidied, and every fault named by row and column."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext as _

from ordermgmt.importing import cells
from ordermgmt.importing.kinds import Column, Wrong, tidy_label
from ordermgmt.importing.reading import Unreadable, read_table
from orders.billing_states import EventKind, IntervalUnit, SubscriptionStatus
from orders.periods import Interval

POSTAL = ("name", "company", "line1", "line2", "postcode", "city", "region", "country")
STATES = {
    "active": SubscriptionStatus.ACTIVE,
    "paused": SubscriptionStatus.PAUSED,
    "cancelled": SubscriptionStatus.CANCELLED,
    "canceled": SubscriptionStatus.CANCELLED,
    "expired": SubscriptionStatus.EXPIRED,
}
# What a line of history elsewhere is called here.
HISTORY = {
    "started": EventKind.STARTED,
    "delivered": EventKind.ORDERED,
    "skipped": EventKind.SKIPPED,
    "moved": EventKind.MOVED,
    "paused": EventKind.PAUSED,
    "resumed": EventKind.RESUMED,
    "cancelled": EventKind.CANCELLED,
    "reactivated": EventKind.REACTIVATED,
    "changed": EventKind.CONTENT,
    "note": EventKind.NOTE,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Row as a spreadsheet shows it, the head of the column, and what to write."""

    row: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of history: on a day, and the rest of it in words."""

    on: date
    kind: str
    words: str


@dataclass(slots=True)
class WantedRow:
    """One subscription of the file; `values` by the names of the columns."""

    number: int
    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def runs(self) -> bool:
        """Whether a next delivery is to come one day."""
        return self["status"] in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)

    @property
    def interval(self) -> Interval | None:
        return Interval(self["every"], self["unit"]) if self["every"] and self["unit"] else None

    @property
    def postal(self) -> dict[str, str]:
        return {name: self[name] or "" for name in POSTAL}


def unit(cell: str) -> str:
    word = cell.lower().rstrip("s")
    if word not in IntervalUnit.values:
        raise Wrong(_("write day, week, month or year"))
    return word


def currency(cell: str) -> str:
    if len(cell) != 3 or not cell.isalpha():
        raise Wrong(_("write three letters, like EUR"))
    return cell.upper()


def price(cell: str) -> Decimal:
    return cells.amount("CLF")(cell)  # four places; checked against its own currency when the row is complete


def history(cell: str) -> list[Happened]:
    """`2026-01-05 delivered; 2026-02-05 skipped: on holiday`."""
    return [_happened(part.strip()) for part in cell.split(";") if part.strip()]


def _happened(part: str) -> Happened:
    day, _space, rest = part.partition(" ")
    word, _colon, words = rest.partition(":")
    kind = HISTORY.get(word.strip().lower())
    if kind is None:
        raise Wrong(_("“%(part)s” is not a day and one of: %(words)s") % {"part": part, "words": ", ".join(HISTORY)})
    return Happened(cells.day(day), kind, words.strip())


def _column(name: str, parse: Callable[[str], Any], empty: Any = "", *aliases: str, required: bool = False) -> Column:
    return Column(name=name, label=name, parse=parse, empty=empty, aliases=aliases, required=required)


COLUMNS = (
    _column("external_id", cells.text(120), "", "id", "subscription id", required=True),
    _column("customer", cells.text(20)),
    _column("email", cells.text(254), "", "e-mail"),
    _column("plan", cells.text(20), "", "plan number", required=True),
    _column("currency", currency, "", required=True),
    _column("status", cells.one_of(STATES), None, "state", required=True),
    _column("boxes", cells.units(1000, 1), 1, "quantity"),
    _column("every", cells.units(1000, 1), None, "order interval frequency"),
    _column("unit", unit, None, "order interval unit"),
    _column("next_on", cells.day, None, "next delivery", "next charge scheduled at"),
    _column("anchor_day", cells.units(31, 1), None, "order day of month"),
    _column("started_on", cells.day, None, "created at"),
    _column("resumes_on", cells.day, None),
    _column("ends_on", cells.day, None),
    _column("cancelled_on", cells.day, None, "cancelled at"),
    _column("cancel_reason", cells.text(40), "", "cancellation reason"),
    _column("delivered", cells.units(10_000), 0),
    _column("owed", cells.units(1000), 0, "paid and not sent"),
    _column("price", price, None),
    _column("payment_days", cells.units(365), 14),
    _column("note", cells.text(5000)),
    _column("history", history, []),
    *(_column(name, cells.country if name == "country" else cells.text(200)) for name in POSTAL),
)


def read_rows(file: IO[bytes], size: int) -> tuple[list[WantedRow], list[Fault], list[str]]:
    """All rows, all faults of single cells, and heads that are not ours. Raises Unreadable."""
    table = read_table(file, size)
    names = {tidy_label(word): column for column in COLUMNS for word in (column.name, *column.aliases)}
    heads = [names.get(tidy_label(label)) for label in table.head]
    missing = [column.name for column in COLUMNS if column.required and column not in heads]
    if missing:
        raise Unreadable(_("The column %(labels)s is missing.") % {"labels": ", ".join(missing)})
    left_out = [label for label, column in zip(table.head, heads, strict=True) if column is None and label]
    faults: list[Fault] = []
    rows = [_row(number, texts, heads, faults) for number, texts in table.walk() if any(texts)]
    faults += _twice(rows)
    return rows, faults, left_out


def _row(number: int, texts: Any, heads: list[Column | None], faults: list[Fault]) -> WantedRow:
    row = WantedRow(number, {column.name: column.empty for column in COLUMNS})
    for column, cell in zip(heads, texts, strict=False):
        if column is None:
            continue
        try:
            row.values[column.name] = column.parse(cells.plain(cell)) if cell.strip() else column.empty
        except Wrong as wrong:
            faults.append(Fault(number, column.name, str(wrong)))
    faults += _missing(row)
    return row


def _missing(row: WantedRow) -> Iterator[Fault]:
    names = [column.name for column in COLUMNS if column.required]
    names += ["next_on"] if row.runs and not row["resumes_on"] else []
    for name in names:
        if not row[name]:
            yield Fault(row.number, name, str(_("write something here")))
    if bool(row["every"]) != bool(row["unit"]):
        yield Fault(row.number, "every", str(_("write both how many and the unit, or neither")))


def _twice(rows: list[WantedRow]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for row in rows:
        key = row["external_id"]
        if key and key in seen:
            yield Fault(row.number, "external_id", str(_("the same as in row %(row)d") % {"row": seen[key]}))
        seen.setdefault(key, row.number)
