"""The books of the demo card network: a file of its own beside the database, as a provider has its own.

It remembers what it was asked by key, so that asking twice moves money once; it also survives the process.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS move (key TEXT PRIMARY KEY, reference TEXT UNIQUE, about TEXT, kind TEXT, amount TEXT,
    currency TEXT, at TEXT, code TEXT);
CREATE INDEX IF NOT EXISTS move_at ON move (at);
CREATE INDEX IF NOT EXISTS move_about ON move (about);
CREATE TABLE IF NOT EXISTS page (reference TEXT PRIMARY KEY, key TEXT UNIQUE, wish TEXT, state TEXT, at TEXT, card TEXT);
"""
CHARGE, REFUND = "charge", "refund"
OPEN, DONE, CLOSED = "open", "done", "closed"
_pretended: ContextVar[datetime | None] = ContextVar("demo_cards_now", default=None)


@contextmanager
def acting_at(moment: datetime) -> Iterator[None]:
    """What the network is asked meanwhile happened then: for the history of a demo shop."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def clock() -> datetime:
    return _pretended.get() or datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Move:
    """Money asked for (a charge) or given back (of the charge `about`). `code`: why the bank said no; empty: it moved."""

    key: str
    reference: str
    kind: str
    amount: Decimal
    currency: str
    at: datetime
    about: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class PageRow:
    """A page on which a customer pays; `card` is the one that was chosen."""

    reference: str
    wish: Mapping[str, Any]
    state: str
    at: datetime
    card: str = ""


@dataclass(frozen=True)
class Network:
    """One file. Every call is a transaction of its own; a second writer waits for the first."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.row_factory = sqlite3.Row
            connection.executescript(TABLES)
            yield connection

    def forget(self) -> None:
        """Everything: for a demo shop that begins anew."""
        with self._open() as db:
            db.execute("DELETE FROM move")
            db.execute("DELETE FROM page")

    def keep(self, *moves: Move) -> None:
        """Once per key: what is known stays as it is."""
        names = ("key", "reference", "about", "kind", "amount", "currency", "at", "code")
        rows = [
            asdict(move) | {"amount": str(move.amount), "at": move.at.astimezone(UTC).isoformat()} for move in moves
        ]
        with self._open() as db:
            marks = ", ".join(f":{name}" for name in names)
            db.executemany(f"INSERT OR IGNORE INTO move ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608

    def by_key(self, key: str) -> Move | None:
        return next(self._moves("key = ?", key), None)

    def by_reference(self, reference: str) -> Move | None:
        return next(self._moves("reference = ?", reference), None)

    def refunds_of(self, reference: str) -> list[Move]:
        return list(self._moves("about = ?", reference))

    def moved_since(self, since: datetime) -> list[Move]:
        """What moved money, the oldest first."""
        return list(self._moves("at >= ? AND code = ''", since.astimezone(UTC).isoformat()))

    def _moves(self, where: str, *values: str) -> Iterator[Move]:
        with self._open() as db:
            rows = db.execute(f"SELECT * FROM move WHERE {where} ORDER BY at, key", values).fetchall()  # noqa: S608
        for row in rows:
            facts = dict(row)
            yield Move(**{**facts, "amount": Decimal(facts["amount"]), "at": datetime.fromisoformat(facts["at"])})

    def keep_page(self, reference: str, key: str, wish: Mapping[str, Any], *, at: datetime) -> PageRow:
        """The same key opens the same page."""
        with self._open() as db:
            values = (reference, key, json.dumps(dict(wish)), OPEN, at.astimezone(UTC).isoformat(), "")
            db.execute(
                "INSERT OR IGNORE INTO page (reference, key, wish, state, at, card) VALUES (?, ?, ?, ?, ?, ?)", values
            )
            (found,) = db.execute("SELECT reference FROM page WHERE key = ?", (key,)).fetchone()
        page = self.page(found)
        assert page is not None  # noqa: S101 - written above
        return page

    def page(self, reference: str) -> PageRow | None:
        with self._open() as db:
            row = db.execute("SELECT * FROM page WHERE reference = ?", (reference,)).fetchone()
        return _page(row) if row else None

    def pages_done_since(self, since: datetime) -> list[PageRow]:
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM page WHERE state = ? AND at >= ?", (DONE, since.astimezone(UTC).isoformat())
            )
            return [_page(row) for row in rows.fetchall()]

    def decide_page(self, reference: str, state: str, *, card: str = "", at: datetime) -> None:
        """Once: a page that is over stays so."""
        with self._open() as db:
            values = (state, card, at.astimezone(UTC).isoformat(), reference, OPEN)
            db.execute("UPDATE page SET state = ?, card = ?, at = ? WHERE reference = ? AND state = ?", values)


def _page(row: sqlite3.Row) -> PageRow:
    at = datetime.fromisoformat(row["at"])
    return PageRow(
        reference=row["reference"], wish=json.loads(row["wish"]), state=row["state"], at=at, card=row["card"]
    )
