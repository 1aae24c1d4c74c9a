"""Word search inside text on PostgreSQL: trigram indexes, used by migrations. SQLite reads its smaller tables."""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Step = Callable[[Any, BaseDatabaseSchemaEditor], None]


def _has_trigrams(editor: BaseDatabaseSchemaEditor) -> bool:
    """True when the extension is there or may be made; without it searching is right but slow."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'pg_trgm'")
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        return row[0] is not None or bool(cursor.fetchone()[0])


def add_trigrams(name: str, table: str, *columns: str) -> Step:
    """One index over the capitals of these columns, in the form Django's `icontains` asks for."""

    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor != "postgresql" or not _has_trigrams(editor):
            return
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        parts = ", ".join(f"(upper({column}::text)) gin_trgm_ops" for column in columns)
        editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({parts})")

    return run


def add_index(name: str, sql: str) -> Step:
    """An index only PostgreSQL has a use for."""

    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {sql}")

    return run


def drop_index(*names: str) -> Step:
    def run(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            for name in names:
                editor.execute(f"DROP INDEX IF EXISTS {name}")

    return run
