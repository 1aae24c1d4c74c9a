"""Currencies and amounts as other systems write them."""

import re
from decimal import Decimal, InvalidOperation
from functools import cache

from babel import Locale

from ordermgmt.money import DECIMALS, minor_unit

NOT_MONEY = frozenset(["XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XDR", "XUA", "XSU", "XBA", "XBB", "XBC", "XBD"])
# No amount of one line or order reaches this, in any currency; sums of them fit the database.
LARGEST = Decimal(10) ** 10
AMOUNT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)


@cache
def known_currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies) - NOT_MONEY


def decimals(currency: str) -> int:
    """How many decimals an amount of this currency has (ISO 4217)."""
    return DECIMALS.get(currency, 2)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the amount is a whole number of minor units."""
    return amount == amount.quantize(minor_unit(currency))


def number(raw: object) -> Decimal | None:
    """The finite number a JSON value or a string stands for; None when it is none.

    Booleans, floats, exponents in strings, separators and anything beyond 20 digits are refused.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        return None
    if isinstance(raw, str) and not AMOUNT.fullmatch(raw.strip()):
        return None
    try:
        value = Decimal(raw.strip() if isinstance(raw, str) else raw)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
