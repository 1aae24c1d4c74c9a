"""What stands next to a ticket: the customer's records and what may be done with them. Later apps bring theirs.

Customers know nothing of orders, so each app registers a source in `<app>/ticket_panel.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from customers.models import Customer, Ticket
from ordermgmt.models import User


class Deed(NamedTuple):
    """A page on which something is done: words and address."""

    label: Any
    url: str


@dataclass(frozen=True)
class PanelRecord:
    """An order, a subscription, a return. `state`: (look value, words); `say`: to be read or written to the customer.

    `fields` fill places of canned replies, such as {delivery day}.
    """

    number: str
    url: str
    state: tuple[str, Any]
    title: str = ""
    say: str = ""
    deeds: Sequence[Deed] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


class Named(NamedTuple):
    """The record behind a number somebody wrote: whose it is and with which e-mail."""

    number: str
    customer: Customer | None
    email: str
    language: str


class PanelSource(Protocol):
    """What an app brings, with a constant number of queries each."""

    def records(self, customer: Customer | None, about: str, user: User, now: datetime) -> Sequence[PanelRecord]:
        """What is open of the customer, and the record `about` in any state; those the person may see."""

    def named(self, number: str) -> Named | None:
        """The record with this number, if it is one of this source."""


_SOURCES: dict[str, PanelSource] = {}


def panel_source(name: str, source: PanelSource) -> None:
    _SOURCES[name] = source


def records_for(ticket: Ticket, user: User, now: datetime) -> list[PanelRecord]:
    """What the ticket is about first, then what else is open."""
    found = [
        record
        for name in sorted(_SOURCES)
        for record in _SOURCES[name].records(ticket.customer, ticket.about, user, now)
    ]
    return sorted(found, key=lambda record: record.number != ticket.about)


def named(number: str) -> Named | None:
    """Whose record this number is, asked of all sources."""
    return next((one for source in _SOURCES.values() if (one := source.named(number))), None)


MOST_SHOWN = 5


def tickets_for(user: Any, number: str) -> list[Ticket] | None:
    """Tickets about a record for its page; None for people who do not work on tickets."""
    return list(Ticket.objects.about(number)[:MOST_SHOWN]) if user.has_perm("tickets.work") else None
