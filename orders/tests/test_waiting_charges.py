"""Charges that are due and may not leave are put off: the run, the pages and the books say why."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ordermgmt.exceptions import REGISTRY
from ordermgmt.factories import UserFactory
from ordermgmt.models import JobRun
from ordermgmt.roles import Role
from ordermgmt.tests.planting import found
from orders.factories import RenewalStopFactory
from orders.models import Charge
from orders.tests.collecting import planned, run, unpaid

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    return client


def test_without_a_provider_they_are_put_off_not_done() -> None:
    charge = planned(unpaid())
    due_at = charge.due_at
    assert run("charges") == {"put_off": 1, "put_off_because": ["No payment provider is set up: 1"]}
    run("charges", timezone.now() + timedelta(hours=1))
    charge.refresh_from_db()
    assert (charge.put_off_code, charge.put_off_at, charge.attempts) == ("no_provider", due_at, 0)


def test_one_without_a_card_waits_for_a_provider_too() -> None:
    invoice = unpaid(says="")
    charge = planned(invoice)
    Charge.objects.update(provider="manual")
    run("charges")
    charge.refresh_from_db()
    assert (charge.status, charge.put_off_code) == ("planned", "no_provider")


def test_it_leaves_by_itself_and_is_not_put_off_any_more(stripe_server: Any) -> None:
    invoice = unpaid()
    charge = planned(invoice)
    stop = RenewalStopFactory(reference=invoice.customer.number)
    assert run("charges")["put_off_because"] == ["Renewals are stopped: 1"]
    stop.lifted_at = timezone.now()
    stop.save()
    assert run("charges", timezone.now() + timedelta(hours=1)) == {"done": 1}
    charge.refresh_from_db()
    assert (charge.status, charge.put_off_code, charge.put_off_at) == ("succeeded", "", None)


def test_the_page_of_payments_says_how_many_and_why(finance: Client) -> None:
    assert "charge waits" not in finance.get("/payments/").content.decode()
    invoice = unpaid()
    planned(invoice)
    run("charges")
    page = finance.get("/payments/").content.decode()
    assert "1 charge waits." in page
    assert "Why: No payment provider is set up (1)." in page
    assert "/payments/waiting/" in page
    rows = finance.get("/payments/waiting/").content.decode()
    assert invoice.number in rows
    assert "No payment provider is set up" in rows
    assert invoice.number not in finance.get("/payments/waiting/?put_off_code=stopped").content.decode()
    assert "Charges that are due and cannot be made" in finance.get("/").content.decode()


def test_the_list_takes_the_same_statements_for_one_and_for_three(finance: Client) -> None:
    counts = []
    for more in (1, 2):
        for _n in range(more):
            planned(unpaid())
        run("charges", timezone.now() + timedelta(hours=more))
        finance.get("/payments/waiting/")
        with CaptureQueriesContext(connection) as statements:
            finance.get("/payments/waiting/")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_jobs_page_shows_the_reasons(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    now = timezone.now()
    summary = {"put_off": 2, "put_off_because": ["Goods are missing: 2"]}
    JobRun.objects.create(
        name="charges", state="done", as_of=now, started_at=now, beat_at=now, finished_at=now, summary=summary
    )
    page = client.get("/jobs/").content.decode()
    assert "2 put off" in page
    assert "Goods are missing: 2" in page


@pytest.mark.parametrize(
    ("code", "days", "holds"), [("no_provider", 2, True), ("no_provider", 4, False), ("stock", 9, True)]
)
def test_i77_one_that_waits_too_long_for_us(code: str, days: int, holds: bool) -> None:
    now: datetime = timezone.now()
    planned(unpaid())
    Charge.objects.update(put_off_code=code, put_off_at=now - timedelta(days=days))
    assert found("I77", now=now).holds is holds


def test_i77_one_that_nobody_looks_at_again() -> None:
    charge = planned(unpaid())
    assert found("I77", now=timezone.now()).holds
    Charge.objects.update(due_at=None)
    assert [row["idempotency_key"] for row in found("I77", now=timezone.now()).rows] == [charge.idempotency_key]


def test_they_are_an_exception_after_a_day_and_gone_when_made(finance: Client, stripe_server: Any) -> None:
    invoice = unpaid()
    charge = planned(invoice)
    Charge.objects.update(put_off_code="stopped", put_off_at=timezone.now() - timedelta(days=2))
    rule = REGISTRY["charge.waits"]
    (cause,) = rule.causes(timezone.now())
    assert (cause.key, list(cause.subjects), cause.facts["put_off_code"]) == (
        "stopped",
        [charge.idempotency_key],
        "stopped",
    )
    run("charges")
    assert list(rule.causes(timezone.now())) == []
