"""Typed readers over one record (a JSON object or a CSV row).

Each returns the value or adds a finding that names the place and returns nothing. "Nothing" is
never a guess: the parser decides whether an order can exist without it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from ordermgmt.money import minor_unit
from orders.intake import money
from orders.intake.document import ZERO, Finding, Severity
from orders.intake.strict_json import Refused, bad_character, pointer, unfit

MOST_UNITS = 100_000
EARLIEST, LATEST = 1990, 2100


class Record:
    """One record being read. Subclasses know where a field stands and how it is called."""

    def __init__(self, fields: Mapping[str, Any], place: str, findings: list[Finding]) -> None:
        self.fields, self.place, self.findings = fields, place, findings

    def place_of(self, key: str) -> str:
        return pointer(self.place, key)

    def has(self, key: str) -> bool:
        """Whether the field is there and says something."""
        return self.fields.get(key) not in (None, "")

    def raw(self, *keys: str) -> tuple[Any, str]:
        """The first of the fields that says something, and its place (else the first's place)."""
        key = next((key for key in keys if self.has(key)), keys[0])
        return self.fields.get(key), self.place_of(key)

    def complain(self, code: str, place: str, message: str, value: object = "", severity: Severity = "error") -> None:
        shown = value.literal if isinstance(value, Refused) else value
        text = "" if isinstance(shown, dict | list) else str(shown)[:80]
        self.findings.append(Finding(code, severity, place, message, text))

    def missing(self, place: str) -> None:
        message = _("%(place)s is missing or empty.") % {"place": place}
        self.complain("missing", place, message)

    def wrong(self, code: str, place: str, wanted: str, raw: object) -> None:
        found = kind_of(raw)
        message = _("%(place)s should be %(wanted)s, but it is %(found)s.")
        self.complain(code, place, message % {"place": place, "wanted": wanted, "found": found}, raw)

    def text(self, *keys: str, required: bool = False, longest: int = 255) -> str:
        """A text, stripped; numbers are taken as written. Too long is a finding, never a cut."""
        raw, place = self.raw(*keys)
        if raw is None or raw == "":
            if required:
                self.missing(place)
            return ""
        if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
            self.wrong("wrong_type", place, _("a text"), raw)
            return ""
        text = str(raw).strip()
        if bad := unfit(text):
            self.findings.append(bad_character(place, bad))
            return ""
        if len(text) > longest:
            message = _("%(place)s has %(length)d characters; at most %(longest)d are kept.")
            message %= {"place": place, "length": len(text), "longest": longest}
            self.complain("too_long", place, message, text)
            return ""
        if required and not text:
            self.missing(place)
        return text

    def email(self, *keys: str) -> str:
        """An e-mail address, or nothing and a warning: a shop may let anything through."""
        address, (_raw, place) = self.text(*keys, longest=254), self.raw(*keys)
        try:
            validate_email(address or "nobody@example.com")
        except ValidationError:
            message = _("%(place)s is no e-mail address; it was not used.") % {"place": place}
            self.complain("bad_email", place, message, address, "warning")
            return ""
        return address

    def number(self, *keys: str) -> Decimal | None:
        """A finite number, or None with a finding when the field holds something else."""
        raw, place = self.raw(*keys)
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        value = money.number(self.numeric(raw))
        if value is None:
            self.wrong("not_a_number", place, _("a number"), raw)
        elif abs(value) >= money.LARGEST:
            self.wrong("out_of_range", place, _("below ten thousand million"), raw)
            return None
        return value

    def numeric(self, raw: object) -> object:
        """How this kind of record writes numbers, as Python would."""
        return raw

    def money(self, *keys: str, currency: str, required: bool = False, negative: bool = False) -> Decimal | None:
        """An amount in whole minor units of the currency."""
        raw, place = self.raw(*keys)
        seen = len(self.findings)
        value = self.number(*keys)
        if value is None:
            if required and seen == len(self.findings):
                self.missing(place)
            return None
        if not money.fits(value, currency):
            wanted = _("an amount with at most %(decimals)d decimals in %(currency)s")
            wanted %= {"decimals": money.decimals(currency), "currency": currency}
            self.wrong("money_precision", place, wanted, raw)
            return None
        if value < 0 and not negative:
            self.wrong("negative", place, _("zero or more"), raw)
            return None
        return value.quantize(minor_unit(currency))

    def line_amount(self, price: Decimal, quantity: int, *keys: str) -> Decimal | None:
        """Price times quantity, while that is an amount of this world."""
        amount = price * quantity
        if amount < money.LARGEST:
            return amount
        raw, place = self.raw(*keys)
        wanted = _("below ten thousand million with its quantity")
        self.wrong("out_of_range", place, wanted, raw)
        return None

    def amount(self, *keys: str, currency: str, negative: bool = False) -> Decimal:
        """An amount that is zero when the field is not there."""
        value = self.money(*keys, currency=currency, negative=negative)
        return ZERO.quantize(minor_unit(currency)) if value is None else value

    def quantity(self, *keys: str, least: int = 1, required: bool = True) -> int | None:
        """A whole number of units, from `least` to MOST_UNITS."""
        raw, place = self.raw(*keys)
        seen = len(self.findings)
        value = self.number(*keys)
        if value is None:
            if required and seen == len(self.findings):
                self.missing(place)
            return None
        if value != value.to_integral_value():
            self.wrong("not_whole", place, _("a whole number"), raw)
            return None
        if not least <= value <= MOST_UNITS:
            wanted = _("from %(least)d to %(most)d") % {"least": least, "most": MOST_UNITS}
            self.wrong("quantity_out_of_range", place, wanted, raw)
            return None
        return int(value)

    def rate(self, *keys: str) -> Decimal | None:
        """A tax rate as a fraction, below 1."""
        raw, place = self.raw(*keys)
        value = self.number(*keys)
        if value is not None and not 0 <= value < 1:
            self.wrong("rate_out_of_range", place, _("a fraction from 0 to below 1"), raw)
            return None
        return value

    def flag(self, *keys: str, default: bool = False) -> bool:
        raw, place = self.raw(*keys)
        if raw is None or raw == "":
            return default
        value = _flag(raw)
        if value is None:
            self.wrong("not_a_flag", place, _("true or false"), raw)
            return default
        return value

    def currency(self, *keys: str) -> str:
        """An ISO 4217 code that is in use or was."""
        raw, place = self.raw(*keys)
        code = self.text(*keys, required=True).upper()
        if code and code not in money.known_currencies():
            self.wrong("unknown_currency", place, _("an ISO 4217 currency code"), raw)
            return ""
        return code

    def instant(self, *keys: str, naive_is_utc: bool = False) -> datetime | None:
        """An instant with its offset; without one only where the channel promises UTC."""
        raw, place = self.raw(*keys)
        text = self.text(*keys)
        if not text:
            return None
        moment = _instant(text)
        if moment is None or not EARLIEST <= moment.year <= LATEST:
            wanted = _("a date and time between %(first)d and %(last)d")
            self.wrong("bad_date", place, wanted % {"first": EARLIEST, "last": LATEST}, raw)
            return None
        if moment.tzinfo is None and not naive_is_utc:
            self.wrong("no_time_zone", place, _("a time with its offset from UTC"), raw)
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)

    def day(self, *keys: str) -> date | None:
        raw, place = self.raw(*keys)
        text = self.text(*keys)
        if not text:
            return None
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            self.wrong("bad_date", place, _("a day such as 2026-03-31"), raw)
            return None
        if not EARLIEST <= day.year <= LATEST:
            wanted = _("a day between %(first)d and %(last)d")
            self.wrong("bad_date", place, wanted % {"first": EARLIEST, "last": LATEST}, raw)
            return None
        return day

    def child(self, key: str) -> "Record | None":
        """The object under a key."""
        raw, place = self.raw(key)
        if raw is None or raw == "":
            return None
        if not isinstance(raw, dict):
            self.wrong("wrong_type", place, _("an object"), raw)
            return None
        return Record(raw, place, self.findings)

    def children(self, key: str, *, most: int = 2_000) -> "list[Record]":
        """The objects of a list under a key; anything else in it is a finding."""
        raw, place = self.raw(key)
        if raw is None or raw == "":
            return []
        if not isinstance(raw, list):
            self.wrong("wrong_type", place, _("a list"), raw)
            return []
        if len(raw) > most:
            wanted = _("a list of at most %(most)d entries") % {"most": most}
            self.complain("too_many", place, f"{place}: {wanted}.", len(raw))
            return []
        return list(self._objects(raw, place))

    def every_child(self, key: str) -> "list[Record] | None":
        """The objects of a list that has to be there; None, with a finding, when one is no object."""
        raw, place = self.raw(key)
        records = self.children(key)
        if not records and not any(finding.place.startswith(place) for finding in self.findings):
            self.missing(place)
        return records if isinstance(raw, list) and records and len(records) == len(raw) else None

    def _objects(self, raw: Sequence[object], place: str) -> "Iterator[Record]":
        for at, entry in enumerate(raw):
            if isinstance(entry, dict):
                yield Record(entry, pointer(place, at), self.findings)
            else:
                self.wrong("wrong_type", pointer(place, at), _("an object"), entry)

    def pairs(self, key: str, name: str = "name", value: str = "value") -> dict[str, str]:
        """A list of named values; what is not text is left out, being free decoration."""
        raw = self.fields.get(key)
        found: dict[str, str] = {}
        for entry in raw if isinstance(raw, list) else []:
            if isinstance(entry, dict) and _plain(entry.get(name)) and _plain(entry.get(value)):
                found[str(entry[name])[:100]] = str(entry[value])[:1000]
        return found


def _plain(raw: object) -> bool:
    if isinstance(raw, str):
        return not unfit(raw)
    return isinstance(raw, int | Decimal)


def _flag(raw: object) -> bool | None:
    if isinstance(raw, bool):
        return raw
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    return words.get(str(raw).strip().lower()) if isinstance(raw, str | int) else None


def _instant(text: str) -> datetime | None:
    """ISO 8601 and its near relatives: "2025-12-06 10:37:33 -0500", "2025-12-06 10:37 UTC"."""
    text = re.sub(r"\s*UTC$", "Z", text)
    text = re.sub(r"\s+(?=(Z|[+-]\d\d:?\d\d)$)", "", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def kind_of(raw: object) -> str:
    """What a value is, in a person's words."""
    if isinstance(raw, dict | list | bool) or raw is None:
        names = {dict: _("an object"), list: _("a list"), bool: str(raw).lower()}
        return next((name for kind, name in names.items() if isinstance(raw, kind)), "null")
    text = raw.literal if isinstance(raw, Refused) else str(raw)
    return f"“{text[:60]}”"
