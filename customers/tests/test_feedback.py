"""Asked once after an order arrived; a tap, some words, an answer; what is never asked, and what looking never changes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.actions.feedback import (
    FeedbackClosed,
    FeedbackRefused,
    answer_feedback,
    ask_feedback,
    give_score,
    reopen_feedback,
    settle_feedback,
    stop_asking,
)
from customers.actions.merging import merge
from customers.factories import CustomerFactory, FeedbackFactory
from customers.models import Consent, Customer, Feedback
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.kpis import Period, find
from ordermgmt.mail import html_of
from ordermgmt.measuring import recount
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def asked(customer: Customer, number: str = "SO-100001", *, now: datetime = NOW, **facts: Any) -> Feedback | None:
    given: dict[str, Any] = {"contents": ["Coffee beans 1 kg"], "language": "en-gb", "delivered_at": now, **facts}
    return ask_feedback(customer, order_number=number, now=now, **given)


@pytest.fixture
def maria() -> Customer:
    return CustomerFactory(name="Maria Lindqvist", email="maria@customer.example")


def test_the_question_waits_three_days_and_says_the_product(maria: Customer) -> None:
    found = asked(maria)
    assert found
    mail = OutgoingMessage.objects.get(kind="check_in")
    assert mail.due_at == NOW + 3 * DAY
    assert mail.subject_line == "How was it: Coffee beans 1 kg?"
    for score in range(1, 6):
        assert f"/f/{found.token}/?r={score}" in mail.text
        assert f"/f/{found.token}/?r={score}" in html_of(mail)


def test_nobody_is_asked_twice_in_thirty_days(maria: Customer) -> None:
    assert asked(maria)
    assert asked(maria) is None
    assert asked(maria, "SO-2", now=NOW + 29 * DAY) is None
    assert asked(maria, "SO-3", now=NOW + 31 * DAY)


def test_who_refused_or_has_no_address_is_not_asked(maria: Customer) -> None:
    assert asked(CustomerFactory(email="")) is None
    assert asked(None) is None  # type: ignore[arg-type]
    first = asked(maria)
    assert first
    stop_asking(first.token, now=NOW)
    stop_asking(first.token, now=NOW)
    assert Consent.objects.filter(customer=maria, kind="feedback", is_granted=False).count() == 1
    assert asked(maria, "SO-9", now=NOW + 60 * DAY) is None


def test_a_question_that_was_answered_or_refused_meanwhile_does_not_leave(maria: Customer, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    found, other = asked(maria), asked(CustomerFactory(), "SO-7")
    assert found
    assert other
    give_score(found.token, 5, now=NOW + DAY)
    stop_asking(other.token, now=NOW + DAY)
    run_now("send_messages", as_of=NOW + 4 * DAY)
    rows = OutgoingMessage.objects.filter(kind="check_in")
    assert {row.state for row in rows} == {MessageState.WITHDRAWN}
    assert {row.last_error for row in rows} == {
        "the customer has answered already",
        "the customer does not want to be asked",
    }


def test_looking_changes_nothing_and_one_tap_stores(maria: Customer) -> None:
    found, client = asked(maria), Client()
    assert found
    with time_machine.travel(NOW, tick=False):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/f/{found.token}/?r=4")
        assert "You gave 4 of 5" in page.content.decode()
        assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert client.post(f"/f/{found.token}/", {"r": "4"}).status_code == 302
        words = client.get(f"/f/{found.token}/").content.decode()
        assert "Thank you. You gave 4 of 5" in words
        assert "May we call" not in words
        answer = client.post(
            f"/f/{found.token}/", {"do": "words", "reasons": ["fresh"], "comment": "Lovely", "may_call": "on"}
        )
        assert answer.status_code == 302
    found.refresh_from_db()
    assert (found.score, found.reasons, found.comment, found.may_call) == (4, ["fresh"], "Lovely", False)


def test_an_unhappy_customer_is_asked_what_went_wrong_and_may_be_called(maria: Customer) -> None:
    found, client = FeedbackFactory(customer=maria, score=2), Client()
    with time_machine.travel(NOW, tick=False):
        page = client.get(f"/f/{found.token}/").content.decode()
        assert "What went wrong?" in page
        assert "You may call me about it" in page
        facts = {"do": "words", "reasons": ["broken"], "comment": "Torn", "may_call": "on", "phone": "070 1"}
        client.post(f"/f/{found.token}/", facts)
    found.refresh_from_db()
    assert (found.may_call, found.phone, found.reasons) == (True, "070 1", ["broken"])


def test_bad_numbers_ended_links_and_too_many_tries_are_refused(maria: Customer) -> None:
    found, client = asked(maria), Client()
    assert found
    with time_machine.travel(NOW, tick=False):
        assert client.get("/f/nothing/").status_code == 404
        assert client.post(f"/f/{found.token}/", {"r": "9"}).status_code == 422
        answers = [client.post(f"/f/{found.token}/", {"r": "3"}).status_code for _ in range(21)]
    assert answers[0] == 302
    assert answers[-1] == 429
    with time_machine.travel(NOW + 61 * DAY, tick=False):
        assert client.get(f"/f/{found.token}/").status_code == 410
    with pytest.raises(FeedbackClosed):
        give_score(found.token, 3, now=NOW + 61 * DAY)


def test_the_mail_programs_own_button_stops_the_questions(maria: Customer) -> None:
    found = asked(maria)
    assert found
    with time_machine.travel(NOW, tick=False):
        page = Client().get(f"/f/{found.token}/stop/").content.decode()
        assert "Do not ask me again" in page
        assert not Consent.objects.filter(customer=maria).exists()
        Client().post(f"/f/{found.token}/stop/", {"List-Unsubscribe": "One-Click"})
    assert Consent.objects.get(customer=maria).is_granted is False


def test_an_answer_by_mail_tells_the_customer_and_can_be_undone(maria: Customer) -> None:
    ana = UserFactory(role=Role.SUPPORT, name="Ana Berg")
    found = FeedbackFactory(customer=maria, score=1)
    mail = answer_feedback(found.pk, "A new bag is on its way.", by=ana, now=NOW)
    assert "A new bag is on its way." in mail.text
    assert mail.recipient == maria.email
    found.refresh_from_db()
    assert (found.status, found.told_by) == ("told", "Ana Berg")
    reopen_feedback(found.pk, by=ana, now=NOW)
    settle_feedback(found.pk, by=ana, now=NOW)
    with pytest.raises(FeedbackRefused):
        answer_feedback(FeedbackFactory().pk, "x", by=ana, now=NOW)


def test_the_list_filters_and_asks_as_often_for_three_rows_as_for_one(client: Client) -> None:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    first = FeedbackFactory(score=2, reasons=["broken"], comment="Torn bag")
    counts = []
    with time_machine.travel(NOW + DAY, tick=False):
        for rows in (1, 3):
            with CaptureQueriesContext(connection) as queries:
                page = client.get("/feedback/").content.decode()
            counts.append(len(queries))
            assert page.count("Torn bag") == 1
            if rows == 1:
                FeedbackFactory(score=5, comment="Great")
                FeedbackFactory(score=5, comment="Good")
        assert "Great" not in client.get("/feedback/?view=low").content.decode()
        assert "Torn bag" in client.get("/feedback/?view=all&reason=broken").content.decode()
        assert "Torn bag" not in client.get("/feedback/?view=all&reason=late").content.decode()
        assert client.get(f"/feedback/{first.pk}/").status_code == 200
        assert client.post(f"/feedback/{first.pk}/", {"text": ""}).status_code == 422
        assert client.post(f"/feedback/{first.pk}/", {"text": "Sorry"}).status_code == 302
    assert counts[0] == counts[1]
    assert OutgoingMessage.objects.get(kind="feedback_answer").context["text"] == "Sorry"


def test_merged_customers_keep_what_they_said(maria: Customer) -> None:
    other = CustomerFactory()
    found = FeedbackFactory(customer=other, score=3)
    merge(maria, other, choices={}, by="Ana", now=NOW)
    found.refresh_from_db()
    assert found.customer == maria


def test_the_figures_equal_a_count_by_hand() -> None:
    for score in (5, 4, 2):
        FeedbackFactory(score=score)
    silent = [FeedbackFactory() for _ in range(3)]
    for row in [*Feedback.objects.exclude(score=None), silent[0]]:
        OutgoingMessage.objects.create(
            kind="check_in", about=row.order_number, recipient="a@b.example", subject_line="x", text="x",
            state=MessageState.SENT, created_at=NOW, sent_at=NOW,
        )  # fmt: skip
    week = Period(NOW.date(), NOW.date() + timedelta(days=6))
    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(score) * 1.0 / COUNT(*) FROM customers_feedback WHERE score IS NOT NULL")
        mean = cursor.fetchone()[0]
        cursor.execute(
            "SELECT SUM(CASE WHEN f.status <> 'asked' THEN 1 ELSE 0 END) * 1.0 / COUNT(*) FROM customers_feedback f "
            "JOIN ordermgmt_outgoingmessage m ON m.kind = 'check_in' AND m.about = f.order_number AND m.state = 'sent'"
        )
        share = cursor.fetchone()[0]
    score, response = (
        recount(find("feedback_score"), week, {}).value,
        recount(find("feedback_response"), week, {}).value,
    )
    assert score is not None
    assert response is not None
    assert round(score, 2) == round(Decimal(str(mean)), 2) == Decimal("3.67")
    assert round(response, 2) == round(Decimal(str(share)), 2) == Decimal("0.75")
