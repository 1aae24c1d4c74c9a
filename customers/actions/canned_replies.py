"""Texts support uses often."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from customers.models import CannedReply
from ordermgmt.history import record
from ordermgmt.models import User

SUBJECT = "canned-replies"


@transaction.atomic(durable=True)
def save_reply(reply: CannedReply, *, by: User, now: datetime) -> CannedReply:
    """Keep a new or changed text; tickets that used it keep what was sent."""
    is_new = reply.pk is None
    reply.changed_at, reply.changed_by = now, str(by)[:120]
    reply.save()
    sentence = gettext_noop("Canned reply {name} added") if is_new else gettext_noop("Canned reply {name} changed")
    record("save_reply", sentence, subject=SUBJECT, by=by, now=now, name=reply.name)
    return reply


@transaction.atomic(durable=True)
def archive_reply(pk: int, *, by: User, now: datetime) -> CannedReply:
    """Offer it no more."""
    reply = CannedReply.objects.select_for_update().get(pk=pk)
    if reply.archived_at is None:
        reply.archived_at = now
        reply.save(update_fields=["archived_at"])
        record("archive_reply", gettext_noop("Canned reply {name} removed"), subject=SUBJECT, by=by, now=now, name=reply.name)  # fmt: skip
    return reply


@transaction.atomic(durable=True)
def restore_reply(pk: int, *, by: User, now: datetime) -> CannedReply:
    """Undo of removing it; where its name was taken meanwhile it gets another."""
    reply = CannedReply.objects.select_for_update().get(pk=pk)
    if reply.archived_at is not None:
        if CannedReply.objects.filter(name=reply.name, archived_at=None).exists():
            reply.name = f"{reply.name[:70]} ({reply.pk})"
        reply.archived_at = None
        reply.save(update_fields=["archived_at", "name"])
        record("restore_reply", gettext_noop("Canned reply {name} offered again"), subject=SUBJECT, by=by, now=now, name=reply.name)  # fmt: skip
    return reply
