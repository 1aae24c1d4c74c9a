"""Messages about what customers write to us."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.feedback_stops import has_answered, has_open_ticket, has_refused, was_asked
from ordermgmt.mail_kinds import Field, Stop, mail_kind

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

ASKED = _("Feedback")
FEEDBACK: tuple[Field, ...] = (
    Field("order.number", _("Order number"), "order_number"),
    Field("customer.name", _("Name of the customer"), "recipient"),
    Field("order.contents", _("Names of the products"), "contents"),
    Field("page", _("Link to the page of the question"), "page_url", "url"),
)
LINK = "https://portal.example/f/example/"
mail_kind(
    "check_in", title=_("How was it?"), when=_("An order arrived some days ago"), group=ASKED, rank=65, fields=FEEDBACK,
    sample={"order_number": "SO-104999", "recipient": "Maria Lindqvist", "contents": "Coffee beans 1 kg", "item": "Coffee beans 1 kg",
            "scale": [{"score": n, "url": f"{LINK}?r={n}"} for n in range(1, 6)], "page_url": LINK, "unsubscribe_url": f"{LINK}stop/"},
    parts={"content": _("The question with its five numbers"), "scale": _("The five numbers"), "after": _("Who reads it")},
    is_essential=False, has_button=False, delay=timedelta(days=3), starts=(("part", "content"), ("part", "after")),
    stops=(
        Stop("refused", _("the customer does not want to be asked"), has_refused, is_fixed=True),
        Stop("answered", _("the customer has answered already"), has_answered, is_fixed=True),
        Stop("asked", _("the customer was asked in the last 30 days"), was_asked, is_fixed=True),
        Stop("ticket", _("a conversation with the customer is open"), has_open_ticket),
    ),
)  # fmt: skip
mail_kind(
    "feedback_answer", title=_("Answer to feedback"), when=_("A member of staff answered what a customer said"), group=ASKED,
    rank=66, is_urgent=True, has_button=False, fields=(*FEEDBACK[:2], Field("answer.author", _("Who answers"), "author")),
    sample={"order_number": "SO-104999", "recipient": "Maria Lindqvist", "text": "We are sorry, a new bag is on its way.", "author": "Ana", "comment": "The bag was torn.", "score": 2},
    parts={"content": _("The answer"), "after": _("What the customer said")}, starts=(("part", "content"), ("part", "after")),
)  # fmt: skip
