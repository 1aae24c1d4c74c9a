"""Operators are told what broke: once per cause and day, whoever finds it."""

from datetime import timedelta

import pytest

from ordermgmt import jobs
from ordermgmt.alerts import alerts
from ordermgmt.factories import NOW, BooksProofFactory, JobRunFactory
from ordermgmt.mail import html_of
from ordermgmt.models import JobState, MessageState, OutgoingMessage, WorkerBeat
from ordermgmt.supervisor import Watchdog

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _readers(settings):
    settings.ALERT_EMAILS = ["ops@example.com", "lead@example.com"]


def told(now=NOW):
    jobs.run_now("send_alerts", as_of=now)
    return list(OutgoingMessage.objects.filter(kind="alert").order_by("pk").values_list("subject_line", "recipient"))


def failed(name, at=NOW, error="Traceback\nValueError: anna@example.com"):
    return JobRunFactory(name=name, state=JobState.FAILED, started_at=at, finished_at=at, error=error)


def test_nothing_broke_nothing_said():
    BooksProofFactory(checked_at=NOW, holds=True)
    assert told() == []


def test_a_failed_job_is_told_once_a_day_to_each_reader():
    failed("make_documents")
    failed("make_documents", NOW + timedelta(minutes=5))
    words = "A job failed: Make documents"
    assert told(NOW + HOUR) == [(words, "ops@example.com"), (words, "lead@example.com")]
    assert len(told(NOW + 2 * HOUR)) == 2
    failed("make_documents", NOW + 20 * HOUR)
    assert len(told(NOW + 21 * HOUR)) == 4
    message = OutgoingMessage.objects.first()
    assert "ValueError" in message.text
    assert "anna" not in message.text + html_of(message)
    assert (message.state, message.due_at) == (MessageState.WAITING, NOW + HOUR)


def test_broken_books_name_their_rules_and_another_rule_is_another_cause():
    BooksProofFactory(code="I01", checked_at=NOW, holds=False, count=3)
    failed("check_books", error="Traceback\nordermgmt.upkeep.BooksBroken: I01")
    assert [words for words, _to in told()] == ["The books do not hold: I01"] * 2
    later = NOW + HOUR
    for code in ("I01", "I63"):
        BooksProofFactory(code=code, checked_at=later, holds=False, count=1)
    assert told(later)[-1][0] == "The books do not hold: I01, I63"
    BooksProofFactory(code="I01", checked_at=later + HOUR, holds=True)
    assert len(told(later + HOUR)) == 4


def test_workers_that_stand_still_a_second_time(settings):
    WorkerBeat.objects.create(cluster="one", at=NOW)
    dog = Watchdog(0, cluster="one")
    dog._count(NOW)
    assert told(NOW) == []
    dog._count(NOW + 2 * HOUR)
    assert told(NOW + 2 * HOUR) == []
    dog._count(NOW + 2 * HOUR + timedelta(minutes=50))
    assert told(NOW + 3 * HOUR)[0][0] == "The workers stood still again"
    dog._count(NOW + 3 * HOUR)
    assert len(told(NOW + 4 * HOUR)) == 2
    assert WorkerBeat.objects.get().wedges == 4


def test_without_readers_nothing_is_written(settings):
    settings.ALERT_EMAILS = []
    failed("make_documents")
    assert told() == []
    assert len(list(alerts(NOW))) == 1
