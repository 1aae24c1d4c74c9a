"""Decimal money: minor units, rounding half up, and sharing without losing a cent."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models

ZERO = Decimal(0)
# Of a MoneyField. SQLite reckons with floats: whatever it adds or subtracts is rounded to these.
PLACES = 4

if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:
    _DecimalField = models.DecimalField


class MoneyField(_DecimalField):
    """An amount in the currency of its document; 4 places hold every ISO 4217 minor unit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", PLACES)
        super().__init__(*args, **kwargs)


# ISO 4217 minor units other than 2. CLDR's digits follow custom (0 for RSD, IQD), not what is charged.
DECIMALS = {
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


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY, 0.001 for KWD (ISO 4217)."""
    return Decimal(1).scaleb(-DECIMALS.get(currency, 2))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """To the minor unit, half away from zero."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def exact(amount: Decimal | None) -> Decimal:
    """A sum as it is meant: SQLite adds decimals up as floats, so that a sum of nothing is not quite nothing."""
    return round(amount or ZERO, PLACES)


def share(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Split `amount` in proportion to `weights`; the parts always add up (largest remainder).

    Ties go to the earlier part. All-zero weights share equally.
    """
    if not weights:
        return []
    unit = minor_unit(currency)
    total = sum(map(Decimal, weights))
    parts = [Decimal(w) / total if total else Decimal(1) / len(weights) for w in weights]
    exact = [amount * part for part in parts]
    shares = [value.quantize(unit, rounding=ROUND_DOWN) for value in exact]
    left = int((amount - sum(shares)) / unit)
    order = sorted(range(len(shares)), key=lambda i: (-abs(exact[i] - shares[i]), i))
    for i in order[: abs(left)]:
        shares[i] += unit if left > 0 else -unit
    return shares


def tax_in(gross: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Tax contained in an inclusive amount; `rate` as a fraction (0.12)."""
    return round_money(gross - gross / (1 + rate), currency)


def tax_on(net: Decimal, rate: Decimal, currency: str) -> Decimal:
    """Tax added to an exclusive amount; `rate` as a fraction (0.12)."""
    return round_money(net * rate, currency)
