"""Database guards beyond constraints, used by migrations: append-only tables and number sequences."""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ordermgmt.numbering import SEQUENCES

APPEND_ONLY = {
    "ordermgmt": "ordermgmt_activity",
    "inventory": "inventory_stockmovement",
    "orders": "orders_subscriptionevent",
}

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


def guard_sql(table: str, vendor: str) -> list[str]:
    """Statements that make `table` append-only."""
    if vendor == "postgresql":
        return [_POSTGRESQL.format(table=table)]
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete")
    ]


def unguard_sql(table: str, vendor: str) -> list[str]:
    """Statements that lift the guard (backwards migration, emptying a test database)."""
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"]
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def _runner(sql_of: Callable[[str, str], list[str]], table: str) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in sql_of(table, editor.connection.vendor):
            editor.execute(statement.replace("%", "%%"), params=())

    return run


def guard(table: str) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    return _runner(guard_sql, table)


def unguard(table: str) -> Callable[[Any, BaseDatabaseSchemaEditor], None]:
    return _runner(unguard_sql, table)


def create_sequences(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for key, start in SEQUENCES.items():
            editor.execute(f"CREATE SEQUENCE IF NOT EXISTS number_{key.lower()} START {start + 1}")


def drop_sequences(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for key in SEQUENCES:
            editor.execute(f"DROP SEQUENCE IF EXISTS number_{key.lower()}")
