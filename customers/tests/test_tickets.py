"""What may be done with a ticket: what is written, what is refused, what it does to targets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customers.actions.customers import CustomerRefused
from customers.actions.merging import merge
from customers.actions.ticket_answering import answer_ticket, note_ticket, undo_answer
from customers.actions.ticket_assigning import hand_over, set_priority, set_subject_of, take_ticket
from customers.actions.ticket_ending import close_solved, merge_tickets, reopen_ticket, solve_ticket, unmerge_ticket
from customers.actions.ticket_files import store
from customers.actions.ticket_opening import Wish, open_ticket, write_again
from customers.actions.ticket_work import AnsweredMeanwhile, TicketRefused
from customers.factories import CustomerFactory
from customers.models import Customer, Ticket, TicketMessage
from customers.states import CustomerStatus
from customers.ticket_states import Direction, TicketChannel, TicketStatus
from ordermgmt.delivery import message_id
from ordermgmt.factories import UserFactory
from ordermgmt.mail import html_of
from ordermgmt.models import Activity, MessageState, OutgoingMessage, User
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, 10:00 in Stockholm
HOUR = timedelta(hours=1)


@pytest.fixture
def ana() -> User:
    return UserFactory(role=Role.SUPPORT, name="Ana Berg")


@pytest.fixture
def tom() -> User:
    return UserFactory(role=Role.SUPPORT, name="Tom Ek")


@pytest.fixture
def maria() -> Customer:
    return CustomerFactory(name="Maria Lindqvist", email="maria@customer.example")


def opened(maria: Customer | None, **facts: Any) -> Ticket:
    wish = {"subject": "Where is it?", "text": "It did not come.", "channel": TicketChannel.MAIL, "about": "SO-100001"}
    return open_ticket(Wish(**{**wish, "customer": maria, **facts}), by="Maria", now=NOW)


def last(ticket: Ticket) -> int:
    return ticket.messages.latest("pk").pk


def answered(ticket: Ticket, by: User, at: datetime = NOW + HOUR, **facts: Any) -> TicketMessage:
    given: dict[str, Any] = {"text": "It comes tomorrow.", "seen": last(ticket), **facts}
    return answer_ticket(ticket.pk, by=by, now=at, **given)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_opening_tells_the_customer_once_and_sets_targets(maria: Customer) -> None:
    ticket = opened(maria, form_key="k1")
    assert opened(maria, form_key="k1") == ticket
    assert ticket.number.startswith("T-")
    assert (ticket.status, ticket.email) == ("new", "maria@customer.example")
    assert ticket.due_at == ticket.answer_due_at == NOW + 4 * HOUR
    assert ticket.solve_due_at == datetime(2026, 11, 26, 9, 0, tzinfo=UTC)  # three days of eight hours
    receipt = OutgoingMessage.objects.get()
    assert (receipt.kind, receipt.about, receipt.recipient) == (
        "ticket_received",
        ticket.number,
        "maria@customer.example",
    )
    assert receipt.headers["Reply-To"].endswith(f"<hello+t-{ticket.token}@nordicpantry.example>")
    assert receipt.headers["Auto-Submitted"] == "auto-replied"
    line = Activity.objects.get(verb="open_ticket")
    assert (line.subject, line.thread) == (ticket.number, "SO-100001")


def test_a_storm_of_tickets_gets_three_receipts(maria: Customer) -> None:
    for n in range(6):
        opened(maria, text=f"Question {n}")
    assert OutgoingMessage.objects.count() == 3


def test_a_call_gets_no_receipt(maria: Customer) -> None:
    opened(maria, channel=TicketChannel.PHONE)
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize(("facts", "field"), [({"text": " \x00 "}, "text"), ({"email": "maria"}, "email"), ({"text": "x" * 20_001}, "text")])  # fmt: skip
def test_what_cannot_be_a_ticket_is_refused(maria: Customer, facts: dict[str, Any], field: str) -> None:
    with pytest.raises(TicketRefused) as refusal:
        opened(maria, **facts)
    assert refusal.value.field == field
    assert not Ticket.objects.exists()


def test_an_answer_is_mailed_threaded_and_waits(maria: Customer, ana: User) -> None:
    ticket = opened(maria)
    answer = answered(ticket, ana)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.assignee, ticket.due_at) == ("waiting", ana, None)
    assert ticket.first_answered_at == NOW + HOUR
    mail = OutgoingMessage.objects.get(kind="ticket_answer")
    assert mail.subject_line == f"Re: Where is it? [{ticket.number}]"
    assert "It comes tomorrow." in mail.text
    assert "It comes tomorrow." in html_of(mail)
    assert answer.message_id == message_id(mail)
    assert mail.headers["Auto-Submitted"] == "no"
    write_again(ticket.pk, text="It did not.", by="Maria", now=NOW + 2 * HOUR)
    second = answered(ticket, ana, NOW + 3 * HOUR)
    reply = OutgoingMessage.objects.get(about=f"{ticket.number} {second.pk}")
    assert reply.headers["In-Reply-To"] == answer.message_id
    assert answer.message_id in reply.headers["References"]


def test_two_who_answer_at_once_do_not_both_answer(maria: Customer, ana: User, tom: User) -> None:
    ticket = opened(maria)
    seen = last(ticket)
    answered(ticket, tom, datetime(2026, 11, 23, 13, 5, tzinfo=UTC))
    with pytest.raises(AnsweredMeanwhile, match="Tom Ek answered at 14:05"):
        answered(ticket, ana, seen=seen)
    assert OutgoingMessage.objects.filter(kind="ticket_answer").count() == 1


def test_a_customer_who_wrote_again_is_read_first(maria: Customer, ana: User) -> None:
    ticket = opened(maria)
    seen = last(ticket)
    write_again(ticket.pk, text="It came!", by="Maria", now=NOW + HOUR)
    with pytest.raises(AnsweredMeanwhile, match="wrote again"):
        answered(ticket, ana, seen=seen)


def test_a_note_or_a_form_sent_twice_is_no_conflict(maria: Customer, ana: User, tom: User) -> None:
    ticket = opened(maria)
    seen = last(ticket)
    note_ticket(ticket.pk, text="Asked the carrier.", by=tom, now=NOW)
    first = answered(ticket, ana, seen=seen, form_key="f")
    assert answered(ticket, ana, seen=seen, form_key="f") == first
    assert OutgoingMessage.objects.filter(kind="ticket_answer").count() == 1


def test_without_an_address_nothing_can_be_mailed(ana: User) -> None:
    ticket = opened(None, name="Nobody", channel=TicketChannel.PHONE)
    with pytest.raises(TicketRefused, match="no e-mail"):
        answered(ticket, ana)


def test_an_answer_is_taken_back_before_it_leaves(maria: Customer, ana: User) -> None:
    ticket = opened(maria)
    before = fresh(ticket)
    answer = answered(ticket, ana)
    undo_answer(ticket.pk, message_id=answer.pk, by=ana, now=NOW + HOUR)
    ticket = fresh(ticket)
    assert (ticket.status, ticket.first_answered_at, ticket.last_out_at) == ("open", None, None)
    assert ticket.answer_due_at == before.answer_due_at
    assert OutgoingMessage.objects.get(kind="ticket_answer").state == MessageState.WITHDRAWN
    with pytest.raises(TicketRefused):
        undo_answer(ticket.pk, message_id=answer.pk, by=ana, now=NOW + HOUR)
    sent = answered(ticket, ana)
    OutgoingMessage.objects.filter(about=f"{ticket.number} {sent.pk}").update(state=MessageState.SENT)
    with pytest.raises(TicketRefused, match="has left"):
        undo_answer(ticket.pk, message_id=sent.pk, by=ana, now=NOW + HOUR)


def test_the_time_the_customer_takes_does_not_count(maria: Customer, ana: User) -> None:
    """Answered at 11, the customer writes at 15: the solution may take four hours longer."""
    ticket = opened(maria)
    answered(ticket, ana, NOW + HOUR)
    write_again(ticket.pk, text="Still not here.", by="Maria", now=NOW + 5 * HOUR)
    ticket = fresh(ticket)
    assert ticket.solve_due_at == datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
    assert ticket.answer_due_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 8 h: 2 today, 6 tomorrow
    assert ticket.due_at == ticket.answer_due_at


def test_who_waits_already_keeps_their_target(maria: Customer) -> None:
    ticket = opened(maria)
    write_again(ticket.pk, text="Hello?", by="Maria", now=NOW + 2 * HOUR)
    assert fresh(ticket).due_at == NOW + 4 * HOUR
    assert fresh(ticket).status == "new"


def test_taking_and_handing_over(maria: Customer, ana: User, tom: User) -> None:
    ticket = opened(maria)
    take_ticket(ticket.pk, by=ana, now=NOW, seen=0)
    assert (fresh(ticket).assignee, fresh(ticket).status, fresh(ticket).due_at) == (ana, "open", NOW + 4 * HOUR)
    with pytest.raises(TicketRefused, match="Ana Berg took it"):
        take_ticket(ticket.pk, by=tom, now=NOW, seen=0)
    hand_over(ticket.pk, to=tom, by=ana, now=NOW, note="Speaks Swedish")
    assert fresh(ticket).assignee == tom
    assert ticket.messages.get(direction=Direction.NOTE).body == "Speaks Swedish"
    hand_over(ticket.pk, to=None, by=tom, now=NOW)
    assert fresh(ticket).assignee is None
    with pytest.raises(TicketRefused, match="does not work on tickets"):
        hand_over(ticket.pk, to=UserFactory(role=Role.OPERATOR), by=ana, now=NOW)


def test_an_urgent_ticket_is_due_sooner(maria: Customer, ana: User) -> None:
    ticket = opened(maria)
    set_priority(ticket.pk, priority="urgent", by=ana, now=NOW + HOUR)
    assert fresh(ticket).due_at == NOW + HOUR
    answered(ticket, ana)
    set_priority(ticket.pk, priority="low", by=ana, now=NOW + HOUR)
    assert fresh(ticket).due_at is None


def test_solved_opens_again_by_a_word_of_the_customer(maria: Customer, ana: User) -> None:
    ticket = opened(maria)
    solve_ticket(ticket.pk, by=ana, now=NOW + HOUR)
    assert (fresh(ticket).status, fresh(ticket).due_at) == ("solved", None)
    write_again(ticket.pk, text="No!", by="Maria", now=NOW + 2 * HOUR)
    assert (fresh(ticket).status, fresh(ticket).solved_at) == ("open", None)
    solve_ticket(ticket.pk, by=ana, now=NOW + 3 * HOUR)
    reopen_ticket(ticket.pk, by=ana, now=NOW + 3 * HOUR)
    assert fresh(ticket).answer_due_at is not None


def test_two_about_one_matter_become_one_and_two_again(maria: Customer, ana: User) -> None:
    kept, gone = opened(maria), opened(maria, subject="Again", text="Second mail", about="")
    answered(kept, ana)
    merge_tickets(gone_id=gone.pk, kept_id=kept.pk, by=ana, now=NOW + 2 * HOUR)
    assert (fresh(gone).status, fresh(gone).merged_into, fresh(gone).due_at) == ("closed", kept, None)
    assert list(kept.messages.order_by("at", "pk").values_list("body", flat=True)) == [
        "It did not come.",
        "Second mail",
        "It comes tomorrow.",
    ]
    with pytest.raises(TicketRefused, match=f"merged into {kept.number}"):
        solve_ticket(gone.pk, by=ana, now=NOW)
    unmerge_ticket(gone.pk, by=ana, now=NOW + 3 * HOUR)
    assert (fresh(gone).status, gone.messages.get().body) == ("open", "Second mail")
    assert fresh(gone).answer_due_at is not None
    assert kept.messages.count() == 2


def test_merging_owes_the_answer_nobody_got(maria: Customer, ana: User) -> None:
    kept = opened(maria)
    solve_ticket(kept.pk, by=ana, now=NOW)
    gone = open_ticket(Wish(subject="Again", text="New", channel="mail", customer=maria), by="Maria", now=NOW + HOUR)
    merge_tickets(gone_id=gone.pk, kept_id=kept.pk, by=ana, now=NOW + 2 * HOUR)
    assert fresh(kept).status == "open"
    assert fresh(kept).due_at is not None


def test_tickets_of_two_customers_are_not_one(maria: Customer, ana: User) -> None:
    with pytest.raises(TicketRefused, match="two customers"):
        merge_tickets(gone_id=opened(maria).pk, kept_id=opened(CustomerFactory()).pk, by=ana, now=NOW)
    ticket = opened(maria)
    with pytest.raises(TicketRefused, match="Choose another"):
        merge_tickets(gone_id=ticket.pk, kept_id=ticket.pk, by=ana, now=NOW)


def test_what_stays_solved_closes_once(maria: Customer, ana: User) -> None:
    ticket, young = opened(maria), opened(maria)
    solve_ticket(ticket.pk, by=ana, now=NOW)
    solve_ticket(young.pk, by=ana, now=NOW + timedelta(days=3))
    later = NOW + timedelta(days=14)
    assert (close_solved(now=later), close_solved(now=later)) == (1, 0)
    assert (fresh(ticket).status, fresh(young).status) == (TicketStatus.CLOSED, TicketStatus.SOLVED)


def test_a_ticket_of_nobody_finds_its_customer(maria: Customer, ana: User) -> None:
    ticket = opened(None, name="M", channel=TicketChannel.PHONE)
    set_subject_of(ticket.pk, customer=maria, about=" so-100001", by=ana, now=NOW)
    ticket = fresh(ticket)
    assert (ticket.customer, ticket.about, ticket.email) == (maria, "SO-100001", "maria@customer.example")
    gone = CustomerFactory(status=CustomerStatus.ERASED)
    with pytest.raises(CustomerRefused):
        set_subject_of(ticket.pk, customer=gone, about="", by=ana, now=NOW)


def test_tickets_follow_merged_customers(maria: Customer) -> None:
    other = CustomerFactory()
    ticket = opened(other)
    merge(maria, other, choices={}, by="Ana", now=NOW)
    assert fresh(ticket).customer == maria


@pytest.mark.parametrize("name", ["box.exe", "page.html", "logo.svg", "box", "a.png.js"])
def test_files_that_could_run_are_refused(name: str) -> None:
    with pytest.raises(TicketRefused, match="Send a picture"):
        store(name, b"MZ")


def test_a_file_is_kept_once_under_its_hash(maria: Customer, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    first, again = store("..\\..\\etc/box 1.PNG", b"pixels"), store("box.png", b"pixels")
    assert (first.name, first.content_type, first.file) == ("box 1.PNG", "image/png", again.file)
    ticket = open_ticket(
        Wish(subject="", text="Broken", channel="status", customer=maria), by="Maria", now=NOW, files=[first, first]
    )
    assert ticket.messages.get().files.get().name == "box 1.PNG"
    with pytest.raises(TicketRefused, match="too large"):
        store("big.png", b"0" * (10 * 1024 * 1024 + 1))
