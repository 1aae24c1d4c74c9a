"""Customers write from their pages: only sending changes something, once, and they see what became of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from customers.actions.ticket_answering import answer_ticket
from customers.models import Ticket, TicketMessage
from ordermgmt.clock import business_day
from ordermgmt.factories import UserFactory
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.factories import OrderFactory
from orders.models import OrderLink, SubscriptionLink
from orders.tests.subscribed import subscribe

pytestmark = pytest.mark.django_db
WORDS = {"topic": "damaged", "text": "The cup is broken", "form_key": "k1"}


def path_of(order: Any, rest: str = "write/") -> str:
    return f"/o/{OrderLink.objects.lasting(order, now=timezone.now()).token}/{rest}"


def test_looking_at_it_changes_nothing(client: Any) -> None:
    order = OrderFactory()
    for method in (client.get, client.head):
        assert method(path_of(order)).status_code == 200
    html = client.get(path_of(order)).content.decode()
    assert "<script" not in html
    assert path_of(order) in client.get(path_of(order, "")).content.decode()
    assert not Ticket.objects.exists()


def test_a_message_becomes_one_ticket_and_the_page_says_what_became_of_it(client: Any) -> None:
    order = OrderFactory()
    for _twice in range(2):
        assert client.post(path_of(order), WORDS)["Location"] == f"{path_of(order, '')}?written=1#written"
    ticket = Ticket.objects.get()
    assert (ticket.about, ticket.customer, ticket.email, ticket.topic) == (order.number, order.customer, order.email, "damaged")  # fmt: skip
    assert OutgoingMessage.objects.filter(kind="ticket_received").count() == 1
    html = client.get(path_of(order, ""), {"written": "1"}).content.decode()
    assert "We have your message" in html
    assert "We answer by" in html
    ana, now = UserFactory(role=Role.SUPPORT), timezone.now() + timedelta(minutes=1)
    answer_ticket(ticket.pk, text="A new one is on its way.", seen=ticket.messages.get().pk, by=ana, now=now)
    html = client.get(path_of(order, "")).content.decode()
    assert "We answered on" in html
    assert "A new one" not in html
    client.post(path_of(order), {**WORDS, "text": "Thank you", "form_key": "k2"})
    assert (Ticket.objects.count(), ticket.messages.count()) == (1, 3)
    ticket.refresh_from_db()
    assert ticket.status == "open"


@pytest.mark.parametrize("wrong", [{"topic": ""}, {"topic": "x"}, {"text": " "}, {"text": "x" * 5001}])
def test_what_cannot_be_sent_says_why_and_keeps_the_text(client: Any, wrong: dict[str, str]) -> None:
    order = OrderFactory()
    response = client.post(path_of(order), {**WORDS, **wrong})
    assert response.status_code == 422
    assert "Error:" in response.content.decode()
    assert not Ticket.objects.exists()


def test_pictures_come_along_and_programs_do_not(client: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    order = OrderFactory()
    picture = SimpleUploadedFile("cup.jpg", b"pixels", "image/jpeg")
    client.post(path_of(order), {**WORDS, "pictures": [picture]})
    assert TicketMessage.objects.get().files.get().name == "cup.jpg"
    bad = SimpleUploadedFile("cup.html", b"<script>", "image/jpeg")
    response = client.post(path_of(order), {**WORDS, "form_key": "k2", "pictures": [bad]})
    assert response.status_code == 422
    assert "Send a picture" in response.content.decode()


def test_an_order_without_an_address_asks_for_one(client: Any) -> None:
    order = OrderFactory()
    type(order).objects.filter(pk=order.pk).update(email="", customer=None)
    assert client.post(path_of(order), WORDS).status_code == 422
    assert client.post(path_of(order), {**WORDS, "email": "m@customer.example"}).status_code == 302
    assert Ticket.objects.get().email == "m@customer.example"


def test_nobody_writes_without_end(client: Any) -> None:
    order = OrderFactory()
    codes = [client.post(path_of(order), {**WORDS, "form_key": f"k{n}"}).status_code for n in range(7)]
    assert codes == [302] * 6 + [429]


def test_ended_and_unknown_links_take_nothing(client: Any) -> None:
    order = OrderFactory()
    path = path_of(order)
    OrderLink.objects.update(revoked_at=timezone.now())
    assert client.post(path, WORDS).status_code == 410
    assert client.post("/o/nobody/write/", WORDS).status_code == 404
    assert not Ticket.objects.exists()


def test_a_plan_is_written_about_from_its_page(client: Any) -> None:
    s = subscribe(starts_on=business_day(timezone.now()) + timedelta(days=9), now=timezone.now())
    token = SubscriptionLink.objects.lasting(s, now=timezone.now()).token
    assert "Write to us" in client.get(f"/s/{token}/").content.decode()
    assert client.post(f"/s/{token}/write/", WORDS).status_code == 302
    assert Ticket.objects.get().about == s.number
    assert "We answer by" in client.get(f"/s/{token}/", {"written": "1"}).content.decode()
