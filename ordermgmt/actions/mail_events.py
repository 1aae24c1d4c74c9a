"""What mail providers tell: stored first, understood by a job, in any order and however often."""

import json
import re
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.jobs import ring
from ordermgmt.leases import finish
from ordermgmt.mail_providers import Told
from ordermgmt.models import ActivityCategory, MailAddress, MailEvent, MailFate, OutgoingMessage, User

JOB = "mail_events"
RANK = [MailFate.NONE, MailFate.DEFERRED, MailFate.DELIVERED, MailFate.BOUNCED, MailFate.COMPLAINED]
# Our own Message-ID begins with the number of the row, whatever a provider makes of it.
_OWN_ID = re.compile(r"<?(\d{1,18})\.[0-9a-f]{24}@[\w.-]+>?")


@transaction.atomic(durable=True)
def keep_events(provider: str, told: Iterable[Told], *, now: datetime) -> int:
    """Store events as they came; says how many were new."""
    rows = [
        MailEvent(
            provider=provider, event_id=one.event_id, kind=one.kind, is_hard=one.is_hard, recipient=one.recipient,
            named_id=one.named_id or one.message_pk, reason=one.reason, payload=dict(one.payload), happened_at=one.happened_at,
            received_at=now, due_at=now,
        )
        for one in {one.event_id: one for one in told}.values()
    ]  # fmt: skip
    known = set(
        MailEvent.objects.filter(provider=provider, event_id__in=[row.event_id for row in rows]).values_list(
            "event_id", flat=True
        )
    )
    fresh = [row for row in rows if row.event_id not in known]
    # Closes the race of the same events on two connections: UNIQUE(provider, event_id) keeps the first.
    MailEvent.objects.bulk_create(fresh, ignore_conflicts=True)
    for pk in MailEvent.objects.filter(provider=provider, event_id__in=[row.event_id for row in fresh]).values_list("pk", flat=True):  # fmt: skip
        ring(JOB, pk)
    return len(fresh)


def work_event(event: MailEvent, *, now: datetime) -> None:
    """One claimed event: what became of the message, and what is known of the address by that."""
    with transaction.atomic(durable=True):
        message = message_of(event)
        outcome = _follow(event, message)
        finish(event, processed_at=now, outcome=outcome, message=message)


def message_of(event: MailEvent) -> OutgoingMessage | None:
    """By the provider's number, by ours as the provider gives it back, or by ours anywhere in what it told."""
    if event.named_id:
        bare = event.named_id.strip("<>")
        rows = OutgoingMessage.objects.filter(provider_id=event.named_id) | OutgoingMessage.objects.filter(
            message_id=f"<{bare}>"
        )
        if found := rows.first():
            return found
    for match in _OWN_ID.finditer(json.dumps(event.payload)):
        identity = f"<{match[0].strip('<>')}>"
        if found := OutgoingMessage.objects.filter(pk=int(match[1]), message_id=identity).first():
            return found
    if event.named_id.isdecimal() and event.recipient:
        return OutgoingMessage.objects.filter(pk=int(event.named_id), recipient__iexact=event.recipient).first()
    return None


def _follow(event: MailEvent, message: OutgoingMessage | None) -> str:
    """Only ever towards the later fate, so that any order of the same events ends in the same state."""
    if event.kind not in MailFate.values:
        return "Nothing to do"
    if message:
        _put_fate(message, MailFate(event.kind))
    address = event.recipient or (message.recipient.lower() if message else "")
    if address and event.kind == MailFate.BOUNCED and event.is_hard:
        _mark(address, "bounced_at", event)
    elif address and event.kind == MailFate.COMPLAINED:
        _mark(address, "complained_at", event)
    return "Noted" if message else "Noted; no message of ours is known by that number"


def _put_fate(message: OutgoingMessage, fate: MailFate) -> None:
    # Closes the race of two events about one message.
    row = OutgoingMessage.objects.select_for_update().get(pk=message.pk)
    if RANK.index(fate) > RANK.index(MailFate(row.fate)):
        OutgoingMessage.objects.filter(pk=row.pk).update(fate=fate)


def _mark(address: str, field: str, event: MailEvent) -> None:
    MailAddress.objects.bulk_create([MailAddress(address=address)], ignore_conflicts=True)
    # Closes the race of two events about one address: the later moment stays.
    row = MailAddress.objects.select_for_update().get(address=address)
    known = getattr(row, field)
    if known is None or event.happened_at > known:
        setattr(row, field, event.happened_at)
        if field == "bounced_at":
            row.reason = event.reason
        row.save(update_fields=[field, "reason"])


@transaction.atomic(durable=True)
def works_again(address: str, *, by: User, now: datetime) -> MailAddress | None:
    """A person says that an address works: what happened before counts no more; safe to say twice."""
    row = MailAddress.objects.select_for_update().filter(address=address.lower()).first()
    if row and row.is_undeliverable:
        row.works_again_at = now
        row.save(update_fields=["works_again_at"])
        sentence = gettext_noop("Said that mail to {address} works again")
        record(
            "address.works", sentence, subject=row.address[:40], by=by, now=now, address=row.address,
            category=ActivityCategory.MESSAGES,
        )  # fmt: skip
    return row
