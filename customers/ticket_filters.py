"""Filters of the tickets list: what each word means as rows."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFromToRangeFilter, MultipleChoiceFilter

from customers.models import Ticket
from customers.ticket_states import ENDED, LIVING, UNDONE, TicketChannel, TicketPriority, TicketStatus, TicketTopic
from ordermgmt.listing import ListFilters

Tickets = QuerySet[Ticket]
STATES = {"todo": UNDONE, "living": LIVING, "ended": ENDED}


class TicketFilters(ListFilters):
    q = CharFilter(label=_("Words"), method="by_words")
    state = ChoiceFilter(
        label=_("Stage"),
        choices=[("todo", _("We owe something")), ("living", _("Not solved")), ("ended", _("Solved or closed"))],
        method="by_state",
    )
    status = MultipleChoiceFilter(label=_("State"), choices=TicketStatus.choices, distinct=False)
    assignee = ChoiceFilter(
        label=_("Assigned to"), choices=[("me", _("Me")), ("nobody", _("Nobody"))], method="by_assignee"
    )
    due = ChoiceFilter(label=_("Target"), choices=[("past", _("Past target"))], method="by_due")
    priority = MultipleChoiceFilter(label=_("Priority"), choices=TicketPriority.choices, distinct=False)
    topic = MultipleChoiceFilter(label=_("Topic"), choices=TicketTopic.choices, distinct=False)
    channel = MultipleChoiceFilter(label=_("Came by"), choices=TicketChannel.choices, distinct=False)
    customer = CharFilter(label=_("Customer number"), field_name="customer__number", lookup_expr="iexact")
    about = CharFilter(label=_("Order or subscription"), field_name="about", lookup_expr="iexact")
    opened = DateFromToRangeFilter(field_name="created_at", label=_("Opened"))

    class Meta:
        model = Ticket
        fields: ClassVar[list[str]] = []

    def by_words(self, rows: Tickets, _name: str, words: str) -> Tickets:
        """Every word in the number, the subject, who wrote, or what it is about."""
        return rows.filter(words_in_ticket(words))

    def by_state(self, rows: Tickets, _name: str, value: str) -> Tickets:
        return rows.filter(status__in=STATES[value])

    def by_assignee(self, rows: Tickets, _name: str, value: str) -> Tickets:
        return rows.filter(assignee=self.request.user if value == "me" else None)

    def by_due(self, rows: Tickets, _name: str, value: str) -> Tickets:
        return rows.filter(due_at__lt=timezone.now())


def words_in_ticket(words: str) -> Q:
    found = Q()
    for word in words.split()[:8]:
        found &= (
            Q(number__iexact=word)
            | Q(about__iexact=word)
            | Q(subject__icontains=word)
            | Q(name__icontains=word)
            | Q(email__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(customer__company__icontains=word)
        )
    return found
