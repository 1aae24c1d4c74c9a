"""From the text of a cell to a value, and back into a file without becoming a formula."""

import re
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.importing.kinds import Wrong
from ordermgmt.money import minor_unit
from ordermgmt.spreadsheets import guarded

YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui"})
NO = frozenset({"no", "n", "false", "0", "nej", "nein", "non"})
_GROUPED = re.compile(r"[\s\u00a0\u202f']")


def plain(cell: str) -> str:
    """The text of a cell as it was before our export guarded it."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def text(most: int) -> Callable[[str], str]:
    def parse(cell: str) -> str:
        if len(cell) > most:
            raise Wrong(_("use %(most)d characters at most; this has %(count)d") % {"most": most, "count": len(cell)})
        if "\x00" in cell:
            raise Wrong(_("this holds a character that is not text"))
        return cell

    return parse


def units(most: int = 1_000_000, least: int = 0) -> Callable[[str], int]:
    def parse(cell: str) -> int:
        tidy = _GROUPED.sub("", cell)
        tidy = re.sub(r"[.,]0+$", "", tidy)
        if not re.fullmatch(r"-?\d{1,12}", tidy):
            raise Wrong(_("write a whole number, like 12"))
        value = int(tidy)
        if value < least:
            raise Wrong(_("write %(least)d or more") % {"least": least})
        if value > most:
            raise Wrong(_("%(value)d is more than %(most)d. Check it") % {"value": value, "most": most})
        return value

    return parse


def amount(currency: str) -> Callable[[str], Decimal]:
    unit = minor_unit(currency)

    def parse(cell: str) -> Decimal:
        tidy = _GROUPED.sub("", cell)
        if tidy.count(",") == 1 and "." not in tidy:
            tidy = tidy.replace(",", ".")
        try:
            value = Decimal(tidy)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise Wrong(_("write an amount, like 48.20"))
        if value < 0 or value >= 10_000_000:
            raise Wrong(_("a price lies between 0 and 10 million"))
        if value != value.quantize(unit):
            raise Wrong(_("%(currency)s amounts go down to %(unit)s") % {"currency": currency, "unit": unit})
        return value.quantize(unit)

    return parse


def yes_no(cell: str) -> bool:
    word = cell.lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Wrong(_("write yes or no"))


def day(cell: str) -> date:
    try:
        return date.fromisoformat(cell[:10])
    except ValueError as error:
        raise Wrong(_("write a day like 2026-11-24")) from error


def clock(cell: str) -> time:
    try:
        return time.fromisoformat(cell if len(cell) > 4 else f"0{cell}")
    except ValueError as error:
        raise Wrong(_("write a time like 14:00")) from error


def one_of(choices: dict[str, Any]) -> Callable[[str], Any]:
    """`choices` maps small words to values."""

    def parse(cell: str) -> Any:
        try:
            return choices[cell.lower()]
        except KeyError:
            raise Wrong(_("write one of: %(words)s") % {"words": ", ".join(choices)}) from None

    return parse


def country(cell: str) -> str:
    code = cell.upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise Wrong(_("write two letters, like SE"))
    return code


def shown(value: Any) -> str:
    """A value in words for the preview."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def exported(value: Any) -> Any:
    """A value for a cell of a file: text that a spreadsheet would run is quoted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, int):
        return value
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return guarded(str(value))
