"""Tracking events from a CSV file: all rows understood, or every error with its row and column."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import IO

from django.utils.translation import gettext as _

from fulfilment.carriers.messages import NotUnderstood, Report, read_message

LARGEST = 5 * 1024 * 1024
MOST_ROWS = 50_000
NEEDED = ("tracking_number", "status", "happened_at")


def read_events_file(file: IO[bytes], *, now: datetime) -> tuple[list[Report], list[str]]:
    """Reports of the rows and the errors. UTF-8 (with or without mark), comma or semicolon."""
    try:
        text = file.read(LARGEST + 1).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        return [], [_("The file is not UTF-8 (at byte %(at)d). Save it as UTF-8.") % {"at": problem.start}]
    rows = csv.DictReader(io.StringIO(text.replace("\x00", "")), delimiter=_delimiter(text))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or [])]
    if missing:
        return [], [_("The first row must name the columns; missing: %(names)s") % {"names": ", ".join(missing)}]
    return _read(rows, now)


def _read(rows: "csv.DictReader[str]", now: datetime) -> tuple[list[Report], list[str]]:
    reports, errors = [], []
    try:
        for row in rows:
            if rows.line_num > MOST_ROWS + 1:
                return [], [_("The file has more than %(n)d rows. Split it.") % {"n": MOST_ROWS}]
            try:
                reports.append(_report(row, now))
            except NotUnderstood as problem:
                errors.append(_("Row %(row)d: %(what)s") % {"row": rows.line_num, "what": problem})
    except csv.Error as problem:
        errors.append(_("Row %(row)d: %(what)s") % {"row": rows.line_num, "what": problem})
    if not reports and not errors:
        errors.append(_("The file has no rows."))
    return reports, errors


def _report(row: Mapping[str | None, object], now: datetime) -> Report:
    values = {name: value.strip() for name, value in row.items() if name and isinstance(value, str) and value.strip()}
    (report,) = read_message({"tracking_number": values.get("tracking_number", ""), **values}, carrier="")
    if report.happened_at > now:
        raise NotUnderstood(_("happened_at is in the future"))
    return report


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","
