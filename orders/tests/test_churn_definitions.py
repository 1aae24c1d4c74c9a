"""Published definitions of churn beside ours (subscriptions.md 2.13, 2.14): each follows from the rows we keep."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from customers.factories import CustomerFactory
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import Measured, recount
from orders.actions.ending import Cancel
from orders.factories.subscriptions import MrrMovementFactory, SubscriptionFactory
from orders.models import MrrMovement
from orders.tests.subscribed import do, plan, subscribe

pytestmark = pytest.mark.django_db
D = Decimal
BEFORE, FIRST, LAST = date(2026, 10, 15), date(2026, 11, 1), date(2026, 11, 30)
MONTH = Period(FIRST, LAST)


def measured(name: str, period: Period = MONTH) -> Measured:
    return recount(find(name), period, {})


def move(kind: str, amount: str, on: date, subscription: Any = None) -> Any:
    made = MrrMovementFactory(subscription=subscription or SubscriptionFactory(), kind=kind, amount=D(amount), on=on)
    return made.subscription


def days() -> Iterable[Period]:
    for n in range((LAST - FIRST).days + 1):
        yield Period(FIRST + timedelta(days=n), FIRST + timedelta(days=n))


def shop(count: int, amount: str = "10") -> list[Any]:
    return [move("new", amount, BEFORE) for _ in range(count)]


def test_w81b_customers_lost_day_by_day() -> None:
    """The sum over days of the share of a day's customers that left on it; a month's share is another number."""
    people = shop(20)
    move("churn", "-10", date(2026, 11, 3), people[0])
    move("churn", "-10", date(2026, 11, 20), people[1])
    daily = [measured("customer_churn", day).value or D(0) for day in days()]
    assert sum(daily) == pytest.approx(D(1) / 20 + D(1) / 19, abs=D("0.00001"))
    assert measured("customer_churn").value == D("0.1")


def test_w81e_revenue_lost_in_a_day_that_grew() -> None:
    """100 becomes 120, 10 of it new: 1 − 110/100 is −10 %."""
    (one,) = shop(1, "100")
    day = date(2026, 11, 3)
    move("expansion", "10", day, one)
    move("new", "10", day)
    assert measured("net_mrr_churn", Period(day, day)).value == D("-0.1")


def test_w81f_against_those_who_joined_as_well() -> None:
    """Left ÷ (there at the start + joined): 11 ÷ 102, where ours is 10 ÷ 100."""
    people = shop(100)
    for one in people[:10]:
        move("churn", "-10", date(2026, 11, 9), one)
    stays, late = move("new", "10", date(2026, 11, 2)), move("new", "10", date(2026, 11, 2))
    move("churn", "-10", date(2026, 11, 20), late)
    assert stays.pk
    ours = measured("customer_churn")
    month = MrrMovement.objects.filter(on__range=(FIRST, LAST))
    left, joined = (month.filter(kind=kind).count() for kind in ("churn", "new"))
    assert (left, ours.denominator + joined) == (11, 102)
    assert ours.value == D("0.1")


def test_w81g_a_subscriber_has_left_when_nothing_of_theirs_runs() -> None:
    """The end of one of two is a contraction; the end of the last one is churn."""
    first = subscribe(plan("10"))
    second = subscribe(plan("20"), customer_id=first.customer_id, address_id=first.address_id)
    do(first, Cancel("price"))
    do(second, Cancel("price"))
    kinds = MrrMovement.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["new", "expansion", "contraction", "churn"]


def test_w82_revenue_of_a_customer_for_ever() -> None:
    """100 a month, 5 % leave: 2,000. Ours caps it at 36 months and counts margin; the parts are the same."""
    people = shop(20, "100")
    move("churn", "-100", date(2026, 11, 9), people[0])
    churn = measured("customer_churn")
    each = D(20 * 100) / churn.denominator
    assert churn.value is not None
    assert each / churn.value == 2000


def test_one_customer_is_counted_once_whatever_they_have() -> None:
    customer = CustomerFactory()
    for kind in ("new", "expansion"):
        move(kind, "10", BEFORE, SubscriptionFactory(customer=customer))
    assert measured("customer_churn").denominator == 1
