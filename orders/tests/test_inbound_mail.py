"""Mail that comes in: kept first, taken once, put where it belongs, never answered when a machine wrote it."""

import hmac
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from customers.actions import mail_working
from customers.actions.mail_keeping import MailTooLarge, keep_mail
from customers.actions.ticket_answering import answer_ticket
from customers.actions.ticket_ending import close_solved, merge_tickets, solve_ticket
from customers.actions.ticket_opening import Wish, open_ticket
from customers.factories import CustomerFactory
from customers.models import InboundMail, Ticket, TicketMessage
from customers.views.mail_hook import signature
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.roles import Role
from orders.factories import OrderFactory

pytestmark = pytest.mark.django_db(transaction=False)
NOW = timezone.now()
MARIA = "maria@customer.example"
SECRET = "s3cret"


@pytest.fixture(autouse=True)
def _files_here(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def written(text: str = "Where is my parcel?", **headers: str) -> bytes:
    mail = EmailMessage()
    given = {"From": f"Maria Lindqvist <{MARIA}>", "To": "hello@nordicpantry.example", "Subject": "Parcel", **headers}
    for name, value in given.items():
        if value:
            mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def came(raw: bytes) -> InboundMail:
    row, _new = keep_mail(raw, source="test", now=NOW)
    run_now("read_mail", as_of=NOW + timedelta(seconds=1))
    row.refresh_from_db()
    return row


def ticket_of(row: InboundMail) -> Ticket:
    assert row.message is not None, row.reason or row.last_error
    return row.message.ticket


def test_a_mail_becomes_a_ticket_of_its_customer_with_one_receipt() -> None:
    customer = CustomerFactory(email=MARIA)
    row = came(written(Message_ID="<1@c>"))
    ticket = ticket_of(row)
    assert (row.state, ticket.customer, ticket.subject, ticket.status) == ("done", customer, "Parcel", "new")
    receipt = OutgoingMessage.objects.get()
    assert receipt.headers["In-Reply-To"] == "<1@c>"
    again = came(written(Message_ID="<1@c>", Received="by another route"))
    assert (again.state, again.message) == ("duplicate", row.message)
    assert keep_mail(written(Message_ID="<1@c>"), source="test", now=NOW) == (row, False)
    assert (Ticket.objects.count(), OutgoingMessage.objects.count()) == (1, 1)


def test_an_address_two_customers_share_is_nobodys() -> None:
    CustomerFactory(email=MARIA)
    CustomerFactory(email=MARIA.upper())
    assert ticket_of(came(written())).customer is None


@pytest.mark.parametrize("by", ["token", "answer", "receipt", "subject"])
def test_a_reply_finds_its_ticket_and_opens_it_again(by: str) -> None:
    ana = UserFactory(role=Role.SUPPORT)
    ticket = ticket_of(came(written(Message_ID="<1@c>")))
    seen = ticket.messages.get().pk
    answer = answer_ticket(ticket.pk, text="Tomorrow.", seen=seen, then="solved", by=ana, now=NOW)
    OutgoingMessage.objects.filter(kind="ticket_received").update(message_id="<receipt@s>", state=MessageState.SENT)
    headers = {
        "token": {"To": f"hello+T-{ticket.token.upper()}@nordicpantry.example"},
        "answer": {"In_Reply_To": answer.message_id or "", "References": f"<1@c> {answer.message_id}"},
        "receipt": {"References": "<receipt@s>"},
        "subject": {"Subject": f"SV: Parcel [{ticket.number}]"},
    }[by]
    row = came(written("It did not come.\n\nOn Mon, Ana wrote:\n> Tomorrow.", Message_ID="<2@c>", **headers))
    ticket.refresh_from_db()
    assert ticket_of(row) == ticket
    assert (ticket.status, row.message.body, row.message.quoted[:2]) == ("open", "It did not come.", "On")
    assert OutgoingMessage.objects.count() == 2


def test_a_number_in_a_subject_is_no_key() -> None:
    ticket = ticket_of(came(written(Message_ID="<1@c>")))
    row = came(written(From="eve@evil.example", Subject=f"Re: Parcel [{ticket.number}]", Message_ID="<2@c>"))
    assert ticket_of(row) != ticket


def test_whoever_has_the_address_may_write_but_is_marked() -> None:
    ticket = ticket_of(came(written(Message_ID="<1@c>")))
    to = f"hello+t-{ticket.token}@nordicpantry.example"
    row = came(written("I am her husband", From="karl@home.example", To=to, Message_ID="<2@c>"))
    assert ticket_of(row) == ticket
    assert row.message.is_stranger
    ticket.refresh_from_db()
    assert ticket.email == MARIA


def test_an_order_number_counts_from_the_one_it_belongs_to() -> None:
    order = OrderFactory(email=MARIA, customer=CustomerFactory(email="other@customer.example"))
    mine = came(written(f"About {order.number}, please", Message_ID="<1@c>"))
    other = came(written(f"About {order.number}", From="eve@evil.example", Message_ID="<2@c>"))
    assert (ticket_of(mine).about, ticket_of(other).about) == (order.number, "")
    OutgoingMessage.objects.create(kind="x", about="x", thread=order.number, recipient=MARIA, subject_line="x", text="x", created_at=NOW, message_id="<conf@s>", state="sent")  # fmt: skip
    assert ticket_of(came(written(In_Reply_To="<conf@s>", Message_ID="<3@c>"))).about == order.number


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"From": "MAILER-DAEMON@mx.example"},
        {"From": "Nordic Pantry <hello@nordicpantry.example>"},
        {"From": "hello+t-0123456789abcdef0123@nordicpantry.example"},
    ],
)
def test_machines_and_ourselves_are_set_aside_and_never_answered(headers: dict[str, str], client: Any) -> None:
    row = came(written(**headers))
    assert row.state == "set_aside"
    assert row.reason
    assert not Ticket.objects.exists()
    assert not OutgoingMessage.objects.exists()
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert f"/tickets/mail/{row.pk}/" in client.get("/tickets/mail/").content.decode()
    assert "Open a ticket from it" in client.get(f"/tickets/mail/{row.pk}/").content.decode()
    raw = client.get(f"/tickets/mail/{row.pk}/raw/")
    assert raw["Content-Disposition"].startswith("attachment")
    assert raw.getvalue() == written(**headers)
    for _twice in range(2):
        client.post(f"/tickets/mail/{row.pk}/open/")
    assert Ticket.objects.count() == 1


def test_an_out_of_office_is_kept_in_its_ticket_and_changes_nothing() -> None:
    ana = UserFactory(role=Role.SUPPORT)
    ticket = ticket_of(came(written(Message_ID="<1@c>")))
    answer = answer_ticket(ticket.pk, text="Tomorrow.", seen=ticket.messages.get().pk, by=ana, now=NOW)
    row = came(written("I am away", Auto_Submitted="auto-replied", In_Reply_To=answer.message_id or "", Message_ID="<2@c>"))  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket_of(row), ticket.status, row.message.is_automatic) == (ticket, "waiting", True)
    answer_ticket(ticket.pk, text="More.", seen=answer.pk, by=ana, now=NOW)


def test_a_reply_to_what_was_merged_or_closed_is_not_lost() -> None:
    one, two = ticket_of(came(written(Message_ID="<1@c>"))), ticket_of(came(written(Message_ID="<2@c>")))
    merge_tickets(gone_id=one.pk, kept_id=two.pk, by="Ana", now=NOW)
    assert ticket_of(came(written(In_Reply_To="<1@c>", Message_ID="<3@c>"))) == two
    solve_ticket(two.pk, by="Ana", now=NOW - timedelta(days=20))
    close_solved(now=NOW)
    new = ticket_of(came(written(In_Reply_To="<1@c>", Message_ID="<4@c>")))
    assert new not in (one, two)
    assert two.number in new.messages.get(direction="note").body


def test_a_reply_that_comes_while_its_ticket_is_merged_is_seen_in_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = ticket_of(came(written(Message_ID="<1@c>"))), ticket_of(came(written(Message_ID="<2@c>")))
    found = mail_working._by_thread

    def slow(mail: Any) -> Any:
        ticket = found(mail)
        Ticket.objects.filter(pk=one.pk).update(
            merged_into=two, status="closed", closed_at=NOW, answer_due_at=None, due_at=None
        )
        return ticket

    monkeypatch.setattr(mail_working, "_by_thread", slow)
    assert ticket_of(came(written(In_Reply_To="<1@c>", Message_ID="<3@c>"))) == two


def test_files_that_are_taken_and_files_that_are_not() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = MARIA, "Broken"
    mail.set_content("See")
    mail.add_attachment(b"pixels", maintype="image", subtype="png", filename="cup.png")
    mail.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="run.exe")
    message = came(mail.as_bytes()).message
    assert [file.name for file in message.files.all()] == ["cup.png"]
    assert "run.exe" in message.body


def test_somebodys_machine_is_stopped_after_twenty() -> None:
    for n in range(22):
        came(written(Message_ID=f"<{n}@c>"))
    assert Ticket.objects.count() == 20
    assert InboundMail.objects.filter(state="set_aside").count() == 2
    assert OutgoingMessage.objects.count() == 3


def test_what_is_no_mail_is_kept_for_people_to_see() -> None:
    row = came(b"\x00\xff\xfe nothing")
    assert (row.state, bool(row.dead_at)) == ("dead", True)
    assert "no sender" in row.last_error


def test_the_job_changes_nothing_on_its_second_run() -> None:
    came(written())
    before = list(TicketMessage.objects.values()), list(InboundMail.objects.values())
    run_now("read_mail", as_of=NOW + timedelta(hours=1))
    run_now("close_tickets", as_of=NOW)
    assert (list(TicketMessage.objects.values()), list(InboundMail.objects.values())) == before


def post(client: Any, raw: bytes, *, secret: str = SECRET, at: int | None = None, **headers: str) -> Any:
    stamp = str(at if at is not None else int(timezone.now().timestamp()))
    signed = {"HTTP_WEBHOOK_TIMESTAMP": stamp, "HTTP_WEBHOOK_SIGNATURE": signature(secret, stamp, raw), **headers}
    return client.post("/hooks/mail/", raw, content_type="message/rfc822", **signed)


def test_the_hook_takes_signed_mail_once(client: Any, settings: Any) -> None:
    assert post(client, written()).status_code == 503
    settings.INBOUND_MAIL_SECRET = "s3cret"
    assert [post(client, written()).status_code for _twice in range(2)] == [202, 200]
    assert InboundMail.objects.get().state == "waiting"


def test_the_hook_refuses_what_is_forged_old_huge_or_empty(client: Any, settings: Any) -> None:
    settings.INBOUND_MAIL_SECRET, settings.INBOUND_MAIL_MAX_BYTES = "s3cret", 1000
    raw, now = written(), int(timezone.now().timestamp())
    assert post(client, raw, secret="other").status_code == 401
    assert post(client, raw, at=now - 400).status_code == 401
    assert post(client, raw, HTTP_WEBHOOK_TIMESTAMP="soon").status_code == 401
    assert post(client, raw, HTTP_WEBHOOK_SIGNATURE="é").status_code == 401
    assert post(client, b"x" * 1001).status_code == 413
    assert post(client, b"  ").status_code == 400
    assert client.get("/hooks/mail/").status_code == 405
    assert not InboundMail.objects.exists()
    with pytest.raises(MailTooLarge):
        keep_mail(b"x" * 1001, source="test", now=NOW)


def test_samples_from_elsewhere_become_tickets(samples: Any) -> None:
    files = sorted(samples.rglob("*.eml"))
    if not files:
        pytest.skip("no mail among the samples")
    for path in files:
        assert came(path.read_bytes()).state in {"done", "set_aside", "duplicate", "dead"}, path


def test_a_ticket_opened_elsewhere_is_answered_by_mail() -> None:
    ticket = open_ticket(Wish(subject="x", text="y", channel="status", email=MARIA), by="Maria", now=NOW)
    token = OutgoingMessage.objects.get().headers["Reply-To"].split("+t-")[1].split("@")[0]
    assert ticket_of(came(written(To=f"hello+t-{token}@nordicpantry.example"))) == ticket


LOGIN = "mail:hook-pass"
AUTH = {"HTTP_AUTHORIZATION": "Basic " + b64encode(LOGIN.encode()).decode()}


@pytest.fixture
def provider(settings: Any) -> Any:
    settings.INBOUND_MAIL_LOGIN = LOGIN
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": "signing"}
    return settings


def by_postmark(client: Any, **changed: Any) -> Any:
    told = {
        "FromFull": {"Email": MARIA, "Name": "Maria"},
        "ToFull": [{"Email": "hello@nordicpantry.example"}],
        "From": MARIA,
        "Subject": "Trasig kopp",
        "TextBody": "Koppen är trasig",
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": "<pm@c>"}],
        "Attachments": [
            {"Name": "kopp.png", "Content": "iVBORw0KGgo=", "ContentType": "image/png", "ContentLength": 8}
        ],
        **changed,
    }
    return client.post("/hooks/mail/postmark/", told, content_type="application/json", **AUTH)


def test_a_providers_mail_becomes_a_ticket_once(client: Any, provider: Any) -> None:
    """Told twice it is written twice with other boundaries, and still one message."""
    assert [by_postmark(client).json()["kept"] for _twice in range(2)] == [1, 1]
    run_now("read_mail", as_of=timezone.now() + timedelta(seconds=1))
    assert sorted(InboundMail.objects.values_list("state", flat=True)) == ["done", "duplicate"]
    message = TicketMessage.objects.get()
    assert (message.ticket.subject, message.body, message.message_id) == ("Trasig kopp", "Koppen är trasig", "<pm@c>")
    assert message.files.get().name == "kopp.png"


def test_a_raw_mail_of_a_provider_is_kept_as_it_came(client: Any, provider: Any) -> None:
    stamp, raw = str(int(timezone.now().timestamp())), written("Där", Message_ID="<mg@c>").decode()
    right = hmac.new(b"signing", f"{stamp}tok".encode(), sha256).hexdigest()
    told = {
        "recipient": "hello@nordicpantry.example",
        "sender": MARIA,
        "body-mime": raw,
        "timestamp": stamp,
        "token": "tok",
    }
    assert client.post("/hooks/mail/mailgun/", {**told, "signature": "0" * 64}, **AUTH).status_code == 401
    assert client.post("/hooks/mail/mailgun/", {**told, "signature": right}, **AUTH).json()["kept"] == 1
    run_now("read_mail", as_of=timezone.now() + timedelta(seconds=1))
    assert TicketMessage.objects.get().body == "Där"


def test_providers_that_are_not_ours_are_refused(client: Any, provider: Any) -> None:
    post_to = client.post
    assert post_to("/hooks/mail/nobody/").status_code == 404
    assert post_to("/hooks/mail/postmark/", "{}", content_type="application/json").status_code == 401
    for body in ("{", "[]", "{}", '"x"'):
        assert post_to("/hooks/mail/postmark/", body, content_type="application/json", **AUTH).status_code in (200, 400)
    provider.INBOUND_MAIL_MAX_BYTES = 100
    assert by_postmark(client).status_code == 413
    provider.INBOUND_MAIL_LOGIN = ""
    assert by_postmark(client).status_code == 503
