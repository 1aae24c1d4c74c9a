"""Reading a database that others write to as if it stood still."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# A part of a proof ends long before the job that asks it is stopped.
LONGEST_SECONDS = 120


@contextmanager
def snapshot() -> Iterator[None]:
    """All questions inside see one state of the database; nothing may be written. Nothing more inside a transaction."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            _hold_still()
            yield
    else:
        yield from _reading_sqlite()


def _hold_still() -> None:
    limit = LONGEST_SECONDS * 1000
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = {limit}")
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = {limit}")


def _reading_sqlite() -> Iterator[None]:
    """A deferred transaction: `atomic` would keep everybody else from writing."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
