"""Solving, opening again, merging two that are one matter, and closing what stayed solved."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.ticket_work import TicketRefused, keep, lock_living, lock_ticket, move, owe_answer, tell
from customers.models import Ticket, TicketMessage
from customers.ticket_states import Direction, TicketStatus
from ordermgmt.models import User

STAYS_SOLVED = timedelta(days=14)
CHUNK = 200


@transaction.atomic(durable=True)
def solve_ticket(ticket_id: int, *, by: User | str, now: datetime) -> Ticket:
    """Nothing is owed any more; a new mail of the customer opens it again. Raises TicketRefused."""
    ticket = lock_living(ticket_id)
    if ticket.current_status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        return ticket
    move(ticket, TicketStatus.SOLVED, now=now)
    tell("solve_ticket", gettext_noop("{number} solved"), ticket, by=by, now=now)
    return ticket


@transaction.atomic(durable=True)
def reopen_ticket(ticket_id: int, *, by: User | str, now: datetime) -> Ticket:
    """It is not solved after all (also the undo of solving). Raises TicketRefused."""
    ticket = lock_living(ticket_id)
    if ticket.is_living:
        return ticket
    move(ticket, TicketStatus.OPEN, now=now)
    if ticket.last_in_at and (ticket.last_out_at is None or ticket.last_in_at > ticket.last_out_at):
        owe_answer(ticket, since=ticket.last_in_at)
    tell("reopen_ticket", gettext_noop("{number} opened again"), ticket, by=by, now=now)
    return ticket


@transaction.atomic(durable=True)
def merge_tickets(*, gone_id: int, kept_id: int, by: User | str, now: datetime) -> Ticket:
    """Two tickets about one matter: messages of `gone` are shown in `kept`, whose number both answer to.

    Locks both in primary-key order. Raises TicketRefused.
    """
    gone, kept = _both(gone_id, kept_id)
    if gone.customer_id and kept.customer_id and gone.customer_id != kept.customer_id:
        raise TicketRefused(_("They are of two customers. Merge the customers first, if they are one."))
    gone.messages.update(ticket=kept)
    Ticket.objects.filter(merged_into=gone).update(merged_into=kept)
    was = gone.current_status
    move(gone, TicketStatus.CLOSED, now=now, merged_into=kept) if was != TicketStatus.CLOSED else keep(
        gone, merged_into=kept
    )
    _catch_up(kept, gone, now=now)
    tell("merge_tickets", gettext_noop("{gone} was merged into {number}"), kept, by=by, now=now, gone=gone.number)
    tell("merge_tickets", gettext_noop("{number} was merged into {kept}"), gone, by=by, now=now, kept=kept.number)
    return kept


def _both(gone_id: int, kept_id: int) -> tuple[Ticket, Ticket]:
    if gone_id == kept_id:
        raise TicketRefused(_("Choose another ticket"), "into")
    # Closes the race of two merges that cross: the lower key is locked first by both.
    rows = {pk: lock_living(pk) for pk in sorted((gone_id, kept_id))}
    return rows[gone_id], rows[kept_id]


def _catch_up(kept: Ticket, gone: Ticket, *, now: datetime) -> None:
    """What one of them owed is owed by the one that is left; the longer wait counts."""
    heard = kept.messages.filter(direction=Direction.IN, is_automatic=False, withdrawn_at=None)
    newest_in = heard.aggregate(at=Max("at"))["at"]
    answered = [at for at in (kept.first_answered_at, gone.first_answered_at) if at]
    keep(
        kept, last_in_at=newest_in, first_answered_at=min(answered, default=None),
        customer_id=kept.customer_id or gone.customer_id, about=kept.about or gone.about, email=kept.email or gone.email,
    )  # fmt: skip
    owes = newest_in and (kept.last_out_at is None or newest_in > kept.last_out_at)
    if owes and not kept.is_undone:
        move(kept, TicketStatus.OPEN, now=now)
    if owes:
        owe_answer(kept, since=newest_in)


@transaction.atomic(durable=True)
def unmerge_ticket(ticket_id: int, *, by: User | str, now: datetime) -> Ticket:
    """They were two matters after all: each has again what was written to it. Raises TicketRefused."""
    merged = Ticket.objects.get(pk=ticket_id)
    if merged.merged_into_id is None:
        raise TicketRefused(_("It was not merged."))
    rows = {pk: lock_ticket(pk) for pk in sorted((ticket_id, merged.merged_into_id))}
    gone, kept = rows[ticket_id], rows[merged.merged_into_id]
    if gone.merged_into_id != kept.pk:
        raise TicketRefused(_("It was merged elsewhere meanwhile."))
    TicketMessage.objects.filter(written_to=gone).update(ticket=gone)
    keep(gone, merged_into=None)
    move(gone, TicketStatus.OPEN, now=now)
    if gone.last_in_at and (gone.last_out_at is None or gone.last_in_at > gone.last_out_at):
        owe_answer(gone, since=gone.last_in_at)
    tell("unmerge_ticket", gettext_noop("{number} stands alone again"), gone, by=by, now=now)
    tell(
        "unmerge_ticket", gettext_noop("{gone} was taken out of {number} again"), kept, by=by, now=now, gone=gone.number
    )
    return gone


def close_solved(*, now: datetime) -> int:
    """Close what has been solved for 14 days, in chunks; how many. Safe to run twice and by two workers."""
    due = Ticket.objects.filter(status=TicketStatus.SOLVED, solved_at__lte=now - STAYS_SOLVED)
    closed = 0
    while pks := list(due.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        closed += _close(pks, now=now)
    return closed


@transaction.atomic(durable=True)
def _close(pks: list[int], *, now: datetime) -> int:
    # Closes the race of a reply that opens one meanwhile: the condition is looked at again under the lock.
    rows = Ticket.objects.select_for_update(of=("self",)).filter(pk__in=pks, status=TicketStatus.SOLVED).order_by("pk")
    return Ticket.objects.filter(pk__in=[row.pk for row in rows]).update(status=TicketStatus.CLOSED, closed_at=now)
