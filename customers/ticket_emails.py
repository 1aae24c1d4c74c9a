"""What customers are mailed about their ticket, threaded so that every mail program shows one conversation."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from customers.models import Ticket, TicketMessage
from ordermgmt.delivery import message_id
from ordermgmt.mail import queue_message, withdraw_message
from ordermgmt.models import MessageState, OutgoingMessage

RECEIPT, ANSWER = "ticket_received", "ticket_answer"
MOST_REFERENCES = 10
LOST = (MessageState.DEAD, MessageState.WITHDRAWN)


def queue_receipt(ticket: Ticket, said: TicketMessage, *, page_url: str, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: tell the customer, once per ticket, that what they wrote arrived."""
    context = {
        **_facts(ticket),
        "text": said.body,
        "button_url": page_url,
        "button_label": gettext_noop("See your order"),
    }
    headers = {**_thread(ticket, said), "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    return _queue(RECEIPT, ticket.number, ticket, context, headers, now)


def queue_answer(ticket: Ticket, answer: TicketMessage, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: mail an answer; its Message-ID is kept, so that the reply finds back."""
    asked = ticket.messages.filter(direction="in", withdrawn_at=None, is_automatic=False).order_by("-pk").first()
    context = {
        **_facts(ticket),
        "text": answer.body,
        "author": answer.user.get_short_name() if answer.user else answer.author,
        "asked": asked.body[:1500] if asked else "",
        "asked_at": asked.at if asked else None,
    }
    headers = {**_thread(ticket, asked), "Auto-Submitted": "no"}
    row = _queue(ANSWER, answer_about(answer), ticket, context, headers, now)
    answer.message_id = message_id(row)
    answer.save(update_fields=["message_id"])
    return row


def withdraw_answer(answer: TicketMessage) -> bool:
    """Inside the caller's transaction: stop the mail of an answer; says whether it was in time."""
    return withdraw_message(ANSWER, about=answer_about(answer))


def unsent(answers: Sequence[TicketMessage]) -> dict[int, str]:
    """Why the mails of these answers did not reach anybody, by answer: one statement."""
    by_about = {answer_about(answer): answer.pk for answer in answers}
    lost = OutgoingMessage.objects.filter(kind=ANSWER, about__in=list(by_about), state__in=LOST)
    return {by_about[about]: error for about, error in lost.values_list("about", "last_error")}


def answer_about(answer: TicketMessage) -> str:
    """What makes the mail of an answer one."""
    return f"{answer.written_to.number} {answer.pk}"


def reply_address(ticket: Ticket) -> str:
    """Where replies come back to: hello+t-TOKEN@shop.example."""
    name, _at, domain = settings.SUPPORT_EMAIL.partition("@")
    return f"{name}+t-{ticket.token}@{domain}"


def _queue(
    kind: str, about: str, ticket: Ticket, context: dict[str, Any], headers: dict[str, str], now: datetime
) -> OutgoingMessage:
    return queue_message(
        kind, about=about, thread=ticket.number, to=ticket.email, context=context, now=now, language=ticket.language,
        headers=headers,
    )  # fmt: skip


def _facts(ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "ticket_subject": ticket.subject,
        "name": ticket.name or (ticket.customer.name if ticket.customer else ""),
        "order_number": ticket.about or ticket.number,
    }


def _thread(ticket: Ticket, answered: TicketMessage | None) -> dict[str, str]:
    """Reply-To with the ticket's token, In-Reply-To and References of the last messages."""
    known = ticket.messages.exclude(message_id=None).order_by("-pk").values_list("message_id", flat=True)
    ids = [one for one in reversed(list(known[:MOST_REFERENCES])) if one and one.startswith("<") and "\n" not in one]
    brand = parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or settings.SHOP["brand"]
    headers = {"Reply-To": formataddr((brand, reply_address(ticket)))}
    own = answered.message_id if answered and answered.message_id else (ids[-1] if ids else "")
    return {**headers, **({"In-Reply-To": own} if own else {}), **({"References": " ".join(ids)} if ids else {})}
