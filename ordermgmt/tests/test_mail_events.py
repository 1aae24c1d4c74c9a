"""What mail providers tell: only the genuine is kept, once; any order ends in the same state; what it stops."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from ordermgmt.actions.mail_events import works_again
from ordermgmt.delivery import message_id
from ordermgmt.exception_refresh import refresh
from ordermgmt.factories import OutgoingMessageFactory, UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.models import ExceptionItem, MailAddress, MailEvent, MessageState, OutgoingMessage
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BASIC = "Basic " + base64.b64encode(b"events:secret").decode()


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> Iterator[None]:
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "events:secret"}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(NOW, tick=False):
        yield


def sent(about: str = "SO-1", to: str = "Maria@customer.example", **facts: Any) -> OutgoingMessage:
    row = OutgoingMessageFactory(about=about, recipient=to, state=MessageState.SENT, sent_at=NOW, due_at=None, **facts)
    OutgoingMessage.objects.filter(pk=row.pk).update(message_id=message_id(row))
    row.refresh_from_db()
    return row


def bounce(row: OutgoingMessage, *, n: int = 1, at: datetime = NOW, kind: str = "HardBounce") -> dict[str, Any]:
    """As Postmark's documentation shows a bounce; the row is named by the metadata it was sent with."""
    record = "SpamComplaint" if kind == "SpamComplaint" else "Bounce"
    return {
        "RecordType": record, "MessageStream": "outbound", "ID": 4323372036854775000 + n, "Type": kind, "TypeCode": 1,
        "Name": "Hard bounce", "Tag": "", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"message": str(row.pk)}, "ServerID": 23, "Description": "The server was unable to deliver your message",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.", "Email": row.recipient,
        "From": "hello@nordicpantry.example", "BouncedAt": at.isoformat(), "DumpAvailable": True, "Inactive": True,
        "CanActivate": True, "Subject": row.subject_line, "Headers": [{"Name": "Message-ID", "Value": row.message_id}],
    }  # fmt: skip


def delivered(row: OutgoingMessage, at: datetime = NOW) -> dict[str, Any]:
    return {
        "RecordType": "Delivery", "ServerID": 23, "MessageStream": "outbound", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": row.recipient, "Tag": "", "DeliveredAt": at.isoformat(), "Details": f"Test delivery {row.message_id}",
        "Metadata": {"message": str(row.pk)},
    }  # fmt: skip


def post(payload: Any, *, auth: str = BASIC, provider: str = "postmark") -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"HTTP_AUTHORIZATION": auth} if auth else {}
    return Client().post(f"/hooks/mail-events/{provider}/", body, content_type="application/json", **headers)


def heard(*payloads: Any) -> None:
    for payload in payloads:
        assert post(payload).status_code == 200
    run_now("mail_events", as_of=NOW + timedelta(hours=1))


def test_only_who_knows_the_secret_is_heard(settings: Any) -> None:
    row = sent()
    assert post(bounce(row), auth="").status_code == 400
    assert post(bounce(row), auth="Basic " + base64.b64encode(b"events:wrong").decode()).status_code == 400
    assert post(bounce(row), provider="sendgrid").status_code == 404
    assert post(b"no json").status_code == 400
    settings.ANYMAIL = {}
    assert post(bounce(row)).status_code == 503
    assert not MailEvent.objects.exists()


def test_a_hard_bounce_marks_message_and_address_once_however_often_it_is_told() -> None:
    row = sent()
    heard(bounce(row), bounce(row))
    heard(bounce(row))
    assert MailEvent.objects.count() == 1
    row.refresh_from_db()
    event, address = MailEvent.objects.get(), MailAddress.objects.get()
    assert (row.fate, event.message_id, address.address) == ("bounced", row.pk, "maria@customer.example")
    assert address.is_undeliverable
    assert "550 5.1.1" in address.reason or "unable to deliver" in address.reason


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_ends_in_the_same_state(order: tuple[int, ...]) -> None:
    row = sent()
    told = [
        delivered(row), bounce(row, n=1, at=NOW + timedelta(minutes=5)),
        bounce(row, n=2, at=NOW + timedelta(hours=2), kind="SpamComplaint"),
    ]  # fmt: skip
    heard(*(told[n] for n in order))
    row.refresh_from_db()
    address = MailAddress.objects.get()
    assert row.fate == "complained"
    assert (address.bounced_at, address.complained_at) == (NOW + timedelta(minutes=5), NOW + timedelta(hours=2))


def test_a_soft_bounce_leaves_the_address_alone() -> None:
    row = sent()
    heard(bounce(row, kind="SoftBounce"))
    row.refresh_from_db()
    assert row.fate == "bounced"
    assert not MailAddress.objects.exists()


def test_mailguns_signature_and_its_echo_of_our_message_id(settings: Any) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = "mailgun", {"MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    row = sent()
    stamp, token = str(int(NOW.timestamp())), "06c96bafc3f42a66b9edd546347a2fe18dc23461fe80dc52f0"
    right = hmac.new(b"key", f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    event = {
        "event": "failed", "severity": "permanent", "reason": "bounce", "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": NOW.timestamp(), "recipient": row.recipient, "message": {"headers": {"message-id": row.message_id.strip("<>")}},
        "delivery-status": {"code": 605, "message": "Not delivering to previously bounced address"}, "user-variables": {},
    }  # fmt: skip
    signed = {"signature": {"timestamp": stamp, "token": token, "signature": right}, "event-data": event}
    forged = {"signature": {"timestamp": stamp, "token": token, "signature": "0" * 64}, "event-data": event}
    assert post(forged, auth="", provider="mailgun").status_code == 400
    assert post(signed, auth="", provider="mailgun").status_code == 200
    run_now("mail_events", as_of=NOW)
    row.refresh_from_db()
    assert row.fate == "bounced"
    assert MailAddress.objects.get().is_undeliverable


def test_nothing_is_sent_to_a_broken_address_until_a_person_says_it_works() -> None:
    row = sent()
    heard(bounce(row))
    later = OutgoingMessageFactory(about="SO-2", recipient=row.recipient, due_at=NOW, state=MessageState.WAITING)
    run_now("send_messages", as_of=NOW + timedelta(hours=1))
    later.refresh_from_db()
    assert later.state == MessageState.WITHDRAWN
    assert "came back" in later.last_error
    refresh(now=NOW + timedelta(hours=1))
    assert ExceptionItem.objects.filter(rule="mail.bounced", state="open").count() == 1
    works_again(row.recipient, by=UserFactory(role=Role.SUPPORT), now=NOW + timedelta(hours=2))
    heard(bounce(row))
    again = OutgoingMessageFactory(about="SO-3", recipient=row.recipient, due_at=NOW, state=MessageState.WAITING)
    run_now("send_messages", as_of=NOW + timedelta(hours=3))
    again.refresh_from_db()
    assert again.state == MessageState.SENT
    refresh(now=NOW + timedelta(hours=3))
    assert not ExceptionItem.objects.filter(rule="mail.bounced", state="open").exists()


def test_after_a_complaint_only_what_an_order_needs_is_sent() -> None:
    row = sent()
    heard(bounce(row, kind="SpamComplaint"))
    kinds = {"thank_you": MessageState.WITHDRAWN, "shipped": MessageState.SENT}
    for kind in kinds:
        OutgoingMessageFactory(kind=kind, about="SO-9", recipient=row.recipient, due_at=NOW, state=MessageState.WAITING)
    run_now("send_messages", as_of=NOW + timedelta(hours=1))
    found = dict(OutgoingMessage.objects.filter(about="SO-9").values_list("kind", "state"))
    assert found == kinds


def test_staff_see_it_on_the_message_and_can_say_that_it_works(client: Client) -> None:
    row = sent()
    heard(bounce(row))
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert "Mail to this address comes back." in client.get(f"/messages/{row.pk}/").content.decode()
    facts = {"address": row.recipient, "next": f"/messages/{row.pk}/"}
    assert client.post("/messages/addresses/works/", facts)["Location"] == f"/messages/{row.pk}/"
    assert "comes back" not in client.get(f"/messages/{row.pk}/").content.decode()
