"""Codes that are printed and scanned: our own carry a check character, those of trade a check digit.

Printed is `KIND-BODY-C`: a kind, the name people read, and an ISO 7064 MOD 37,36 character over all
of it, so a scan that was cut short is told from an unknown code.
"""

from dataclasses import dataclass

BIN, TOTE, WAVE, ORDER, WORK, COMMAND, BADGE = "B", "T", "WV", "SO", "FO", "CMD", "U"
KINDS = frozenset({BIN, TOTE, WAVE, ORDER, WORK, COMMAND, BADGE})
# The name of these records begins with their kind already: WV-118 is printed WV-118-C.
NUMBERED = frozenset({WAVE, ORDER, WORK})

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TRADE_LENGTHS = frozenset({8, 12, 13, 14, 18})
_LONGEST_TRADE_CODE = 18


@dataclass(frozen=True)
class Code:
    """What was scanned. `kind` is empty for codes that are not ours (items, parcels)."""

    text: str
    kind: str = ""
    name: str = ""


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over letters and digits; everything else is passed over."""
    value = 36
    for letter in text.upper():
        if letter in _ALPHABET:
            value = (value + _ALPHABET.index(letter)) % 36 or 36
            value = value * 2 % 37
    return _ALPHABET[(37 - value) % 36]


def printed(kind: str, name: str) -> str:
    """The text inside the barcode of one of our own things."""
    body = name if kind in NUMBERED else f"{kind}-{name}"
    return f"{body}-{check_character(body)}"


def trade_digit_holds(digits: str) -> bool:
    """GTIN-8, -12, -13, -14 and SSCC: the last digit makes the weighted sum a multiple of ten."""
    weights = (3 if place % 2 else 1 for place in range(len(digits)))
    return sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=False)) % 10 == 0


def read(text: str) -> Code | None:
    """The scanned text taken apart; None when it was cut short (a check fails)."""
    text = "".join(text.split()).upper()
    if text.isascii() and text.isdigit():
        return _read_digits(text)
    kind, _, rest = text.partition("-")
    if kind not in KINDS or not rest:
        return Code(text)
    if kind in NUMBERED and rest.isdigit():
        return Code(text, kind, text)
    body, _, check = text.rpartition("-")
    if len(check) != 1 or check_character(body) != check:
        return None
    return Code(text, kind, body if kind in NUMBERED else body.partition("-")[2])


def _read_digits(text: str) -> Code | None:
    """Longer numbers than SSCC belong to carriers, who check them in ways of their own."""
    if len(text) > _LONGEST_TRADE_CODE:
        return Code(text)
    return Code(text) if len(text) in _TRADE_LENGTHS and trade_digit_holds(text) else None


def same_item(one: str, other: str) -> bool:
    """A GTIN is the same with and without leading zeros (UPC-A 12, EAN 13, case 14 digits)."""
    return one.lstrip("0") == other.lstrip("0") if one.isdigit() and other.isdigit() else one == other
