"""Mail from outside: kept as it came before anything else, so that nothing is lost and nothing is taken twice."""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from customers.actions.ticket_files import keep_bytes
from customers.models import InboundMail
from ordermgmt.jobs import ring

JOB = "read_mail"


class MailTooLarge(Exception):
    """More bytes than the shop takes."""


def keep_mail(raw: bytes, *, source: str, now: datetime) -> tuple[InboundMail, bool]:
    """Keep a mail and say whether it is new; the same bytes again are the same row. Raises MailTooLarge."""
    if len(raw) > settings.INBOUND_MAIL_MAX_BYTES:
        raise MailTooLarge(f"A mail may have {settings.INBOUND_MAIL_MAX_BYTES} bytes")
    digest = sha256(raw).hexdigest()
    file = keep_bytes("mail", digest, raw)
    return _keep(digest, file, len(raw), source=source, now=now)


@transaction.atomic(durable=True)
def _keep(digest: str, file: str, size: int, *, source: str, now: datetime) -> tuple[InboundMail, bool]:
    # Closes the race of a provider that posts the same mail twice at once: UNIQUE(sha256) keeps one.
    facts = {"file": file, "size": size, "source": source, "received_at": now, "due_at": now}
    row, is_new = InboundMail.objects.get_or_create(sha256=digest, defaults=facts)
    if is_new:
        ring(JOB, row.pk)
    return row, is_new
