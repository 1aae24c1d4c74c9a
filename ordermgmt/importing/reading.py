"""Reading CSV and XLSX row by row, whatever program wrote them, without holding the file in memory."""

import codecs
import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook

LARGEST_FILE = 100 * 1024 * 1024
MOST_ROWS = 500_000
MOST_COLUMNS = 200
LARGEST_CELL = 20_000
LARGEST_UNPACKED = 512 * 1024**2
DELIMITERS = ",;\t|"
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Cells = Sequence[str]


class Unreadable(Exception):
    """The file cannot be taken as a table; the sentence says why and what to do."""


@dataclass(frozen=True)
class Table:
    """A head and a way to walk the rows below it (row numbers as a spreadsheet shows them), as often as wanted."""

    head: list[str]
    walk: Callable[[], Iterator[tuple[int, Cells]]]
    words: str


def read_table(file: IO[bytes], size: int) -> Table:
    """Look at a file and find out how to read it. Raises Unreadable."""
    if size == 0:
        raise Unreadable(_("The file is empty. Export it again and check that it has rows."))
    if size > LARGEST_FILE:
        words = _("The file is %(size)d MB. Send one under %(most)d MB, or split it.")
        raise Unreadable(words % {"size": size // 1024**2, "most": LARGEST_FILE // 1024**2})
    file.seek(0)
    start = file.read(8)
    if start.startswith(b"PK"):
        return _workbook(file)
    _refuse_others(start)
    return _csv(file)


def _refuse_others(start: bytes) -> None:
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This is an old Excel file (.xls). Save it as .xlsx or CSV."))
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise Unreadable(_("This is not a table. Send a CSV or XLSX file."))


# CSV ---------------------------------------------------------------------------------------------
def _csv(file: IO[bytes]) -> Table:
    encoding = _encoding(file)
    file.seek(0)
    try:
        first = _text(file, encoding).readline(1_000_000)
    except UnicodeError as error:
        raise Unreadable(_("The file is not text that can be read. Save it as CSV in UTF-8.")) from error
    delimiter = _delimiter(first)

    def walk() -> Iterator[tuple[int, Cells]]:
        return islice(_csv_rows(file, encoding, delimiter), 1, None)

    head = next(_csv_rows(file, encoding, delimiter), (0, []))[1]
    name = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar")}[delimiter]
    words = _("CSV, %(encoding)s, %(delimiter)s") % {
        "encoding": encoding.removesuffix("-sig").upper(),
        "delimiter": name,
    }
    return Table(_tidy_head(head), walk, words)


def _encoding(file: IO[bytes]) -> str:
    """By byte order mark, by zero bytes (UTF-16), else UTF-8 where it fits and Windows-1252 where not."""
    file.seek(0)
    start = file.read(4096)
    for bom, name in BOMS:
        if start.startswith(bom):
            return name
    if b"\x00" in start:
        zeros = (start[1::2].count(0), start[0::2].count(0))
        if max(zeros) < len(start) // 4:
            raise Unreadable(_("This is not a table. Send a CSV or XLSX file."))
        return "utf-16-le" if zeros[0] > zeros[1] else "utf-16-be"
    return "utf-8" if _is_utf8(file) else "cp1252"


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while part := file.read(1 << 20):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    errors = "replace" if encoding == "cp1252" else "strict"
    return io.TextIOWrapper(io.BufferedReader(_Held(file), 1 << 16), encoding=encoding, errors=errors, newline="")


class _Held(io.RawIOBase):
    """The file, kept open when the text around it is thrown away."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _delimiter(line: str) -> str:
    bare = "".join(part for at, part in enumerate(line.split('"')) if at % 2 == 0)
    return max(DELIMITERS, key=bare.count) if any(mark in bare for mark in DELIMITERS) else ","


def _csv_rows(file: IO[bytes], encoding: str, delimiter: str) -> Iterator[tuple[int, Cells]]:
    file.seek(0)
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(_text(file, encoding), delimiter=delimiter, strict=True)
    for row in count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable(_csv_words(row, str(error))) from error
        except UnicodeError as error:
            words = _("Row %(row)d holds letters that do not fit the rest of the file. Save it as CSV in UTF-8.")
            raise Unreadable(words % {"row": row}) from error
        yield row, cells


def _csv_words(row: int, error: str) -> str:
    if "field larger" in error:
        return _("Row %(row)d has a cell longer than %(most)d characters. Check that its quotes are closed.") % {
            "row": row,
            "most": LARGEST_CELL,
        }
    return _("Row %(row)d cannot be read: a quote is not closed or stands in the middle of a cell.") % {"row": row}


# XLSX --------------------------------------------------------------------------------------------
def _workbook(file: IO[bytes]) -> Table:
    _refuse_bombs(file)
    head = next(_sheet_rows(file), (0, []))[1]

    def walk() -> Iterator[tuple[int, Cells]]:
        return islice(_sheet_rows(file), 1, None)

    return Table(_tidy_head(head), walk, _("Excel, first sheet"))


def _refuse_bombs(file: IO[bytes]) -> None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise Unreadable(_("This is a ZIP file without a table. Send a CSV or XLSX file."))
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Unreadable(_("The table in this file is too large. Split it, or send CSV."))
    except zipfile.BadZipFile as error:
        raise Unreadable(_("The Excel file is damaged. Save it again.")) from error


def _sheet_rows(file: IO[bytes]) -> Iterator[tuple[int, Cells]]:
    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for row, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1):
            yield row, [_cell(value) for value in cells]
    except Unreadable:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers raise on a damaged file.
        raise Unreadable(_("The Excel file is damaged. Save it again.")) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)[:LARGEST_CELL]


def _tidy_head(cells: Cells) -> list[str]:
    head = [cell.strip().lstrip("\ufeff") for cell in cells]
    while head and not head[-1]:
        head.pop()
    if not head:
        raise Unreadable(_("The first row is empty. It must hold the names of the columns."))
    if len(head) > MOST_COLUMNS:
        raise Unreadable(_("The file has more than %(most)d columns.") % {"most": MOST_COLUMNS})
    if any("\x00" in cell for cell in head):
        raise Unreadable(_("This is not a table. Send a CSV or XLSX file."))
    return head
