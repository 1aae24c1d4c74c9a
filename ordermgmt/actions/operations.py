"""What a person may do to background work: run a job, try a dead row again, send a message again."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt import jobs
from ordermgmt.delivery import message_id
from ordermgmt.history import record
from ordermgmt.leases import revive
from ordermgmt.models import ActivityCategory, JobRun, Leased, MessageState, OutgoingMessage, User


class NotDead(Exception):
    """The work is waiting or done: there is nothing to try again."""


class NoAddress(Exception):
    """There is no e-mail address to send to."""


class StillWaiting(Exception):
    """The message has not left yet; it will be sent by itself."""


def dead_rows() -> list[Leased]:
    """Work that was given up, newest first."""
    rows: list[Leased] = []
    for model in leased_models():
        rows += model._default_manager.filter(dead_at__isnull=False).order_by("-dead_at")[:100]
    return sorted(rows, key=lambda row: str(row.dead_at), reverse=True)


def leased_models() -> list[type[Leased]]:
    return [model for model in apps.get_models() if issubclass(model, Leased)]


@transaction.atomic(durable=True)
def run_job(name: str, *, as_of: datetime, by: User, now: datetime) -> JobRun:
    """Let a worker run a job as of a moment. Raises jobs.UnknownJob."""
    jobs.find(name)
    facts: dict[str, Any] = {"job": name, "as_of": as_of.isoformat()}
    record("run_job", gettext_noop("Asked for job {job} as of {as_of}"), subject=name, by=by, now=now, **facts)
    return jobs.start(name, as_of=as_of, by=str(by))


@transaction.atomic(durable=True)
def retry_dead(label: str, pk: int, *, by: User, now: datetime) -> Leased:
    """Try work that was given up again from the start. Raises NotDead."""
    row = _locked_dead(label, pk)
    if row is None:
        raise NotDead
    revive(row, now=now)
    facts = {"what": str(row), "error": row.last_error[:200]}
    record("retry_dead", gettext_noop("Tries again: {what}"), subject=str(row)[:40], by=by, now=now, **facts)
    return row


def _locked_dead(label: str, pk: int) -> Leased | None:
    for model in leased_models():
        if model._meta.label_lower == label:
            # Closes the race of two people trying it again: the second finds it alive.
            return model._default_manager.select_for_update().filter(pk=pk, dead_at__isnull=False).first()
    return None


@transaction.atomic(durable=True)
def resend_message(pk: int, *, by: User, now: datetime) -> OutgoingMessage:
    """Send a message again: a sent one as a new copy, one that never left as itself.

    Raises StillWaiting, NoAddress.
    """
    row = OutgoingMessage.objects.select_for_update().get(pk=pk)
    if row.state == MessageState.WAITING:
        raise StillWaiting
    if not row.recipient:
        raise NoAddress
    again = _copy(row, now) if row.state == MessageState.SENT else row
    if again is row:
        revive(row, now=now)
        # Whoever sends it by hand has looked: what kept it back by itself is asked only of the address.
        OutgoingMessage.objects.filter(pk=row.pk).update(is_forced=row.state == MessageState.WITHDRAWN)
    jobs.ring("send_messages", again.pk)
    facts = {"kind": row.kind, "about": row.about, "message_id": message_id(again)}
    sentence = gettext_noop("Sent the message {kind} again")
    thread, category = row.thread, ActivityCategory.MESSAGES
    record(
        "resend_message", sentence, subject=row.about[:40], thread=thread, category=category, by=by, now=now, **facts
    )
    return again


def _copy(row: OutgoingMessage, now: datetime) -> OutgoingMessage:
    original = row.about.partition(" #")[0]
    number = OutgoingMessage.objects.filter(kind=row.kind, about__startswith=f"{original} #").count() + 2
    kept = (
        "kind",
        "thread",
        "recipient",
        "language",
        "subject_line",
        "text",
        "html",
        "context",
        "version",
        "rule_number",
    )
    facts = {name: getattr(row, name) for name in kept}
    return OutgoingMessage.objects.create(
        about=f"{original} #{number}", created_at=now, due_at=now, is_copy=True, **facts
    )
