"""Time between two instants, worked out by the database alike on SQLite and PostgreSQL."""

from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F, Func


class Epoch(Func):
    """An instant as whole seconds since 1970; its fraction of a second is left out."""

    arity = 1
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="UNIXEPOCH", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **extra)


def seconds(start: Any, end: Any) -> Any:
    """From one instant to another in whole seconds; NULL where one is missing."""
    return ExpressionWrapper(Epoch(_named(end)) - Epoch(_named(start)), output_field=BigIntegerField())


def minutes(start: Any, end: Any) -> Any:
    """In whole minutes."""
    return ExpressionWrapper((Epoch(_named(end)) - Epoch(_named(start))) / 60, output_field=BigIntegerField())


def _named(part: Any) -> Any:
    return F(part) if isinstance(part, str) else part
