"""Writing a record with all its rows: keys are drawn first, then every table is written in one statement.

On PostgreSQL that is one round trip for the keys and one for the rows, however many tables there
are. Elsewhere, and for many rows, each table is written by `bulk_create`, in the order given.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.transaction import mark_for_rollback_on_error

from ordermgmt.numbering import next_numbers, sequence_of

# Foreign keys are checked now, while nobody waits for a lock of ours, and not at the commit.
_CHECK_NOW = "; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


# Beyond so many rows the round trips no longer count, and a statement for each table is built faster.
ONE_STATEMENT = 200


def draw_numbers(series: str, count: int, *groups: Sequence[Model]) -> list[str]:
    """Inside the caller's transaction: the next numbers of a series, and keys for rows others refer to."""
    filled = [rows for rows in groups if rows]
    if connection.vendor != "postgresql":
        return [f"{series}-{number}" for number in next_numbers(series, count)]
    counts = [(sequence_of(series), count), *((_key_sequence(type(rows[0])), len(rows)) for rows in filled)]
    part = "SELECT nextval(%s) FROM generate_series(1, %s)"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([part] * len(counts)), [value for count in counts for value in count])
        drawn = [row[0] for row in cursor.fetchall()]
    for row, key in zip((row for rows in filled for row in rows), drawn[count:], strict=True):
        row.pk = key
    return [f"{series}-{number}" for number in drawn[:count]]


def insert_together(groups: Iterable[Sequence[Model]]) -> None:
    """Inside the caller's transaction: write new rows, each group of one model, those referred to first.

    Rows refer to each other as instances. PostgreSQL tells no keys: rows that need theirs draw them before.
    """
    filled = [rows for rows in groups if rows]
    if connection.vendor != "postgresql" or sum(map(len, filled)) > ONE_STATEMENT:
        for rows in filled:
            type(rows[0])._default_manager.bulk_create(rows)
        return
    statements = [_insert(rows) for rows in filled]
    *first, last = (sql for sql, _values in statements)
    named = ", ".join(f"part{n} AS ({sql})" for n, sql in enumerate(first))
    sql = f"WITH {named} {last}" if named else last
    with mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(sql + _CHECK_NOW, [value for _sql, values in statements for value in values])
    for row in (row for rows in filled for row in rows if row.pk):
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 as bulk_create does


def _insert(rows: Sequence[Model]) -> tuple[str, list[Any]]:
    start, fields, places = _statement(type(rows[0]), rows[0].pk is not None)
    values = []
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="bulk_create")  # type: ignore[attr-defined]  # noqa: SLF001
        values += [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    return start + ", ".join([places] * len(rows)), values


def update_together(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Inside the caller's transaction: as `bulk_update`, whose CASE for each column costs more than the update."""
    if connection.vendor != "postgresql" or not rows:
        if rows:
            type(rows[0])._default_manager.bulk_update(rows, names)
        return
    meta = type(rows[0])._meta
    fields = [meta.pk, *(meta.get_field(name) for name in names)]
    places = ", ".join(f"%s::{field.db_type(connection)}" for field in fields[1:])
    columns = [field.column for field in fields]  # type: ignore[union-attr]
    sets = ", ".join(f'"{column}" = new."{column}"' for column in columns[1:])
    named = ", ".join(f'"{column}"' for column in columns)
    rest = f"({', '.join(['%s'] * len(fields))})"
    first = f"(%s::bigint, {places})"
    start = f'UPDATE "{meta.db_table}" SET {sets} FROM (VALUES '  # noqa: S608 names of our own tables
    end = f') AS new ({named}) WHERE "{meta.db_table}"."{columns[0]}" = new."{columns[0]}"'
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection)  # type: ignore[union-attr]
        for row in rows
        for field in fields
    ]
    with mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(start + ", ".join([first, *[rest] * (len(rows) - 1)]) + end, values)


@cache
def _statement(model: type[Model], has_key: bool) -> tuple[str, "list[Field[Any, Any]]", str]:
    fields = [field for field in model._meta.concrete_fields if has_key or not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    start = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES '  # noqa: S608 names of our own tables
    return start, fields, f"({', '.join(['%s'] * len(fields))})"


@cache
def _key_sequence(model: type[Model]) -> str:
    return f"{model._meta.db_table}_{model._meta.pk.column}_seq"
