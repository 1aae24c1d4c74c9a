"""Tickets: their states and moves, and the words for how they came, how urgent they are and what they are about."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketStatus(models.TextChoices):
    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting for customer")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


# Closed comes with time or by merging; it opens again when a merge is undone.
TICKET_MOVES: dict[str, frozenset[str]] = {
    TicketStatus.NEW: frozenset({TicketStatus.OPEN, TicketStatus.WAITING, TicketStatus.SOLVED, TicketStatus.CLOSED}),
    TicketStatus.OPEN: frozenset({TicketStatus.WAITING, TicketStatus.SOLVED, TicketStatus.CLOSED}),
    TicketStatus.WAITING: frozenset({TicketStatus.OPEN, TicketStatus.SOLVED, TicketStatus.CLOSED}),
    TicketStatus.SOLVED: frozenset({TicketStatus.OPEN, TicketStatus.WAITING, TicketStatus.CLOSED}),
    TicketStatus.CLOSED: frozenset({TicketStatus.OPEN}),
}
# We owe an answer or a solution.
UNDONE = (TicketStatus.NEW, TicketStatus.OPEN)
LIVING = (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.WAITING)
ENDED = (TicketStatus.SOLVED, TicketStatus.CLOSED)


class TicketPriority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class TicketChannel(models.TextChoices):
    STATUS_PAGE = "status", _("Status page")
    MAIL = "mail", _("E-mail")
    STAFF = "staff", _("Staff")
    PHONE = "phone", _("Phone")


class TicketTopic(models.TextChoices):
    """What a customer may choose from; the words are theirs."""

    MISSING = "missing", _("It did not arrive")
    DAMAGED = "damaged", _("Something is broken or spoilt")
    WRONG = "wrong", _("Something is missing or wrong in the box")
    CHANGE = "change", _("I want to change something")
    MONEY = "money", _("A charge or an invoice")
    OTHER = "other", _("Something else")


class Direction(models.TextChoices):
    IN = "in", _("From the customer")
    OUT = "out", _("To the customer")
    NOTE = "note", _("Note")


class MailState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("In a ticket")
    DUPLICATE = "duplicate", _("Known already")
    SET_ASIDE = "set_aside", _("Set aside")
    DEAD = "dead", _("Could not be read")
