"""The proof of all rows in parts that each end soon, however many rows there are (reliability.md 7.2).

Where a round stands is written down after every part: a worker that is stopped or killed costs the part it was at.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from ordermgmt.jobs import Context
from ordermgmt.leases import LeaseLost, claim, due, finish, hold, postpone
from ordermgmt.models import BooksRound, ProofScope
from ordermgmt.proofs import Invariant, SoFar, in_order, keep, latest_proofs, prove_part

# After so long a run stops at the end of a part and leaves the rest to the next one; a job may take 280 seconds.
BUDGET = timedelta(seconds=140)


class BooksBroken(Exception):
    """At least one invariant does not hold."""


def open_round(*, now: datetime, by: str = "") -> BooksRound:
    """The round that is being worked, or a new one."""
    there = BooksRound.objects.filter(is_open=True).first()
    if there:
        return there
    try:
        with transaction.atomic():
            # Closes the race of two that begin one: UNIQUE lets one through.
            return BooksRound.objects.create(began_at=now, asked_by=by, due_at=now)
    except IntegrityError:
        return BooksRound.objects.get(is_open=True)


def work_round(ctx: Context) -> dict[str, Any]:
    """Go on with the round that waits, for as long as one run may take. Raises BooksBroken when it ends with findings."""
    waiting = due(BooksRound.objects.all(), now=ctx.now).first()
    row = claim(BooksRound.objects.all(), waiting.pk, now=ctx.now) if waiting else None
    if row is None:
        return {}
    began = time.monotonic()
    try:
        is_over = _work(row, ctx, lambda: time.monotonic() - began > BUDGET.total_seconds())
    except LeaseLost:
        return {"lost": 1}
    return _said(row) if is_over else {"proved": _done(row), "of": len(in_order())}


def _work(row: BooksRound, ctx: Context, is_late: Callable[[], bool]) -> bool:
    """Says whether the round is over. At least one part is done, however little time there is."""
    last = in_order()[-1].code
    for rule in [rule for rule in in_order() if rule.code > row.proved]:
        for so_far in _parts(rule, row, ctx.now):
            _note(row, rule, so_far, ctx.now)
            if is_late() and row.proved != last:
                postpone(row, until=ctx.now)
                return False
        ctx.progress(_done(row), len(in_order()))
    finish(row, finished_at=ctx.now, is_open=False)
    return True


def _parts(rule: Invariant, row: BooksRound, now: datetime) -> Iterator[SoFar]:
    """What is known after each part, from where the round stands."""
    so_far = SoFar(row.first, row.count, row.rows, row.seconds)
    while so_far.first is not None:
        so_far = prove_part(rule, so_far, now=now)
        yield so_far


@transaction.atomic
def _note(row: BooksRound, rule: Invariant, so_far: SoFar, now: datetime) -> None:
    """Where the round stands; the last part of an invariant becomes its proof, once."""
    if so_far.first is not None:
        hold(row, first=so_far.first, count=so_far.count, rows=so_far.rows, seconds=so_far.seconds)
        return
    hold(row, proved=rule.code, first=0, count=0, rows=[], seconds=0.0)
    keep([so_far.proof(rule)], now=now)


def _done(row: BooksRound) -> int:
    return sum(rule.code <= row.proved for rule in in_order())


def _said(row: BooksRound) -> dict[str, Any]:
    proofs = latest_proofs(ProofScope.FULL)
    broken = [rule.code for rule in in_order() if rule.code in proofs and not proofs[rule.code].holds]
    if broken:
        raise BooksBroken(", ".join(broken))
    return {"invariants": len(in_order())}


def round_in_work() -> tuple[int, int] | None:
    """How many invariants of how many are proved, while a round is open."""
    row = BooksRound.objects.filter(is_open=True).first()
    return (_done(row), len(in_order())) if row else None
