"""Messages leave over real SMTP: once, in time, whatever the server does."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.html import escape

from ordermgmt import leases
from ordermgmt.jobs import run_now
from ordermgmt.mail import html_of, queue_message, withdraw_message
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.tests import smtp_servers

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_templates(settings, tmp_path):
    folder = tmp_path / "emails"
    folder.mkdir()
    (folder / "greeting.subject.txt").write_text("Hello\n {{ name }}")
    (folder / "greeting.txt").write_text("Dear {{ name }},\n{{ note }}\n")
    (folder / "greeting.html").write_text(
        "<html><head><style>p {color: red}</style></head><body><p>Dear {{ name }}</p></body></html>"
    )
    engine = {**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}
    settings.TEMPLATES = [engine]


@pytest.fixture
def server(settings):
    """Points the portal at a port."""
    settings.EMAIL_BACKEND = "ordermgmt.smtp.DeadlineEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER, settings.EMAIL_USE_TLS = "127.0.0.1", "", False
    settings.EMAIL_TIMEOUT, settings.EMAIL_DEADLINE = 1, 1.5

    def use(port):
        settings.EMAIL_PORT = port

    return use


def greet(about="SO-1", **more):
    facts = {
        "thread": "SO-1",
        "to": "ann@example.com",
        "context": {"name": "Ann", "note": None},
        "now": NOW,
        "delay": 0,
    }
    return queue_message("greeting", about=about, **(facts | more))


def deliver(now=NOW):
    return run_now("send_messages", as_of=now)


def test_plain_text_is_not_written_for_html():
    row = greet(context={"name": "Kwame O'Brien & Sons"})
    assert row.subject_line == "Hello Kwame O'Brien & Sons"
    assert row.text.startswith("Dear Kwame O'Brien & Sons,")
    assert "O&#x27;Brien &amp; Sons" in html_of(row) or "O'Brien &amp; Sons" in html_of(row)


def test_a_message_is_written_once():
    first, second = greet(), greet(context={"name": "Bea"})
    assert first.pk == second.pk
    assert OutgoingMessage.objects.get().subject_line == "Hello Ann"


def test_empty_values_are_never_words():
    row = greet(context={"name": None, "note": [None]})
    assert "None" not in row.text + html_of(row) + row.subject_line


def test_styles_are_inlined_and_values_escaped():
    row = greet(context={"name": "<b>Ann</b>", "note": ""})
    assert 'style="color: red' in html_of(row)
    assert escape("<b>Ann</b>") in html_of(row)


def test_sent_over_smtp_exactly_once(server):
    row = greet()
    with smtp_servers.working() as (port, keeper):
        server(port)
        assert deliver().summary == {"done": 1}
        assert deliver().summary == {}
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.due_at, row.attempts) == (MessageState.SENT, NOW, None, 1)
    (mail,) = keeper.mails
    assert mail["Message-ID"] == row.message_id
    assert mail["To"] == "ann@example.com"
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_not_before_the_undo_time_has_passed(server):
    greet(delay=60)
    with smtp_servers.working() as (port, keeper):
        server(port)
        deliver(NOW + timedelta(seconds=59))
        assert keeper.mails == []
        deliver(NOW + timedelta(seconds=60))
        assert len(keeper.mails) == 1


def test_withdrawn_in_time_it_never_leaves(server):
    greet(delay=60)
    assert withdraw_message("greeting", about="SO-1")
    with smtp_servers.working() as (port, keeper):
        server(port)
        deliver(NOW + timedelta(hours=1))
    assert keeper.mails == []
    assert OutgoingMessage.objects.get().state == MessageState.WITHDRAWN


def test_withdrawn_too_late_says_so(server):
    greet()
    with smtp_servers.working() as (port, _keeper):
        server(port)
        deliver()
    assert not withdraw_message("greeting", about="SO-1")


def test_without_an_address_the_record_shows_why():
    row = greet(to="")
    assert (row.state, row.due_at) == (MessageState.WITHDRAWN, None)
    assert row.last_error


@pytest.mark.parametrize("talk", [smtp_servers.hang, smtp_servers.drip, smtp_servers.drop_after_data])
def test_a_server_that_misbehaves_costs_seconds_and_a_retry(server, talk):
    row = greet()
    with smtp_servers.misbehaving(talk) as port:
        server(port)
        began = time.monotonic()
        assert deliver().summary == {"failed": 1}
        assert time.monotonic() - began < 4
    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_until) == (MessageState.WAITING, 1, None)
    assert NOW < row.due_at < NOW + timedelta(minutes=1)
    assert row.last_error


def test_after_trouble_the_same_message_goes_out_once(server):
    row = greet()
    with smtp_servers.misbehaving(smtp_servers.drop_after_data) as port:
        server(port)
        deliver()
    with smtp_servers.working() as (port, keeper):
        server(port)
        deliver(NOW + timedelta(minutes=1))
    row.refresh_from_db()
    assert [mail["Message-ID"] for mail in keeper.mails] == [row.message_id]
    assert row.attempts == 2


def test_nobody_listens(server):
    row = greet()
    server(smtp_servers.free_port())
    assert deliver().summary == {"failed": 1}
    row.refresh_from_db()
    assert "ConnectionRefused" in row.last_error


def test_a_temporary_refusal_is_tried_again(server):
    row = greet()
    with smtp_servers.working(["451 later"]) as (port, keeper):
        server(port)
        assert deliver().summary == {"failed": 1}
        assert deliver(NOW + timedelta(minutes=1)).summary == {"done": 1}
    assert len(keeper.mails) == 1
    row.refresh_from_db()
    assert row.state == MessageState.SENT


def test_a_final_refusal_is_not_tried_again(server):
    row = greet()
    with smtp_servers.working(["550 no such person"]) as (port, _keeper):
        server(port)
        assert deliver().summary == {"dead": 1}
        assert deliver(NOW + timedelta(days=1)).summary == {}
    row.refresh_from_db()
    assert (row.state, row.dead_at) == (MessageState.DEAD, NOW)
    assert "550" in row.last_error


def test_one_bad_address_does_not_stop_the_others(server):
    greet("SO-1")
    greet("SO-2")
    with smtp_servers.working(["550 no such person", "250 OK"]) as (port, keeper):
        server(port)
        assert deliver().summary == {"done": 1, "dead": 1}
    assert len(keeper.mails) == 1


def test_a_row_another_worker_holds_is_left(server):
    row = greet()
    leases.claim(OutgoingMessage.objects.all(), row.pk, now=NOW)
    with smtp_servers.working() as (port, keeper):
        server(port)
        assert deliver().summary == {}
    assert keeper.mails == []
