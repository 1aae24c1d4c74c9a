"""Prices of deliveries: shared over the box to the cent, with tax, promotions, charges, and months of revenue."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.factories import AddressFactory
from inventory.factories import SkuFactory
from inventory.models import SkuPrice
from orders.actions.revenue_movements import mrr_of
from orders.factories import (
    PlanItemFactory,
    PlanPriceFactory,
    PlanVersionFactory,
    PriceChangeItemFactory,
    PromotionFactory,
    RedemptionFactory,
    SubscriptionFactory,
    SubscriptionLineFactory,
)
from orders.factories.orders import NOW
from orders.models import Subscription
from orders.periods import Interval
from orders.price_book import load_prices
from orders.priced import Item, Occasion, PricedDelivery
from orders.subscription_pricing import NoPrice, price_delivery

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 3)


def made(price: str = "38.60", lists: tuple[str, ...] = ("20", "10"), **facts: Any) -> Subscription:
    """A subscription of one unit each of items with these list prices."""
    version = PlanVersionFactory()
    PlanPriceFactory(version=version, amount=Decimal(price), set_up_fee=Decimal(5))
    s = SubscriptionFactory(version=version, address=AddressFactory(country="SE"), **facts)
    for amount in lists:
        sku = SkuFactory()
        SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": Decimal(amount)})
        SubscriptionLineFactory(subscription=s, sku=sku, quantity=1)
    return s


def priced(s: Subscription, **about: Any) -> PricedDelivery:
    skus = [item.sku_id for item in about.get("items", ())]
    return price_delivery(s, Occasion(about.pop("on", DAY), s.version, **about), load_prices([s], item_skus=skus))


def test_a_box_is_shared_by_list_price() -> None:
    got = priced(made())
    assert [part.total for part in got.parts] == [Decimal("25.73"), Decimal("12.87")]
    assert got.total == Decimal("38.60")
    assert got.net + got.tax == got.total


@given(cents=st.integers(1, 100_000), lists=st.lists(st.integers(0, 5_000), min_size=1, max_size=5))
def test_parts_always_add_up(cents: int, lists: list[int]) -> None:
    s = made(str(Decimal(cents) / 100), tuple(str(Decimal(n) / 100) for n in lists))
    assert priced(s).total == Decimal(cents) / 100


def test_several_paid_together_cost_so_many_times_one_and_the_fee_once() -> None:
    s = made()
    assert priced(s, deliveries=3, is_first=True).total == 3 * Decimal("38.60") + 5


def test_what_is_sent_once_is_charged_beside_deliveries_paid_in_advance() -> None:
    s, sku = made(), SkuFactory()
    got = priced(s, is_paid=True, items=[Item(sku.pk, 2, Decimal(3))])
    assert [part.total for part in got.parts] == [0, 0, 6]


def test_a_trial_costs_nothing() -> None:
    assert priced(made(), is_free=True, is_first=True).total == 0


def test_an_agreed_price_and_then_one_that_was_announced() -> None:
    s = made(agreed_price=Decimal(30))
    PriceChangeItemFactory(subscription=s, new_price=Decimal("42.10"), effective_on=date(2027, 1, 28), noticed_at=NOW)
    assert priced(s).total == 30
    assert priced(s, on=date(2027, 1, 28)).total == Decimal("42.10")


def test_a_promotion_ends_with_its_charges() -> None:
    s = made()
    promotion = PromotionFactory(kind="percent", percent=Decimal(10))
    RedemptionFactory(promotion=promotion, subscription=s, customer=s.customer, charges_left=1)
    assert priced(s).total == Decimal("34.74")
    assert priced(s, charges_before=1).total == Decimal("38.60")


def test_several_promotions_count_together_and_each_ends_by_itself() -> None:
    """Per cents of the full price, then the amount (W66)."""
    s = made("100")
    for left, facts in ((1, {"kind": "percent", "percent": Decimal(10)}), (2, {"kind": "amount", "amount": Decimal(5), "currency": "EUR", "percent": None})):  # fmt: skip
        RedemptionFactory(promotion=PromotionFactory(**facts), subscription=s, customer=s.customer, charges_left=left)
    assert (priced(s).total, len(priced(s).codes)) == (85, 2)
    assert priced(s, charges_before=1).total == 95
    assert priced(s, charges_before=2).total == 100


def test_a_swap_and_an_extra_are_added() -> None:
    s = made(quantity=2)
    SubscriptionLineFactory(subscription=s, quantity=1, surcharge=Decimal("3.50"))
    SubscriptionLineFactory(subscription=s, quantity=1, unit_price=Decimal(8))
    got = priced(s)
    assert (got.box, got.surcharges, got.total) == (Decimal("38.60"), 7, Decimal("53.60"))


def test_the_box_of_the_month() -> None:
    s = made(lists=())
    s.version.content = "box"
    january = PlanItemFactory(version=s.version, month=date(2027, 1, 1))
    usual = PlanItemFactory(version=s.version)
    assert [p.good.pk for p in priced(s, on=date(2027, 1, 9)).parts] == [january.sku_id]
    assert [p.good.pk for p in priced(s, on=date(2027, 2, 9)).parts] == [usual.sku_id]


def test_without_a_price_in_its_currency() -> None:
    with pytest.raises(NoPrice):
        priced(made(currency="SEK"))


@pytest.mark.parametrize(
    ("amount", "every", "unit", "mrr"),
    [
        ("18.29", 1, "year", "1.5242"),
        ("19.95", 1, "year", "1.6625"),
        ("599.95", 1, "year", "49.9958"),
        ("5499", 1, "year", "458.2500"),
        ("20", 1, "week", "86.6667"),
        ("40", 4, "week", "43.3333"),
        ("60", 6, "week", "43.3333"),
        ("500", 1, "year", "41.6667"),
    ],
)
def test_monthly_revenue_w76_w78(amount: str, every: int, unit: str, mrr: str) -> None:
    s = made(amount)
    s.version.tax_class = "food"
    s.address.country = "GB"  # type: ignore[union-attr]
    assert mrr_of(s, Interval(every, unit), on=DAY) == Decimal(mrr)


def test_statements_do_not_grow(django_assert_num_queries: Any) -> None:
    many = [made() for _ in range(5)]
    with django_assert_num_queries(8):
        load_prices(many)
