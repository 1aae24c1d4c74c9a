"""A list as a CSV file, written row by row so that its length costs no memory."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from ordermgmt.listing.columns import Column, safe_cell
from ordermgmt.listing.keyset import read_cursor, read_slice
from ordermgmt.spreadsheets import Echo

CHUNK = 1_000


def _rows(queryset: QuerySet[Any], order: Sequence[str], prepare: Any) -> Iterator[Any]:
    cursor = None
    while True:
        page = read_slice(queryset, order, CHUNK, cursor)
        prepare(page.rows)
        yield from page.rows
        if not page.next:
            return
        cursor = read_cursor(page.next, queryset, order, backwards=False)


def csv_lines(queryset: QuerySet[Any], order: Sequence[str], columns: Sequence[Column], prepare: Any) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow([safe_cell(column.label) for column in columns])
    for row in _rows(queryset, order, prepare):
        yield writer.writerow([column.exported(row) for column in columns])


def csv_response(name: str, lines: Iterator[str], now: datetime) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{now:%Y-%m-%d-%H%M}.csv"'
    return response
