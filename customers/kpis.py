"""Figures about how customers are answered and what they say."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers import feedback_kpis  # noqa: F401  registers the figures of feedback
from customers.models import Ticket
from customers.ticket_states import TicketChannel, TicketTopic
from ordermgmt.kpis import Measure, Period, Unit, dimension, kpi

dimension("topic", _("Topic"), lambda: [(value, str(label)) for value, label in TicketTopic.choices])

# What staff write down themselves nobody waits for.
WRITTEN = (TicketChannel.STATUS_PAGE, TicketChannel.MAIL)


def minutes_to_answer(tickets: QuerySet[Any]) -> Iterable[tuple[Any, int]]:
    """Whole minutes by the clock on the wall: nights and weekends are waited through as well."""
    for ticket in tickets.iterator(chunk_size=2000):
        yield ticket, int((ticket.first_answered_at - ticket.created_at).total_seconds()) // 60


@kpi(
    "first_answer_time",
    title=_("Time to first answer"),
    question=_("How long do customers wait for an answer?"),
    definition=_(
        "Median from writing to the first answer of tickets first answered on the day, by the clock: nights count. "
        "Calls and what staff wrote down stay out, and so do tickets that became part of another."
    ),
    source="Ticket",
    unit=Unit.MINUTES,
    measure=Measure.MEDIAN,
    higher_is_better=False,
    moment="first_answered_at",
    spans=minutes_to_answer,
    dimensions={"topic": "topic"},
    target=Decimal(240),
    is_rolled=False,
    group="customers",
    record=lambda ticket: (ticket.number, ticket.get_absolute_url()),
    rank=30,
)
def first_answer_time(period: Period) -> QuerySet[Ticket]:
    return Ticket.objects.filter(first_answered_at__isnull=False, channel__in=WRITTEN, merged_into=None)
