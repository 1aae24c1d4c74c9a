"""Answering: the words go to the customer by mail and into the conversation; notes stay here."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.ticket_work import (
    TicketRefused,
    keep,
    lock_living,
    move,
    owe_answer,
    refuse_news,
    say,
    sent_before,
    tell,
)
from customers.models import Ticket, TicketMessage
from customers.ticket_emails import queue_answer, withdraw_answer
from customers.ticket_states import Direction, TicketStatus
from ordermgmt.models import User

AFTER = (TicketStatus.WAITING, TicketStatus.SOLVED, TicketStatus.OPEN)


@transaction.atomic(durable=True)
def answer_ticket(
    ticket_id: int,
    *,
    text: str,
    seen: int,
    by: User,
    now: datetime,
    then: str = TicketStatus.WAITING,
    form_key: str = "",
) -> TicketMessage:
    """Answer as seen up to message `seen`; the ticket then waits, is solved, or stays open because more is owed.

    Who answers a ticket of nobody has it from then on. The same form again changes nothing.
    Raises AnsweredMeanwhile or TicketRefused.
    """
    if then not in AFTER:
        raise TicketRefused(_("Choose what happens next"))
    ticket = lock_living(ticket_id)
    if known := sent_before(form_key):
        return known
    refuse_news(ticket, seen)
    if not ticket.email:
        raise TicketRefused(_("There is no e-mail address to answer to. Call, and write a note."), "text")
    answer = say(ticket, Direction.OUT, text, by=by, now=now, form_key=form_key or None)
    queue_answer(ticket, answer, now=now)
    _is_answered(ticket, then, by=by, now=now)
    tell("answer_ticket", gettext_noop("{number} answered: {text}"), ticket, by=by, now=now, text=_short(answer.body))
    return answer


def _is_answered(ticket: Ticket, then: str, *, by: User, now: datetime) -> None:
    keep(
        ticket,
        last_out_at=now,
        first_answered_at=ticket.first_answered_at or now,
        assignee_id=ticket.assignee_id or by.pk,
    )
    move(ticket, then, now=now)
    if ticket.is_undone:
        keep(ticket, answer_due_at=None, due_at=ticket.solve_due_at)


@transaction.atomic(durable=True)
def undo_answer(ticket_id: int, *, message_id: int, by: User, now: datetime) -> TicketMessage:
    """Take an answer back while its mail has not left: the ticket waits for us as before. Raises TicketRefused."""
    ticket = lock_living(ticket_id)
    answer = ticket.messages.filter(pk=message_id, direction=Direction.OUT, withdrawn_at=None).first()
    if answer is None:
        raise TicketRefused(_("There is no such answer any more."))
    if not withdraw_answer(answer):
        raise TicketRefused(_("The mail has left already. Write another one."))
    answer.withdrawn_at = now
    answer.save(update_fields=["withdrawn_at"])
    _is_unanswered(ticket, answer, now=now)
    tell("undo_answer", gettext_noop("Answer to {number} taken back before it left"), ticket, by=by, now=now)
    return answer


def _is_unanswered(ticket: Ticket, gone: TicketMessage, *, now: datetime) -> None:
    left = ticket.messages.filter(direction=Direction.OUT, withdrawn_at=None).order_by("-pk")
    last = left.values_list("at", flat=True).first()
    first = ticket.first_answered_at if last and ticket.first_answered_at != gone.at else None
    keep(ticket, last_out_at=last, first_answered_at=first or (left.last().at if last else None))  # type: ignore[union-attr]
    move(ticket, TicketStatus.OPEN, now=now)
    owe_answer(ticket, since=ticket.last_in_at or ticket.created_at)


@transaction.atomic(durable=True)
def note_ticket(ticket_id: int, *, text: str, by: User | str, now: datetime, form_key: str = "") -> TicketMessage:
    """A note colleagues see and customers never. Raises TicketRefused."""
    ticket = lock_living(ticket_id)
    if known := sent_before(form_key):
        return known
    note = say(ticket, Direction.NOTE, text, by=by, now=now, form_key=form_key or None)
    tell("note_ticket", gettext_noop("Note on {number}"), ticket, by=by, now=now)
    return note


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line[:117] + "…" if len(line) > 118 else line
