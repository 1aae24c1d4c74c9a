"""Steps every verb on tickets builds on: locking, moving, targets, the line of history."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Ticket, TicketMessage
from customers.ticket_states import UNDONE, Direction
from customers.ticket_targets import answer_due, put_off
from ordermgmt.clock import local_time
from ordermgmt.history import record
from ordermgmt.models import User

MOST_LETTERS = 20_000


class TicketRefused(Exception):
    """The ticket cannot be worked as asked; the sentence says why. `field` names the fact that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class AnsweredMeanwhile(Exception):
    """Somebody wrote after the person opened the ticket; `message` is what they wrote."""

    def __init__(self, message: TicketMessage) -> None:
        words = (
            _("%(who)s answered at %(time)s.")
            if message.direction == Direction.OUT
            else _("%(who)s wrote again at %(time)s.")
        )
        super().__init__(words % {"who": message.author, "time": local_time(message.at)})
        self.message = message


def lock_ticket(pk: int) -> Ticket:
    """Inside the caller's transaction: closes the race of two people, or a person and a mail, at one ticket."""
    locked: Ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=pk)
    return locked


def lock_living(pk: int) -> Ticket:
    """Inside the caller's transaction: as `lock_ticket`. Raises TicketRefused when it went into another."""
    ticket = lock_ticket(pk)
    if ticket.merged_into_id is not None:
        raise TicketRefused(_("It was merged into %(number)s. Work there.") % {"number": ticket.merged_into})
    return ticket


def refuse_news(ticket: Ticket, seen: int) -> None:
    """Inside the caller's transaction: raises AnsweredMeanwhile when more was said than message `seen`."""
    said = ticket.messages.filter(pk__gt=seen, withdrawn_at=None, is_automatic=False).exclude(direction=Direction.NOTE)
    newest = said.order_by("-pk").first()
    if newest is not None:
        raise AnsweredMeanwhile(newest)


def say(ticket: Ticket, direction: str, text: str, *, by: User | str, now: datetime, **facts: Any) -> TicketMessage:
    """Inside the caller's transaction: one message. Raises TicketRefused for none or too many letters."""
    text = tidy_text(text)
    if not text:
        raise TicketRefused(_("Write something first"), "text")
    if len(text) > MOST_LETTERS:
        raise TicketRefused(_("Write 20,000 letters at most"), "text")
    user = by if isinstance(by, User) else None
    facts = {"author": str(by)[:254], "user": user, **facts}
    message: TicketMessage = ticket.messages.create(written_to=ticket, direction=direction, body=text, at=now, **facts)
    return message


def sent_before(form_key: str) -> TicketMessage | None:
    """Inside the caller's transaction, under the lock of the ticket: what this very form made when it came first."""
    return TicketMessage.objects.filter(form_key=form_key).first() if form_key else None


def tidy_text(text: str) -> str:
    """Text every database keeps: no zeros, one kind of line end, no half characters."""
    plain = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return plain.encode("utf-8", "replace").decode().strip()


def move(ticket: Ticket, status: str, *, now: datetime, **facts: Any) -> None:
    """Inside the caller's transaction: move a locked ticket; targets run only while we owe something."""
    if status == ticket.status:
        keep(ticket, **facts)
        return
    if status in UNDONE:
        facts = facts if ticket.is_undone else {**_owing_again(ticket, now), **facts}
    else:
        facts = {"answer_due_at": None, "due_at": None, **facts}
    ticket.move_to(status, now=now, **facts)


def _owing_again(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """The time in which the customer had the word, or thought it solved, does not count."""
    solve_by = put_off(ticket.solve_due_at, waited_from=_quiet_since(ticket) or now, to=now)
    return {"solve_due_at": solve_by, "due_at": solve_by, "solved_at": None, "closed_at": None, "waiting_at": None}


def _quiet_since(ticket: Ticket) -> datetime | None:
    return min((at for at in (ticket.waiting_at, ticket.solved_at, ticket.closed_at) if at), default=None)


def owe_answer(ticket: Ticket, *, since: datetime) -> None:
    """Inside the caller's transaction: somebody waits for an answer; who waits already keeps their target."""
    if not ticket.is_undone or ticket.answer_due_at is not None:
        return
    due = answer_due(ticket.priority, since=since, is_first=ticket.first_answered_at is None)
    keep(ticket, answer_due_at=due, due_at=min(due, ticket.solve_due_at))


def keep(ticket: Ticket, **facts: Any) -> None:
    """Inside the caller's transaction: write facts of a locked ticket."""
    for name, value in facts.items():
        setattr(ticket, name, value)
    if facts:
        ticket.save(update_fields=list(facts))


def tell(verb: str, sentence: str, ticket: Ticket, *, by: User | str, now: datetime, **facts: Any) -> None:
    """Inside the caller's transaction: a line on the ticket and on the record it is about."""
    record(verb, sentence, subject=ticket.number, thread=thread_of(ticket), by=by, now=now,
           category="messages", number=ticket.number, **facts)  # fmt: skip


def thread_of(ticket: Ticket) -> str:
    return ticket.about or (ticket.customer.number if ticket.customer else "")
