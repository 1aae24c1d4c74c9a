"""Cells of exported files: text that a spreadsheet would run as a formula is quoted (reliability.md T18)."""

import re

# Full-width twins count as well: some programs fold them.
RISKY = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")


class Echo:
    """A file that hands every line straight back."""

    def write(self, line: str) -> str:
        return line


def guarded(text: str) -> str:
    """The text with an apostrophe before it where it would run, also after leading blanks; plain numbers stay.

    A phone number with its plus is quoted too: a spreadsheet would drop the plus.
    """
    is_risky = text[:1] in RISKY or text.lstrip()[:1] in RISKY
    return f"'{text}" if text.strip() and is_risky and not _NUMBER.fullmatch(text) else text
