"""A broken cup, from the customer's phone to the answer and back, in a real browser."""

from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from customers.factories import CannedReplyFactory
from customers.models import Ticket
from customers.views.mail_hook import signature
from ordermgmt.jobs import run_now
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.factories import OrderFactory
from orders.tests.test_browser_customer import address_of, faults, look_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]


def clean(page: Any, address: str) -> None:
    """No fault for people who do not see or point, light and dark, wide and narrow."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(address)
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (address, theme, width)
        assert faults(page) == [], (address, theme)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_customer_writes_support_answers_and_the_reply_opens_it_again(
    page: Any, live_server: Any, sign_in: Any, client: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT, settings.INBOUND_MAIL_SECRET = str(tmp_path), "s3cret"
    order = OrderFactory()
    CannedReplyFactory(name="A new one", body="Hi {customer first name}, a new one for {order number} leaves today. {my name}")  # fmt: skip
    assert look_at(page, live_server.url + address_of(order, "write/")) == []
    page.get_by_label("Something is broken or spoilt").check()
    page.get_by_label("Tell us what happened").fill("The cup is broken")
    page.get_by_label("Pictures").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": b"pixels"})
    page.get_by_role("button", name="Send").click()
    page.get_by_text("We have your message").wait_for()
    ticket = Ticket.objects.get()

    sign_in(Role.SUPPORT, name="Ana Berg")
    clean(page, f"{live_server.url}/tickets/")
    page.get_by_role("link", name=ticket.number).click()
    page.get_by_role("link", name="cup.png").wait_for()
    clean(page, page.url)
    page.get_by_label("Canned reply").select_option(label="A new one")
    page.get_by_role("button", name="Insert").click()
    box = page.get_by_label("Your answer")
    first = order.customer.name.split()[0]
    assert box.input_value() == f"Hi {first}, a new one for {order.number} leaves today. Ana"
    page.get_by_role("button", name="Send and solve").click()
    page.get_by_text("Sent. The mail leaves in a minute.").wait_for()

    page.goto(live_server.url + address_of(order))
    page.get_by_text("We answered on").wait_for()
    answer = OutgoingMessage.objects.get(kind="ticket_answer")
    reply_by_mail(client, answer, to=answer.headers["Reply-To"])
    page.goto(f"{live_server.url}/tickets/?view=mine")
    page.get_by_role("link", name=ticket.number).click()
    page.get_by_text("It came broken again").wait_for()
    ticket.refresh_from_db()
    assert ticket.status == "open"


def reply_by_mail(client: Any, answer: OutgoingMessage, *, to: str) -> None:
    """As a provider posts what the customer's mail program sent."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = answer.recipient, to, f"Re: {answer.subject_line}"
    mail["Message-ID"] = "<reply@customer.example>"
    mail.set_content("It came broken again\n\nOn Tue, Ana wrote:\n> Hi")
    raw, stamp = mail.as_bytes(), str(int(timezone.now().timestamp()))
    signed = {"HTTP_WEBHOOK_TIMESTAMP": stamp, "HTTP_WEBHOOK_SIGNATURE": signature("s3cret", stamp, raw)}
    assert client.post("/hooks/mail/", raw, content_type="message/rfc822", **signed).status_code == 202
    run_now("read_mail", as_of=timezone.now())
