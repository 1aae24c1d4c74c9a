"""Writing a message in the words of a version (version 0 is the file template)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.template.loader_tags import ExtendsNode
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from ordermgmt.mail import as_text, built_in_subject, inlined, render_message, with_shop
from ordermgmt.mail_fields import field_values
from ordermgmt.mail_kinds import MailKind
from ordermgmt.mail_words import NotKnown, line_of, parts_of


class Words(Protocol):
    """What a version says; a saved one and a typed one alike."""

    subject: str
    preheader: str
    heading: str
    blocks: list[dict[str, str]]


@dataclass
class Written:
    """A message in the words of a version. `left_out` names facts that were not known, so that words were left out."""

    subject: str
    text: str
    html: str
    left_out: list[str] = field(default_factory=list)


def write(kind: MailKind, words: Words | None, context: Mapping[str, Any], language: str) -> Written:
    """The message for a context; without `words` as built in."""
    if words is None:
        return Written(*render_message(kind.name, context, language))
    with translation.override(language):
        return _Writing(kind, words, with_shop(context)).written()


class _Writing:
    def __init__(self, kind: MailKind, words: Words, values: dict[str, Any]) -> None:
        self.kind, self.words, self.values = kind, words, values
        self.facts = field_values(kind, values)
        self.left_out: list[str] = []

    def written(self) -> Written:
        subject = self._line(self.words.subject) or built_in_subject(self.kind.name, self.values)
        html_body, text_body = self._bodies()
        shared = {**self.values, "subject": subject}
        html = inlined("emails/_edited.html", {**shared, **self._frame("html"), "body": html_body})
        text = as_text("emails/_edited.txt", {**shared, **self._frame("txt"), "body": text_body})
        left_out = list(dict.fromkeys(self.left_out))
        return Written(subject[:200], _tidy(text), html, left_out)

    def _frame(self, ending: str) -> dict[str, Any]:
        own = {"heading": self._line(self.words.heading), "preheader": self._line(self.words.preheader)}
        shown = {name: own.get(name) or self._block(name, ending) for name in ("heading", "preheader")}
        return {**shown, "reason": self._block("reason", "html") if ending == "html" else ""}

    def _line(self, words: str) -> str:
        """Empty where words or a fact of theirs are missing: then the built-in line stands."""
        try:
            return line_of(words, self.facts) if words else ""
        except NotKnown as unknown:
            self.left_out.append(str(unknown))
            return ""

    def _bodies(self) -> tuple[SafeString, str]:
        html, text = [], []
        for block in self.words.blocks:
            one_html, one_text = self._one(block)
            html.append(one_html)
            text.append(one_text)
        return mark_safe("\n".join(html)), "\n\n".join(part.strip("\n") for part in text if part.strip())  # noqa: S308 - every part is escaped

    def _one(self, block: Mapping[str, str]) -> tuple[str, str]:
        if block["type"] == "part":
            return self._block(block["name"], "html"), self._block(block["name"], "txt")
        if block["type"] == "button":
            return self._button(block["text"])
        parts, missing = parts_of(block["text"], self.facts)
        self.left_out += missing
        return "\n".join(part.html for part in parts), "\n\n".join(part.text for part in parts)

    def _button(self, words: str) -> tuple[str, str]:
        if not self.values.get("button_url"):
            return "", ""
        label = self._line(words) or str(self.values.get("button_label", ""))
        values = {**self.values, "button_label": label}
        return render_to_string("emails/_button.html", values), as_text("emails/_button.txt", values)

    def _block(self, name: str, ending: str) -> str:
        """A block of the built-in template, or nothing where it has none."""
        return rendered_block(f"emails/{self.kind.name}.{ending}", name, self.values, is_html=ending == "html")


def rendered_block(template_name: str, name: str, values: Mapping[str, Any], *, is_html: bool) -> str:
    template: Template = get_template(template_name).template  # type: ignore[attr-defined]
    extends: Sequence[ExtendsNode] = template.nodelist.get_nodes_by_type(ExtendsNode)  # type: ignore[assignment]
    node = extends[0].blocks.get(name) if extends else None
    if node is None:
        return ""
    context = Context(dict(values), autoescape=is_html)
    with context.render_context.push_state(template), context.bind_template(template):
        found = node.nodelist.render(context).strip()
    return mark_safe(found) if is_html else found  # noqa: S308 - the file template escaped it


def _tidy(text: str) -> str:
    """No more than one empty line between parts."""
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip() + "\n"
