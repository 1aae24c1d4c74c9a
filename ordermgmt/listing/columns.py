"""Columns of a list: how a value looks in a cell and how it stands in an exported file."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from ordermgmt.spreadsheets import guarded
from ordermgmt.templatetags import portal


@dataclass(frozen=True)
class Column:
    """`cell` gives HTML (or text, which is escaped); `text` gives the exported value; both default to the field.

    css: id (the link to the record; first column), num (right-aligned), grow (takes the room),
    low (second line on a phone), wide (not on a phone), nowrap. sort: a name in the page's `sorts`.
    join: the relation a cell reads; loaded with the rows only while the column is shown.
    """

    name: str
    label: str | Promise
    cell: Callable[[Any], Any] | None = None
    text: Callable[[Any], Any] | None = None
    sort: str = ""
    css: str = ""
    default: bool = True
    join: str = ""

    def value(self, row: Any) -> Any:
        """What the field holds, in words where it is a choice."""
        words = getattr(row, f"get_{self.name}_display", None)
        return words() if words else attrgetter(self.name.replace("__", "."))(row)

    def html(self, row: Any) -> str:
        made = self.cell(row) if self.cell else shown(self.value(row))
        return made if isinstance(made, SafeString) else conditional_escape(made)

    def exported(self, row: Any) -> str:
        return safe_cell(self.text(row) if self.text else self.value(row))


def shown(value: Any) -> Any:
    """A value as staff read it."""
    if value is None or value == "":
        return portal.number(None)
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return portal.when(value)
    if isinstance(value, date):
        return portal.day(value)
    return portal.quantity(value) if isinstance(value, int | Decimal) else value


def safe_cell(value: Any) -> str:
    """Text for a spreadsheet: dates in ISO; text that would run as a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return guarded(str(value))


def chosen(columns: Iterable[Column], names: Iterable[str]) -> list[Column]:
    """The named columns in the page's order, the first column always; nothing known named means the default."""
    every, wanted = list(columns), set(names)
    known = [column for column in every if column.name in wanted]
    if not known:
        return [column for column in every if column.default]
    return known if known[0] is every[0] else [every[0], *known]
