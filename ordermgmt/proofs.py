"""The books: every invariant is a question whose answer is the rows that break it."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import QuerySet

from ordermgmt.models.operations import BooksProof

MOST_ROWS = 50


@dataclass(frozen=True)
class Invariant:
    code: str
    title: Any
    breakers: Callable[[datetime], Iterable[Any]]


@dataclass(frozen=True)
class Proof:
    """What was found: `rows` shows at most MOST_ROWS of `count`."""

    code: str
    title: str
    count: int
    rows: list[Any]
    seconds: float

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


def invariant(
    code: str, title: Any
) -> Callable[[Callable[[datetime], Iterable[Any]]], Callable[[datetime], Iterable[Any]]]:
    """Register a function(now) that gives the rows breaking the rule: a queryset, or dicts."""

    def register(function: Callable[[datetime], Iterable[Any]]) -> Callable[[datetime], Iterable[Any]]:
        known = REGISTRY.get(code)
        if known and known.breakers.__qualname__ != function.__qualname__:
            raise CodeTaken(code)
        REGISTRY[code] = Invariant(code, title, function)
        return function

    return register


def in_order() -> list[Invariant]:
    return [REGISTRY[code] for code in sorted(REGISTRY)]


def prove(rule: Invariant, *, now: datetime) -> Proof:
    """Ask one invariant. A question that fails is itself a finding, never a pass."""
    began = time.perf_counter()
    try:
        count, rows = _ask(rule, now)
    except Exception as error:
        count, rows = 1, [{"error": f"{type(error).__name__}: {error}"}]
    return Proof(rule.code, str(rule.title), count, rows, time.perf_counter() - began)


def check_books(*, now: datetime, progress: Callable[[int, int], None] | None = None) -> list[Proof]:
    """Prove every invariant and keep the history that managers see."""
    rules = in_order()
    proofs = []
    for done, rule in enumerate(rules, start=1):
        proofs.append(prove(rule, now=now))
        if progress:
            progress(done, len(rules))
    BooksProof.objects.bulk_create(
        BooksProof(checked_at=now, holds=proof.holds, seconds=proof.seconds, **_kept(proof)) for proof in proofs
    )
    return proofs


def _kept(proof: Proof) -> dict[str, Any]:
    return {"code": proof.code, "title": proof.title, "count": proof.count, "rows": proof.rows}


def _ask(rule: Invariant, now: datetime) -> tuple[int, list[Any]]:
    found = rule.breakers(now)
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
