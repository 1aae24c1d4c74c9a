"""Worked numbers of monthly revenue, churn and orders (subscriptions.md 2.12-2.14, kpi_truth.json)."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from customers.factories import CustomerFactory
from ordermgmt.kpis import Period, find, in_order
from ordermgmt.measuring import Measured, recount
from orders.billing_states import DunningStatus
from orders.factories import OrderFactory
from orders.factories.billing import DunningFactory
from orders.factories.orders import NOW
from orders.factories.subscriptions import DeliveryFactory, MrrMovementFactory, SubscriptionFactory
from orders.models import Order, SourcingDecision
from orders.states import OrderStatus

pytestmark = pytest.mark.django_db
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))
BEFORE = date(2026, 10, 15)


def measured(name: str, period: Period = MONTH, **filters: str) -> Measured:
    return recount(find(name), period, filters)


def value(name: str, period: Period = MONTH, **filters: str) -> Decimal | None:
    return measured(name, period, **filters).value


def move(kind: str, amount: str | Decimal, on: date, subscription: Any = None, **facts: Any) -> Any:
    return MrrMovementFactory(
        subscription=subscription or SubscriptionFactory(), kind=kind, amount=Decimal(amount), on=on, **facts
    )


def test_w74_one_customer_through_all_movements() -> None:
    """Four yearly plans of 500: new 166.67; 2 × 30 more, ended: expansion, contraction; all ended: churn; back at 150."""
    customer = CustomerFactory()
    yearly, silver, gold = (SubscriptionFactory(customer=customer) for _ in range(3))
    start = (Decimal(4 * 500) / 12).quantize(Decimal("0.0001"))
    move("new", start, date(2026, 1, 5), yearly)
    move("expansion", "60", date(2026, 3, 5), silver)
    move("contraction", "-60", date(2026, 5, 5), silver)
    move("churn", -start, date(2026, 7, 5), yearly)
    move("reactivation", "150", date(2026, 9, 5), gold)
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    found = {name: value(f"mrr_{name}", year) for name in ("new", "expansion", "contraction", "churn", "reactivation")}
    assert found == {
        "new": Decimal("166.67"), "expansion": 60, "contraction": 60, "churn": Decimal("166.67"), "reactivation": 150,
    }  # fmt: skip
    assert (value("mrr", year), value("arr", year)) == (150, 1800)


def test_w75_a_hundred_monthly_and_fifty_yearly() -> None:
    """100 × 100 a month + 50 × 600 a year is 12,500 (the source prints 800/12: a typo)."""
    plain, yearly = SubscriptionFactory(), SubscriptionFactory()
    for _ in range(100):
        move("new", "100", BEFORE, plain)
    for _ in range(50):
        move("new", Decimal(600) / 12, BEFORE, yearly)
    assert value("mrr") == 12_500


def a_shop(*, start: str = "100") -> Any:
    stays = SubscriptionFactory()
    move("new", start, BEFORE, stays)
    return stays


def test_w81c_and_d_revenue_churn() -> None:
    """100, −10, −10, +10: gross 20 %, net 10 %."""
    stays = a_shop(start="90")
    leaves = SubscriptionFactory()
    move("new", "10", BEFORE, leaves)
    move("churn", "-10", date(2026, 11, 3), leaves)
    move("contraction", "-10", date(2026, 11, 4), stays)
    move("expansion", "10", date(2026, 11, 5), stays)
    assert value("gross_mrr_churn") == Decimal("0.2")
    assert value("net_mrr_churn") == Decimal("0.1")


def test_w81a_customers_lost() -> None:
    """100 at the start, 11 left, 1 of them joined in the month: 10 %."""
    at_start = [SubscriptionFactory() for _ in range(100)]
    for one in at_start:
        move("new", "10", BEFORE, one)
    for one in at_start[:10]:
        move("churn", "-10", date(2026, 11, 9), one)
    late = SubscriptionFactory()
    move("new", "10", date(2026, 11, 2), late)
    move("churn", "-10", date(2026, 11, 20), late)
    found = measured("customer_churn")
    assert (found.numerator, found.denominator, found.value) == (10, 100, Decimal("0.1"))
    assert found.count == 10


def test_one_month_of_a_hundred_customers() -> None:
    """nrr-2: 5,000 at the start, +1,250 new, +250, −80, −250: 98.4 % without the new; grr never counts expansion."""
    stays = [SubscriptionFactory() for _ in range(100)]
    for one in stays:
        move("new", "50", BEFORE, one)
    for one in stays[:5]:
        move("expansion", "50", date(2026, 11, 3), one)
    for one in stays[5:7]:
        move("contraction", "-40", date(2026, 11, 3), one)
    for one in stays[7:12]:
        move("churn", "-50", date(2026, 11, 3), one)
    for _ in range(25):
        move("new", "50", date(2026, 11, 4))
    assert value("mrr", Period(BEFORE, date(2026, 10, 31))) == 5000
    assert [value(f"mrr_{kind}") for kind in ("new", "expansion", "contraction", "churn")] == [1250, 250, 80, 250]
    assert value("net_revenue_retention") == Decimal("0.984")
    assert value("gross_revenue_retention") == Decimal("0.934")


def test_gross_retention_of_a_source() -> None:
    """grr-1: 50,000, 3,000 churn, 2,000 down: 90 %."""
    stays = a_shop(start="47000")
    leaves = SubscriptionFactory()
    move("new", "3000", BEFORE, leaves)
    move("churn", "-3000", date(2026, 11, 3), leaves)
    move("contraction", "-2000", date(2026, 11, 3), stays)
    move("expansion", "9000", date(2026, 11, 3), stays)
    assert value("gross_revenue_retention") == Decimal("0.9")


def test_movements_add_up_to_the_difference_of_two_balances() -> None:
    stays = a_shop()
    for day, kind, amount in ((2, "expansion", "12.3456"), (9, "contraction", "-3.21"), (30, "expansion", "0.0001")):
        move(kind, amount, date(2026, 11, day), stays)
    move("new", "40", date(2026, 11, 30))
    before, after = measured("mrr", MONTH.before), measured("mrr")
    parts = [measured(f"mrr_{kind}").numerator for kind in ("new", "expansion", "reactivation")]
    losses = [measured(f"mrr_{kind}").numerator for kind in ("contraction", "churn")]
    assert after.numerator - before.numerator == sum(parts) - sum(losses)
    assert list(after.days) == [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 30)]


def test_currencies_stay_apart() -> None:
    a_shop()
    move("new", "900", BEFORE, currency="SEK")
    assert (value("mrr", currency="EUR"), value("mrr", currency="SEK")) == (100, 900)


def test_skipped_deliveries_are_no_churn() -> None:
    """Delivered ÷ planned: 3 of 4; those still to come are not judged."""
    one = SubscriptionFactory()
    for day in (1, 8, 15):
        facts = {"status": "ordered", "order": OrderFactory(), "ordered_at": NOW}
        DeliveryFactory(subscription=one, planned_on=date(2026, 11, day), **facts)
    DeliveryFactory(
        subscription=one, planned_on=date(2026, 11, 22), status="skipped", skip_reason="customer", skipped_at=NOW
    )
    DeliveryFactory(subscription=one, planned_on=date(2026, 11, 29))
    assert value("delivery_rate") == Decimal("0.75")


def test_failed_payments_that_came_back() -> None:
    for status in (DunningStatus.RECOVERED, DunningStatus.RECOVERED, DunningStatus.EXHAUSTED, DunningStatus.OPEN):
        stamps = {"recovered_at": NOW} if status == DunningStatus.RECOVERED else {}
        stamps |= {"exhausted_at": NOW} if status == DunningStatus.EXHAUSTED else {}
        DunningFactory(status=status, opened_at=NOW, **stamps)
    found = measured("payments_recovered")
    assert (found.numerator, found.denominator) == (2, 3)


def test_backorders_by_order() -> None:
    """45 of 295 is 15.25 %; here 9 of 59: lacking units at once, given everything later, or waiting now."""
    orders = [OrderFactory(now=NOW, is_paid=True) for _ in range(6)]
    SourcingDecision.objects.all().delete()
    Order.objects.update(fulfilment_status="unfulfilled")
    for made in orders:
        made.lines.update(promised=1, backordered=0)
    assert value("backorder_rate") == 0
    given = {"promised": 1, "wanted": 1}
    orders[0].lines.update(promised=0, backordered=1)
    SourcingDecision.objects.create(order=orders[1], at=NOW, explanation={"promised": 1, "wanted": 2})
    SourcingDecision.objects.create(order=orders[2], at=NOW + timedelta(days=2), explanation=given)
    SourcingDecision.objects.create(order=orders[3], at=NOW, explanation=given)
    SourcingDecision.objects.create(order=orders[3], at=NOW + timedelta(days=1), explanation=given)
    Order.objects.filter(pk=orders[5].pk).update(status=OrderStatus.CANCELLED, cancelled_at=NOW)
    found = measured("backorder_rate")
    assert (found.numerator, found.denominator, found.value) == (3, 5, Decimal("0.6"))


def test_age_of_what_waits() -> None:
    for days in (1, 3, 10):
        made = OrderFactory()
        at = datetime(2026, 11, 30, 9, tzinfo=NOW.tzinfo) - timedelta(days=days)
        Order.objects.filter(pk=made.pk).update(fulfilment_status="waiting", accepted_at=at)
    Order.objects.filter(pk=OrderFactory().pk).update(fulfilment_status="in_progress")
    assert value("backorder_age") == 3


TRUTH = {
    "mrr": "SELECT SUM(amount) FROM orders_mrrmovement WHERE \"on\" <= '2026-11-30'",
    "orders_taken": (
        "SELECT COUNT(*) FROM orders_order WHERE status IN ('accepted', 'closed') "
        "AND accepted_at >= '2026-10-31 23:00:00+00:00' AND accepted_at < '2026-11-30 23:00:00+00:00'"
    ),
}


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_plain_sql_says_the_same(name: str) -> None:
    a_shop()
    OrderFactory()
    Order.objects.filter(pk=OrderFactory().pk).update(accepted_at="2026-10-31T22:59:59Z")
    with connection.cursor() as cursor:
        cursor.execute(TRUTH[name])
        assert measured(name).value == Decimal(str(cursor.fetchone()[0]))


def run(*args: str) -> Any:
    out = StringIO()
    call_command("kpi", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_answers_as_agreed() -> None:
    a_shop()
    answer = run("mrr", "--from", "2026-11-01", "--to", "2026-11-30", "--filter", "currency=EUR")
    assert answer.items() >= {"name": "mrr", "version": 1, "value": 100, "unit": "money", "numerator": 100}.items()
    assert {"denominator", "rows_url", "series"} <= answer.keys()
    with pytest.raises(CommandError, match="currency"):
        run("mrr", "--filter", "colour=red")
    with pytest.raises(CommandError, match="There is no KPI"):
        run("nothing")


def test_the_list_defines_every_figure() -> None:
    facts = {fact["name"]: fact for fact in run("--list")}
    assert facts.keys() == {one.name for one in in_order()}
    assert all(fact["definition"] and fact["version"] and fact["source"] for fact in facts.values())


def test_published_arithmetic(samples: Path) -> None:
    """The ratios of kpi_truth.json through the arithmetic of the figures that carry them."""
    cases = {case["id"]: case for case in json.loads((samples / "kpi" / "kpi_truth.json").read_text())["cases"]}
    shares = {"fill-1": ("units_del", "units", "unit_pct"), "otif-1": ("otif", "orders", "pct")}
    for case, (part, whole, name) in shares.items():
        given, expected = cases[case]["inputs"], Decimal(str(cases[case]["expect"][name][1]))
        assert Decimal(given[part]) / given[whole] * 100 == expected
    turnover, days = find("stock_turnover"), find("days_of_stock")
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert turnover.formula
    assert days.formula
    given = cases["dsi-1"]["inputs"]
    average, sold = Decimal(given["open"] + given["close"]) / 2, Decimal(given["cogs"])
    assert turnover.formula(sold, average, year) == Decimal("4.8")
    assert round(days.formula(sold, average, year) or 0, 2) == Decimal("76.04")
    assert days.formula(Decimal(7500), Decimal(1500), year) == 73
