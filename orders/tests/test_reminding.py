"""Subscribers are told what comes before changes close: once per delivery, in time, never of what was skipped."""

from datetime import UTC, datetime, timedelta

import pytest

from ordermgmt.models import OutgoingMessage
from orders.actions.deliveries import Skip
from orders.actions.reminding import remind_upcoming
from orders.actions.subscription_changes import change_subscription
from orders.tests.subscribed import fresh, subscribe, the_next

pytestmark = pytest.mark.django_db
# The first delivery leaves on Thu 3 Dec 2026; changes close on Mon 30 Nov 23:59, reminders go out four days before.
EARLY = datetime(2026, 11, 26, 12, tzinfo=UTC)
TIME = datetime(2026, 11, 27, 12, tzinfo=UTC)
LATE = datetime(2026, 12, 1, 12, tzinfo=UTC)


def mails() -> list[str]:
    rows = OutgoingMessage.objects.filter(kind="subscription_upcoming").order_by("pk")
    return [row.subject_line for row in rows]


def test_once_and_in_time() -> None:
    subscribe()
    assert remind_upcoming(now=EARLY).done == 0
    assert remind_upcoming(now=TIME).done == 1
    assert remind_upcoming(now=TIME + timedelta(hours=1)).done == 0
    assert len(mails()) == 1
    assert mails()[0].startswith("Coming Thu 3 Dec: Coffee monthly")
    assert mails()[0].endswith("€38.60")
    text = OutgoingMessage.objects.get(kind="subscription_upcoming").text.replace("\xa0", " ")
    assert "We charge it on Tue 1 Dec" in text
    assert "until the end of Mon 30 Nov" in text


def test_not_when_it_cannot_change_any_more() -> None:
    subscribe()
    assert remind_upcoming(now=LATE).done == 0


def test_what_is_skipped_is_not_announced() -> None:
    s = subscribe()
    change_subscription(s.pk, Skip(), by="Ana", now=EARLY)
    assert remind_upcoming(now=TIME).done == 0
    following = the_next(fresh(s))
    assert following is not None
    assert remind_upcoming(now=following.lock_at - timedelta(days=2)).done == 1
    assert mails()[0].startswith("Coming Sun 3 Jan")
