"""Whose ticket it is, how urgent, whom and what it is about."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.customers import lock_customer, refuse_ended
from customers.actions.ticket_work import TicketRefused, keep, lock_living, move, say, tell
from customers.models import Customer, Ticket
from customers.ticket_states import Direction, TicketPriority, TicketStatus
from customers.ticket_targets import answer_due, solution_due
from ordermgmt.models import User

MAY_WORK = "tickets.work"


@transaction.atomic(durable=True)
def take_ticket(ticket_id: int, *, by: User, now: datetime, seen: int | None = None) -> Ticket:
    """It is mine from now on. `seen` is whose it was on the page (0: nobody's). Raises TicketRefused when that changed."""
    ticket = lock_living(ticket_id)
    if ticket.assignee_id == by.pk:
        return ticket
    if seen is not None and (ticket.assignee_id or 0) != seen:
        raise TicketRefused(_("%(who)s took it meanwhile.") % {"who": ticket.assignee or _("Nobody")})
    return _give(ticket, by, gettext_noop("{number} taken by {to}"), by=by, now=now)


@transaction.atomic(durable=True)
def hand_over(ticket_id: int, *, to: User | None, by: User, now: datetime, note: str = "") -> Ticket:
    """Give it to a colleague, or back to everybody, with a word why. Raises TicketRefused."""
    ticket = lock_living(ticket_id)
    if to is not None and not (to.is_active and to.has_perm(MAY_WORK)):
        raise TicketRefused(_("%(who)s does not work on tickets.") % {"who": to}, "to")
    if note.strip():
        say(ticket, Direction.NOTE, note, by=by, now=now)
    if ticket.assignee_id == (to.pk if to else None):
        return ticket
    sentence = gettext_noop("{number} handed over to {to}") if to else gettext_noop("{number} given back to everybody")
    return _give(ticket, to, sentence, by=by, now=now)


def _give(ticket: Ticket, to: User | None, sentence: str, *, by: User, now: datetime) -> Ticket:
    keep(ticket, assignee=to)
    if to is not None and ticket.current_status == TicketStatus.NEW:
        move(ticket, TicketStatus.OPEN, now=now)
    tell("assign_ticket", sentence, ticket, by=by, now=now, to=str(to or ""))
    return ticket


@transaction.atomic(durable=True)
def set_priority(ticket_id: int, *, priority: str, by: User, now: datetime) -> Ticket:
    """How urgent it is; its targets are counted anew from when the customer began to wait. Raises TicketRefused."""
    if priority not in TicketPriority.values:
        raise TicketRefused(_("Choose how urgent it is"), "priority")
    ticket = lock_living(ticket_id)
    if ticket.priority == priority:
        return ticket
    keep(ticket, priority=priority, **_targets(ticket, priority))
    label = str(TicketPriority(priority).label)
    tell("prioritise_ticket", gettext_noop("{number} is now {priority}"), ticket, by=by, now=now, priority=label)
    return ticket


def _targets(ticket: Ticket, priority: str) -> dict[str, datetime | None]:
    solve_by = solution_due(priority, since=ticket.created_at)
    if not ticket.is_undone:
        return {"solve_due_at": solve_by}
    if ticket.answer_due_at is None:
        return {"solve_due_at": solve_by, "due_at": solve_by}
    is_first = ticket.first_answered_at is None
    since = ticket.created_at if is_first else ticket.last_in_at or ticket.created_at
    answer_by = answer_due(priority, since=since, is_first=is_first)
    return {"solve_due_at": solve_by, "answer_due_at": answer_by, "due_at": min(answer_by, solve_by)}


@transaction.atomic(durable=True)
def set_subject_of(ticket_id: int, *, customer: Customer | None, about: str, by: User, now: datetime) -> Ticket:
    """Say whose ticket it is and which order or subscription it is about. Raises TicketRefused, CustomerRefused."""
    if customer is not None:
        # Before the ticket, as merging customers does.
        refuse_ended(lock_customer(customer.pk))
    ticket = lock_living(ticket_id)
    keep(
        ticket,
        customer=customer,
        about=about.strip().upper()[:40],
        email=ticket.email or (customer.email if customer else ""),
    )
    sentence = gettext_noop("{number} belongs to {customer} {about}")
    tell("place_ticket", sentence, ticket, by=by, now=now, customer=str(customer or ""), about=ticket.about)
    return ticket
