"""The small language of messages: `{{ order.number }}`, **bold**, [words](link), lists. No code, no HTML.

A field stands for one declared fact and nothing else: there is no way from it to anything behind it.
`{{ parcel.arrives|soon }}` says what is written when the fact is not known.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.html import escape
from django.utils.translation import gettext as _

FIELD = re.compile(r"\{\{\s*([A-Za-z][\w.]*)\s*(?:\|([^{}|]*))?\}\}")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_LINK = re.compile(r"\[([^\[\]]+)\]\(\s*(https?://[^\s()<>\"']+|\{\{\s*[\w.]+\s*\}\})\s*\)")
_WEB = re.compile(r"https?://[^\s<>\"']+\Z")


class NotKnown(Exception):
    """A fact that the words need is not known for this record; names it."""


@dataclass(frozen=True)
class Part:
    """A paragraph or list, as both kinds of mail show it."""

    html: str
    text: str


def names_in(words: str) -> list[str]:
    """The fields that words name, in order."""
    return [match[1] for match in FIELD.finditer(words)]


def faults_of(words: str, known: Collection[str]) -> list[str]:
    """What is wrong with words, each with what was perhaps meant."""
    found = [_unknown(name, known) for name in dict.fromkeys(names_in(words)) if name not in known]
    if _LEFT_OVER.search(FIELD.sub("", words)):
        found.append(_("A field is written {{ order.number }}: two braces before and after, a name from the list."))
    return found


def _unknown(name: str, known: Collection[str]) -> str:
    spelled = {one.lower().replace("_", "."): one for one in known}
    asked = name.lower().replace("_", ".")
    near = get_close_matches(asked, spelled, n=1, cutoff=0.5)
    near = near or [one for one in spelled if asked.rpartition(".")[2] == one.rpartition(".")[2]][:1]
    if near:
        return _("There is no field %(name)s here. Did you mean %(near)s?") % {"name": name, "near": spelled[near[0]]}
    return _("There is no field %(name)s here. Choose one from the list.") % {"name": name}


def line_of(words: str, values: Mapping[str, str]) -> str:
    """One line of plain text. Raises NotKnown."""
    return " ".join(FIELD.sub(lambda match: _value(match, values), words).split())


def parts_of(words: str, values: Mapping[str, str]) -> tuple[list[Part], list[str]]:
    """Paragraphs and lists; one whose fact is not known is left out, and the fact named."""
    found, missing = [], []
    for chunk in re.split(r"\n\s*\n", words.replace("\r\n", "\n").strip()):
        try:
            if chunk.strip():
                found.append(_part(chunk.strip("\n"), values))
        except NotKnown as unknown:
            missing.append(str(unknown))
    return found, missing


def _part(chunk: str, values: Mapping[str, str]) -> Part:
    lines = [line.strip() for line in chunk.split("\n")]
    html, text = [_html(line, values) for line in lines], [_text(line, values) for line in lines]
    if all(line.startswith("- ") for line in lines):
        items = "".join(f'<li dir="auto">{line[2:]}</li>' for line in html)
        return Part(f"<ul>{items}</ul>", "\n".join(f"  {line}" for line in text))
    if lines[0].startswith("## ") and len(lines) == 1:
        return Part(f'<h2 dir="auto">{html[0][3:]}</h2>', text[0][3:])
    return Part(f'<p dir="auto">{"<br>".join(html)}</p>', "\n".join(text))


def _html(line: str, values: Mapping[str, str]) -> str:
    """Marks are read before facts are put in, so that a name such as **Ann** stays a name."""
    marked = _BOLD.sub(r"<strong>\1</strong>", _LINK.sub(_anchor(values), escape(line)))
    return FIELD.sub(lambda match: _escaped(match, values), marked)


def _escaped(match: re.Match[str], values: Mapping[str, str]) -> str:
    """The words for an unknown fact were escaped with their line."""
    value = values.get(match[1], "")
    return str(escape(value)) if value else _value(match, {})


def _anchor(values: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    def anchor(match: re.Match[str]) -> str:
        target = FIELD.sub(lambda name: _value(name, values), match[2].replace("&amp;", "&"))
        return f'<a href="{escape(target)}">{match[1]}</a>' if _WEB.match(target) else match[1]

    return anchor


def _text(line: str, values: Mapping[str, str]) -> str:
    plain = _LINK.sub(r"\1 (\2)", _BOLD.sub(r"\1", line))
    return FIELD.sub(lambda match: _value(match, values), plain)


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(match[1], "") or (match[2] or "").strip()
    if not value:
        raise NotKnown(match[1])
    return value
