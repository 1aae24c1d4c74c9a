"""The books: every invariant is a question whose answer is the rows that break it."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Max, QuerySet

from ordermgmt.models.operations import BooksProof, ProofScope
from ordermgmt.snapshots import snapshot
from ordermgmt.touched import EVERYTHING, Span, Touched

MOST_ROWS = 50
# Records of each kind that one part of a proof looks at: some seconds of work.
SPAN = 20_000
Breakers = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class Invariant:
    """`is_local`: it holds or breaks for each record by itself, so what was not touched need not be looked at again."""

    code: str
    title: Any
    breakers: Breakers
    is_local: bool = False


@dataclass(frozen=True)
class Proof:
    """What was found: `rows` shows at most MOST_ROWS of `count`."""

    code: str
    title: str
    count: int
    rows: list[Any]
    seconds: float
    touched: Touched = EVERYTHING

    @property
    def holds(self) -> bool:
        return self.count == 0

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "holds": self.holds,
            "count": self.count,
            "rows": self.rows,
        }


REGISTRY: dict[str, Invariant] = {}


class CodeTaken(Exception):
    """Two invariants carry the same code."""


def invariant(code: str, title: Any, *, is_local: bool = False) -> Callable[[Breakers], Breakers]:
    """Register a function(now) that gives the rows breaking the rule: a queryset, or dicts.

    A local one is function(now, touched) and narrows what it reads.
    """

    def register(function: Breakers) -> Breakers:
        known = REGISTRY.get(code)
        if known and known.breakers.__qualname__ != function.__qualname__:
            raise CodeTaken(code)
        REGISTRY[code] = Invariant(code, title, function, is_local)
        return function

    return register


def in_order() -> list[Invariant]:
    return [REGISTRY[code] for code in sorted(REGISTRY)]


def prove(rule: Invariant, *, now: datetime, touched: Touched = EVERYTHING) -> Proof:
    """Ask one invariant. A question that fails is itself a finding, never a pass."""
    began = time.perf_counter()
    try:
        # Rules compare what several questions answer: nothing may change between them.
        with snapshot():
            count, rows = _ask(rule, now, touched)
    except Exception as error:
        count, rows = 1, [{"error": f"{type(error).__name__}: {error}"}]
    return Proof(rule.code, str(rule.title), count, rows, time.perf_counter() - began, touched)


@dataclass(frozen=True)
class SoFar:
    """What is known of one invariant while it is proved part by part; `first` is where the next part begins, if any."""

    first: int | None = 0
    count: int = 0
    rows: list[Any] = field(default_factory=list)
    seconds: float = 0.0

    def proof(self, rule: Invariant) -> Proof:
        return Proof(rule.code, str(rule.title), self.count, self.rows, self.seconds)


def prove_part(rule: Invariant, so_far: SoFar, *, now: datetime) -> SoFar:
    """The next part of a proof over all rows: a span of records, or everything where a rule is not local."""
    first = so_far.first or 0
    span = Span(first, first + SPAN - 1) if rule.is_local else None
    part = prove(rule, now=now, touched=Touched(span=span))
    following = span.next_first() if span else None
    rows = [*so_far.rows, *part.rows][:MOST_ROWS]
    return SoFar(following, so_far.count + part.count, rows, so_far.seconds + part.seconds)


def check_books(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> list[Proof]:
    """Prove every invariant over all rows and keep the history that managers see, each as soon as it is known."""
    rules = in_order()
    proofs = []
    for done, rule in enumerate(rules, start=1):
        so_far = SoFar()
        while so_far.first is not None:
            so_far = prove_part(rule, so_far, now=now)
        proofs.append(so_far.proof(rule))
        keep(proofs[-1:], now=now)
        if progress:
            progress(done, len(rules))
    return proofs


def keep(proofs: Iterable[Proof], *, now: datetime) -> None:
    BooksProof.objects.bulk_create(
        BooksProof(checked_at=now, holds=proof.holds, seconds=proof.seconds, **_kept(proof)) for proof in proofs
    )


def _kept(proof: Proof) -> dict[str, Any]:
    numbers = proof.touched.numbers
    seen = {"scope": ProofScope.FULL} if numbers is None else {"scope": ProofScope.CHANGES, "looked_at": len(numbers)}
    return {"code": proof.code, "title": proof.title, "count": proof.count, "rows": proof.rows, **seen}


def _ask(rule: Invariant, now: datetime, touched: Touched) -> tuple[int, list[Any]]:
    found = rule.breakers(now, touched) if rule.is_local else rule.breakers(now)
    if isinstance(found, QuerySet):
        rows = list(found[: MOST_ROWS + 1])
        count = len(rows) if len(rows) <= MOST_ROWS else found.count()
        return count, [_row(row) for row in rows[:MOST_ROWS]]
    iterator = iter(found)
    rows = list(islice(iterator, MOST_ROWS))
    return len(rows) + sum(1 for _ in iterator), [_row(row) for row in rows]


def _row(row: Any) -> Any:
    if isinstance(row, models.Model):
        return {"model": row._meta.label, "id": row.pk, "record": str(row)}
    facts = dict(row) if isinstance(row, Mapping) else {"record": row if isinstance(row, int | str) else str(row)}
    return json.loads(json.dumps(facts, cls=DjangoJSONEncoder, default=str))


def latest_proofs(scope: str = "") -> dict[str, BooksProof]:
    """The last proof of each invariant (in one scope), by code."""
    rows = BooksProof.objects.filter(scope=scope) if scope else BooksProof.objects.all()
    newest = rows.order_by().values("code").annotate(pk_=Max("pk")).values_list("pk_", flat=True)
    return {proof.code: proof for proof in BooksProof.objects.filter(pk__in=newest)}


def broken_now(since: datetime | None = None) -> list[BooksProof]:
    """Invariants that their last proof (at or after an instant) found broken, in order of code."""
    proofs = latest_proofs().items()
    return [
        p for code, p in sorted(proofs) if code in REGISTRY and not p.holds and (not since or p.checked_at >= since)
    ]


def all_proved_at() -> datetime | None:
    """All rows of every invariant were proved at or after this instant; None when nothing was ever proved."""
    proved = [proof.checked_at for code, proof in latest_proofs(ProofScope.FULL).items() if code in REGISTRY]
    return min(proved, default=None)
