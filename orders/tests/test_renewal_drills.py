"""Drills of the renewal run on PostgreSQL with real processes: killed at marked points and at random, several at
once, the database cut off. Whatever happens, the end is that of one undisturbed run.

DRILL=exam (make drill) takes more subscriptions, every point at several calls, and a longer storm.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count

from ordermgmt.proofs import check_books
from ordermgmt.tests.drills import cut_all_connections, environment
from orders.actions.reckoning import reckon_all
from orders.factories import NOW
from orders.factories.running import coffee_plan, running
from orders.models import Charge, Delivery, Invoice, Order, ReckoningFinding, Subscription
from orders.tests.crashing import POINTS

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="drills need PostgreSQL"),
]
EXAM = os.environ.get("DRILL") == "exam"
COUNT = 200 if EXAM else 24
CALLS = (1, 2, 5) if EXAM else (2,)
RUN_AT = NOW.replace(month=12, day=1, hour=9)


def subscribe(count: int = COUNT) -> list[Subscription]:
    return running(coffee_plan(), [date(2026, 12, 3)] * count)


def start(point: str = "never", nth: int = 1, at: datetime = RUN_AT) -> "subprocess.Popen[str]":
    """A run of its own, ten at a time."""
    command = [sys.executable, "-m", "orders.tests.crashing", point, str(nth), at.isoformat()]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment(LOG_LEVEL="CRITICAL"), stdout=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, _err = process.communicate(timeout=300)
    answer: dict[str, Any] = json.loads(out.strip().splitlines()[-1]) if out.strip() else {}
    return answer


def assert_as_if_undisturbed(count: int = COUNT, now: datetime = RUN_AT) -> None:
    done = finish(start(at=now))
    assert done["failed"] == 0
    assert finish(start(at=now))["due"] == 0
    assert (Order.objects.count(), Invoice.objects.count(), Charge.objects.count()) == (count, count, count)
    assert Delivery.objects.filter(is_next=True, number=2).count() == count
    twice = Delivery.objects.exclude(order=None).values("subscription").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
    assert [(proof.code, proof.rows[:3]) for proof in check_books(now=now) if not proof.holds] == []
    reckon_all(now=now)
    assert not ReckoningFinding.objects.exists()


def test_killed_at_every_marked_point() -> None:
    subscribe()
    for point in POINTS:
        for nth in CALLS:
            process = start(point, nth)
            process.communicate(timeout=300)
            assert process.returncode in (-signal.SIGKILL, 0), point
            if Delivery.objects.due(RUN_AT).count() < 20 * max(CALLS):
                # Enough is left for the next points to be reached.
                key = 1000 * (1 + Subscription.objects.count())
                running(Subscription.objects.all()[0].version, [date(2026, 12, 3)] * COUNT, first_key=key)
    assert_as_if_undisturbed(Subscription.objects.count())


def test_several_at_once() -> None:
    subscribe()
    done = [finish(process) for process in [start() for _ in range(3)]]
    assert sum(one["ordered"] for one in done) == COUNT
    assert_as_if_undisturbed()


def _kill(process: "subprocess.Popen[str]") -> None:
    """And wait until it is gone."""
    process.kill()
    process.communicate(timeout=300)


def test_a_storm_of_kills_cuts_and_clock_jumps() -> None:
    """Processes start and die at random moments, connections are cut, clocks run behind and ahead within a day."""
    subscribe()
    chance, ends = random.Random(11), time.monotonic() + (90 if EXAM else 12)
    alive: list[subprocess.Popen[str]] = []
    while time.monotonic() < ends:
        jump = timedelta(minutes=chance.choice([-90, -1, 0, 0, 1, 600]))
        alive.append(start(at=RUN_AT + jump))
        time.sleep(chance.uniform(0.4, 1.6))
        if chance.random() < 0.3:
            connection.close()
            cut_all_connections()
        if len(alive) > 1:
            _kill(alive.pop(0))
    for process in alive:
        _kill(process)
        process.wait()
    connection.close()
    assert_as_if_undisturbed(now=RUN_AT + timedelta(hours=12))


@pytest.mark.skipif("PG_RESTART" not in os.environ, reason="restarts the whole server: set PG_RESTART=VERSION/CLUSTER")
def test_the_database_restarted_during_a_run() -> None:
    subscribe()
    version, cluster = os.environ["PG_RESTART"].split("/")
    process = start()
    time.sleep(2.5)
    connection.close()
    subprocess.run(["pg_ctlcluster", version, cluster, "restart", "--mode=immediate"], check=True)
    process.communicate(timeout=300)
    assert_as_if_undisturbed()
