"""Countries and people's names as other systems write them."""

from functools import cache

from babel import Locale

ALIASES = {
    "uk": "GB",
    "great britain": "GB",
    "usa": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "czech republic": "CZ",
    "russian federation": "RU",
    "republic of korea": "KR",
    "viet nam": "VN",
    "macedonia": "MK",
    "hong kong": "HK",
    "macao": "MO",
    "turkey": "TR",
}


@cache
def _codes() -> dict[str, str]:
    names = Locale("en").territories
    return {name.casefold(): code for code, name in names.items() if is_code_shaped(code)} | ALIASES


def is_code_shaped(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha() and text not in ("ZZ", "EU", "UN", "EZ")


@cache
def is_country(code: str) -> bool:
    return is_code_shaped(code) and code in Locale("en").territories


def country_code(code: str, name: str = "") -> str:
    """ISO 3166 alpha-2 of a code or an English name; empty when neither is known."""
    upper = code.strip().upper()
    if is_country(upper):
        return "GB" if upper == "UK" else upper
    return _codes().get(code.strip().casefold()) or _codes().get(name.strip().casefold(), "")


def full_name(name: str, first: str, last: str) -> str:
    return name or " ".join(part for part in (first, last) if part)
