"""Taking what is personal out of history that nobody may rewrite.

The guards of these tables let one change through and no other: facts without the keys named here (guards.py).
"""

from typing import Any

from django.db.models import Func

# Keys of facts that say something of a person; everything else in a line of history stays for ever.
PERSONAL_KEYS = (
    "address", "changed", "customer", "email", "name", "phone", "place", "reason", "recipient", "sentence", "text",
    "was", "what", "words",
)  # fmt: skip


class WithoutPersonal(Func):
    """The facts of a line of history without what is personal, worked out by the database."""

    def __init__(self, expression: Any, **extra: Any) -> None:
        super().__init__(expression, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        paths = ", ".join(f"'$.{key}'" for key in PERSONAL_KEYS)
        return super().as_sql(compiler, connection, template=f"json_remove(%(expressions)s, {paths})", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        keys = ", ".join(f"'{key}'" for key in PERSONAL_KEYS)
        return super().as_sql(compiler, connection, template=f"(%(expressions)s - ARRAY[{keys}]::text[])", **extra)
