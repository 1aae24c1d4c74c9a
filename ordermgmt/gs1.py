"""GS1 element strings, as 2D codes and case labels carry them (ux.md 4.0.5). `static/js/scan/parse.js` reads the same."""

import re
from dataclasses import dataclass

from ordermgmt.codes import trade_digit_holds

SEPARATOR = "\x1d"
# Application identifiers: what they name, and digits of a fixed length or (negative) the longest text.
_IDENTIFIERS = {
    "00": ("sscc", 18), "01": ("gtin", 14), "02": ("content", 14), "11": ("made", 6), "13": ("packed", 6),
    "15": ("best", 6), "17": ("expiry", 6), "10": ("lot", -20), "21": ("serial", -20), "30": ("count", -8),
    "37": ("count", -8), "400": ("order", -30),
}  # fmt: skip
_MARK = re.compile(r"\](C1|d2|e0|Q3|J1)")
_BRACKETS = re.compile(r"\((\d{2,4})\)([^(]*)")
_BARE = re.compile(r"01\d{14}|00\d{18}$|02\d{14}37")


@dataclass(frozen=True)
class Elements:
    """`count` is how many units or items it stands for."""

    gtin: str = ""
    sscc: str = ""
    lot: str = ""
    count: int = 1


def elements(raw: str) -> Elements | None:
    """What a GS1 element string says; None when it is none, or a check digit fails."""
    raw = raw.strip(" \t\r\n")
    is_marked = bool(_MARK.match(raw)) or SEPARATOR in raw or bool(_BRACKETS.match(raw))
    text = _MARK.sub("", raw, count=1) if _MARK.match(raw) else raw
    if parts := _BRACKETS.findall(text):
        text = SEPARATOR.join(f"{ai}{value}" for ai, value in parts)
    if not is_marked and not _BARE.match(text):
        return None
    facts = _facts(text)
    if facts is None or not all(
        trade_digit_holds(facts[name]) for name in ("gtin", "content", "sscc") if name in facts
    ):
        return None
    count = facts.get("count", "1")
    return Elements(
        gtin=facts.get("gtin") or facts.get("content", ""),
        sscc=facts.get("sscc", ""),
        lot=facts.get("lot", ""),
        count=int(count) if count.isascii() and count.isdigit() else 1,
    )


def _facts(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    while text := text.lstrip(SEPARATOR):
        ai = next((text[:n] for n in (2, 3) if text[:n] in _IDENTIFIERS), None)
        if ai is None:
            return None
        name, length = _IDENTIFIERS[ai]
        body = text[len(ai) :]
        value = body[:length] if length > 0 else body.split(SEPARATOR)[0][:-length]
        if not value or (length > 0 and not (len(value) == length and value.isascii() and value.isdigit())):
            return None
        found[name] = value
        text = body[len(value) :]
    return found
