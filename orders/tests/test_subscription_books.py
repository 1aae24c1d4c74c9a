"""Revenue of subscriptions is proved from its movements; every planted fault is named."""

from decimal import Decimal

import pytest
from django.db.models import F

from ordermgmt.tests.planting import found
from orders.actions.ending import Cancel
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import change_subscription
from orders.factories.orders import NOW
from orders.models import MrrMovement, Subscription
from orders.tests.subscribed import plan, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Subscription:
    """One runs, one is paused, one was cancelled."""
    running, paused, over = (subscribe(plan(price)) for price in ("10.10", "20.20", "30.30"))
    change_subscription(paused.pk, Pause(), by="Ana", now=NOW)
    change_subscription(over.pk, Cancel("x"), by="Ana", now=NOW)
    return running


def test_it_holds(made: Subscription) -> None:
    assert found("I54").holds


def test_a_movement_that_is_gone(made: Subscription) -> None:
    MrrMovement.objects.filter(subscription=made).delete()
    assert [row["number"] for row in found("I54").rows] == [made.number]


def test_a_sum_that_drifted(made: Subscription) -> None:
    Subscription.objects.filter(pk=made.pk).update(mrr=F("mrr") + Decimal("0.0001"))
    assert [row["number"] for row in found("I54").rows] == [made.number]


def test_revenue_of_one_that_rests(made: Subscription) -> None:
    Subscription.objects.filter(pk=made.pk).update(status="paused", paused_at=NOW)
    assert [row["number"] for row in found("I54").rows] == [made.number]
