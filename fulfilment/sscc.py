"""Serial shipping container codes (GS1 AI 00): the key that joins scan, photo, weight and return."""

from collections.abc import Iterable

from django.conf import settings

from ordermgmt.numbering import next_numbers

BODY = 17


class PrefixTooLong(ValueError):
    """The GS1 company prefix leaves no room for a serial reference."""


def check_digit(digits: str) -> str:
    """GS1 mod-10: weights 3, 1, 3, … from the right."""
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10)


def is_sscc(code: str) -> bool:
    return len(code) == BODY + 1 and code.isdecimal() and code.isascii() and check_digit(code[:-1]) == code[-1]


def make_sscc(serial: int, *, prefix: str, extension: int = 0) -> str:
    """18 digits: extension digit, company prefix and serial (16 together), check digit.

    The extension digit counts on when the serials of one are used up.
    """
    room = BODY - 1 - len(prefix)
    if room < 1 or not prefix.isdecimal():
        raise PrefixTooLong(prefix)
    extension = (extension + serial // 10**room) % 10
    body = f"{extension}{prefix}{serial % 10**room:0{room}d}"
    return body + check_digit(body)


def next_ssccs(count: int) -> list[str]:
    return list(_numbered(next_numbers("SSCC", count)))


def _numbered(serials: Iterable[int]) -> Iterable[str]:
    return (make_sscc(serial, prefix=settings.GS1_COMPANY_PREFIX) for serial in serials)


def spaced(sscc: str) -> str:
    """As people read it aloud: (00) 0 7350012 00000001 2 in groups."""
    return f"(00) {sscc[0]} {sscc[1:8]} {sscc[8:17]} {sscc[17]}"
