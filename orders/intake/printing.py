"""A stored document on a page: JSON as numbered lines or CSV as a table, with the places of findings."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orders.intake.splitting import RAW, raw
from orders.intake.strict_json import Doubled, Json, Refused, Unreadable, pointer, read
from orders.intake.tables import cell, read_table

MOST_LINES = 4_000
MOST_WIDE = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; `notes` are the indices of the findings whose place it is."""

    number: int
    text: str
    place: str = ""
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    place: str = ""
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """`lines` for JSON and anything else, or `header` and `rows` for a table. `is_cut`: there is more."""

    lines: tuple[Line, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = ()
    is_cut: bool = False
    anchors: Mapping[int, str] = field(default_factory=dict)


def printed(text: str, rows: Collection[int], places: list[str]) -> Printed:
    """The document with its findings, `places` in their order. `anchors` say where each one stands."""
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return _as_json(text, places)
    if not rows:
        return _as_text(text)
    try:
        return _as_table(text, list(rows), places)
    except Unreadable:
        return _as_text(text)


def _as_text(text: str) -> Printed:
    shown = raw(text).decode("utf-8", "replace").replace("\0", "␀") if text.startswith(RAW) else text
    lines = shown.splitlines()
    numbered = (Line(number, line[:MOST_WIDE]) for number, line in enumerate(lines[:MOST_LINES], start=1))
    return Printed(tuple(numbered), is_cut=len(lines) > MOST_LINES)


def _as_json(text: str, places: list[str]) -> Printed:
    try:
        tree = read(text)
    except Unreadable:
        return _as_text(text)
    lines: list[Line] = []
    for content, place in _lines(tree, "", 0, "", ""):
        if len(lines) == MOST_LINES:
            break
        lines.append(Line(len(lines) + 1, content[:MOST_WIDE], place))
    at = {line.place: line.number for line in reversed(lines) if line.place or line.number == 1}
    found = {index: _nearest(place, at) for index, place in enumerate(places)}
    noted = tuple(
        Line(line.number, line.text, line.place, tuple(i for i, number in found.items() if number == line.number))
        for line in lines
    )
    anchors = {index: f"line-{number}" for index, number in found.items()}
    return Printed(noted, is_cut=len(lines) == MOST_LINES, anchors=anchors)


def _nearest(place: str, at: Mapping[str, int]) -> int:
    """The line of a place, or of the closest object around it: what is missing stands nowhere."""
    while place and place not in at:
        place = place.rpartition("/")[0]
    return at.get(place, 1)


def _lines(node: Json, place: str, depth: int, name: str, comma: str) -> Iterator[tuple[str, str]]:
    lead = "  " * depth + (f"{json.dumps(name, ensure_ascii=False)}: " if name else "")
    children = list(_children(node, place))
    if not children:
        yield f"{lead}{_scalar(node)}{comma}", place
        return
    opening, closing = ("{", "}") if isinstance(node, dict) else ("[", "]")
    yield lead + opening, place
    for turn, (key, value, below) in enumerate(children, start=1):
        yield from _lines(value, below, depth + 1, key, "," if turn < len(children) else "")
    yield "  " * depth + closing + comma, ""


def _children(node: Json, place: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(node, dict):
        pairs = node.pairs if isinstance(node, Doubled) else node.items()
        yield from ((key, value, pointer(place, key)) for key, value in pairs)
    elif isinstance(node, list):
        yield from (("", value, pointer(place, at)) for at, value in enumerate(node))


def _scalar(node: Json) -> str:
    if isinstance(node, dict | list):
        return "{}" if isinstance(node, dict) else "[]"
    if isinstance(node, Refused):
        return node.literal
    return json.dumps(node, ensure_ascii=False) if isinstance(node, str | bool) or node is None else str(node)


def _as_table(text: str, numbers: list[int], places: list[str]) -> Printed:
    table = read_table(raw(text), ())
    if len(numbers) != len(table.rows):
        numbers = [number for number, _row in table.rows]
    used = [at for at, name in enumerate(table.header) if _is_used(table.rows, at, name, places)]
    used.sort(key=lambda at: not _is_named(table.header[at], places))
    rows = tuple(
        (number, tuple(_cell(number, table.header[at], cell(row, at), places) for at in used))
        for number, (_own, row) in zip(numbers, table.rows[:MOST_LINES], strict=False)
    )
    anchors = {index: _anchor(place) for index, place in enumerate(places)}
    return Printed((), tuple(table.header[at] for at in used), rows, len(table.rows) > MOST_LINES, anchors)


def _is_used(rows: Any, at: int, name: str, places: list[str]) -> bool:
    """An export has eighty columns, most of them empty: those say nothing unless a finding does."""
    return _is_named(name, places) or any(cell(row, at).strip() for _number, row in rows)


def _is_named(name: str, places: list[str]) -> bool:
    """Whether a finding is about the column: those come first."""
    return any(place.endswith(f"column {name}") for place in places)


def _cell(number: int, name: str, text: str, places: list[str]) -> Cell:
    place = f"row {number}, column {name}"
    notes = tuple(index for index, named in enumerate(places) if named == place)
    return Cell(text[:MOST_WIDE], place, notes)


def _anchor(place: str) -> str:
    """The row of a place: "row 14, column Total" is row-14."""
    number = place.removeprefix("row ").partition(",")[0]
    return f"row-{number}" if place.startswith("row ") and number.isdecimal() else "document"
