"""Claim, finish and fail of rows that are the queue."""

from datetime import UTC, datetime, timedelta

import pytest

from ordermgmt import leases
from ordermgmt.models import MessageState, OutgoingMessage

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    return OutgoingMessage.objects.create(
        kind="order_confirmation", about="SO-1", recipient="a@example.com", subject_line="s", text="t",
        created_at=NOW, due_at=NOW,
    )  # fmt: skip


def rows():
    return OutgoingMessage.objects.all()


def test_a_row_is_taken_once(row):
    mine = leases.claim(rows(), row.pk, now=NOW)
    assert (mine.attempts, mine.fence) == (1, 1)
    assert mine.lease_until > leases.database_now()
    assert leases.claim(rows(), row.pk, now=NOW) is None
    assert not leases.due(rows(), now=NOW).exists()


def test_a_row_that_is_not_due_is_left(row):
    assert leases.claim(rows(), row.pk, now=NOW - timedelta(seconds=1)) is None


def test_a_late_worker_cannot_write(row):
    late = leases.claim(rows(), row.pk, now=NOW)
    rows().update(lease_until=leases.database_now() - timedelta(seconds=1))
    second = leases.claim(rows(), row.pk, now=NOW)
    assert second.fence == 2
    with pytest.raises(leases.LeaseLost):
        leases.finish(late, state=MessageState.SENT)
    leases.finish(second, state=MessageState.SENT)
    row.refresh_from_db()
    assert (row.state, row.due_at, row.lease_until) == ("sent", None, None)


def test_failures_wait_longer_each_time_and_end(row):
    waits = []
    for _ in range(OutgoingMessage.MAX_ATTEMPTS - 1):
        mine = leases.claim(rows(), row.pk, now=NOW)
        assert leases.fail(mine, ValueError("no"), now=NOW, spread=lambda: 1.0)
        waits.append((mine.due_at - NOW).total_seconds())
        rows().update(due_at=NOW)
    assert waits == [30, 60, 120, 240, 480, 960, 1920]
    mine = leases.claim(rows(), row.pk, now=NOW)
    assert not leases.fail(mine, ValueError("no"), now=NOW)
    row.refresh_from_db()
    assert (row.state, row.dead_at, row.due_at, row.last_error) == ("dead", NOW, None, "ValueError: no")


def test_a_row_that_kills_its_worker_dies_too(row):
    for _ in range(OutgoingMessage.MAX_ATTEMPTS):
        assert leases.claim(rows(), row.pk, now=NOW)
        rows().update(lease_until=leases.database_now() - timedelta(seconds=1))
    assert leases.claim(rows(), row.pk, now=NOW) is None
    row.refresh_from_db()
    assert row.state == "dead"
    assert row.last_error


def test_a_permanent_failure_is_not_tried_again(row):
    assert not leases.fail(leases.claim(rows(), row.pk, now=NOW), leases.NoRetry("550"), now=NOW)


def test_a_dead_row_can_be_revived(row):
    leases.fail(leases.claim(rows(), row.pk, now=NOW), leases.NoRetry("550"), now=NOW)
    leases.revive(row, now=NOW)
    assert leases.claim(rows(), row.pk, now=NOW).state == MessageState.WAITING


@pytest.mark.parametrize("attempt", range(1, 20))
def test_pauses_stay_between_bounds(attempt):
    low, high = leases.pause(attempt, 0.0), leases.pause(attempt, 1.0)
    assert timedelta(seconds=15) <= low < high <= timedelta(hours=1)
