"""Several at one ticket at once: real threads, real commits, on PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from customers.actions.ticket_answering import answer_ticket
from customers.actions.ticket_assigning import take_ticket
from customers.actions.ticket_ending import merge_tickets, solve_ticket
from customers.actions.ticket_opening import Wish, open_ticket, write_again
from customers.actions.ticket_work import AnsweredMeanwhile, TicketRefused
from customers.factories import CustomerFactory
from customers.models import Ticket, TicketMessage
from ordermgmt.factories import UserFactory
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: there is no race to lose"
    ),
]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    gate = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return deed()
        except (AnsweredMeanwhile, TicketRefused) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def ticket_of(customer: Any) -> Ticket:
    return open_ticket(Wish(subject="Late", text="Where?", channel="mail", customer=customer), by="M", now=NOW)


def test_of_many_answers_at_once_one_is_sent() -> None:
    ticket, people = ticket_of(CustomerFactory()), [UserFactory(role=Role.SUPPORT) for _ in range(5)]
    seen = ticket.messages.get().pk
    found = at_once([lambda p=p: answer_ticket(ticket.pk, text="Here.", seen=seen, by=p, now=NOW) for p in people])
    assert sum(isinstance(one, TicketMessage) for one in found) == 1
    assert OutgoingMessage.objects.filter(kind="ticket_answer").count() == 1


def test_of_many_who_take_it_one_has_it() -> None:
    ticket, people = ticket_of(CustomerFactory()), [UserFactory(role=Role.SUPPORT) for _ in range(5)]
    found = at_once([lambda p=p: take_ticket(ticket.pk, by=p, now=NOW, seen=0) for p in people])
    assert sum(isinstance(one, Ticket) for one in found) == 1


def test_merges_that_cross_end_in_one_ticket() -> None:
    customer = CustomerFactory()
    one, two = ticket_of(customer), ticket_of(customer)
    pairs = [(one.pk, two.pk), (two.pk, one.pk)] * 2
    at_once([lambda a=a, b=b: merge_tickets(gone_id=a, kept_id=b, by="Ana", now=NOW) for a, b in pairs])
    left = Ticket.objects.get(merged_into=None)
    assert left.messages.count() == 2


def test_a_word_of_the_customer_is_never_lost_to_solving() -> None:
    ticket = ticket_of(CustomerFactory())
    at_once([
        lambda: solve_ticket(ticket.pk, by="Ana", now=NOW),
        *(lambda n=n: write_again(ticket.pk, text=f"No {n}", by="M", now=NOW) for n in range(3)),
    ])  # fmt: skip
    ticket.refresh_from_db()
    assert ticket.messages.count() == 4
    assert ticket.due_at is not None or ticket.status == "solved"


def test_a_form_sent_many_times_at_once_is_one_ticket() -> None:
    customer = CustomerFactory()
    wish = Wish(subject="Late", text="Where?", channel="status", customer=customer, form_key="k")
    found = at_once([lambda: open_ticket(wish, by="M", now=NOW)] * 5)
    assert {one.pk for one in found} == {Ticket.objects.get().pk}
    again = at_once([lambda: write_again(found[0].pk, text="Here", by="M", now=NOW, form_key="w")] * 5)
    assert {one.pk for one in again} == {TicketMessage.objects.get(form_key="w").pk}
