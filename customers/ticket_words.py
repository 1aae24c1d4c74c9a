"""How the targets of a ticket are said: what is due, when, and how late it is."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from customers.models import Ticket
from customers.ticket_states import ENDED, TicketChannel
from customers.ticket_targets import office
from ordermgmt.prepared import PreparedRecords
from ordermgmt.templatetags import portal


class Clock(NamedTuple):
    """`tone` marks what is past its target; `words` are one sentence."""

    words: str
    tone: str


def clock_of(ticket: Ticket, now: datetime) -> Clock:
    """`Answer by Tue 24 Nov 14:00, in 2 h 10 min`, in hours in which somebody is there."""
    if ticket.due_at is None:
        return Clock("", "neutral")
    what = _what(ticket)
    if ticket.due_at < now:
        late = portal.duration(office().between(ticket.due_at, now))
        return Clock(_("%(what)s was due %(when)s, %(late)s late") % {"what": what, "when": _moment(ticket.due_at, now), "late": late}, "warn")  # fmt: skip
    left = portal.duration(office().between(now, ticket.due_at))
    words = _("%(what)s by %(when)s, %(left)s left") % {"what": what, "when": _moment(ticket.due_at, now), "left": left}
    return Clock(words, "neutral")


def short_clock(ticket: Ticket, now: datetime) -> Clock:
    """For a row of a list: `2 h 10 min left`, `1 h late`."""
    if ticket.due_at is None:
        return Clock("", "neutral")
    if ticket.due_at < now:
        return Clock(_("%(time)s late") % {"time": portal.duration(office().between(ticket.due_at, now))}, "warn")
    return Clock(_("%(time)s left") % {"time": portal.duration(office().between(now, ticket.due_at))}, "neutral")


def _what(ticket: Ticket) -> str:
    if ticket.answer_due_at is None or ticket.answer_due_at != ticket.due_at:
        return _("The solution")
    return _("The first answer") if ticket.first_answered_at is None else _("The next answer")


def _moment(at: datetime, now: datetime) -> str:
    return f"{portal.weekday_words(at)} {portal.clock_time(at)}"


TOLD = 3
_WRITTEN = PreparedRecords(
    lambda number: Ticket.objects.about(number).filter(channel__in=[TicketChannel.STATUS_PAGE, TicketChannel.MAIL])[
        :TOLD
    ]
)


def told_about(number: str) -> list[Clock]:
    """What the customer's page says of what they wrote about an order or a plan, newest first: one statement."""
    return [told(ticket) for ticket in _WRITTEN(number)]


def told(ticket: Ticket) -> Clock:
    """`You wrote to us on Mon 23 Nov. We answered on Tue 24 Nov, by mail.`"""
    wrote = _("You wrote to us on %(day)s.") % {"day": portal.weekday_words(ticket.last_in_at or ticket.created_at)}
    return Clock(f"{wrote} {_what_we_did(ticket)}", "good" if ticket.current_status in ENDED else "waiting")


def _what_we_did(ticket: Ticket) -> str:
    if ticket.answer_due_at is not None:
        return _("We answer by %(day)s.") % {"day": portal.weekday_words(ticket.answer_due_at)}
    if ticket.last_out_at is not None:
        return _("We answered on %(day)s, by mail.") % {"day": portal.weekday_words(ticket.last_out_at)}
    return _("It is solved.") if ticket.current_status in ENDED else _("We are working on it.")
