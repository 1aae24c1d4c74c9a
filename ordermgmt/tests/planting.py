"""Planting faults that constraints and triggers would refuse: the table without its guards."""

from typing import Any

from django.db import connection, models

from ordermgmt.leases import database_now
from ordermgmt.proofs import REGISTRY, Proof, prove


def lift_guards(model: type[models.Model]) -> None:
    """Until the test's transaction is rolled back: same rows, no constraint but the key, no trigger."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_guarded")
        cursor.execute(f"CREATE TABLE {table} AS SELECT * FROM {table}_guarded")
        if connection.vendor == "postgresql":
            # Grouping by the key alone needs to know that it is one.
            cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({model._meta.pk.column})")


def plant(row: models.Model, **facts: Any) -> None:
    """A copy of `row` with another key and these facts, written past all guards."""
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    columns |= {"id": (row.pk or 0) + 100_000} | facts
    type(row)._default_manager.bulk_create([type(row)(**columns)])


def found(code: str, now: Any = None) -> Proof:
    """What the invariant with this code says."""
    return prove(REGISTRY[code], now=now or database_now())
