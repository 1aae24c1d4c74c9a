"""kill -9 around the one call that moves money: real processes, real commits, and the money moves once."""

import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ordermgmt.tests.drills import environment
from orders.actions.charge_work import work_charge
from orders.billing_states import ChargeStatus
from orders.models import Charge, Payment
from orders.tests.collecting import planned, run, unpaid
from orders.tests.stripe_server import SECRET, StripeServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
WORKER = """
import os, signal, django
django.setup()
from datetime import timedelta
from django.utils import timezone
from ordermgmt.jobs import run_now
from orders.actions import charge_work
from orders.payments.stripe import Stripe
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
{where} = die
run_now("charges", as_of=timezone.now() + timedelta(seconds=1))
"""
PLACES = {
    "after the answer, before our commit": "charge_work.decide_charge",
    "after our commit, before the call": "Stripe.charge",
    "before anything": "charge_work.send_charge",
}


@pytest.fixture(autouse=True)
def _real_rows() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: other processes must see the rows")


def worker(server: StripeServer, where: str) -> int:
    facts = {"STRIPE_SECRET_KEY": "sk_test_local", "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": server.url}
    command = [sys.executable, "-c", WORKER.format(where=where)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment(**facts), check=False, timeout=60)
    return done.returncode


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_killed(stripe_server: StripeServer, place: str) -> None:
    charge = planned(unpaid(with_order=True))
    assert worker(stripe_server, PLACES[place]) == -signal.SIGKILL
    # The lease of the dead worker is over.
    Charge.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run("charges", timezone.now() + timedelta(minutes=5))
    charge.refresh_from_db()
    assert (charge.status, Payment.objects.count()) == (ChargeStatus.SUCCEEDED, 1)
    intents = list(stripe_server.state.rows["payment_intent"].values())
    assert [row["amount_received"] for row in intents] == [1000]


def test_two_workers_at_once(stripe_server: StripeServer) -> None:
    """Both took it for due: the key is the same, and the books keep one."""
    charge = planned(unpaid())
    threads = [threading.Thread(target=_work, args=(charge.pk,)) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run("charges", timezone.now() + timedelta(hours=2))
    charge.refresh_from_db()
    assert (charge.status, Payment.objects.count()) == (ChargeStatus.SUCCEEDED, 1)
    assert len(stripe_server.state.rows["payment_intent"]) == 1


def _work(pk: int) -> None:
    try:
        work_charge(Charge.objects.select_related("invoice", "method").get(pk=pk), now=timezone.now())
    finally:
        connection.close()
