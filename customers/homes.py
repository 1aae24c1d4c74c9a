"""Parts of the homes that are about tickets; each figure is a view of the tickets list."""

from datetime import datetime

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from customers.models import Ticket
from customers.ticket_filters import TicketFilters
from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing.counting import totals_of
from ordermgmt.roles import Role


def _figures(request: HttpRequest, lines: list[tuple[str, str, str]]) -> list[Figure]:
    tickets = Ticket.objects.filter(merged_into=None)
    rows = {q: TicketFilters(QueryDict(q), queryset=tickets, request=request).qs for _words, q, _tone in lines}
    totals = totals_of(rows)
    return [Figure(words, totals[query], f"/tickets/?view=all&{query}", "", tone) for words, query, tone in lines]


@home_part(Role.SUPPORT, rank=15)
def tickets(request: HttpRequest, now: datetime) -> Part | None:
    if not request.user.has_perm("tickets.work"):
        return None
    lines = [
        (_("Tickets past target"), "due=past", "warn"),
        (_("My tickets"), "state=todo&assignee=me", ""),
        (_("Nobody has them yet"), "state=todo&assignee=nobody", ""),
    ]
    return Part(_("Tickets"), _figures(request, lines), url="/tickets/", url_label=_("All tickets"))


@home_part(Role.MANAGER, rank=12)
def late_tickets(request: HttpRequest, now: datetime) -> Part | None:
    if not request.user.has_perm("tickets.work"):
        return None
    figures = _figures(request, [(_("tickets are past their target"), "due=past", "warn")])
    part = Part(_("Customers waiting for an answer"), figures, looks="sentences")
    return None if part.is_empty else part
