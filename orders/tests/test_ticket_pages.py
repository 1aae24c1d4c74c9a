"""The pages of tickets: what they show, what they refuse, at a constant number of statements."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.actions.ticket_answering import answer_ticket
from customers.canned_fields import fill, unknown_in
from customers.factories import (
    CannedReplyFactory,
    CustomerFactory,
    TicketFactory,
    TicketFileFactory,
    TicketMessageFactory,
)
from customers.models import CannedReply, Ticket
from ordermgmt.clock import business_day
from ordermgmt.factories import UserFactory
from ordermgmt.models import OutgoingMessage, User
from ordermgmt.roles import Role
from orders.factories import OrderFactory
from orders.tests.subscribed import subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(client: Any) -> User:
    user = UserFactory(role=Role.SUPPORT, name="Ana Berg")
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return user


def ticket_with_words(**facts: Any) -> Ticket:
    ticket = TicketFactory(**facts)
    TicketMessageFactory(ticket=ticket)
    return ticket


def page(client: Any, path: str, **data: Any) -> str:
    return client.get(path, data).content.decode()


def queries(client: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


def test_the_queue_costs_the_same_for_one_and_for_three(client: Any, ana: User) -> None:
    ticket_with_words()
    one = queries(client, "/tickets/")
    for _n in range(2):
        ticket_with_words(assignee=ana)
    assert queries(client, "/tickets/") == one


def test_the_views_hold_what_their_names_say(client: Any, ana: User) -> None:
    now = timezone.now()
    facts = {"answer_due_at": now + timedelta(days=1), "solve_due_at": now + timedelta(days=2)}
    mine = TicketFactory(assignee=ana, **facts)
    late = TicketFactory(assignee=UserFactory(role=Role.SUPPORT), answer_due_at=now - timedelta(days=3))
    free = TicketFactory(**facts)
    waits = TicketFactory(status="waiting", waiting_at=now, due_at=None, answer_due_at=None)
    gone = TicketFactory(status="closed", closed_at=now, due_at=None, answer_due_at=None, merged_into=mine)
    found = {
        "todo": {mine, late, free},
        "mine": {mine},
        "unassigned": {free},
        "late": {late},
        "waiting": {waits},
        "all": {mine, late, free, waits},
    }
    for view, tickets in found.items():
        html = page(client, "/tickets/", view=view)
        assert {t for t in (mine, late, free, waits, gone) if f"/tickets/{t.number}/" in html} == tickets, view
        assert f'data-total="{len(tickets)}"' in html
    assert "/tickets/" in page(client, "/")


def test_strangers_and_the_floor_see_no_tickets(client: Any) -> None:
    ticket = ticket_with_words()
    assert client.get("/tickets/").status_code == 302
    client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
    for path in ("/tickets/", f"/tickets/{ticket.number}/", "/tickets/replies/", "/tickets/new/"):
        assert client.get(path).status_code == 403


def test_a_ticket_stands_beside_the_orders_of_its_customer(client: Any, ana: User) -> None:
    order = OrderFactory(customer=CustomerFactory(name="Maria Lindqvist"))
    ticket = ticket_with_words(customer=order.customer, about=order.number)
    html = page(client, f"/tickets/{ticket.number}/")
    assert "It should have come on Friday" in html
    assert f"/orders/{order.number}/address/" in html
    assert f"/orders/new/?repeat={order.number}" in html
    one = queries(client, f"/tickets/{ticket.number}/")
    for _n in range(2):
        OrderFactory(customer=order.customer)
        TicketMessageFactory(ticket=ticket)
        TicketFactory(customer=order.customer)
        CannedReplyFactory()
    assert queries(client, f"/tickets/{ticket.number}/") == one


def test_what_is_sent_is_sent_once_and_taken_back(client: Any, ana: User) -> None:
    ticket = ticket_with_words()
    path = f"/tickets/{ticket.number}/answer/"
    sent = {"text": "It comes tomorrow.", "seen": ticket.messages.get().pk, "form_key": "k", "then": "waiting"}
    assert client.post(path, sent).status_code == 302
    assert client.post(path, sent).status_code == 302
    mail = OutgoingMessage.objects.get()
    assert mail.recipient == ticket.email
    answer = ticket.messages.get(direction="out")
    html = client.post(f"{path}{answer.pk}/undo/").content.decode()
    assert "It comes tomorrow.</textarea>" in html
    mail.refresh_from_db()
    assert mail.state == "withdrawn"


def test_two_answers_at_once_keep_the_second_text(client: Any, ana: User) -> None:
    ticket = ticket_with_words()
    seen = ticket.messages.get().pk
    tom = UserFactory(role=Role.SUPPORT, name="Tom Ek")
    answer_ticket(ticket.pk, text="I called you.", seen=seen, by=tom, now=timezone.now())
    response = client.post(f"/tickets/{ticket.number}/answer/", {"text": "My <b>words</b>", "seen": seen})
    html = response.content.decode()
    assert response.status_code == 409
    assert "Tom Ek answered at" in html
    assert "I called you." in html
    assert "My &lt;b&gt;words&lt;/b&gt;</textarea>" in html


def test_an_empty_answer_is_refused_in_words(client: Any, ana: User) -> None:
    ticket = ticket_with_words()
    response = client.post(f"/tickets/{ticket.number}/answer/", {"text": " ", "seen": 0})
    assert response.status_code == 409  # nothing was seen
    response = client.post(f"/tickets/{ticket.number}/answer/", {"text": " ", "seen": ticket.messages.get().pk})
    assert response.status_code == 422
    assert "Write something first" in response.content.decode()


def test_a_canned_reply_fills_itself_in_and_names_what_is_left(client: Any, ana: User) -> None:
    order = OrderFactory(customer=CustomerFactory(name="Maria Lindqvist"))
    ticket = ticket_with_words(customer=order.customer, about=order.number)
    type(order).objects.update(promised_delivery_on=None)
    reply = CannedReplyFactory(body="Hi {Customer first name}, {order number}: {say sentence} {delivery day} {my name}")
    data = {"do": "insert", "reply": reply.pk, "text": "Before"}
    html = client.post(f"/tickets/{ticket.number}/answer/", data).content.decode()
    assert f"Before\n\nHi Maria, {order.number}: " in html
    assert "{delivery day} Ana</textarea>" in html
    assert "Fill in yourself" in html
    assert not OutgoingMessage.objects.filter(kind__startswith="ticket").exists()


def test_places_of_canned_replies() -> None:
    assert fill("Hi {customer  First NAME}{x}", {"customer first name": "Maria"}) == ("Hi Maria{x}", ["x"])
    assert unknown_in("{customer first name} {order numbr} {}") == [
        "There is no {order numbr}. Did you mean {order number}?"
    ]


def test_canned_replies_are_written_changed_removed_and_back(client: Any, ana: User) -> None:
    assert client.post("/tickets/replies/new/", {"name": "Late", "body": "Hi {nme}"}).status_code == 422
    client.post("/tickets/replies/new/", {"name": "Late", "body": "Hi {my name}"})
    reply = CannedReply.objects.get()
    assert client.post("/tickets/replies/new/", {"name": "late", "body": "x"}).status_code == 422
    client.post(f"/tickets/replies/{reply.pk}/", {"name": "Late", "body": "Hello"})
    client.post(f"/tickets/replies/{reply.pk}/archive/")
    assert "No canned replies yet" in page(client, "/tickets/replies/")
    CannedReplyFactory(name="Late")
    client.post(f"/tickets/replies/{reply.pk}/restore/")
    reply.refresh_from_db()
    assert (reply.body, reply.name) == ("Hello", f"Late ({reply.pk})")


def test_deeds_of_a_ticket(client: Any, ana: User) -> None:
    tom = UserFactory(role=Role.SUPPORT, name="Tom Ek")
    ticket, other = ticket_with_words(), None
    url = f"/tickets/{ticket.number}/"
    client.post(f"{url}take/", {"seen": 0})
    client.post(f"{url}assign/", {"to": tom.pk, "note": "Yours"})
    client.post(f"{url}priority/", {"priority": "high"})
    client.post(f"{url}note/", {"note": "Called the carrier"})
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority) == (tom, "high")
    assert ticket.messages.filter(direction="note").count() == 2
    assert client.post(f"{url}take/", {"seen": 0}).status_code == 422
    order = OrderFactory(customer=CustomerFactory())
    client.post(f"{url}place/", {"customer": order.customer.number.lower(), "about": order.number})
    assert client.post(f"{url}place/", {"customer": "C-1"}).status_code == 422
    client.post(f"{url}solve/")
    ticket.refresh_from_db()
    assert (ticket.customer, ticket.about, ticket.status) == (order.customer, order.number, "solved")
    client.post(f"{url}reopen/")
    other = ticket_with_words(customer=order.customer)
    assert client.post(f"{url}merge/", {"into": "T-1"}).status_code == 422
    assert client.post(f"{url}merge/", {"into": other.number})["Location"] == f"/tickets/{other.number}/"
    assert client.get(url)["Location"] == f"/tickets/{other.number}/"
    assert "part of" in page(client, url, stay="1")
    client.post(f"{url}unmerge/")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.merged_into) == ("open", None)


def test_a_call_becomes_a_ticket_of_who_took_it(client: Any, ana: User) -> None:
    order = OrderFactory(customer=CustomerFactory(email="maria@customer.example"), email="maria@customer.example")
    data = {"about": order.number, "channel": "phone", "topic": "missing", "priority": "high", "subject": "Not here", "text": "Says it is late", "form_key": "k"}  # fmt: skip
    assert client.post("/tickets/new/", {**data, "text": ""}).status_code == 422
    assert client.post("/tickets/new/", {**data, "customer": "C-1"}).status_code == 422
    for _twice in range(2):
        client.post("/tickets/new/", data)
    ticket = Ticket.objects.get()
    assert (ticket.customer, ticket.email, ticket.assignee) == (order.customer, "maria@customer.example", ana)
    assert not OutgoingMessage.objects.filter(kind__startswith="ticket").exists()


def test_files_are_handed_out_as_downloads(client: Any, ana: User, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    row = TicketFileFactory(name='a"b.txt', content_type="text/plain", file="tickets/00/x")
    assert client.get(f"/tickets/files/{row.pk}/").status_code == 404
    default_storage.save("tickets/00/x", ContentFile(b"<script>"))
    answer = client.get(f"/tickets/files/{row.pk}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer.getvalue() == b"<script>"


def test_tickets_are_found(client: Any, ana: User) -> None:
    ticket = ticket_with_words(subject="Broken cup", about="SO-100007")
    for words in ("Broken", ticket.email, "SO-100007"):
        assert f"/tickets/{ticket.number}/" in page(client, "/search/", q=words)
    assert client.get("/search/", {"q": ticket.number})["Location"] == f"/tickets/{ticket.number}/"


def test_tickets_stand_on_the_pages_of_their_customer_order_and_plan(client: Any, ana: User) -> None:
    s = subscribe(starts_on=business_day(timezone.now()) + timedelta(days=9), now=timezone.now())
    order = OrderFactory(customer=s.customer)
    about_order = ticket_with_words(customer=s.customer, about=order.number)
    about_plan = ticket_with_words(customer=s.customer, about=s.number)
    assert f"/tickets/{about_order.number}/" in page(client, f"/orders/{order.number}/")
    assert f"/tickets/{about_plan.number}/" in page(client, f"/subscriptions/{s.number}/")
    overview = page(client, f"/customers/{s.customer.number}/")
    assert f"/tickets/new/?customer={s.customer.number}" in overview
    tab = page(client, f"/customers/{s.customer.number}/", tab="tickets")
    for ticket in (about_order, about_plan):
        assert f"/tickets/{ticket.number}/" in overview
        assert f"/tickets/{ticket.number}/" in tab
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    assert "/tickets/" not in page(client, f"/customers/{s.customer.number}/")
    assert "/tickets/" not in page(client, f"/orders/{order.number}/")


def test_a_change_made_from_a_ticket_comes_back_to_it(client: Any, ana: User) -> None:
    s = subscribe(starts_on=business_day(timezone.now()) + timedelta(days=9), now=timezone.now())
    ticket = ticket_with_words(customer=s.customer, about=s.number)
    html = page(client, f"/tickets/{ticket.number}/")
    found = re.search(rf'href="(/subscriptions/{s.number}/change/skip/[^"]+)"', html)
    assert found
    path = found[1].replace("&amp;", "&")
    assert f"back=/tickets/{ticket.number}/" in path
    data = {"number": parse_qs(urlsplit(path).query)["number"][0], "confirm": "1", "back": f"/tickets/{ticket.number}/"}
    assert client.post(urlsplit(path).path, data)["Location"] == f"/tickets/{ticket.number}/"
    data["back"] = "//evil.example/tickets/T-1/"
    assert "evil" not in client.post(urlsplit(path).path, data).get("Location", "")


def test_an_answer_whose_mail_did_not_arrive_says_so(client: Any, ana: User) -> None:
    ticket = ticket_with_words()
    answer_ticket(ticket.pk, text="Here.", seen=ticket.messages.get().pk, by=ana, now=timezone.now())
    assert "did not arrive" not in page(client, f"/tickets/{ticket.number}/").replace("My parcel did not arrive", "")
    OutgoingMessage.objects.update(state="dead", last_error="No such mailbox")
    html = page(client, f"/tickets/{ticket.number}/")
    assert "The mail did not arrive" in html
    assert "No such mailbox" in html
