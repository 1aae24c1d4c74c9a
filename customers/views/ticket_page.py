"""One ticket: what was said, the box to answer, and the customer next to it."""

from datetime import datetime
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from customers.canned_fields import first_name
from customers.models import CannedReply, Ticket, TicketMessage
from customers.ticket_emails import unsent
from customers.ticket_forms import PlaceForm
from customers.ticket_panel import PanelRecord, records_for
from customers.ticket_states import Direction, TicketPriority
from customers.ticket_words import clock_of
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.models import User
from ordermgmt.roles import PERMISSIONS_OF
from ordermgmt.timelines import history_of

OTHERS_SHOWN = 5
TONES = {Direction.IN: "waiting", Direction.OUT: "good", Direction.NOTE: "hold"}


def ticket_of(number: str) -> Ticket:
    found = Ticket.objects.select_related("customer", "assignee", "merged_into").filter(number=number).first()
    if found is None:
        raise Http404(number)
    return found


@staff_page("tickets.work")
def ticket(request: StaffRequest, number: str) -> HttpResponse:
    row = ticket_of(number)
    if row.merged_into and "stay" not in request.GET:
        return redirect("ticket", row.merged_into.number)
    return show(request, row)


def show(request: StaffRequest, row: Ticket, status: int = 200, **facts: Any) -> HttpResponse:
    """The page; `facts` are the text of an answer that was not sent, and why."""
    now = timezone.now()
    said = messages_of(row)
    records = records_for(row, request.user, now)
    context = {
        "page": "ticket",
        "ticket": row,
        "said": said,
        "seen": said[-1].pk if said else 0,
        "clock": clock_of(row, now),
        "records": records,
        "replies": _replies(row),
        "others": _others(row),
        "merged": list(row.merged.all()),
        "people": workers(),
        "priorities": TicketPriority.choices,
        "place_form": PlaceForm(initial={"customer": row.customer.number if row.customer else "", "about": row.about}),
        "days": history_of(row.number, now=now),
        "form_key": token_hex(12),
        "text": "",
        "may_edit_replies": request.user.has_perm("tickets.work"),
        **facts,
    }
    return render(request, "tickets/ticket.html", context, status=status)


def messages_of(row: Ticket) -> list[TicketMessage]:
    """Oldest first, with their files; answers that were taken back are not shown."""
    rows = TicketMessage.objects.filter(ticket=row, withdrawn_at=None).order_by("at", "pk")
    said = list(rows.select_related("written_to").prefetch_related("files"))
    lost = unsent([one for one in said if one.direction == Direction.OUT])
    for one in said:
        one.tone = TONES[Direction(one.direction)]  # type: ignore[attr-defined]
        one.lost = lost.get(one.pk)  # type: ignore[attr-defined]
    return said


def _replies(row: Ticket) -> list[CannedReply]:
    """Those of the ticket's topic first."""
    found = CannedReply.objects.filter(archived_at=None).order_by("name")
    return sorted(found, key=lambda reply: (reply.topic != row.topic, bool(reply.topic)))


def _others(row: Ticket) -> list[Ticket]:
    """Other tickets of this customer (or this address): to read, and to merge."""
    if row.customer_id is None and not row.email:
        return []
    of = {"customer": row.customer_id} if row.customer_id else {"email__iexact": row.email}
    return list(Ticket.objects.filter(**of, merged_into=None).exclude(pk=row.pk).order_by("-pk")[:OTHERS_SHOWN])


def workers() -> list[User]:
    """Who works on tickets."""
    roles = [role for role, may in PERMISSIONS_OF.items() if "tickets.work" in may]
    people = User.objects.filter(is_active=True, grants__role__in=roles).distinct().order_by("name")
    return list(people.prefetch_related(Prefetch("grants")))


def field_values(row: Ticket, user: User, records: list[PanelRecord]) -> dict[str, str]:
    """What fills the places of canned replies."""
    about = next((one for one in records if one.number == row.about), None)
    name = row.customer.name if row.customer else row.name
    return {
        "customer first name": first_name(name),
        "customer name": name,
        "order number": row.about,
        "say sentence": str(about.say) if about else "",
        "ticket number": row.number,
        "my name": user.get_short_name(),
        "shop name": settings.SHOP["brand"],
        "shop phone": settings.SHOP["phone"],
        **(about.fields if about else {}),
    }


def panel(request: StaffRequest, row: Ticket, now: datetime) -> list[PanelRecord]:
    return records_for(row, request.user, now)
