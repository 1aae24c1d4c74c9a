"""A kind as a file that can be imported again: CSV line by line, XLSX through a temporary file."""

import csv
from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from openpyxl import Workbook

from ordermgmt.importing.cells import exported
from ordermgmt.importing.kinds import ImportKind
from ordermgmt.spreadsheets import Echo

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def labels(kind: ImportKind) -> list[str]:
    return [column.label for column in kind.columns]


def csv_file(kind: ImportKind, now: datetime, *, rows: bool = True) -> StreamingHttpResponse:
    """UTF-8 with a byte order mark, so that Excel reads names right; `rows=False` gives an empty form to fill in."""
    response = StreamingHttpResponse(_lines(kind, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind.slug}-{now:%Y-%m-%d-%H%M}.csv"'
    return response


def _lines(kind: ImportKind, rows: bool) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + str(writer.writerow(labels(kind)))
    if rows:
        for row in kind.export():
            yield str(writer.writerow([exported(value) for value in row]))


def xlsx_file(kind: ImportKind, now: datetime) -> FileResponse:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(str(kind.slug))
    sheet.append(labels(kind))
    for row in kind.export():
        sheet.append([exported(value) for value in row])
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    book.save(file)
    file.seek(0)
    name = f"{kind.slug}-{now:%Y-%m-%d-%H%M}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
