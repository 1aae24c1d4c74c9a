"""What is shown to come: prepaid charges, trials, promotions, prices told of, holidays, and why."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.factories import AddressFactory
from inventory.factories import WarehouseFactory
from orders.actions.deliveries import AddOnce, Move, Skip
from orders.actions.subscription_changes import change_subscription
from orders.factories import PriceChangeItemFactory, PromotionFactory, RedemptionFactory
from orders.factories.orders import NOW
from orders.models import PlanPrice, Subscription
from orders.projecting import project, project_many
from orders.proration import values_of_deliveries
from orders.tests.subscribed import fresh, item, plan, subscribe
from orders.upcoming_wording import why_amount, why_date

pytestmark = pytest.mark.django_db


def amounts(s: Subscription, count: int = 4) -> list[Decimal]:
    return [u.amount for u in project(fresh(s), now=NOW, count=count)]


def adds_up(s: Subscription) -> bool:
    return all(
        sum(t.amount for t in why_amount(u)) == u.amount for u in project(fresh(s), now=NOW, count=8) if u.priced
    )


def test_prepaid_one_charge_for_many_w49() -> None:
    """1,200 for twelve months, sent every three: one charge of four deliveries, each worth 300."""
    s = subscribe(plan("300", deliver_every=3, bill_every=12))
    assert amounts(s, 6) == [1200, 0, 0, 0, 1200, 0]
    assert values_of_deliveries(Decimal(1200), 4, "EUR") == [300] * 4
    first = project(fresh(s), now=NOW)[0].invoice
    assert first is not None
    assert (first.deliveries, first.starts_on, first.ends_on) == (4, date(2026, 12, 3), date(2027, 12, 3))
    assert adds_up(s)


def test_the_remainder_goes_to_the_last_w51() -> None:
    assert values_of_deliveries(Decimal(200), 3, "EUR") == [Decimal("66.66"), Decimal("66.66"), Decimal("66.68")]


def test_what_is_skipped_of_a_prepaid_stays_owed() -> None:
    s = subscribe(plan("30", bill_every=3))
    change_subscription(s.pk, Skip(2), by="Ana", now=NOW)
    assert amounts(s, 6) == [90, 0, 0, 0, 90, 0]


def test_a_month_has_four_or_five_weeks() -> None:
    s = subscribe(plan("10", deliver_unit="week", allowed_intervals=[]))
    assert [u.invoice.deliveries for u in project(fresh(s), now=NOW, count=10) if u.invoice] == [5, 5]


def test_a_trial_then_the_set_up_fee_with_the_first_bill() -> None:
    version = plan("10", trial_days=40)
    PlanPrice.objects.filter(version=version).update(set_up_fee=5)
    s = subscribe(version)
    assert amounts(s) == [0, 0, 15, 10]
    assert s.mrr == 0
    assert adds_up(s)


def test_a_promotion_for_two_charges_and_a_price_told_of() -> None:
    s = subscribe(plan("40"))
    RedemptionFactory(
        promotion=PromotionFactory(kind="percent", percent=10), subscription=s, customer=s.customer, charges_left=2
    )
    PriceChangeItemFactory(subscription=s, new_price=Decimal(44), effective_on=date(2027, 1, 28), noticed_at=NOW)
    assert amounts(s) == [36, 36, 44, 44]
    assert adds_up(s)


def test_nothing_after_its_end() -> None:
    s = subscribe(plan("10", ends_after=2))
    assert amounts(s) == [10, 10]


def test_a_closed_day_is_worked_before_and_says_so() -> None:
    WarehouseFactory(country="SE", observes_holidays=True, work_days="12345")
    s = subscribe(starts_on=date(2026, 12, 25))
    first = project(fresh(s), now=NOW)[0]
    assert (first.leaves_on, first.is_shifted) == (date(2026, 12, 24), True)
    assert "day off" in why_date(first)


def test_locks_across_the_change_of_clocks() -> None:
    """Days are local: closed at 23:59 in Stockholm, in winter an hour later by UTC than in summer."""
    s = subscribe(starts_on=date(2027, 3, 29))
    first, second = project(fresh(s), now=NOW, count=2)
    assert (first.dates.lock_at.hour, second.dates.lock_at.hour) == (22, 21)


def test_extras_once_with_what_is_paid_ahead() -> None:
    s = subscribe(plan("30", bill_every=3))
    change_subscription(s.pk, AddOnce(item("5").pk, 1, number=2), by="Ana", now=NOW)
    assert amounts(s, 3) == [90, 5, 0]
    assert adds_up(s)


def test_a_company_abroad_pays_no_tax_that_prices_hold() -> None:
    address = AddressFactory(country="DE", postcode="10115", city="Berlin", phone="+4930123456")
    address.customer.vat_id = "DE136695976"
    address.customer.save()
    s = subscribe(plan("119"), customer_id=address.customer_id, address_id=address.pk)
    u = project(fresh(s), now=NOW, count=1)[0]
    assert u.priced is not None
    assert (u.priced.tax, u.amount) == (0, u.priced.net)
    assert u.amount < 119
    assert adds_up(s)


def test_many_in_as_many_statements_as_one(django_assert_num_queries: Any) -> None:
    version = plan()
    related = ("version__plan", "next_version__plan", "customer", "address")
    many = [subscribe(version) for _ in range(4)]
    rows = list(Subscription.objects.select_related(*related).filter(pk__in=[s.pk for s in many]))
    with django_assert_num_queries(14):
        project_many(rows, now=NOW)


def test_the_command_says_what_comes(monkeypatch: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    s = subscribe(plan("30", bill_every=3))
    change_subscription(s.pk, Move(date(2026, 12, 10)), by="Ana", now=NOW)
    out = StringIO()
    call_command("preview_subscription", s.number, "--months", "4", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert [d["leaves_on"] for d in told["deliveries"]] == ["2026-12-10", "2027-01-03", "2027-02-03", "2027-03-03"]
    assert [(i["cycle"], i["deliveries"], i["amount"][:2]) for i in told["invoices"]] == [(1, 3, "90"), (2, 3, "90")]
    call_command("preview_subscription", s.number, stdout=out)
    with pytest.raises(CommandError):
        call_command("preview_subscription", "SUB-0")


def test_late_is_still_shown_as_next() -> None:
    s = subscribe()
    late = datetime(2026, 12, 5, tzinfo=NOW.tzinfo) + timedelta(days=3)
    first = project(fresh(s), now=late)[0]
    assert (first.is_next, first.is_open) == (True, False)
