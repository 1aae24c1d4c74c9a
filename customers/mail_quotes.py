"""Telling what was written now from what is only repeated of the mail before. Pure."""

import re

# White space is never looked for beyond its line: a mail of empty lines would keep the search busy for hours.
# "On Mon, Ana wrote:" in the languages of our customers; mail programs break it over up to three lines.
_WROTE = re.compile(
    r"^(>[^\S\n]*)?(on|den|am|le|op|il|el|på|pe|ma|ti|ke|to|la|su)\b[^\n]{0,200}(\n[^\n]{0,120}){0,2}?"
    r"(wrote|skrev|schrieb|a écrit|schreef|ha scritto|escribió|kirjoitti)[^\n]{0,120}:[^\S\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_MARKS = re.compile(
    r"^[^\S\n]*(-{2,}[^\S\n]*(original message|ursprungligt meddelande|ursprüngliche nachricht|message d'origine|forwarded message|oprindelig meddelelse)[^\S\n]*-{2,}"
    r"|_{20,})[^\S\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
# Outlook writes the head of the mail before as text.
_HEAD = re.compile(
    r"^[^\S\n]*\*?(from|från|von|de|fra|van)\*?:[^\n]{1,200}\n(?:[^\n]{0,200}\n){0,2}?[^\S\n]*\*?(sent|skickat|gesendet|envoyé|date|datum|sendt|verzonden)\*?:",
    re.IGNORECASE | re.MULTILINE,
)


def split_quoted(text: str) -> tuple[str, str]:
    """(new, quoted). A mail that is nothing but quotes, or answers between quoted lines, stays whole."""
    cut = min((match.start() for rule in (_WROTE, _MARKS, _HEAD) if (match := rule.search(text))), default=len(text))
    cut = min(cut, _tail_of_quotes(text))
    new, quoted = text[:cut].strip(), text[cut:].strip()
    if not new or _answers_within(quoted):
        return text.strip(), ""
    return new, quoted


def _tail_of_quotes(text: str) -> int:
    """Where the lines that begin with `>` begin, when nothing else follows them."""
    lines = text.split("\n")
    first = len(lines)
    while first and (lines[first - 1].lstrip().startswith(">") or not lines[first - 1].strip()):
        first -= 1
    if not any(line.lstrip().startswith(">") for line in lines[first:]):
        return len(text)
    return len("\n".join(lines[:first]))


def _answers_within(quoted: str) -> bool:
    """True when lines of the answer stand after quoted ones."""
    seen = False
    for line in quoted.split("\n"):
        if line.lstrip().startswith(">"):
            seen = True
        elif seen and line.strip():
            return True
    return False
