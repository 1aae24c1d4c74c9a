"""Amounts of money in words, by the language of who reads: €48.20, SEK 121.00."""

import re
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency
from django.utils.translation import to_locale

NBSP = "\u00a0"


@lru_cache(maxsize=50)
def locale_of(language: str) -> Locale:
    return Locale.parse(to_locale(language))


def tidy(text: str) -> str:
    """A real minus, and no line break inside an amount."""
    return text.replace("-", "\u2212").replace(" ", NBSP)


@lru_cache(maxsize=5000)
def amount_words(amount: str, code: str, language: str) -> str:
    words = format_currency(Decimal(amount), code, locale=locale_of(language))
    # CLDR's currency spacing, which Babel leaves out: a code of letters stands apart from its digits.
    return tidy(re.sub(r"([A-Z]{3})(?=\d)", r"\1 ", words))
