"""CSV as shops, Excel and people write it: any usual encoding, separator and decimal sign."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders.intake.document import Document, Finding
from orders.intake.fields import Record
from orders.intake.splitting import kept, raw
from orders.intake.strict_json import LARGEST_SOURCE, Unreadable, unfit

LONGEST_CELL = 32_767
MOST_COLUMNS = 500
FORMULA = re.compile(r"^[=+@\t\r-]")
TEXT_FORMULA = re.compile(r'^="([^"]*)"$')
SCIENTIFIC = re.compile(r"^\d[.,]\d+E\+\d+$", re.IGNORECASE)
COMMA_DECIMAL = re.compile(r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$")
SEP_LINES = (b"sep=", b'"sep=', b"\xef\xbb\xbfsep=")
GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a CSV source with their row numbers as a spreadsheet shows them (header = 1)."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    comma_decimals: bool = False
    findings: tuple[Finding, ...] = ()


class Row(Record):
    """One CSV row being read; places are "row 14, column Total"."""

    def __init__(self, cells: Mapping[str, Any], number: int, findings: list[Finding], comma: bool = False) -> None:
        super().__init__(cells, f"row {number}", findings)
        self.row_number, self.comma = number, comma

    def place_of(self, key: str) -> str:
        return f"{self.place}, column {key}"

    def numeric(self, raw: object) -> object:
        """`1.299,50` where the file writes commas, `1,299.50` where it writes points."""
        text = str(raw).strip().replace(" ", "").replace(" ", "")
        if self.comma and COMMA_DECIMAL.fullmatch(text):
            return text.replace(".", "").replace(",", ".")
        return text.replace(",", "") if not self.comma and GROUPED.fullmatch(text) else text

    def text(self, *keys: str, required: bool = False, longest: int = 255) -> str:
        found = super().text(*keys, required=required, longest=longest)
        _raw, place = self.raw(*keys)
        if SCIENTIFIC.fullmatch(found):
            message = _("%(place)s is “%(value)s”: a spreadsheet has shortened a long number.")
            message %= {"place": place, "value": found}
            self.complain("shortened_number", place, message, found)
        elif FORMULA.match(found) and money_free(found):
            message = _("%(place)s begins like a formula; it is kept as plain text.")
            self.complain("formula", place, message % {"place": place}, found, "warning")
        return found


def money_free(text: str) -> bool:
    """Whether a cell that begins like a formula is more than a phone number or an amount."""
    return not re.fullmatch(r"[+-][\d\s().,/-]*", text)


def decode(data: bytes) -> tuple[str, tuple[Finding, ...]]:
    """UTF-8, UTF-16 (with its mark or plainly so) or, with a warning, Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(data, "utf-16"), ()
    if len(data) > 3 and data[1::2].count(0) > len(data) // 4:
        return _decoded(data, "utf-16-le"), ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    place = f"line {line}"
    message = _("The file is not UTF-8 at %(place)s; it was read as Windows-1252. Check the accents.")
    guessed = Finding("encoding_guessed", "warning", place, message % {"place": place})
    return _decoded(data, "cp1252"), (guessed,)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        message = _("The file cannot be read at %(place)s: it is neither UTF-8 nor %(encoding)s.")
        message %= {"place": place, "encoding": encoding}
        raise Unreadable("wrong_encoding", place, message) from None


def read_table(data: bytes, known: Iterable[str]) -> Table:
    """The table of a CSV source. `known` are the columns this channel has, in its own spelling."""
    if len(data) > LARGEST_SOURCE:
        message = _("The file is too big: %(size)d bytes, at most %(limit)d are read.")
        facts = {"size": len(data), "limit": LARGEST_SOURCE}
        raise Unreadable("too_big", "", message % facts)
    text, findings = decode(data)
    if not text.strip():
        raise Unreadable("empty", "", _("The file is empty."))
    text, separator = _separated(text)
    rows = _parsed(text, separator)
    header = _header(rows, {name.casefold(): name for name in known})
    body = tuple((number, row) for number, row in rows[1:] if any(cell.strip() for cell in row))
    return Table(header, body, separator != ",", findings)


def header_has(data: bytes, names: Iterable[str]) -> bool:
    """Whether the first rows name these columns; false for what is no table at all."""
    cut = data[:65_536]
    if not cut.startswith(codecs.BOM_UTF16_LE) and not cut.startswith(codecs.BOM_UTF16_BE):
        cut = cut[: cut.find(b"\n") + 1 or len(cut)] if not cut.lower().startswith(SEP_LINES) else cut
    try:
        text, separator = _separated(decode(cut)[0])
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except (Unreadable, csv.Error):
        return False
    return {name.casefold() for name in names} <= {cell.strip().casefold() for cell in cells}


def _separated(text: str) -> tuple[str, str]:
    """Excel may say `sep=;` in a line of its own; else the header's commonest separator."""
    first, _newline, rest = text.partition("\n")
    if match := re.fullmatch(r'"?sep=(.)"?\s*', first, re.IGNORECASE):
        return rest, match[1]
    bare = re.sub(r'"[^"]*"', "", first)
    return text, max(",;\t|", key=lambda sign: (bare.count(sign), sign == ","))


def _parsed(text: str, separator: str) -> list[tuple[int, tuple[str, ...]]]:
    csv.field_size_limit(LARGEST_SOURCE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for number, row in enumerate(reader, start=1):
            rows.append((number, tuple(row)))
    except csv.Error as error:
        number = len(rows) + 1
        place = f"row {number}"
        message = _("The file cannot be read from %(place)s on: %(reason)s.")
        message %= {"place": place, "reason": error}
        raise Unreadable("not_csv", place, message) from None
    return rows


def _header(rows: Sequence[tuple[int, tuple[str, ...]]], known: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(known.get(cell.strip().casefold(), cell.strip()) for cell in rows[0][1])
    while names and not names[-1]:
        names = names[:-1]
    place = "row 1"
    if len(names) > MOST_COLUMNS:
        message = _("The header has %(count)d columns; at most %(most)d are read.")
        facts = {"count": len(names), "most": MOST_COLUMNS}
        raise Unreadable("too_many_columns", place, message % facts)
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        message = _("The header names column %(column)s more than once.")
        raise Unreadable("doubled_column", place, message % {"column": doubled[0]})
    return names


def first_filled(table: Table, key: str, rows: Iterable[tuple[int, tuple[str, ...]]]) -> str:
    """What the first row that fills a column says in it."""
    if key not in table.header:
        return ""
    at = table.header.index(key)
    cells = (cell(row, at).strip() for _number, row in rows)
    return next((text for text in cells if text), "")


def documents(table: Table, key: str) -> Iterator[tuple[str, list[tuple[int, tuple[str, ...]]]]]:
    """The rows of each order, in the order of their first row."""
    at = table.header.index(key)
    groups: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for number, row in table.rows:
        name = cell(row, at).strip()
        groups.setdefault(name, []).append((number, row))
    yield from groups.items()


def cell(row: Sequence[str], at: int) -> str:
    """A cell as its writer meant it: without the apostrophe or `="..."` that keeps zeros."""
    text = row[at] if at < len(row) else ""
    if match := TEXT_FORMULA.fullmatch(text):
        return match[1]
    return text[1:] if re.match(r"'[\d+=@-]", text) else text


def rewritten(table: Table, rows: Iterable[tuple[int, tuple[str, ...]]]) -> str:
    """The header and some rows as one CSV text of its own."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";" if table.comma_decimals else ",", lineterminator="\n")
    writer.writerow(table.header)
    for _number, row in rows:
        writer.writerow(row)
    return out.getvalue()


def document(table: Table, external_id: str | None, rows: list[tuple[int, tuple[str, ...]]]) -> Document:
    numbers = tuple(number for number, _row in rows)
    place = f"row {numbers[0]}"
    if numbers[-1] != numbers[0]:
        place = f"rows {numbers[0]} to {numbers[-1]}"
    text = kept(rewritten(table, rows).encode("utf-8", "surrogatepass"))
    return Document(external_id, text, place, numbers, table.findings)


def rows_of(document: Document, known: Iterable[str], findings: list[Finding]) -> list[Row]:
    """The rows of a stored document, numbered as in its source. Raises Unreadable."""
    table = read_table(raw(document.payload_text), known)
    if len(document.rows) == len(table.rows):
        numbered = zip(document.rows, table.rows, strict=True)
        table = replace(table, rows=tuple((number, row) for number, (_own, row) in numbered))
    findings += [finding for finding in document.findings if finding not in findings]
    return [_row(table, number, row, findings) for number, row in table.rows]


def _row(table: Table, number: int, row: Sequence[str], findings: list[Finding]) -> Row:
    cells = {name: cell(row, at) for at, name in enumerate(table.header) if name}
    made = Row(cells, number, findings, table.comma_decimals)
    if len(row) > len(table.header) and any(extra.strip() for extra in row[len(table.header) :]):
        message = _("%(place)s has %(count)d cells, the header only %(named)d: a cell is split.")
        facts = {"place": made.place, "count": len(row), "named": len(table.header)}
        made.complain("too_many_cells", made.place, message % facts)
    for name, text in cells.items():
        if len(text) > LONGEST_CELL:
            wanted = _("at most %(most)d characters") % {"most": LONGEST_CELL}
            made.wrong("too_long", made.place_of(name), wanted, text[:40])
        elif bad := unfit(text):
            made.wrong("bad_character", made.place_of(name), _("plain text"), f"U+{ord(bad):04X}")
    return made


def percent(text: str) -> Decimal | None:
    """The rate in a tax's name, as a fraction: "CGST 9%" is 0.09."""
    match = re.search(r"(\d{1,2}(?:[.,]\d{1,4})?)\s*%", text)
    return Decimal(match[1].replace(",", ".")) / 100 if match else None
