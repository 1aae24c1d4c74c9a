"""Words of messages in versions: what they may name, what is refused, what is sent in them, and when nothing is."""

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ordermgmt.actions.operations import resend_message
from ordermgmt.actions.templates import (
    TemplateRefused,
    change_rule,
    keep_draft,
    publish_draft,
    roll_back,
    send_test,
)
from ordermgmt.alerts import alerts
from ordermgmt.changes import ChangedMeanwhile
from ordermgmt.factories import OutgoingMessageFactory, TemplateVersionFactory, UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.mail import queue_message
from ordermgmt.mail_cases import CASES, hard_cases
from ordermgmt.mail_checks import check, faults
from ordermgmt.mail_forms import moved
from ordermgmt.mail_kinds import KINDS, kinds_in_order
from ordermgmt.mail_rules import after_quiet
from ordermgmt.mail_versions import write
from ordermgmt.mail_words import faults_of, parts_of
from ordermgmt.models import MessageState, OutgoingMessage, TemplateVersion, User
from ordermgmt.roles import Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHIPPED = KINDS["shipped"]
HOUR = timedelta(hours=1)


def words(**facts: Any) -> Any:
    given = {"subject": "", "preheader": "", "heading": "", "blocks": SHIPPED.blocks()}
    return SimpleNamespace(**{**given, **facts})


def text(said: str) -> dict[str, str]:
    return {"type": "text", "name": "", "text": said}


@pytest.fixture
def ines(db: None) -> User:
    return UserFactory(role=Role.MANAGER, name="Ines Moreau")


@pytest.fixture
def _kept(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def published(by: User, *, now: datetime = NOW, **facts: Any) -> TemplateVersion:
    said = vars(words(**facts))
    draft = keep_draft(SHIPPED, said, seen=0, by=by, now=now)
    return publish_draft(SHIPPED, seen=draft.revision, context=SHIPPED.sample, by=by, now=now)


def queued(about: str = "SH-1", kind: str = "shipped", **facts: Any) -> OutgoingMessage:
    given: dict[str, Any] = {"thread": "SO-1", "to": "maria@customer.example", "now": NOW, "delay": 0, **facts}
    return queue_message(kind, about=about, context=KINDS[kind].sample, **given)


def deliver(now: datetime = NOW) -> None:
    run_now("send_messages", as_of=now)


# Every kind bears every hard case -----------------------------------------------------------------
@pytest.mark.parametrize("kind", kinds_in_order(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("version", ["built in", "first draft"])
def test_every_kind_bears_every_hard_case(kind: Any, version: str) -> None:
    first = SimpleNamespace(subject=kind.subject, preheader=kind.preheader, heading=kind.heading, blocks=kind.blocks())
    if version == "first draft":
        assert [one.problems for one in check(kind, first, kind.sample, "en-gb") if not one.holds] == []
        return
    cases = {"": dict(kind.sample), **hard_cases(kind.sample)}
    assert len(cases) == len(CASES) + 1
    for name, facts in cases.items():
        found = write(kind, None, facts, "en-gb")
        assert 0 < len(found.subject) <= 60, (name, found.subject)
        assert len(found.html.encode()) <= 60 * 1024
        assert "None" not in found.subject + found.text, name
        assert "call ," not in found.text, name
        assert found.text.partition("\n-- \n")[0].strip()


# The small language -------------------------------------------------------------------------------
def test_a_field_is_a_name_and_no_way_to_anything_else() -> None:
    for bad in ("{{ order.__class__ }}", "{{ settings.SECRET_KEY }}", "{{ order.number.upper }}", "{% include 'x' %}"):
        assert faults(SHIPPED, words(subject=bad)), bad
    found = write(SHIPPED, words(blocks=[text("A {{ order.number }} B")]), SHIPPED.sample, "en-gb")
    assert "A SO-104999 B" in found.text


def test_an_unknown_field_names_what_was_perhaps_meant() -> None:
    (fault,) = faults_of("{{ order.numbr }}", [field.name for field in SHIPPED.every_field])
    assert "order.number" in fault


def test_facts_of_customers_never_become_marks_or_html() -> None:
    facts = {"name": '**Ann** <script>alert("x")</script> [a](https://evil.example)'}
    (part,), missing = parts_of("Dear {{ name }}, **see** [this]({{ name }})", facts)
    assert missing == []
    assert "<script>" not in part.html
    assert "<strong>Ann" not in part.html
    assert "<a " not in part.html
    assert "<strong>see</strong>" in part.html
    assert part.text.startswith("Dear **Ann**")


def test_a_paragraph_whose_fact_is_unknown_is_left_out_and_a_line_falls_back() -> None:
    said = words(subject="Comes {{ parcel.arrives }}", blocks=[text("One.\n\nComes {{ parcel.arrives }}.\n\nComes {{ parcel.arrives|soon }}!")])  # fmt: skip
    found = write(SHIPPED, said, {**SHIPPED.sample, "expected_on": None}, "en-gb")
    assert found.subject == "Order SO-104999 is on its way"
    assert "Comes ." not in found.text
    assert "Comes soon!" in found.text
    assert found.left_out == ["parcel.arrives"]


def test_buttons_of_the_editor_move_blocks() -> None:
    one, two = text("1"), text("2")
    assert moved([one, two], "down-0") == [two, one]
    assert moved([one, two], "up-1") == [two, one]
    assert moved([one, two], "remove-0") == [two]
    assert [block["type"] for block in moved([one], "add-button")] == ["text", "button"]
    assert moved([one], "up-9") == moved([one], "up-x") == [one]


# Versions -----------------------------------------------------------------------------------------
@pytest.mark.usefixtures("_kept")
def test_what_is_published_is_sent_and_the_way_back_is_open(ines: User) -> None:
    waiting = queued()
    published(ines, subject="Gone: {{ order.number }}", blocks=[text("Hello {{ order.recipient }}"), {"type": "button", "name": "", "text": "Look"}])  # fmt: skip
    deliver()
    assert mail.outbox[-1].subject == "Gone: SO-104999"
    assert "Hello Maria Lindqvist" in mail.outbox[-1].body
    waiting.refresh_from_db()
    assert (waiting.version, waiting.subject_line) == (1, "Gone: SO-104999")
    roll_back(SHIPPED, 0, by=ines, now=NOW)
    queued("SH-2")
    deliver()
    assert mail.outbox[-1].subject == "On its way · arrives Wed 25 Nov"
    roll_back(SHIPPED, 1, by=ines, now=NOW)
    queued("SH-3")
    deliver()
    assert mail.outbox[-1].subject == "Gone: SO-104999"
    resend_message(waiting.pk, by=ines, now=NOW)
    roll_back(SHIPPED, 0, by=ines, now=NOW)
    deliver()
    assert mail.outbox[-1].subject == "Gone: SO-104999"


@pytest.mark.usefixtures("_kept")
def test_words_that_fail_let_the_built_in_mail_leave_and_tell_operators(ines: User) -> None:
    TemplateVersionFactory(kind="shipped", state="live", published_at=NOW, blocks=[{"type": "riddle"}])
    row = queued()
    deliver()
    row.refresh_from_db()
    assert (row.state, row.version) == (MessageState.SENT, 0)
    assert row.words_error.startswith("v")
    assert mail.outbox[-1].subject == "On its way · arrives Wed 25 Nov"
    (alert,) = [one for one in alerts(NOW + HOUR) if one.cause == "words shipped"]
    assert alert.page == "/emails/shipped/"


def test_faulty_words_are_not_published(ines: User) -> None:
    long = keep_draft(SHIPPED, vars(words(subject="x" * 61)), seen=0, by=ines, now=NOW)
    for said in ({}, {"subject": "{{ nothing }}"}, {"blocks": [text("No button")]}):
        draft = keep_draft(SHIPPED, vars(words(**said)), seen=long.revision, by=ines, now=NOW) if said else long
        with pytest.raises(TemplateRefused):
            publish_draft(SHIPPED, seen=draft.revision, context=SHIPPED.sample, by=ines, now=NOW)
        long = draft


def test_two_people_do_not_write_over_each_other(ines: User) -> None:
    first = keep_draft(SHIPPED, vars(words(subject="One")), seen=0, by=ines, now=NOW)
    keep_draft(SHIPPED, vars(words(subject="Two")), seen=first.revision, by=ines, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        keep_draft(SHIPPED, vars(words(subject="Three")), seen=first.revision, by=ines, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        publish_draft(SHIPPED, seen=first.revision, context=SHIPPED.sample, by=ines, now=NOW)


@pytest.mark.usefixtures("_kept")
def test_a_test_goes_to_whoever_asks_through_the_queue(ines: User) -> None:
    send_test(SHIPPED, words(subject="New"), SHIPPED.sample, by=ines, now=NOW)
    deliver()
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == ([ines.email], "Test: New")


# Rules --------------------------------------------------------------------------------------------
def test_quiet_hours_over_midnight_by_the_shops_clock() -> None:
    night = (time(21), time(8))
    late = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)  # 22:30 in Stockholm
    assert after_quiet(late, *night) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    early = datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert after_quiet(early, *night) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert after_quiet(NOW, *night) == NOW
    assert after_quiet(late, None, None) == late


def rule(kind: str, by: User, **facts: Any) -> None:
    given = {
        "is_on": True,
        "delay_minutes": None,
        "quiet_from": None,
        "quiet_until": None,
        "weekly_most": None,
        "stops": [],
    }
    change_rule(KINDS[kind], {**given, **facts}, by=by, now=NOW)


@pytest.mark.usefixtures("_kept")
def test_a_message_waits_for_its_rule_and_says_why(ines: User, client: Client) -> None:
    rule("shipped", ines, delay_minutes=120, quiet_from=time(12), quiet_until=time(14))
    row = queued()
    deliver()
    row.refresh_from_db()
    assert (row.state, row.attempts, row.due_at) == (MessageState.WAITING, 0, datetime(2026, 11, 23, 13, tzinfo=UTC))
    deliver(NOW + 4 * HOUR)
    row.refresh_from_db()
    assert (row.state, row.rule_number, row.held_because) == (MessageState.SENT, 1, "quiet hours")
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    page = client.get(f"/messages/{row.pk}/").content.decode()
    for said in ("Why did this customer get this?", "A parcel was handed to the carrier", "Version 1 of the rule", "quiet hours", "Built-in words"):  # fmt: skip
        assert said in page


@pytest.mark.usefixtures("_kept")
def test_urgent_kinds_do_not_wait_and_needed_ones_cannot_be_switched_off(ines: User) -> None:
    rule("order_code", ines, quiet_from=time(0), quiet_until=time(23, 59))
    row = queued("SO-1 x", "order_code")
    deliver()
    row.refresh_from_db()
    assert row.state == MessageState.SENT
    with pytest.raises(TemplateRefused):
        rule("shipped", ines, is_on=False)


@pytest.mark.usefixtures("_kept")
def test_courtesies_are_switched_off_limited_and_sent_by_hand_all_the_same(ines: User) -> None:
    rule("thank_you", ines, is_on=False)
    off = queued("SO-5", "thank_you")
    deliver()
    off.refresh_from_db()
    assert (off.state, off.last_error) == (MessageState.WITHDRAWN, "Messages of this kind are switched off.")
    resend_message(off.pk, by=ines, now=NOW)
    deliver()
    off.refresh_from_db()
    assert off.state == MessageState.SENT
    rule("thank_you", ines, weekly_most=1)
    second = queued("SO-6", "thank_you")
    deliver(NOW + HOUR)
    second.refresh_from_db()
    assert second.state == MessageState.WITHDRAWN
    third = queued("SO-7", "thank_you")
    OutgoingMessage.objects.filter(pk=third.pk).update(due_at=NOW + timedelta(days=8))
    deliver(NOW + timedelta(days=8))
    third.refresh_from_db()
    assert third.state == MessageState.SENT


# Pages --------------------------------------------------------------------------------------------
def test_the_pages_show_save_publish_and_compare(ines: User, client: Client) -> None:
    client.force_login(ines, backend="ordermgmt.access.RoleBackend")
    queued()
    with time_machine.travel(NOW, tick=False):
        assert "Order shipped" in client.get("/emails/").content.decode()
        page = client.get("/emails/shipped/").content.decode()
        assert "SH-1 · Maria Lindqvist" in page
        form = {
            "seen": "0", "subject": "Off it goes", "preheader": "", "heading": "", "case": "long", "look": "text",
            "blocks-TOTAL_FORMS": "2", "blocks-INITIAL_FORMS": "2", "blocks-0-type": "part", "blocks-0-name": "content",
            "blocks-0-text": "", "blocks-1-type": "button", "blocks-1-name": "", "blocks-1-text": "Look",
        }  # fmt: skip
        look = client.post("/emails/shipped/look/", form).content.decode()
        assert "Off it goes" in look
        assert 'value="1"' in look
        assert client.post("/emails/shipped/", {**form, "do": "save"}).status_code == 409
        assert client.post("/emails/shipped/", {**form, "seen": "1", "do": "review"}).status_code == 302
        assert "Off it goes" in client.get("/emails/shipped/publish/").content.decode()
        frame = client.get("/emails/shipped/frame/?case=many&look=dark")
        assert "sandbox" in frame["Content-Security-Policy"]
        assert "@media all" in frame.content.decode()
        assert client.post("/emails/shipped/publish/", {"seen": "1"})["Location"] == "/emails/shipped/"
        assert "Version 1" in client.get("/emails/shipped/versions/0/").content.decode()
        assert client.post("/emails/shipped/versions/0/").status_code == 302
        assert client.post("/emails/shipped/rule/", {"quiet_from": "21:00"}).status_code == 422
        assert client.post("/emails/shipped/rule/", {"quiet_from": "21:00", "quiet_until": "08:00"}).status_code == 302
        assert client.get("/emails/nothing/").status_code == 404
    assert TemplateVersion.objects.get().state == "past"


def test_the_list_asks_as_often_for_three_messages_as_for_one(ines: User, client: Client) -> None:
    client.force_login(ines, backend="ordermgmt.access.RoleBackend")
    counts = []
    for rows in (1, 3):
        OutgoingMessageFactory.create_batch(rows, kind="shipped", state=MessageState.SENT, sent_at=datetime.now(UTC))
        with CaptureQueriesContext(connection) as queries:
            client.get("/emails/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
