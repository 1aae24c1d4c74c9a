"""Tickets on the page of their customer: those not solved among what is open, all of them in a tab."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from customers.desks import PROBLEM, Deed, Desk, Open, Part, Rows, desk_part, desk_tab
from customers.models import Ticket
from ordermgmt.listing.counting import total_of

WORK = "tickets.work"
MOST_OPEN, MOST_ROWS, MOST_COUNTED = 10, 50, 1000


@desk_part(rank=55)
def tickets_of(desk: Desk) -> Part:
    """Those past their target are problems; the others only move."""
    if not desk.may(WORK):
        return Part()
    own = Ticket.objects.filter(customer=desk.customer, merged_into=None)
    rows = own.living().order_by("due_at", "pk")[:MOST_OPEN]
    deed = Deed(label=_("New ticket"), url=f"/tickets/new/?customer={desk.customer.number}", icon="message", rank=60)
    return Part(
        open=[_open(row, desk.now) for row in rows], deeds=[deed], counts={"tickets": total_of(own, MOST_COUNTED)}
    )


def _open(row: Ticket, now: datetime) -> Open:
    is_late = row.due_at is not None and row.due_at < now
    return Open(
        number=row.number,
        url=row.get_absolute_url(),
        words=f"{row.get_status_display()}. {row.subject}",
        tone="warn" if is_late else "active",
        since=row.created_at,
        rank=PROBLEM - 10 if is_late else PROBLEM + 5,
    )


@desk_tab("tickets", _("Tickets"), rank=45, permission=WORK)
def ticket_rows(desk: Desk) -> Rows:
    """The newest fifty, also those solved; merged ones are in the one that is left."""
    rows = Ticket.objects.filter(customer=desk.customer, merged_into=None).select_related("assignee").order_by("-pk")
    facts = {"rows": list(rows[:MOST_ROWS]), "all_url": f"/tickets/?view=all&customer={desk.customer.number}"}
    return Rows(template="customers/tabs/tickets.html", facts=facts)
