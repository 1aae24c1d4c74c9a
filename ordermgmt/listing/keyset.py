"""Pages by key: the next page starts after the last row seen, so page 20,000 costs what page 1 costs.

No OFFSET, and no row is shown twice or skipped when others are added meanwhile. The order must end
in a unique field. A first field that may be null is read in two parts: rows with a value, then rows without.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet

Order = Sequence[str]


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: the key of its neighbour, how many rows stand before, and the direction."""

    values: tuple[Any, ...]
    before: int
    backwards: bool = False


@dataclass(frozen=True)
class Slice:
    """One page: rows, the number of the first (from 0), and the cursors of its neighbours ("" = none)."""

    rows: list[Any]
    start: int
    previous: str
    next: str


def flipped(order: Order) -> tuple[str, ...]:
    """The same order, read from the other end."""
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def _field(queryset: QuerySet[Any], path: str) -> "Field[Any, Any]":
    if path in queryset.query.annotations:
        return queryset.query.annotations[path].output_field
    *relations, last = path.split("__")
    options = queryset.model._meta
    for name in relations:
        options = options.get_field(name).related_model._meta
    field: Field[Any, Any] = options.get_field(last)
    return field


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def write_cursor(row: Model, order: Order, before: int) -> str:
    values = [_plain(attrgetter(name.lstrip("-").replace("__", "."))(row)) for name in order]
    return urlsafe_b64encode(json.dumps([before, values], separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(text: str, queryset: QuerySet[Any], order: Order, *, backwards: bool) -> Cursor | None:
    """A cursor that does not fit this list (cut off, or of another sort) is no cursor."""
    try:
        before, values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = [_field(queryset, name.lstrip("-")) for name in order]
        pairs = zip(fields, values, strict=True)
        return Cursor(tuple(field.to_python(value) for field, value in pairs), max(int(before), 0), backwards)
    except (ValueError, TypeError, ValidationError, FieldDoesNotExist):
        return None


def _beyond(order: Order, values: Sequence[Any]) -> Q:
    """Rows after `values`: a range on the first field (which an index can use), ties by the others."""
    name, lookup = order[0].lstrip("-"), "lt" if order[0].startswith("-") else "gt"
    strictly = Q(**{f"{name}__{lookup}": values[0]})
    if len(order) == 1:
        return strictly
    return Q(**{f"{name}__{lookup}e": values[0]}) & (strictly | _beyond(order[1:], values[1:]))


def _parts(queryset: QuerySet[Any], order: Order) -> list[tuple[QuerySet[Any], Order, bool]]:
    """The list in pieces that each have a total order without nulls: (rows, order, are the nulls)."""
    first = order[0].lstrip("-")
    if not _field(queryset, first).null:
        return [(queryset, order, False)]
    known, unknown = Q(**{f"{first}__isnull": False}), Q(**{f"{first}__isnull": True})
    return [(queryset.filter(known), order, False), (queryset.filter(unknown), order[1:], True)]


def _walk(queryset: QuerySet[Any], order: Order, cursor: Cursor | None) -> Iterator[QuerySet[Any]]:
    """The pieces to read, in reading order, the first one starting after the cursor."""
    backwards = cursor is not None and cursor.backwards
    parts = _parts(queryset, order)
    if cursor is not None and cursor.values[0] is None:
        parts = parts if backwards else parts[1:]
    elif backwards:
        parts = parts[:1]
    for rows, part_order, are_nulls in reversed(parts) if backwards else parts:
        way = flipped(part_order) if backwards else tuple(part_order)
        if cursor is not None and are_nulls == (cursor.values[0] is None):
            rows = rows.filter(_beyond(way, cursor.values[1:] if are_nulls else cursor.values))
        yield rows.order_by(*way)


def read_slice(queryset: QuerySet[Any], order: Order, size: int, cursor: Cursor | None = None) -> Slice:
    """At most `size` rows from the cursor on, in the order of the list whichever way they were read."""
    backwards = cursor is not None and cursor.backwards
    found: list[Any] = []
    for part in _walk(queryset, order, cursor):
        if len(found) <= size:
            found += part[: size + 1 - len(found)]
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    start = _start(cursor, len(rows), more)
    has_next, has_previous = (bool(rows), more) if backwards else (more, start > 0 and bool(rows))
    return Slice(
        rows,
        start,
        write_cursor(rows[0], order, start) if has_previous else "",
        write_cursor(rows[-1], order, start + len(rows)) if has_next else "",
    )


def _start(cursor: Cursor | None, count: int, more: bool) -> int:
    if cursor is None:
        return 0
    if not cursor.backwards:
        return cursor.before
    return max(cursor.before - count, 1) if more else 0
