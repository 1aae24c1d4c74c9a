"""The second map: each live subscription at exactly one step, every number its list."""

import html
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.flow.subscribed import STEPS, standing_subscriptions, subscription_map
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders.factories import ChargeFactory, DunningFactory, InvoiceFactory
from orders.factories.subscriptions import DeliveryFactory, SubscriptionFactory
from orders.models import Subscription

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def one_of_each() -> dict[str, Any]:
    """A subscription at every step for so many hours as its place in the row; another one is over."""
    now = timezone.now()
    since = {node.code: now - n * HOUR for n, node in enumerate(STEPS, start=1)}
    made = {
        code: SubscriptionFactory(status="active", started_at=since["active"], created_at=since["active"])
        for code in since
    }
    Subscription.objects.filter(pk=made["pending"].pk).update(status="pending", created_at=since["pending"])
    Subscription.objects.filter(pk=made["paused"].pk).update(status="paused", paused_at=since["paused"])
    later = {"is_next": True, "order_at": now + 9 * HOUR}
    DeliveryFactory(subscription=made["reminded"], **later, reminded_at=since["reminded"])
    DeliveryFactory(subscription=made["due"], is_next=True, order_at=since["due"])
    DeliveryFactory(subscription=made["parked"], **later, parked_at=since["parked"], parked_reason="No price")
    ChargeFactory(
        invoice=InvoiceFactory(subscription=made["charge"], order=None), status="planned", planned_at=since["charge"]
    )
    DunningFactory(invoice=InvoiceFactory(subscription=made["unpaid"], order=None), opened_at=since["unpaid"])
    over = SubscriptionFactory(status="active")
    Subscription.objects.filter(pk=over.pk).update(status="cancelled", cancelled_at=now)
    return made


def test_every_live_subscription_stands_at_exactly_one_step() -> None:
    made = one_of_each()
    now = timezone.now()
    assert {row.pk: row.flow_node for row in standing_subscriptions(now)} == {s.pk: code for code, s in made.items()}
    flow = subscription_map(now=now)
    assert flow.total == len(STEPS)
    hours = {figure.node.code: Counter(minutes // 60 for minutes in figure.spread) for figure in flow.figures}
    assert hours == {node.code: Counter({n: 1}) for n, node in enumerate(STEPS, start=1)}
    worst = flow.bottleneck
    assert worst
    assert worst.node.code == "due"


def test_the_page_opens_exactly_what_it_counts(client: Client, django_assert_num_queries: Any) -> None:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    for verb in ("subscription.skipped", "delivery.parked"):
        Activity.objects.create(at=timezone.now(), actor="T", verb=verb, subject="SUB-1", thread="", sentence="x")
    statements = []
    for _turn in range(2):
        one_of_each()
        client.get("/flow/?show=subscriptions")
        with django_assert_num_queries(11) as asked:
            page = client.get("/flow/?show=subscriptions").content.decode()
        statements.append(len(asked))
    drills = set(re.findall(r'href="([^"]+)"[^>]* data-drill data-rows="(\d+)"', page))
    assert len(drills) >= len(STEPS)
    for address, rows in drills:
        assert f'data-total="{rows}"' in client.get(html.unescape(address)).content.decode(), address
    assert "Due to Parked: 1" in page
