"""The run page: what is due, put aside and stopped, and what a person does about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ordermgmt.factories import UserFactory
from ordermgmt.models import JobRun
from ordermgmt.roles import Role
from orders.actions.reckoning import reckon_all
from orders.actions.renewing import renew_due
from orders.billing_states import MethodStatus
from orders.factories import PaymentMethodFactory
from orders.factories.running import coffee_plan, running
from orders.models import Delivery, Order, RenewalStop, Subscription
from orders.preflight import preflight

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    return client


def subscribed(count: int = 1, days: int = 5, **terms: Any) -> list[Subscription]:
    """Whose next delivery leaves in some days; changes close three days before."""
    first = timezone.localdate() + timedelta(days=days)
    facts = {name: terms.pop(name) for name in list(terms) if name in ("method", "currency", "first_key")}
    return running(coffee_plan(**terms), [first] * count, now=timezone.now() - timedelta(days=90), **facts)


def test_parked_ones_are_shown_by_cause_and_tried_again(finance: Client) -> None:
    (s,) = subscribed(days=1)
    Subscription.objects.filter(pk=s.pk).update(currency="NOK")
    renew_due(now=timezone.now())
    page = finance.get("/renewals/").content.decode()
    assert "No price in their currency (1)" in page
    assert s.number in page
    answer = finance.post("/renewals/parked/again/", {"code": "price"}, follow=True).content.decode()
    assert "1 still cannot be ordered" in answer
    Subscription.objects.filter(pk=s.pk).update(currency="EUR")
    pk = s.deliveries.get(parked_at__isnull=False).pk
    finance.post(f"/renewals/parked/{pk}/again/")
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("deed", "orders"), [("all", 3), ("one", 1), ("move", 0)])
def test_missed_ones_ask_what_to_do(finance: Client, deed: str, orders: int) -> None:
    (s,) = subscribed(days=-58)
    renew_due(now=timezone.now())
    assert "Ship one, skip the rest" in finance.get("/renewals/").content.decode()
    pk = s.deliveries.get().pk
    finance.post(f"/renewals/parked/{pk}/{deed}/")
    assert abs(Order.objects.count() - orders) <= 1
    assert not Delivery.objects.filter(parked_at__isnull=False).exists()
    assert finance.post(f"/renewals/parked/{pk}/burn/").status_code == 404


def test_a_stop_is_set_seen_and_lifted(finance: Client) -> None:
    refused = finance.post("/renewals/stop/", {"scope": "plan", "reference": "PL-0", "reason": "Flood"})
    assert refused.status_code == 422
    assert "We do not know PL-0" in refused.content.decode()
    assert finance.post("/renewals/stop/", {"scope": "all", "reason": ""}).status_code == 422
    page = finance.post("/renewals/stop/", {"scope": "all", "reason": "Flood"}, follow=True).content.decode()
    assert "Flood" in page
    stop = RenewalStop.objects.get()
    finance.post(f"/renewals/stops/{stop.pk}/lift/")
    assert "Flood" not in finance.get("/renewals/").content.decode()


def test_the_preflight_counts_trouble_by_cause(finance: Client) -> None:
    gone = PaymentMethodFactory(status=MethodStatus.REMOVED)
    subscribed(2, days=3, units=1)
    subscribed(1, days=3, method=gone, items=1, first_key=50)
    flight = preflight(now=timezone.now())
    assert flight.count == 3
    causes = {cause.words: {row.subscription.number for row in cause.rows} for cause in flight.trouble}
    assert [len(causes[words]) for words in ("No way to charge them", "Not enough stock")] == [3, 1]
    page = finance.get("/renewals/preflight/").content.decode()
    assert "3 renewals fall due" in page
    assert all(f'href="/subscriptions/{number}/"' in page for number in causes["No way to charge them"])


def test_runs_and_findings_are_shown(finance: Client) -> None:
    (s,) = subscribed(days=1)
    now = timezone.now()
    summary = renew_due(now=now).as_dict()
    JobRun.objects.create(name="renewals", state="done", as_of=now, started_at=now, beat_at=now, finished_at=now,
                          summary=summary)  # fmt: skip
    assert "Runs" in finance.get("/renewals/rows/").content.decode()
    assert "All deliveries are as they should be" in finance.get("/renewals/findings/").content.decode()
    s.deliveries.filter(is_next=True).delete()
    reckon_all(now=now)
    assert s.number in finance.get("/renewals/findings/").content.decode()
    assert "1 difference" in finance.get("/renewals/").content.decode()


def test_a_run_is_asked_for(finance: Client) -> None:
    finance.post("/renewals/run/")
    assert JobRun.objects.get(name="renewals").asked_by


def test_the_page_costs_the_same_however_many_are_parked(finance: Client) -> None:
    subscribed(2, days=1)
    counts = []
    for rows in (1, 2):
        Delivery.objects.filter(pk__in=list(Delivery.objects.values_list("pk", flat=True)[:rows])).update(
            parked_at=timezone.now(), parked_code="price", parked_reason="No price"
        )
        with CaptureQueriesContext(connection) as queries:
            finance.get("/renewals/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_support_may_not_run_renewals() -> None:
    client = Client()
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert client.get("/renewals/").status_code == 403
