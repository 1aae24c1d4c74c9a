"""The books between two nights: only records that the history names since the proof before are looked at.

That finds what went wrong in our own verbs within the hour, at the cost of the day's work and not of all orders. A row
changed in the database past the history is not named by it: only the proof of all rows, every night, finds that.
What was found broken is asked about in full until it holds again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Max

from ordermgmt.models import Activity, BooksMark
from ordermgmt.proofs import MOST_ROWS, Invariant, Proof, in_order, keep, latest_proofs, prove
from ordermgmt.touched import Touched

TABLE = Activity._meta.db_table
# A transaction that began earlier may commit later with lower keys; so long nothing is taken as read.
LAG = timedelta(minutes=15)
RECORDS_AT_ONCE = 5_000


def prove_changes(*, now: datetime) -> list[Proof]:
    """Prove the local invariants for what changed; safe to repeat and to stop anywhere.

    The first run only marks where the next one begins: all rows before are the night's.
    """
    end = Activity.objects.aggregate(last=Max("pk"))["last"] or 0
    mark = BooksMark.objects.filter(table=TABLE).first()
    if mark is None:
        BooksMark.objects.get_or_create(table=TABLE, defaults={"read_from": end, "read_to": end, "moved_at": now})
        return []
    numbers = touched_numbers(mark.read_from)
    broken = {code for code, proof in latest_proofs().items() if not proof.holds}
    proofs = [
        _proved(rule, numbers, now=now, in_full=rule.code in broken) for rule in in_order() if _asks(rule, broken)
    ]
    with transaction.atomic():
        keep(proofs, now=now)
        if now - mark.moved_at >= LAG:
            mark.read_from, mark.read_to, mark.moved_at = mark.read_to, end, now
            mark.save()
    return proofs


def _asks(rule: Invariant, broken: set[str]) -> bool:
    return rule.is_local or rule.code in broken


def touched_numbers(after: int) -> frozenset[str]:
    """Numbers of records that the history names after a key."""
    lines = Activity.objects.filter(pk__gt=after).order_by()
    pairs = lines.values_list("subject", "thread").distinct()
    return frozenset(number for pair in pairs for number in pair if number)


def _proved(rule: Invariant, numbers: frozenset[str], *, now: datetime, in_full: bool) -> Proof:
    if in_full:
        return prove(rule, now=now)
    parts = [prove(rule, now=now, touched=Touched(part)) for part in _parts(sorted(numbers))]
    return (
        _together(parts, Touched(numbers)) if parts else Proof(rule.code, str(rule.title), 0, [], 0.0, Touched(numbers))
    )


def _parts(numbers: Sequence[str]) -> Iterator[frozenset[str]]:
    """However much a run touched, statements stay of one size."""
    rest: Iterable[str] = iter(numbers)
    while part := frozenset(islice(rest, RECORDS_AT_ONCE)):
        yield part


def _together(parts: Sequence[Proof], touched: Touched) -> Proof:
    rows = [row for part in parts for row in part.rows][:MOST_ROWS]
    count, seconds = sum(part.count for part in parts), sum(part.seconds for part in parts)
    return replace(parts[0], count=count, rows=rows, seconds=seconds, touched=touched)
