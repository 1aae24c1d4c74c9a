"""The queue of tickets: what waits for us, the most urgent first."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers.models import Ticket
from customers.ticket_filters import TicketFilters
from customers.ticket_states import TicketPriority
from customers.ticket_words import short_clock
from ordermgmt.access import staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.templatetags import portal

TONES = {TicketPriority.URGENT: "bad", TicketPriority.HIGH: "warn"}


def _priority(ticket: Ticket) -> SafeString | str:
    tone = TONES.get(TicketPriority(ticket.priority))
    label = ticket.get_priority_display()
    return portal.tag(label, tone) if tone and ticket.is_undone else label


def _clock(ticket: Any) -> SafeString | str:
    clock = ticket.clock
    return portal.tag(clock.words, clock.tone) if clock.tone == "warn" else clock.words or portal.number(None)


def _subject(ticket: Ticket) -> SafeString:
    about = format_html(' <small class="muted nowrap">{}</small>', ticket.about) if ticket.about else ""
    return format_html("{}{}", ticket.subject, about)


class TicketList(ListPage):
    name = "tickets"
    title = _("Tickets")
    counted = ngettext_lazy("%(n)s ticket", "%(n)s tickets", "count")
    filterset = TicketFilters
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Ticket"), css="id", sort="opened"),
        Column("subject", _("Subject"), cell=_subject, css="grow"),
        Column("who", _("From"), text=lambda t: t.who, cell=lambda t: t.who, css="low nowrap", join="customer"),
        Column("status", _("State"), cell=portal.state_tag, text=lambda t: t.get_status_display(), css="nowrap"),
        Column("priority", _("Priority"), cell=_priority, text=lambda t: t.get_priority_display(), css="nowrap"),
        Column("due_at", _("Target"), cell=_clock, text=lambda t: t.due_at, sort="due", css="nowrap"),
        Column("assignee", _("Assigned to"), cell=lambda t: t.assignee or portal.number(None), css="nowrap low wide", join="assignee"),
        Column("last_in_at", _("They wrote"), sort="written", css="nowrap wide"),
        Column("channel", _("Came by"), default=False, css="wide"),
        Column("topic", _("Topic"), default=False, css="wide"),
        Column("created_at", _("Opened"), default=False, css="wide nowrap"),
    )  # fmt: skip
    sorts: ClassVar = {
        "due": ("due_at", "id"),
        "opened": ("-created_at", "-id"),
        "written": ("-last_in_at", "-id"),
    }
    default_sort = "due"
    views: ClassVar = (
        View("todo", _("To do"), "state=todo"),
        View("mine", _("Mine"), "state=living&assignee=me"),
        View("unassigned", _("Unassigned"), "state=todo&assignee=nobody"),
        View("late", _("Past target"), "due=past"),
        View("waiting", _("Waiting"), "status=waiting&sort=written"),
        View("all", _("All"), "sort=opened"),
    )
    empty = Empty(
        _("No tickets yet"),
        _("What customers write to us appears here, by mail and from their order pages."),
        _("Write one down"),
        "/tickets/new/",
        "message",
    )
    export_permission = "orders.export"
    template = "tickets/list.html"

    def prepare(self, rows: list[Any]) -> None:
        for row in rows:
            row.clock = short_clock(row, self.now)


@staff_page("tickets.work")
def ticket_list(request: HttpRequest) -> HttpResponseBase:
    """Merged tickets are found in the one that is left."""
    return TicketList(request, Ticket.objects.filter(merged_into=None)).response()
