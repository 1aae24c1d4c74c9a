"""Messages about what customers write to us."""

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.mail_kinds import Field, mail_kind

TALK = _("Conversations")
TICKET: tuple[Field, ...] = (
    Field("ticket.number", _("Number of the ticket"), "number"),
    Field("ticket.subject", _("What it is about"), "ticket_subject"),
    Field("customer.name", _("Name of the customer"), "name"),
)
SAMPLE: dict[str, Any] = {
    "number": "T-1042", "ticket_subject": "Where is my parcel?", "name": "Maria Lindqvist", "order_number": "SO-104999",
    "text": "It should have been here yesterday.",
}  # fmt: skip
mail_kind(
    "ticket_received", title=_("We have your message"), when=_("A customer wrote to us for the first time about something"),
    group=TALK, rank=60, fields=TICKET, sample=SAMPLE | {"button_url": "https://portal.example/o/example/", "button_label": "See your order"},
    parts={"content": _("The built-in text"), "after": _("Number, and what was written")}, has_button=False,
)  # fmt: skip
mail_kind(
    "ticket_answer", title=_("Answer to a ticket"), when=_("A member of staff answered a ticket"), group=TALK, rank=61,
    fields=(*TICKET, Field("answer.author", _("Who answers"), "author")), is_urgent=True, has_button=False,
    sample=SAMPLE | {"text": "It was left with your neighbour.", "author": "Ana", "asked": "Where is it?", "asked_at": datetime(2026, 11, 23, 9, tzinfo=UTC)},
    parts={"content": _("The answer"), "after": _("Number, and what was asked")}, starts=(("part", "content"), ("part", "after")),
)  # fmt: skip
