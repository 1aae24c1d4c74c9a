"""Why a customer is not asked how it was, looked at when the question is about to leave."""

from datetime import datetime

from customers.actions.feedback import NOT_AGAIN, refuses
from customers.models import Feedback, Ticket
from customers.states import FeedbackStatus
from customers.ticket_states import LIVING
from ordermgmt.models import MessageState, OutgoingMessage


def _feedback(row: OutgoingMessage) -> Feedback | None:
    return Feedback.objects.filter(order_number=row.about.partition(" #")[0]).first()


def has_refused(row: OutgoingMessage, now: datetime) -> bool:
    found = _feedback(row)
    return found is not None and refuses(found.customer_id)


def has_answered(row: OutgoingMessage, now: datetime) -> bool:
    found = _feedback(row)
    return found is not None and found.status != FeedbackStatus.ASKED


def was_asked(row: OutgoingMessage, now: datetime) -> bool:
    """Also when two orders arrived at once, or two records of the customer were merged."""
    since = now - NOT_AGAIN
    sent = OutgoingMessage.objects.filter(recipient=row.recipient, sent_at__gt=since, kind=row.kind)
    return sent.filter(state=MessageState.SENT).exclude(pk=row.pk).exists()


def has_open_ticket(row: OutgoingMessage, now: datetime) -> bool:
    found = _feedback(row)
    return found is not None and Ticket.objects.filter(customer=found.customer_id, status__in=LIVING).exists()
