"""Drills on PostgreSQL with real processes: workers killed, the database cut off, two groups at once.

Whatever happens, every message is marked sent exactly once and its id never changes.
"""

import os
import signal
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django_q.models import Schedule

from ordermgmt import jobs
from ordermgmt.delivery import message_id
from ordermgmt.factories import OutgoingMessageFactory
from ordermgmt.leases import database_now
from ordermgmt.models import JobRun, MessageState, OutgoingMessage, WorkerBeat
from ordermgmt.tests import smtp_servers
from ordermgmt.tests.drills import cut_all_connections, group, wait_for

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="drills need PostgreSQL"),
]


def queue(count, start=0):
    """Messages that are due, each with its bell."""
    rows = []
    for n in range(start, start + count):
        with transaction.atomic():
            rows.append(OutgoingMessageFactory(about=f"SO-{n}", due_at=database_now()))
            jobs.ring("send_messages", rows[-1].pk)
    return rows


def time_passes():
    """Leases run out, pauses end, and the minute sweep is due."""
    now = database_now()
    waiting = OutgoingMessage.objects.filter(state=MessageState.WAITING)
    waiting.filter(lease_until__isnull=False).update(lease_until=now - timedelta(seconds=1))
    waiting.update(due_at=now)
    JobRun.objects.filter(name="send_messages").delete()
    Schedule.objects.filter(name="send_messages").update(next_run=now)
    for pk in waiting.values_list("pk", flat=True):
        jobs.ring("send_messages", pk)


def sent():
    return OutgoingMessage.objects.filter(state=MessageState.SENT).count()


def ready(count=1):
    """Each group has ended a task (a bell for no row wakes it)."""

    def ask():
        if WorkerBeat.objects.filter(tasks__gt=0).count() >= count:
            return True
        jobs.ring("send_messages", 0)
        time.sleep(0.5)
        return False

    return ask


def mail_to(port, **more):
    return {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "ENVIRONMENT": "drill", **more}


def test_a_worker_killed_while_working(tmp_path):
    reached = threading.Event()

    def hang(peer):
        reached.set()
        smtp_servers.hang(peer)

    with smtp_servers.misbehaving(hang) as stuck:
        (row,) = queue(1)
        with group(tmp_path, **mail_to(stuck, WORKERS="1")) as ours:
            assert reached.wait(40), (tmp_path / "drill.log").read_text()[-2000:]
            wait_for(lambda: OutgoingMessage.objects.filter(lease_until__isnull=False).exists(), 5, "a claim")
            os.kill(ours.workers(1)[0], signal.SIGKILL)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.fence) == (MessageState.WAITING, 1, 1)
    with smtp_servers.working() as (port, keeper), group(tmp_path, **mail_to(port)):
        time_passes()
        wait_for(lambda: sent() == 1, 40, "the second attempt")
    row.refresh_from_db()
    assert (row.attempts, row.fence, row.message_id) == (2, 2, message_id(row))
    assert [mail["Message-ID"] for mail in keeper.mails] == [row.message_id]


def test_an_idle_worker_killed(tmp_path):
    with smtp_servers.working() as (port, keeper), group(tmp_path, **mail_to(port, WORKERS="1")) as ours:
        queue(1)
        wait_for(lambda: sent() == 1, 60, "the first message")
        time.sleep(1)
        os.kill(ours.workers(1)[0], signal.SIGKILL)
        queue(1, start=1)
        deadline = time.monotonic() + 90
        while sent() < 2 and time.monotonic() < deadline:
            time.sleep(3)
            # The minute sweep: it rings again for what is due and not held.
            for pk in OutgoingMessage.objects.filter(state=MessageState.WAITING).values_list("pk", flat=True):
                jobs.ring("send_messages", pk)
        assert sent() == 2, (tmp_path / "drill.log").read_text()[-2000:]
    assert len({mail["Message-ID"] for mail in keeper.mails}) == len(keeper.mails) == 2


def test_the_database_cut_off_again_and_again(tmp_path):
    count = 20
    with smtp_servers.working() as (port, keeper), group(tmp_path, **mail_to(port)):
        wait_for(ready(), 60, "the start")
        queue(count)
        for _ in range(6):
            time.sleep(0.7)
            cut_all_connections()
        wait_until_sent(count, 60)
    rows = list(OutgoingMessage.objects.all())
    assert {mail["Message-ID"] for mail in keeper.mails} == {row.message_id for row in rows}
    # A cut between the server's answer and our mark may repeat a message, under the same id.
    assert len(keeper.mails) - count <= 6


def wait_until_sent(count, seconds):
    deadline = time.monotonic() + seconds
    before = -1
    while (now := sent()) < count and time.monotonic() < deadline:
        if now == before:
            time_passes()
        before = now
        time.sleep(2)
    assert sent() == count


@pytest.mark.skipif("PG_RESTART" not in os.environ, reason="restarts the whole server: set PG_RESTART=VERSION/CLUSTER")
def test_the_database_restarted(tmp_path):
    version, cluster = os.environ["PG_RESTART"].split("/")
    with smtp_servers.working() as (port, _keeper), group(tmp_path, **mail_to(port)):
        wait_for(ready(), 60, "the start")
        queue(10)
        connection.close()
        subprocess.run(["pg_ctlcluster", version, cluster, "restart", "--mode=immediate"], check=True)
        wait_until_sent(10, 60)


def test_two_groups_one_of_them_killed(tmp_path):
    count = 40
    with (
        smtp_servers.working() as (port, keeper),
        group(tmp_path, "one", **mail_to(port)),
        group(tmp_path, "two", **mail_to(port)) as other,
    ):
        wait_for(ready(2), 90, "the start of both")
        queue(count)
        wait_for(lambda: sent() >= 5, 40, "the first messages")
        for pid in [*other.everything(), other.parent.pid]:
            os.kill(pid, signal.SIGKILL)
        wait_until_sent(count, 60)
    rows = list(OutgoingMessage.objects.all())
    ids = [mail["Message-ID"] for mail in keeper.mails]
    assert set(ids) == {row.message_id for row in rows}
    # Each of the two killed workers may have been between the server's answer and its mark.
    assert len(ids) - count <= 2
    assert sum(row.attempts for row in rows) <= count + 2
