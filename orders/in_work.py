"""What is typed into the form of a new order, as values: read from a request or from what was kept. No database."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

MOST_UNITS = 9_999
MOST_LINES = 200
LONGEST = 2_000
POSTAL = ("name", "company", "line1", "line2", "postcode", "city", "region", "country", "phone")
NEW = "new"
NOW, INVOICE, LATER, LINK, CARD = "now", "invoice", "later", "link", "card"
PAYING = {
    CARD: _("The saved card, now"),
    LINK: _("Send a link to pay (it waits for the money)"),
    INVOICE: _("Invoice, to pay within 14 days"),
    LATER: _("Pays before it leaves (it waits for the money)"),
    NOW: _("Paid now"),
}
METHODS = {"": _("Standard"), "Express": _("Express")}


class Item(NamedTuple):
    """A SKU's code, and how many as typed."""

    code: str
    units: str

    @property
    def number(self) -> int:
        """Units, 0 when what was typed is no number of them."""
        typed = self.units.strip()
        return int(typed) if re.fullmatch(r"[0-9]{1,4}", typed) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Texts as they were typed. `address` is the id of a saved one, "new", or nothing (the default one)."""

    token: str = ""
    customer: str = ""
    is_new: str = ""
    caller_name: str = ""
    caller_phone: str = ""
    caller_email: str = ""
    address: str = ""
    to_name: str = ""
    to_company: str = ""
    to_line1: str = ""
    to_line2: str = ""
    to_postcode: str = ""
    to_city: str = ""
    to_region: str = ""
    to_country: str = ""
    to_phone: str = ""
    method: str = ""
    wish: str = ""
    pay: str = LATER
    way: str = ""
    reference: str = ""
    note: str = ""
    repeats: str = ""
    items: tuple[Item, ...] = field(default=())

    @property
    def postal(self) -> dict[str, str]:
        """The address as typed, by the names of postal fields."""
        return {name: getattr(self, f"to_{name}").strip() for name in POSTAL}

    @property
    def wished_on(self) -> date | None:
        try:
            return parse_date(self.wish.strip())
        except ValueError:
            return None

    @property
    def is_empty(self) -> bool:
        return not (self.customer or self.is_new or self.items)

    def with_item(self, code: str, units: int) -> "Work":
        """More of an item: a line that is there already grows."""
        known = [item for item in self.items if item.code == code]
        if not known:
            return replace(self, items=(*self.items, Item(code, str(units))))
        more = min(known[0].number + units, MOST_UNITS)
        items = (Item(code, str(more)) if item.code == code else item for item in self.items)
        return replace(self, items=tuple(items))

    def without_item(self, code: str) -> "Work":
        return replace(self, items=tuple(item for item in self.items if item.code != code))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "items": [list(item) for item in self.items]}


TEXTS = tuple(one.name for one in fields(Work) if one.name != "items")


def from_sent(sent: QueryDict) -> Work:
    """From a posted form; nothing is refused here, and nothing longer than a note is taken."""
    texts = {name: _tidy(sent.get(name, "")) for name in TEXTS}
    pairs = zip(sent.getlist("item"), sent.getlist("units"), strict=False)
    return _work(texts, ((_tidy(code), _tidy(units)) for code, units in pairs))


def from_json(kept: Mapping[str, Any]) -> Work:
    """From what `as_json` gave, also of an earlier version of this form."""
    texts = {name: _tidy(kept.get(name, "")) for name in TEXTS}
    return _work(texts, ((str(code), str(units)) for code, units in kept.get("items", ())))


def _work(texts: dict[str, str], items: Iterable[tuple[str, str]]) -> Work:
    texts["pay"] = texts["pay"] if texts["pay"] in PAYING else LATER
    texts["method"] = texts["method"] if texts["method"] in METHODS else ""
    rows = {code: Item(code, units) for code, units in items if code}
    return Work(**texts, items=tuple(rows.values())[:MOST_LINES])


def _tidy(typed: Any) -> str:
    return str(typed).replace("\x00", "")[:LONGEST]


def split_units(typed: str) -> tuple[int, str]:
    """`4*oat` is four of what `oat` finds; without a number it is one."""
    found = re.fullmatch(r"\s*([0-9]{1,4})\s*[*×]\s*(.*)", typed)
    return (max(int(found[1]), 1), found[2].strip()) if found else (1, typed.strip())
