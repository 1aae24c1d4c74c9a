"""Doing a verb again when the database had to choose between two of them."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")

MOST_ATTEMPTS = 5
# PostgreSQL: serialisation failure, deadlock, lock not available.
CONFLICTS = frozenset({"40001", "40P01", "55P03"})


def is_conflict(error: BaseException) -> bool:
    """Whether trying again from the beginning makes sense."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state in CONFLICTS or "database is locked" in str(error)


def retries_conflicts(verb: Callable[P, T]) -> Callable[P, T]:
    """Outermost around a verb: run it again after a deadlock or the like, at most five times.

    Inside another transaction nothing is retried: that belongs to whoever opened it.
    """

    @wraps(verb)
    def patient(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return verb(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or not is_conflict(error) or attempt == MOST_ATTEMPTS:
                    raise
                # Jitter, so that two that met do not meet again; nothing here needs to be unguessable.
                time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311
        raise AssertionError("unreachable")

    return patient
