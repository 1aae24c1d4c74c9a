"""Sending what is due: one attempt per claim, marked exactly once, with an id that never changes."""

import hashlib
import smtplib
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ordermgmt.installation import only_when_live
from ordermgmt.jobs import Context, job
from ordermgmt.leases import NoRetry, finish, postpone
from ordermgmt.mail import DELIVERY_JOB, html_of, read_context
from ordermgmt.mail_kinds import KINDS
from ordermgmt.mail_rules import Decision, decide, rule_of
from ordermgmt.mail_versions import write
from ordermgmt.models.messages import MessageState, OutgoingMessage
from ordermgmt.models.templates import TemplateState, TemplateVersion


@job(DELIVERY_JOB, title=_("Send e-mails"), every=1, rank=90)
@only_when_live
def send_messages(context: Context) -> dict[str, Any]:
    return context.work(OutgoingMessage.objects.filter(state=MessageState.WAITING), send_one)


def send_one(row: OutgoingMessage, *, now: datetime) -> None:
    """Send a claimed message and mark it sent. Raises NoRetry when the server refuses it for good.

    A server that breaks off after the data may have taken it: the next attempt carries the same
    Message-ID, by which mail systems know the double.
    """
    rule = rule_of(row.kind)
    decision = decide(row, rule, now=now)
    if decision.stop or decision.later:
        _keep(row, decision)
        return
    put_in_words(row)
    row.rule_number = rule.number if rule else 0
    identity = message_id(row)
    mail = _mail(row, identity)
    try:
        mail.send()
    except AnymailRecipientsRefused as error:
        raise NoRetry(_words(error)) from error
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
        finish(
            row,
            state=MessageState.SENT,
            sent_at=now,
            message_id=identity,
            provider_id=_provider_id(mail),
            **_words_of(row),
        )


def _keep(row: OutgoingMessage, decision: Decision) -> None:
    with transaction.atomic(durable=True):
        if decision.stop:
            finish(row, state=MessageState.WITHDRAWN)
            OutgoingMessage.objects.filter(pk=row.pk).update(last_error=decision.stop[:500])
        elif decision.later:
            postpone(row, until=decision.later, held_because=decision.why[:100])


def put_in_words(row: OutgoingMessage) -> None:
    """Write a message that has not left in the words that are live. What was built in stands when they fail, and
    the reason is kept for operators."""
    row.html = html_of(row)
    live = TemplateVersion.objects.filter(kind=row.kind, language=row.language, state=TemplateState.LIVE).first()
    if live is None or row.is_copy or row.kind not in KINDS:
        return
    try:
        written = write(KINDS[row.kind], live, read_context(row.context), row.language)
    except Exception as error:
        row.words_error = f"v{live.number}: {_words(error)}"[:300]
        return
    row.subject_line, row.text, row.html = written.subject, written.text, written.html
    row.version, row.words_error = live.number, ""


def _words_of(row: OutgoingMessage) -> dict[str, Any]:
    names = ("subject_line", "text", "html", "version", "words_error", "rule_number")
    return {name: getattr(row, name) for name in names}


def _provider_id(mail: Any) -> str:
    """The number a provider's API answered with; over SMTP there is none."""
    status = getattr(mail, "anymail_status", None)
    return str(getattr(status, "message_id", None) or "")[:200]


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
    mail.metadata = {"message": str(row.pk)}  # type: ignore[attr-defined]  # providers give it back with their events
    if url := row.context.get("unsubscribe_url"):
        # RFC 8058: the button of the mail program itself.
        mail.extra_headers |= {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if row.html:
        mail.attach_alternative(row.html, "text/html")
    return mail


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
