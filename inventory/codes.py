"""Codes printed on goods: GTIN with its check digit, case codes, our own codes. Pure rules."""

import re

from django.utils.translation import gettext as _
from stdnum import ean

GTIN_LENGTHS = (8, 12, 13, 14)
SKU_CODE = re.compile(r"[A-Z0-9][A-Z0-9._+-]*")


class CodeRefused(Exception):
    """A code is not what it should be; the sentence says how."""


def check_digit(body: str) -> str:
    """The GS1 check digit of a number without it (weights 3, 1, 3 … from the right)."""
    return str(ean.calc_check_digit(body))


def tidy_gtin(text: str) -> str:
    """A GTIN-8, -12, -13 or -14 without spaces and dashes. Raises CodeRefused, naming the right check digit."""
    digits = re.sub(r"[\s-]", "", text)
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdigit()):
        raise CodeRefused(_("A GTIN has only digits, like 4006381333931"))
    if len(digits) not in GTIN_LENGTHS:
        raise CodeRefused(_("A GTIN has 8, 12, 13 or 14 digits; this one has %(count)d") % {"count": len(digits)})
    right = check_digit(digits[:-1])
    if right != digits[-1]:
        raise CodeRefused(_("check digit should be %(right)s, not %(wrong)s") % {"right": right, "wrong": digits[-1]})
    return digits


def tidy_sku_code(text: str) -> str:
    """Our own code of an item, in capitals: it is scanned, printed and typed."""
    code = text.strip().upper()
    if not SKU_CODE.fullmatch(code):
        raise CodeRefused(_("Use capital letters, digits and - . _ +, like OAT-1L"))
    if len(code) > 40:
        raise CodeRefused(_("Use 40 characters at most"))
    return code
