"""Movements of monthly revenue as the published examples have them (subscriptions.md W74 to W80)."""

from decimal import Decimal

import pytest

from customers.factories import AddressFactory
from customers.models import Address
from inventory.models import Product
from ordermgmt.money import round_money
from orders.actions.contents import SetBoxes
from orders.actions.ending import Cancel
from orders.actions.subscription_changes import change_subscription
from orders.factories import PromotionFactory, RedemptionFactory, TaxRateFactory
from orders.factories.orders import NOW
from orders.models import MrrMovement, PlanVersion, Subscription
from orders.tests.subscribed import fresh, plan, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Address:
    """Where nothing is taxed, so that prices are what the examples say."""
    TaxRateFactory(country="SE", tax_class="standard", rate=0, starts_on="2020-01-01")
    TaxRateFactory(country="SE", tax_class="food", rate=0, starts_on="2020-01-01")
    Product.objects.update(tax_class="standard")
    address: Address = AddressFactory()
    return address


def take(version: PlanVersion, home: Address, count: int = 1) -> list[Subscription]:
    return [subscribe(version, customer_id=home.customer_id, address_id=home.pk) for _ in range(count)]


def moved() -> list[tuple[str, Decimal]]:
    """Movements in a row of the same kind as one, to the cent."""
    found: list[tuple[str, Decimal]] = []
    for row in MrrMovement.objects.order_by("pk"):
        if found and found[-1][0] == row.kind:
            found[-1] = (row.kind, found[-1][1] + row.amount)
        else:
            found.append((row.kind, row.amount))
    return [(kind, round_money(amount, "EUR")) for kind, amount in found]


def end(*all_of_them: Subscription) -> None:
    for s in all_of_them:
        change_subscription(s.pk, Cancel("x"), by="Ana", now=NOW)


def test_as_chartmogul_counts_w74(home: Address) -> None:
    """Four a year at 500, two a month at 30, these end, the others end, three of 50 begin."""
    yearly = plan("2000", deliver_unit="year", bill_unit="year")
    (first,) = take(yearly, home)
    small = take(plan("30"), home, 2)
    end(*small)
    end(first)
    take(plan("150"), home)
    assert moved() == [
        ("new", Decimal("166.67")),
        ("expansion", Decimal(60)),
        ("contraction", Decimal(-60)),
        ("churn", Decimal("-166.67")),
        ("reactivation", Decimal(150)),
    ]


def test_a_hundred_a_month_and_fifty_a_year_w75(home: Address) -> None:
    month, year = take(plan("100"), home)[0], take(plan("600", deliver_unit="year", bill_unit="year"), home)[0]
    assert fresh(month).mrr * 100 + fresh(year).mrr * 50 == 12_500


def test_weekly_counts_fifty_two_twelfths_without_tax_w77_w78(home: Address) -> None:
    (s,) = take(plan("20", deliver_unit="week", bill_unit="week"), home)
    assert fresh(s).mrr == Decimal("86.6667")


def test_seven_units_more_w79(home: Address) -> None:
    version = plan("5")
    version.prices.update(model="per_unit")
    (s,) = take(version, home)
    change_subscription(s.pk, SetBoxes(8), by="Ana", now=NOW)
    assert moved()[-1] == ("expansion", 35)


@pytest.mark.parametrize(("price", "percent", "net"), [("50", 10, 45), ("65", 20, 52)])
def test_a_lasting_discount_lowers_it_w80(home: Address, price: str, percent: int, net: int) -> None:
    (s,) = take(plan(price), home)
    RedemptionFactory(
        promotion=PromotionFactory(kind="percent", percent=percent, cycles=None),
        subscription=s,
        customer=s.customer,
        charges_left=None,
    )
    change_subscription(s.pk, SetBoxes(1), by="Ana", now=NOW)
    assert fresh(s).mrr == net


def test_a_discount_that_ends_does_not(home: Address) -> None:
    (s,) = take(plan("50"), home)
    RedemptionFactory(
        promotion=PromotionFactory(kind="percent", percent=10), subscription=s, customer=s.customer, charges_left=3
    )
    change_subscription(s.pk, SetBoxes(1), by="Ana", now=NOW)
    assert fresh(s).mrr == 50
