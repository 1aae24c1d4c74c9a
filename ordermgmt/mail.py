"""Messages to people: rendered and written as a row in the verb's transaction, sent by a job."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import css_inline
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template import Context, Template, TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import translation

from ordermgmt.jobs import ring
from ordermgmt.models.messages import MessageState, OutgoingMessage

DELIVERY_JOB = "send_messages"
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


def queue_message(
    kind: str,
    *,
    about: str,
    thread: str,
    to: str,
    context: Mapping[str, Any],
    now: datetime,
    language: str = "en-gb",
    delay: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> OutgoingMessage:
    """Inside the caller's transaction: write one e-mail, once per (kind, about); a second call changes nothing."""
    known = OutgoingMessage.objects.filter(kind=kind, about=about).first()
    if known:
        return known
    row = new_message(
        kind,
        about=about,
        thread=thread,
        to=to,
        context=context,
        now=now,
        language=language,
        delay=delay,
        headers=headers,
    )
    return _insert(row, rings=row.due_at == now)


def new_message(
    kind: str,
    *,
    about: str,
    thread: str,
    to: str,
    context: Mapping[str, Any],
    now: datetime,
    language: str = "en-gb",
    delay: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> OutgoingMessage:
    """One unsaved e-mail, to be written with the record it is about.

    Renders templates/emails/<kind>.subject.txt and .txt; the HTML is made when it leaves (`html_of`). `delay` in seconds leaves time to
    withdraw it (default MAIL_DELAY_SECONDS). `headers` are those of this mail alone, such as In-Reply-To. Without an address the row is kept as withdrawn, so
    that its record shows why nothing was sent.
    """
    wait = settings.MAIL_DELAY_SECONDS if delay is None else delay
    row = OutgoingMessage(
        kind=kind,
        about=about,
        thread=thread,
        recipient=to,
        language=language,
        created_at=now,
        context=_plain(context),
        headers=dict(headers or {}),
    )
    row.subject_line, row.text = render_text(kind, context, language)
    if to:
        row.due_at = now + timedelta(seconds=wait)
    else:
        row.state, row.last_error = MessageState.WITHDRAWN, "There is no e-mail address."
    return row


def withdraw_message(kind: str, *, about: str) -> bool:
    """Inside the caller's transaction: undo a message that has not left; says whether it was in time."""
    waiting = OutgoingMessage.objects.filter(kind=kind, about=about, state=MessageState.WAITING, lease_until=None)
    return bool(waiting.update(state=MessageState.WITHDRAWN, due_at=None))


def render_text(kind: str, context: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Subject and text. Empty values render as nothing, never as "None"."""
    values = with_shop(context)
    with translation.override(language):
        subject = built_in_subject(kind, values)
        text = as_text(f"emails/{kind}.txt", values).strip() + "\n"
    return subject[:200], text


def render_message(kind: str, context: Mapping[str, Any], language: str) -> tuple[str, str, str]:
    """Subject, text and HTML (styles inlined)."""
    subject, text = render_text(kind, context, language)
    with translation.override(language):
        return subject, text, _html(kind, {**with_shop(context), "subject": subject})


def html_of(row: OutgoingMessage) -> str:
    """The HTML of a message, styles inlined: as it was sent, or as it would be made of what is kept of it.

    Empty when nothing is kept of it (its recipient was erased).
    """
    if row.html or not row.context:
        return row.html
    values = with_shop(read_context(row.context))
    with translation.override(row.language):
        return _html(row.kind, {**values, "subject": row.subject_line})


def with_shop(context: Mapping[str, Any]) -> dict[str, Any]:
    """What templates are given: the context, and who we are."""
    return {"shop": settings.SHOP, "base_url": settings.BASE_URL, **_without_none(context)}


def built_in_subject(kind: str, values: Mapping[str, Any]) -> str:
    return " ".join(as_text(f"emails/{kind}.subject.txt", values).split())


def as_text(name: str, values: Mapping[str, Any]) -> str:
    """Text as it is: a name such as O'Brien is not written for HTML."""
    template: Template = get_template(name).template  # type: ignore[attr-defined]
    return template.render(Context(dict(values), autoescape=False))


def _html(kind: str, values: Mapping[str, Any]) -> str:
    try:
        return inlined(f"emails/{kind}.html", values)
    except TemplateDoesNotExist:
        return ""


def inlined(name: str, values: Mapping[str, Any]) -> str:
    """A template as HTML whose styles stand at their elements."""
    return _INLINER.inline(render_to_string(name, dict(values)))


def _insert(row: OutgoingMessage, *, rings: bool) -> OutgoingMessage:
    # Closes the race of two verbs writing the same message: UNIQUE(kind, about) keeps the first.
    OutgoingMessage.objects.bulk_create([row], ignore_conflicts=True)
    kept = OutgoingMessage.objects.get(kind=row.kind, about=row.about)
    if rings and kept.state == MessageState.WAITING:
        ring(DELIVERY_JOB, kept.pk)
    return kept


def _without_none(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return {key: _without_none(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_none(part) for part in value]
    return value


def read_context(stored: Any) -> Any:
    """The context of a stored message as it was given: days, moments and sums are what they were."""
    if isinstance(stored, dict):
        if len(stored) == 1 and (name := next(iter(stored))) in _READ:
            return _READ[name](stored[name])
        return {key: read_context(part) for key, part in stored.items()}
    return [read_context(part) for part in stored] if isinstance(stored, list) else stored


_READ: dict[str, Any] = {"~at": datetime.fromisoformat, "~day": date.fromisoformat, "~sum": Decimal}


def _plain(context: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(context), cls=_Encoder))


class _Encoder(DjangoJSONEncoder):
    """Days, moments and sums say what they are, so that a message can be written again in other words."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return {"~at": o.isoformat()}
        if isinstance(o, date):
            return {"~day": o.isoformat()}
        if isinstance(o, Decimal):
            return {"~sum": str(o)}
        try:
            return super().default(o)
        except TypeError:
            return str(o)
