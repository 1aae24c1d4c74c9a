"""P05: what finance sees first; every figure opens exactly its rows, with a constant number of statements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ordermgmt.clock import business_day
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.ageing import BUCKETS
from orders.billing_states import DunningStatus
from orders.factories.billing import DisputeFactory, DunningFactory, PayoutFactory, RefundFactory
from orders.factories.orders import InvoiceFactory
from orders.period_close import last_month, tasks

pytestmark = pytest.mark.django_db
DAYS = {"not_due": 0, "1": 30, "31": 31, "61": 90, "91": 91}


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    return client


def owe(days: int, gross: str = "100.00") -> None:
    InvoiceFactory(due_on=business_day(timezone.now()) - timedelta(days=days), gross_total=Decimal(gross))


def test_every_bucket_opens_its_invoices(finance: Client) -> None:
    for n, days in enumerate(DAYS.values(), start=1):
        for _ in range(n):
            owe(days, f"{n}00.00")
    page = finance.get("/").content.decode()
    for n, bucket in enumerate(BUCKETS, start=1):
        assert f"€{n * n * 100:,}.00" in page
        rows = finance.get(f"/invoices/?view=all&age={bucket.code}&sort=due").content.decode()
        assert f'data-total="{n}"' in rows or f"{n} invoice" in rows


def test_what_waits_today(finance: Client) -> None:
    DunningFactory(next_at=timezone.now(), status=DunningStatus.OPEN)
    DunningFactory(next_at=timezone.now() + timedelta(days=3))
    PayoutFactory(amount=95)
    RefundFactory(amount=5)
    DisputeFactory(amount=10)
    page = finance.get("/").content.decode()
    for words in ("Payouts to find at the bank", "Refunds that wait for approval", "Disputes to answer", "€95.00"):
        assert words in page
    today = business_day(timezone.now()).isoformat()
    assert f"/dunning/?view=all&amp;next_by={today}" in page
    assert "1 " in finance.get(f"/dunning/?view=all&next_by={today}").content.decode()


def test_statements_do_not_grow_with_the_rows(finance: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            finance.get("/")
        return len(seen)

    owe(5)
    PayoutFactory()
    statements()
    one = statements()
    for days in range(6):
        owe(days * 20)
        PayoutFactory()
        RefundFactory()
    assert statements() == one


def test_closing_the_month_is_a_list_of_tasks(finance: Client) -> None:
    first = last_month(business_day(timezone.now()))
    assert [task.words for task in tasks(first)] == [
        "Completed",
        "Completed",
        "Not started",
        "Not started",
        "Not started",
    ]
    PayoutFactory(arrives_on=first)
    assert next(iter(tasks(first))).words == "1 left"
    finance.post("/reports/journal/export/", {"month": f"{first:%Y-%m}"})
    assert list(tasks(first))[-1].words == "Completed"
    assert "Hand the journal to the accountant" in finance.get("/").content.decode()


def test_others_do_not_see_it(client: Client) -> None:
    person: User = UserFactory(role=Role.SUPPORT)
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    assert "Owed to us" not in client.get("/").content.decode()
    assert client.get("/reports/journal/").status_code == 403
