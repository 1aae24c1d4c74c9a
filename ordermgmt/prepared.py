"""Reads of hot paths: a queryset is turned into SQL once, since building it costs more than asking.

`Prepared(build)` is called with the values of `build`'s parameters and gives rows as `values_list`
would; `PreparedRecords(build)` gives records with what `select_related` names. Lists may have any
length (one statement per length). Values must not decide the shape of the query: only what follows
`=`, `IN` and the like.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

_FIRST_DAY = datetime(1901, 1, 1, tzinfo=UTC)
_MOST_SHAPES = 500


class _Statement(NamedTuple):
    """`slots` says for each parameter which value it is (argument, index in a list), or a constant."""

    sql: str
    slots: tuple[tuple[int, int] | Any, ...]
    is_value: tuple[bool, ...]
    convert: Callable[[Sequence[Any]], Sequence[Any]]


class Prepared:
    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self.build = build
        self.statements: dict[Any, _Statement] = {}

    def __call__(self, *values: Any) -> Sequence[Any]:
        shape = (connection.vendor, *(len(v) if isinstance(v, list) else type(v) for v in values))
        statement = self.statements.get(shape)
        if statement is None:
            if len(self.statements) > _MOST_SHAPES:
                self.statements.clear()
            statement = self.statements[shape] = self._prepare(values)
        slots = zip(statement.slots, statement.is_value, strict=True)
        params = [_adapted(_pick(values, slot)) if is_value else slot for slot, is_value in slots]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, params)
            return statement.convert(cursor.fetchall())

    def _prepare(self, values: Sequence[Any]) -> _Statement:
        """Build the query with values that occur nowhere else, and note where they come out."""
        marks = _marks()
        stand_ins = [
            [next(marks[type(v)]) for v in value] if isinstance(value, list) else next(marks[type(value)])
            for value in values
        ]
        places = {_adapted(_pick(stand_ins, slot)): slot for slot in _slots(stand_ins)}
        compiler = self.build(*stand_ins).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        is_value = tuple(param in places for param in params)
        slots = tuple(places.get(param, param) for param in params)
        if set(places.values()) - {slot for slot, known in zip(slots, is_value, strict=True) if known}:
            raise TypeError("a value does not reach the statement as it is")
        return _Statement(sql, slots, is_value, self._reader(compiler))

    def _reader(self, compiler: Any) -> Callable[[Sequence[Any]], Sequence[Any]]:
        converters = compiler.get_converters([column[0] for column in compiler.select])
        return partial(_convert, compiler, converters) if converters else list


class PreparedRecords(Prepared):
    """The same for whole records; `build` gives a plain queryset, with `select_related` or without."""

    def _reader(self, compiler: Any) -> Callable[[Sequence[Any]], Sequence[Any]]:
        values, found = super()._reader(compiler), compiler.klass_info
        first, last = found["select_fields"][0], found["select_fields"][-1] + 1
        names = [column[0].target.attname for column in compiler.select[first:last]]
        make, related = found["model"].from_db, get_related_populators(found, compiler.select, "default")  # type: ignore[call-arg]

        def records(rows: Sequence[Any]) -> Sequence[Any]:
            made = []
            for row in values(rows):
                record = make("default", names, row[first:last])
                for populator in related:
                    populator.populate(row, record)
                made.append(record)
            return made

        return records


def _convert(compiler: Any, converters: Any, rows: Sequence[Any]) -> Sequence[Any]:
    return [tuple(row) for row in compiler.apply_converters(rows, converters)]


def _slots(values: Sequence[Any]) -> Iterator[tuple[int, int]]:
    for i, value in enumerate(values):
        yield from ((i, k) for k in range(len(value))) if isinstance(value, list) else ((i, -1),)


def _pick(values: Sequence[Any], slot: tuple[int, int]) -> Any:
    value = values[slot[0]]
    return value if slot[1] < 0 else value[slot[1]]


def _marks() -> dict[type, Iterator[Any]]:
    steps = range(1, 1_000_000)
    return {
        int: (900_000_000 + n for n in steps),
        str: (f"\uf8ff{n}" for n in steps),
        date: (_FIRST_DAY.date() + timedelta(days=n) for n in steps),
        datetime: (_FIRST_DAY + timedelta(days=n) for n in steps),
        Decimal: (Decimal(n) + Decimal("0.7345") for n in steps),
    }


def _adapted(value: Any) -> Any:
    """As the database is handed it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    if isinstance(value, Decimal):
        return connection.ops.adapt_decimalfield_value(value, 18, 4)
    return value
