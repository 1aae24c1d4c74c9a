"""Sending what is due: one attempt per claim, marked exactly once, with an id that never changes."""

import hashlib
import smtplib
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ordermgmt.installation import only_when_live
from ordermgmt.jobs import Context, job
from ordermgmt.leases import NoRetry, finish
from ordermgmt.mail import DELIVERY_JOB
from ordermgmt.models.messages import MessageState, OutgoingMessage


@job(DELIVERY_JOB, title=_("Send e-mails"), every=1, rank=90)
@only_when_live
def send_messages(context: Context) -> dict[str, Any]:
    return context.work(OutgoingMessage.objects.filter(state=MessageState.WAITING), send_one)


def send_one(row: OutgoingMessage, *, now: datetime) -> None:
    """Send a claimed message and mark it sent. Raises NoRetry when the server refuses it for good.

    A server that breaks off after the data may have taken it: the next attempt carries the same
    Message-ID, by which mail systems know the double.
    """
    identity = message_id(row)
    try:
        _mail(row, identity).send()
    except smtplib.SMTPAuthenticationError:
        raise
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        if codes and min(codes) >= 500:
            raise NoRetry(_words(error)) from error
        raise
    except smtplib.SMTPResponseException as error:
        if error.smtp_code >= 500:
            raise NoRetry(_words(error)) from error
        raise
    with transaction.atomic(durable=True):
        finish(row, state=MessageState.SENT, sent_at=now, message_id=identity)


def message_id(row: OutgoingMessage) -> str:
    """Derived from the row alone, so that every attempt has the same."""
    digest = hashlib.sha256(f"{row.pk} {row.kind} {row.about}".encode()).hexdigest()[:24]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    return f"<{row.pk}.{digest}@{domain}>"


def _mail(row: OutgoingMessage, identity: str) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        subject=row.subject_line,
        body=row.text,
        to=[row.recipient],
        headers={"Auto-Submitted": "auto-generated", **row.headers, "Message-ID": identity},
        connection=get_connection(timeout=settings.EMAIL_TIMEOUT)
        if "smtp" in settings.EMAIL_BACKEND
        else get_connection(),
    )
    if row.html:
        mail.attach_alternative(row.html, "text/html")
    return mail


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
