"""The same request twice has one effect and one answer (reliability.md P62)."""

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from ordermgmt.models.api import IdempotencyKey

P = ParamSpec("P")
R = TypeVar("R")
LONGEST_KEY = 200


class KeyReused(Exception):
    """This idempotency key was used for another request before."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it is stored: status and JSON body."""

    status: int
    body: Any
    is_replay: bool = False


def once(
    *, principal: str, route: str, key: str, request: bytes, effect: Callable[[], Answer], now: datetime
) -> Answer:
    """Run `effect` and keep its answer, in one transaction; a later call with the same key replays it.

    The key row goes in first: a second request waits on it until the first has committed, and runs
    by itself when the first was rolled back. Raises KeyReused when the request differs.
    """
    digest = hashlib.sha256(request).hexdigest()
    row = IdempotencyKey(principal=principal, route=route, key=key, request_hash=digest, created_at=now)
    with transaction.atomic(durable=True):
        # Closes the race of two equal requests: ON CONFLICT DO NOTHING waits for the other's commit.
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
        # The lock is held until the answer is stored.
        kept = IdempotencyKey.objects.select_for_update().get(principal=principal, route=route, key=key)
        if kept.request_hash != digest:
            raise KeyReused(key)
        if kept.status is not None:
            return Answer(kept.status, kept.body, is_replay=True)
        answer = effect()
        IdempotencyKey.objects.filter(pk=kept.pk).update(status=answer.status, body=answer.body)
    return answer


def inside(verb: Callable[P, R]) -> Callable[P, R]:
    """The body of a verb, to run in the transaction that `once` has opened."""
    body: Callable[P, R] = inspect.unwrap(verb)
    return body
