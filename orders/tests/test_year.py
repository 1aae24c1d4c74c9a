"""A year day by day: month ends, leap-free February, clock changes; at its end all books are proved."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ordermgmt.proofs import check_books
from orders.actions.overdue import mark_overdue
from orders.actions.reckoning import reckon_all
from orders.actions.renewing import renew_due
from orders.factories.running import coffee_plan, running
from orders.models import Delivery, Order, ReckoningFinding

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
START = datetime(2026, 1, 1, 5, tzinfo=UTC)
FIRSTS = [date(2026, 1, day) for day in (6, 15, 28, 29, 30, 31)]


def test_a_year_of_monthly_subscriptions() -> None:
    running(coffee_plan(), FIRSTS, now=START)
    ordered = sum(renew_due(now=START + timedelta(days=day)).ordered for day in range(366))
    end = START + timedelta(days=366)
    mark_overdue(now=end)
    assert ordered == Order.objects.count() == 12 * len(FIRSTS)
    clamped = Delivery.objects.filter(subscription__starts_on=date(2026, 1, 31), order__isnull=False)
    assert [row.planned_on.day for row in clamped.order_by("number")] == [
        31,
        28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ]
    reckon_all(now=end)
    assert list(ReckoningFinding.objects.values_list("kind", "number", "words")) == []
    assert [(proof.code, proof.rows[:3]) for proof in check_books(now=end) if not proof.holds] == []
