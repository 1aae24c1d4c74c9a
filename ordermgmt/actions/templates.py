"""Words of messages: drafted, published, taken back; send rules; a test to oneself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.changes import ChangedMeanwhile, field_title
from ordermgmt.history import record
from ordermgmt.jobs import ring
from ordermgmt.mail import DELIVERY_JOB, new_message
from ordermgmt.mail_checks import check
from ordermgmt.mail_kinds import MailKind
from ordermgmt.mail_versions import Words, write
from ordermgmt.models import OutgoingMessage, SendRule, TemplateState, TemplateVersion, User

WORDS = ("subject", "preheader", "heading", "blocks")


class TemplateRefused(Exception):
    """The words cannot be published, or there is nothing to publish; says why."""


def live_of(kind: str, language: str = "en-gb") -> TemplateVersion | None:
    return _version(kind, language, TemplateState.LIVE)


def draft_of(kind: str, language: str = "en-gb") -> TemplateVersion | None:
    return _version(kind, language, TemplateState.DRAFT)


def _version(kind: str, language: str, state: str) -> TemplateVersion | None:
    return TemplateVersion.objects.filter(kind=kind, language=language, state=state).first()


@transaction.atomic(durable=True)
def keep_draft(
    kind: MailKind, words: Mapping[str, Any], *, seen: int, by: User, now: datetime, language: str = "en-gb"
) -> TemplateVersion:
    """Save what is typed; begins a draft when there is none. `seen` is the revision the person started from.

    Raises ChangedMeanwhile. A draft that begins is one line of history; what it says is told when it is published.
    """
    # Closes the race of two people who type in the same draft: the second is told.
    draft = (
        TemplateVersion.objects.select_for_update()
        .filter(kind=kind.name, language=language, state=TemplateState.DRAFT)
        .first()
    )
    if (draft.revision if draft else 0) != seen:
        raise ChangedMeanwhile(draft or TemplateVersion(kind=kind.name, number=0))
    facts = {name: words[name] for name in WORDS}
    if draft is None:
        return _begin(kind.name, facts, by=by, now=now, language=language)
    if any(getattr(draft, name) != value for name, value in facts.items()):
        for name, value in facts.items():
            setattr(draft, name, value)
        draft.revision, draft.made_by, draft.made_at = draft.revision + 1, str(by), now
        draft.save(update_fields=[*WORDS, "revision", "made_by", "made_at"])
    return draft


def _begin(kind: str, facts: Mapping[str, Any], *, by: User, now: datetime, language: str) -> TemplateVersion:
    rows = TemplateVersion.objects.filter(kind=kind, language=language)
    number = (rows.aggregate(n=Max("number"))["n"] or 0) + 1
    draft = TemplateVersion.objects.create(
        kind=kind, language=language, number=number, made_by=str(by), made_at=now, **facts
    )
    _note("template.drafted", gettext_noop("Began version {number} of the words of {kind}"), draft, by, now)
    return draft


@transaction.atomic(durable=True)
def discard_draft(kind: MailKind, *, by: User, now: datetime, language: str = "en-gb") -> None:
    """Throw the draft away; nothing was sent with it."""
    draft = draft_of(kind.name, language)
    if draft:
        _note("template.discarded", gettext_noop("Discarded version {number} of the words of {kind}"), draft, by, now)
        draft.delete()


@transaction.atomic(durable=True)
def publish_draft(
    kind: MailKind, *, seen: int, context: Mapping[str, Any], by: User, now: datetime, language: str = "en-gb"
) -> TemplateVersion:
    """From now on messages of this kind are sent in the words of the draft. Raises TemplateRefused, ChangedMeanwhile."""
    # Closes the race of publishing and typing: what was reviewed is what goes live.
    rows = TemplateVersion.objects.select_for_update().filter(kind=kind.name, language=language)
    draft = rows.filter(state=TemplateState.DRAFT).first()
    if draft is None:
        raise TemplateRefused(_("There is no draft. It was published or discarded meanwhile."))
    if draft.revision != seen:
        raise ChangedMeanwhile(draft)
    refuse_faulty(kind, draft, context, language)
    _end_live(kind.name, language, now)
    draft.state, draft.published_by, draft.published_at = TemplateState.LIVE, str(by), now
    draft.save(update_fields=["state", "published_by", "published_at"])
    _note("template.published", gettext_noop("Published version {number} of the words of {kind}"), draft, by, now)
    return draft


def refuse_faulty(kind: MailKind, words: Words, context: Mapping[str, Any], language: str) -> None:
    """Raises TemplateRefused with the first check that does not hold."""
    for one in check(kind, words, context, language):
        if not one.holds:
            raise TemplateRefused(f"{one.title}: {one.problems[0]}")


def _end_live(kind: str, language: str, now: datetime) -> None:
    TemplateVersion.objects.filter(kind=kind, language=language, state=TemplateState.LIVE).update(
        state=TemplateState.PAST, ended_at=now
    )


@transaction.atomic(durable=True)
def roll_back(kind: MailKind, number: int, *, by: User, now: datetime, language: str = "en-gb") -> None:
    """Send in the words of an earlier version again; 0 is what is built in. Raises TemplateRefused."""
    rows = TemplateVersion.objects.select_for_update().filter(kind=kind.name, language=language)
    past = rows.filter(number=number, state=TemplateState.PAST).first()
    if number and past is None:
        raise TemplateRefused(_("Only a version that was live before can be taken back."))
    _end_live(kind.name, language, now)
    if past:
        past.state, past.ended_at = TemplateState.LIVE, None
        past.save(update_fields=["state", "ended_at"])
    sentence = gettext_noop("Went back to version {number} of the words of {kind}")
    record("template.rolled_back", sentence, subject=kind.name, by=by, now=now, number=number, kind=str(kind.title))


@transaction.atomic(durable=True)
def send_test(
    kind: MailKind, words: Words | None, context: Mapping[str, Any], *, by: User, now: datetime, language: str = "en-gb"
) -> OutgoingMessage:
    """Send the message to the person who asks, through the queue that customers' mail takes."""
    about = f"test {by.pk} {now:%y%m%d%H%M%S%f}"
    row = new_message(
        kind.name, about=about, thread="", to=by.email, context=context, now=now, delay=0, language=language
    )
    written = write(kind, words, context, language)
    row.subject_line, row.text, row.html = (
        _("Test: %(subject)s") % {"subject": written.subject},
        written.text,
        written.html,
    )
    row.is_copy, row.version = True, getattr(words, "number", 0)
    row.save(force_insert=True)
    ring(DELIVERY_JOB, row.pk)
    return row


@transaction.atomic(durable=True)
def change_rule(kind: MailKind, facts: Mapping[str, Any], *, by: User, now: datetime) -> SendRule:
    """When messages of this kind are sent, from the next one on. Raises TemplateRefused."""
    if kind.is_essential and not facts["is_on"]:
        raise TemplateRefused(_("An order or a subscription needs this message: it cannot be switched off."))
    # Closes the race of two people: the later one counts, both are told in the history.
    rule = SendRule.objects.select_for_update().filter(kind=kind.name).first()
    changed = {name: value for name, value in facts.items() if rule is None or getattr(rule, name) != value}
    if rule is None:
        rule = SendRule.objects.create(kind=kind.name, changed_by=str(by), changed_at=now, **facts)
    elif changed:
        for name, value in facts.items():
            setattr(rule, name, value)
        rule.number, rule.changed_by, rule.changed_at = rule.number + 1, str(by), now
        rule.save()
    if changed:
        sentence = gettext_noop("Changed when {kind} is sent: {what}")
        what = ", ".join(f"{field_title(SendRule, name)}: {value}" for name, value in changed.items())
        record("rule.changed", sentence, subject=kind.name, by=by, now=now, kind=str(kind.title), what=what[:200])
    return rule


def stops_of(kind: MailKind, names: Sequence[str]) -> list[str]:
    """The chosen conditions among those a person may choose."""
    return [stop.name for stop in kind.stops if not stop.is_fixed and stop.name in names]


def _note(verb: str, sentence: str, row: TemplateVersion, by: User, now: datetime) -> None:
    record(verb, sentence, subject=row.kind, by=by, now=now, number=row.number, kind=row.kind)
