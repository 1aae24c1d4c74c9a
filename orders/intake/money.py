"""Currencies and amounts as other systems write them."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from babel import Locale

# ISO 4217 minor units other than 2. CLDR's own digits follow custom (0 for RSD), not the standard.
EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
NOT_MONEY = frozenset(["XXX", "XTS", "XAU", "XAG", "XPT", "XPD", "XDR", "XUA", "XSU", "XBA", "XBB", "XBC", "XBD"])
# No amount of one line or order reaches this, in any currency; sums of them fit the database.
LARGEST = Decimal(10) ** 10
AMOUNT = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)


@cache
def known_currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies) - NOT_MONEY


def decimals(currency: str) -> int:
    """How many decimals an amount of this currency has (ISO 4217)."""
    return EXPONENTS.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-decimals(currency))


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


def share(amount: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """Split an amount in proportion; the parts add up to it (largest remainder, earlier first)."""
    unit, total = minor_unit(currency), sum(weights)
    exact = [amount * weight / total if total else amount / len(weights) for weight in weights]
    parts = [value.quantize(unit, rounding=ROUND_DOWN) for value in exact]
    left = int((amount - sum(parts)) / unit)
    for at in sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))[:left]:
        parts[at] += unit
    return parts


def to_minor_unit(amount: Decimal, currency: str) -> Decimal:
    """Half up, as shops round."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)
