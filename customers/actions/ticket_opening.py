"""Opening a ticket: from the customer's page, from a mail, or by staff while somebody is on the phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.customers import CustomerRefused, tidy_email
from customers.actions.ticket_files import Stored, attach
from customers.actions.ticket_work import TicketRefused, keep, lock_living, move, owe_answer, say, sent_before, tell
from customers.models import Customer, Ticket, TicketMessage
from customers.ticket_emails import queue_receipt
from customers.ticket_states import Direction, TicketChannel, TicketPriority, TicketStatus, TicketTopic
from customers.ticket_targets import answer_due, solution_due
from ordermgmt.models import User
from ordermgmt.numbering import next_number

# More tickets of one address in an hour get no receipt: two machines must not answer each other for ever.
RECEIPTS_AN_HOUR = 3


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted and by whom. `receipt`: the customer is told once that it arrived."""

    subject: str
    text: str
    channel: str
    customer: Customer | None = None
    name: str = ""
    email: str = ""
    language: str = ""
    topic: str = TicketTopic.OTHER
    priority: str = TicketPriority.NORMAL
    about: str = ""
    assignee: User | None = None
    form_key: str = ""
    receipt: bool = True
    page_url: str = ""


@transaction.atomic(durable=True)
def open_ticket(wish: Wish, *, by: User | str, now: datetime, files: Sequence[Stored] = ()) -> Ticket:
    """A new ticket with its first message. The same form again gives the ticket it made. Raises TicketRefused."""
    if wish.form_key and (known := Ticket.objects.filter(form_key=wish.form_key).first()):
        return known
    try:
        with transaction.atomic():
            ticket, _message = start(wish, by=by, now=now, files=files)
    except IntegrityError:
        # Closes the race of a form sent twice at once: UNIQUE(form_key) keeps the first.
        return Ticket.objects.get(form_key=wish.form_key)
    return ticket


def start(
    wish: Wish,
    *,
    by: User | str,
    now: datetime,
    files: Sequence[Stored] = (),
    message: Mapping[str, object] | None = None,
) -> tuple[Ticket, TicketMessage]:
    """Inside the caller's transaction: as `open_ticket`; `message` are more facts of the first message."""
    email = _usable(wish.email or (wish.customer.email if wish.customer else ""))
    answer_by = answer_due(wish.priority, since=now, is_first=True)
    solve_by = solution_due(wish.priority, since=now)
    ticket = Ticket.objects.create(
        number=next_number("T"), subject=_subject(wish), topic=wish.topic, priority=wish.priority,
        channel=wish.channel, customer=wish.customer, name=wish.name[:120], email=email,
        language=wish.language or (wish.customer.language if wish.customer else "en-gb"), about=wish.about[:40],
        assignee=wish.assignee, form_key=wish.form_key or None, created_at=now, last_in_at=now,
        answer_due_at=answer_by, solve_due_at=solve_by, due_at=min(answer_by, solve_by),
    )  # fmt: skip
    said = say(ticket, Direction.IN, wish.text, by=by, now=now, **{"author": ticket.who[:254], **(message or {})})
    attach(said, files)
    tell("open_ticket", gettext_noop("Ticket {number} opened: {title}"), ticket, by=by, now=now, title=ticket.subject)
    if wish.receipt and _may_have_receipt(ticket, now):
        queue_receipt(ticket, said, page_url=wish.page_url, now=now)
    return ticket, said


def _subject(wish: Wish) -> str:
    line = " ".join((wish.subject or wish.text).split())
    return (line[:197] + "…" if len(line) > 198 else line) or _("No subject")


def _usable(email: str) -> str:
    try:
        return tidy_email(email)
    except CustomerRefused as error:
        raise TicketRefused(str(error), "email") from error


def _may_have_receipt(ticket: Ticket, now: datetime) -> bool:
    """Only who has no other new ticket storm going on."""
    if not ticket.email or ticket.channel in (TicketChannel.STAFF, TicketChannel.PHONE):
        return False
    lately = Ticket.objects.filter(email__iexact=ticket.email, created_at__gt=now - timedelta(hours=1))
    return lately.count() <= RECEIPTS_AN_HOUR


@transaction.atomic(durable=True)
def write_again(
    ticket_id: int, *, text: str, by: User | str, now: datetime, form_key: str = "", files: Sequence[Stored] = ()
) -> TicketMessage:
    """The customer adds something to their ticket; a solved one opens again. The same form again changes nothing.

    Raises TicketRefused.
    """
    ticket = lock_living(ticket_id)
    if known := sent_before(form_key):
        return known
    message = hear(ticket, text, by=by, now=now, form_key=form_key or None)
    attach(message, files)
    return message


def hear(ticket: Ticket, text: str, *, by: User | str, now: datetime, **facts: object) -> TicketMessage:
    """Inside the caller's transaction: a message of the customer to a locked ticket; it waits for us again."""
    message = say(ticket, Direction.IN, text, by=by, now=now, **{"author": ticket.who[:254], **facts})
    if message.is_automatic:
        return message
    was_solved = ticket.current_status in (TicketStatus.SOLVED, TicketStatus.CLOSED)
    if ticket.current_status != TicketStatus.NEW:
        move(ticket, TicketStatus.OPEN, now=now)
    owe_answer(ticket, since=now)
    keep(ticket, last_in_at=now)
    sentence = gettext_noop("The customer wrote again to {number}, it is open again") if was_solved else gettext_noop("The customer wrote again to {number}")  # fmt: skip
    tell("hear_ticket", sentence, ticket, by=by, now=now)
    return message
