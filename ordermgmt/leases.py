"""Claim, finish and fail: how a job takes a row that is due, and proves that it still owns it.

The row is the queue (reliability.md 7.2): attempts are counted before the work, leases are measured
by the database's clock, and the fence keeps a worker that was thought dead from writing its late result.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from ordermgmt.models.leases import Leased

L = TypeVar("L", bound=Leased)
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)


class LeaseLost(Exception):
    """Another worker took the row over meanwhile; nothing may be written."""


@dataclass(frozen=True)
class PutOff:
    """What a handler answers when the row must wait and is due again by itself: it was not done."""

    why: str


class NoRetry(Exception):
    """The work failed in a way that trying again cannot mend."""


def database_now() -> datetime:
    """The clock all hosts share."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
            return moment.astimezone(UTC)
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0])


def due(rows: QuerySet[L], *, now: datetime) -> QuerySet[L]:
    """Rows to be worked at `now` that nobody holds, oldest first."""
    return rows.filter(_free(now)).order_by("due_at", "pk")


def claim(rows: QuerySet[L], pk: int, *, now: datetime) -> L | None:
    """Take one due row, or None when it is not due, held by another worker, or out of attempts."""
    with transaction.atomic(durable=True):
        # Closes the race of two workers answering the same bell: the second skips the locked row.
        row = rows.select_for_update(skip_locked=True, of=("self",)).filter(_free(now), pk=pk).first()
        if row is None:
            return None
        if row.attempts >= row.MAX_ATTEMPTS:
            _bury(row, now=now)
            return None
        row.attempts += 1
        row.fence += 1
        row.lease_until = database_now() + timedelta(seconds=row.LEASE_SECONDS)
        row.save(update_fields=["attempts", "fence", "lease_until"])
    return row


def finish(row: Leased, **facts: Any) -> None:
    """Inside the caller's transaction: the work is done; write `facts`. Raises LeaseLost."""
    _write(row, due_at=None, lease_until=None, last_error="", **facts)


def postpone(row: Leased, *, until: datetime, **facts: Any) -> None:
    """Inside the caller's transaction: not now, and not a failure; due at `until`. Raises LeaseLost."""
    _write(row, due_at=until, lease_until=None, attempts=row.attempts - 1, **facts)


def hold(row: Leased, **facts: Any) -> None:
    """Inside the caller's transaction: a part is done; the row stays ours, and tries are counted anew. Raises LeaseLost."""
    until = database_now() + timedelta(seconds=row.LEASE_SECONDS)
    _write(row, lease_until=until, attempts=1, **facts)


def fail(
    row: Leased, error: BaseException | str, *, now: datetime, spread: Callable[[], float] = random.random
) -> bool:
    """The work failed: due again after a growing pause, or dead when it cannot or may not be tried again.

    Returns whether the row will be tried again. `spread` gives the jitter, from 0 to 1.
    """
    words = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    if isinstance(error, NoRetry) or row.attempts >= row.MAX_ATTEMPTS:
        _bury(row, now=now, words=words)
        return False
    _write(row, due_at=now + pause(row.attempts, spread()), lease_until=None, last_error=words)
    return True


def revive(row: Leased, *, now: datetime) -> None:
    """Inside the caller's transaction: a dead row is tried again from the start."""
    facts = {"due_at": now, "attempts": 0, "dead_at": None, "lease_until": None, **row.WHEN_ALIVE}
    type(row)._default_manager.filter(pk=row.pk).update(**facts)


def pause(attempts: int, spread: float) -> timedelta:
    """30 s, 1, 2, 4 … minutes up to an hour, each between half and the whole of it."""
    whole: timedelta = min(FIRST_RETRY * 2 ** max(0, attempts - 1), LONGEST_RETRY)
    return whole * (0.5 + spread / 2)


def _free(now: datetime) -> Q:
    return Q(due_at__lte=now, dead_at=None) & (Q(lease_until=None) | Q(lease_until__lt=database_now()))


def _bury(row: Leased, *, now: datetime, words: str = "") -> None:
    words = words or row.last_error or "The work ended without an answer each time it was tried."
    _write(row, dead_at=now, due_at=None, lease_until=None, last_error=words, **row.WHEN_DEAD)


def _write(row: Leased, **facts: Any) -> None:
    kept = type(row)._default_manager.filter(pk=row.pk, fence=row.fence)
    if not kept.update(**facts):
        raise LeaseLost(f"{row} was taken over by another worker")
    for name, value in facts.items():
        setattr(row, name, value)
