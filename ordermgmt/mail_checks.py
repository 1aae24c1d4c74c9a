"""What must hold before words go live, judged on a real message and on every hard case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.mail_cases import CASES, hard_cases
from ordermgmt.mail_kinds import MailKind
from ordermgmt.mail_versions import Words, Written, write
from ordermgmt.mail_words import faults_of

LONGEST_SUBJECT = 60
LARGEST_BYTES = 60 * 1024
_BUTTON = re.compile(r'<table[^>]*class="button"')
_NO_ALT = re.compile(r"<img(?![^>]*\salt=)", re.IGNORECASE)
_ODD = re.compile(r"\bNone\b|\{\{|\{%")


@dataclass(frozen=True)
class Check:
    """`problems` says what is wrong and where; none means that it holds."""

    title: str
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.problems


def faults(kind: MailKind, words: Words) -> list[str]:
    """Fields that do not exist and braces that stand alone."""
    known = {field.name for field in kind.every_field}
    spoken = [words.subject, words.preheader, words.heading, *(block["text"] for block in words.blocks)]
    return list(dict.fromkeys(fault for text in spoken for fault in faults_of(text, known)))


def check(kind: MailKind, words: Words, context: Mapping[str, Any], language: str) -> list[Check]:
    unknown = faults(kind, words)
    fields = Check(_("All fields exist"), tuple(unknown))
    if unknown:
        return [fields]
    written = {"": write(kind, words, context, language)}
    written |= {name: write(kind, words, facts, language) for name, facts in hard_cases(context).items()}
    return [
        _over(_("Subject within 60 characters"), written, _subject_fits),
        fields,
        _over(_("Says nothing odd"), written, _is_plain),
        _over(_("Text version"), written, _has_text),
        Check(_("One main button"), _buttons(kind, words)),
        _over(_("Alternative texts"), written, lambda one: "" if not _NO_ALT.search(one.html) else _("a picture has none")),
        _over(_("At most 60 KB"), written, lambda one: "" if len(one.html.encode()) <= LARGEST_BYTES else _("too large")),
    ]  # fmt: skip


def _over(title: str, written: Mapping[str, Written], judge: Any) -> Check:
    problems = [(name, judge(one)) for name, one in written.items()]
    return Check(title, tuple(f"{_case_words(name)}: {words}" if name else words for name, words in problems if words))


def _case_words(name: str) -> str:
    return next(str(case.title) for case in CASES if case.name == name)


def _subject_fits(one: Written) -> str:
    count = len(one.subject)
    return (
        ""
        if 0 < count <= LONGEST_SUBJECT
        else _("%(n)d characters: %(subject)s") % {"n": count, "subject": one.subject}
    )


def _is_plain(one: Written) -> str:
    body = re.sub(r"<style.*?</style>", "", one.html, flags=re.DOTALL)
    found = _ODD.search(one.subject + one.text + body)
    return _("it says %(words)s") % {"words": found[0]} if found else ""


def _has_text(one: Written) -> str:
    return "" if len(one.text.partition("\n-- \n")[0].split()) > 2 else _("it is empty")


def _buttons(kind: MailKind, words: Words) -> tuple[str, ...]:
    count = sum(block["type"] == "button" for block in words.blocks)
    if count > 1:
        return (_("There are %(n)d. Keep the one that matters.") % {"n": count},)
    if not count and kind.has_button:
        return (_("There is none. Add the button, so that the reader can go on."),)
    return ()
