"""What machines that watch us are told."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django_q.conf import Conf
from django_q.models import OrmQ

from ordermgmt.beats import beat
from ordermgmt.factories import NOW, BooksProofFactory, BooksRoundFactory, OutgoingMessageFactory, WorkerBeatFactory
from ordermgmt.leases import database_now
from ordermgmt.models import BooksRound, WorkerBeat
from ordermgmt.schedules import sync_schedules
from ordermgmt.views import health
from ordermgmt.watch import figures, is_wedged, work_stands

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def ring(ago):
    OrmQ.objects.create(key="ordermgmt", payload="x", lock=database_now() - ago)


def test_a_new_portal_is_well(client):
    sync_schedules()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_constant_number_of_queries(client, django_assert_max_num_queries):
    OutgoingMessageFactory.create_batch(3)
    with django_assert_max_num_queries(24):
        client.get("/healthz")


def test_what_is_wrong_is_named(client):
    now = database_now()
    OutgoingMessageFactory(due_at=now - timedelta(hours=1))
    OutgoingMessageFactory(dead_at=now, due_at=None)
    OutgoingMessageFactory(due_at=now - timedelta(hours=1), lease_until=now - timedelta(minutes=30))
    BooksProofFactory(holds=False, count=3, checked_at=now - timedelta(days=2))
    ring(timedelta(minutes=10))
    said = client.get("/healthz").json()
    assert said["status"] == "degraded"
    assert said["problems"] == [
        "workers stand still", "due work is late", "leases are overdue", "work was given up",
        "books do not hold", "books were not proved lately",
    ]  # fmt: skip
    assert (said["dead_rows"], said["leases_overdue"], said["books_broken"]) == (1, 1, 1)
    assert 3590 < said["oldest_due"] < 3700


def test_without_a_database_it_is_down(client, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(health, "database_now", away)
    assert client.get("/healthz").status_code == 503


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "192.0.2.7", 403),
        ({"authorization": "Bearer right"}, "192.0.2.7", 200),
        ({"authorization": "Bearer wrong"}, "192.0.2.7", 403),
        ({"x-forwarded-for": "192.0.2.7"}, "127.0.0.1", 403),
    ],
)
def test_metrics_are_guarded(client, settings, headers, address, status):
    settings.METRICS_TOKEN = "right"
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert answer.status_code == status
    assert (b"ordermgmt_queue_waiting 0.0" in answer.content) is (status == 200)


def test_an_empty_token_opens_nothing(client):
    assert client.get("/metrics", headers={"authorization": "Bearer "}, REMOTE_ADDR="192.0.2.7").status_code == 403


def test_workers_that_stand_still_while_work_waits_are_wedged():
    now = database_now()
    facts = {"started_at": now - 10 * MINUTE, "patience": 2 * MINUTE}
    assert not is_wedged(now, **facts)
    ring(3 * MINUTE)
    assert is_wedged(now, **facts)
    assert not is_wedged(now, started_at=now - MINUTE, patience=2 * MINUTE)
    WorkerBeatFactory(cluster="a", at=now - MINUTE)
    assert not is_wedged(now, **facts)
    assert not is_wedged(now, **facts, cluster="a")
    assert is_wedged(now, **facts, cluster="b")


def test_a_bell_taken_by_workers_that_are_gone_proves_nothing():
    now = database_now()
    OrmQ.objects.create(key="ordermgmt", payload="x", lock=now - 10 * MINUTE + timedelta(seconds=Conf.RETRY + 1200))
    facts = {"patience": 2 * MINUTE}
    assert work_stands(now, 2 * MINUTE) is False
    OrmQ.objects.update(lock=now - 4 * MINUTE + timedelta(seconds=Conf.RETRY))
    assert is_wedged(now, started_at=now - 10 * MINUTE, **facts)
    assert not is_wedged(now, started_at=now - 3 * MINUTE, **facts)


def test_a_beat_counts_tasks(monkeypatch):
    monkeypatch.setenv("CLUSTER_NAME", "c1")
    beat()
    beat()
    assert WorkerBeat.objects.get(cluster="c1").tasks == 2


@pytest.mark.django_db
def test_what_is_being_worked_does_not_wait():
    """A round of proofs takes minutes; the portal is well meanwhile."""
    BooksRoundFactory(
        is_open=True, finished_at=None, due_at=NOW - timedelta(hours=1), lease_until=NOW + timedelta(minutes=4)
    )
    assert figures(NOW).oldest_due is None
    BooksRound.objects.update(lease_until=NOW - timedelta(minutes=1))
    assert figures(NOW).oldest_due == 3600
