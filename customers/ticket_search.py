"""Finding tickets by number, by what they are about, by who wrote and by words of the subject."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from customers.models import Ticket
from customers.ticket_words import clock_of
from ordermgmt.finding import GROUP_SIZE, Asked, Hit, all_words, searcher, starts_with
from ordermgmt.models import User


def _matching(asked: Asked) -> QuerySet[Ticket]:
    rows = Ticket.objects.filter(merged_into=None)
    if asked.email:
        return rows.filter(email__iexact=asked.email)
    if asked.code.startswith("T-"):
        return rows.filter(starts_with("number", asked.code))
    if asked.code.startswith(("SO-", "SUB-", "RT-")):
        return rows.filter(about=asked.code)
    if not asked.words:
        return rows.none()
    return rows.filter(all_words(("subject", "name"), asked.words))


@searcher("tickets", gettext_lazy("Tickets"), permission="tickets.work", icon="message", list_url="/tickets/", rank=25)
class TicketSearch:
    def exact(self, asked: Asked, user: User) -> str:
        if not asked.code.startswith("T-"):
            return ""
        known = Ticket.objects.filter(Q(number=asked.code)).exists()
        return f"/tickets/{asked.code}/" if known else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        found = _matching(asked).select_related("customer", "assignee").order_by("-pk")[: GROUP_SIZE + 1]
        return [_hit(ticket, now) for ticket in found]


def _hit(ticket: Ticket, now: datetime) -> Hit:
    return Hit(
        title=f"{ticket.number} {ticket.subject}",
        url=ticket.get_absolute_url(),
        subtitle=ticket.who,
        state=(ticket.current_status, ticket.get_status_display()),
        answer=clock_of(ticket, now).words,
        last=" · ".join(part for part in (ticket.about, str(ticket.assignee or "")) if part),
    )
