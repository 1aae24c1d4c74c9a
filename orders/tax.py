"""Rates of value-added tax by country, kind of goods and day. Pure.

Prices of private customers include the tax of the country the goods go to (distance selling, one-stop shop).
Sources: European Commission, Taxes in Europe Database (SE, DK, FI, DE, NL, FR); for Swedish food
prop. 2025/26:55 (6 % from April 2026 to December 2027); Norwegian Tax Administration (NO);
HM Revenue & Customs, VAT rates and VAT Notice 701/14 (GB). Rates from before 2024 are not kept.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

STANDARD, FOOD = "standard", "food"
ALWAYS = date(2024, 1, 1)


class Rate(NamedTuple):
    """A rate (as a fraction) and the first day it holds; it ends when the next one begins."""

    starts_on: date
    rate: Decimal


def _rates(*pairs: tuple[date, str]) -> tuple[Rate, ...]:
    return tuple(Rate(day, Decimal(percent) / 100) for day, percent in pairs)


# Oldest first.
RATES: Mapping[tuple[str, str], tuple[Rate, ...]] = {
    ("SE", STANDARD): _rates((ALWAYS, "25")),
    ("SE", FOOD): _rates((ALWAYS, "12"), (date(2026, 4, 1), "6"), (date(2028, 1, 1), "12")),
    ("DK", STANDARD): _rates((ALWAYS, "25")),
    ("DK", FOOD): _rates((ALWAYS, "25")),
    ("NO", STANDARD): _rates((ALWAYS, "25")),
    ("NO", FOOD): _rates((ALWAYS, "15")),
    ("FI", STANDARD): _rates((ALWAYS, "24"), (date(2024, 9, 1), "25.5")),
    ("FI", FOOD): _rates((ALWAYS, "14"), (date(2026, 1, 1), "13.5")),
    ("DE", STANDARD): _rates((ALWAYS, "19")),
    ("DE", FOOD): _rates((ALWAYS, "7")),
    ("NL", STANDARD): _rates((ALWAYS, "21")),
    ("NL", FOOD): _rates((ALWAYS, "9")),
    ("FR", STANDARD): _rates((ALWAYS, "20")),
    ("FR", FOOD): _rates((ALWAYS, "5.5")),
    ("GB", STANDARD): _rates((ALWAYS, "20")),
    ("GB", FOOD): _rates((ALWAYS, "0")),
}


def tax_rate(country: str, tax_class: str, *, on: date) -> Decimal | None:
    """The rate of a kind of goods in a country on a day; an unknown kind is taxed in full. None: we do not know."""
    rates = RATES.get((country, tax_class)) or RATES.get((country, STANDARD), ())
    holding = [rate.rate for rate in rates if rate.starts_on <= on]
    return holding[-1] if holding else None


def delivery_rate(rates: Iterable[Decimal]) -> Decimal:
    """Delivery is taxed like what is delivered; of several rates the highest counts, so that never too little is paid."""
    return max(rates, default=Decimal(0))
