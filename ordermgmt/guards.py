"""Database guards beyond constraints, used by migrations: append-only tables and number sequences."""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from ordermgmt.forgetting import PERSONAL_KEYS
from ordermgmt.numbering import SEQUENCES

APPEND_ONLY = {
    "ordermgmt": "ordermgmt_activity",
    "inventory": "inventory_stockmovement",
    "orders": "orders_subscriptionevent",
}

# Histories that may forget what is personal: fields that may lose it, and every other column, which never changes.
FORGETS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ordermgmt_activity": (
        ("facts",),
        ("id", "at", "actor_id", "actor", "verb", "category", "subject", "thread", "sentence", "ip", "request_id"),
    ),
    "orders_subscriptionevent": (
        ("facts", "before"),
        ("id", "subscription_id", "kind", "delivery_number", "undoes_id", "bulk", "by", "at"),
    ),
}

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_rewrite();
"""


def guard_sql(table: str, vendor: str) -> list[str]:
    """Statements that make `table` append-only; those of FORGETS may lose what is personal."""
    if table in FORGETS:
        return _forgetting_sql(table, vendor)
    if vendor == "postgresql":
        return [_POSTGRESQL.format(table=table)]
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete")
    ]


_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def _forgetting_sql(table: str, vendor: str) -> list[str]:
    """Delete and every update are refused, but for one: a field without its personal keys, or emptied (`before`)."""
    fields, others = FORGETS[table]
    columns = ", ".join(f'"{name}"' for name in others)
    if vendor == "postgresql":
        keys = ", ".join(f"'{key}'" for key in PERSONAL_KEYS)
        forgotten = {"facts": f"OLD.facts - ARRAY[{keys}]::text[]", "before": "'{}'::jsonb"}
        rest = "FOR EACH ROW {when} EXECUTE FUNCTION refuse_rewrite()"
        return [
            _REFUSE,
            f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR UPDATE OF {columns} ON {table} "
            + rest.format(when=""),
            *(
                f"CREATE TRIGGER {table}_forgets_{name} BEFORE UPDATE OF {name} ON {table} "
                + rest.replace("{when}", f"WHEN (NEW.{name} IS DISTINCT FROM {forgotten[name]})")
                for name in fields
            ),
        ]
    paths = ", ".join(f"'$.{key}'" for key in PERSONAL_KEYS)
    forgotten = {"facts": f"json_remove(OLD.facts, {paths})", "before": "'{}'"}
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {columns} ON {table} {refuse}",
        *(
            f"CREATE TRIGGER {table}_forgets_{name} BEFORE UPDATE OF {name} ON {table} "
            f"WHEN json(NEW.{name}) IS NOT {forgotten[name]} {refuse}"
            for name in fields
        ),
    ]


def guard_names(table: str, vendor: str) -> set[str]:
    """The triggers that guard a table."""
    forgets = {f"{table}_forgets_{name}" for name in FORGETS.get(table, ((), ()))[0]}
    if vendor == "postgresql":
        return {f"{table}_append_only", *forgets}
    return {f"{table}_no_update", f"{table}_no_delete", *forgets}


def unguard_sql(table: str, vendor: str) -> list[str]:
    """Statements that lift the guard (backwards migration, emptying a test database)."""
    on = f" ON {table}" if vendor == "postgresql" else ""
    return [f"DROP TRIGGER IF EXISTS {name}{on}" for name in sorted(guard_names(table, vendor))]


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
