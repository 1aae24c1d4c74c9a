"""Starting a subscription: what is checked, and what there is afterwards."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from customers.factories import AddressFactory
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.renewing import renew_due
from orders.actions.subscription_work import NotAllowed
from orders.factories import PlanItemFactory, PlanPriceFactory, PlanVersionFactory, PromotionFactory
from orders.factories.orders import NOW
from orders.models import MrrMovement, SubscriptionEvent, SubscriptionLink
from orders.projecting import project
from orders.tests.subscribed import days, fresh, item, plan, subscribe, the_next

pytestmark = pytest.mark.django_db


def test_all_that_belongs_to_it() -> None:
    s = subscribe()
    first = the_next(s)
    assert first is not None
    assert (first.number, first.leaves_on) == (1, date(2026, 12, 3))
    assert [line.quantity for line in s.lines.all()] == [2]
    assert SubscriptionEvent.objects.get(subscription=s).kind == "started"
    assert MrrMovement.objects.get(subscription=s).kind == "new"
    assert Activity.objects.of(s.number).get().verb == "subscription.started"
    assert SubscriptionLink.objects.filter(subscription=s).count() == 1
    message = OutgoingMessage.objects.get(thread=s.number)
    assert message.kind == "subscription_started"
    assert "€38.60" in message.text
    assert "Thu\u00a03\u00a0Dec" in message.text


def test_days_keep_their_anchor_w1() -> None:
    s = subscribe(starts_on=date(2027, 1, 31))
    assert days(s) == ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]


def test_last_day_is_chosen_and_never_inferred_w6() -> None:
    assert days(subscribe(starts_on=date(2027, 2, 28)))[1] == "2027-03-28"
    assert days(subscribe(starts_on=date(2027, 2, 28), last_day=True))[1] == "2027-03-31"


def test_the_first_day_must_be_reachable() -> None:
    with pytest.raises(NotAllowed, match="too soon"):
        subscribe(starts_on=date(2026, 11, 25))


def test_without_a_day_it_starts_as_soon_as_possible() -> None:
    s = subscribe(starts_on=None)  # type: ignore[arg-type]
    first = the_next(s)
    assert first is not None
    assert first.leaves_on == s.starts_on
    with pytest.raises(NotAllowed):
        subscribe(starts_on=date.fromordinal(s.starts_on.toordinal() - 1))


def test_the_plan_must_be_live_and_priced() -> None:
    with pytest.raises(NotAllowed, match="not offered"):
        subscribe(plan(status="superseded"))
    unpriced = PlanVersionFactory()
    PlanItemFactory(version=unpriced)
    with pytest.raises(NotAllowed, match="no price in EUR"):
        subscribe(unpriced)


def test_the_address_must_be_the_customers_and_complete() -> None:
    one, other = AddressFactory(), AddressFactory()
    with pytest.raises(NotAllowed, match="address of the customer"):
        subscribe(customer_id=one.customer_id, address_id=other.pk)
    bare = AddressFactory(customer=one.customer, postcode="", is_default=False)
    with pytest.raises(NotAllowed):
        subscribe(customer_id=one.customer_id, address_id=bare.pk)


def test_choices_follow_the_rule_of_the_plan() -> None:
    version = PlanVersionFactory(content="group", choices_per_box=2)
    PlanPriceFactory(version=version)
    skus = [item() for _ in range(3)]
    for sku in skus:
        PlanItemFactory(version=version, sku=sku, quantity=1, group="Beans", is_default=sku is skus[0])
    s = subscribe(version, choices=[(skus[1].pk, 1), (skus[2].pk, 1)])
    assert {line.sku_id for line in s.lines.all()} == {skus[1].pk, skus[2].pk}
    with pytest.raises(NotAllowed, match="Choose 2 items"):
        subscribe(version, choices=[(skus[1].pk, 1)])
    with pytest.raises(NotAllowed, match="not one of the items"):
        subscribe(version, choices=[(item().pk, 2)])


def test_only_cadences_that_are_offered() -> None:
    version = plan(allowed_intervals=["2 week"])
    assert days(subscribe(version, every=2, unit="week"), 2) == ["2026-12-03", "2026-12-17"]
    with pytest.raises(NotAllowed, match="so often"):
        subscribe(version, every=3, unit="week")


def test_a_second_one_expands() -> None:
    s = subscribe()
    subscribe(customer_id=s.customer_id, address_id=s.address_id)
    assert [m.kind for m in MrrMovement.objects.order_by("pk")] == ["new", "expansion"]
    assert sum(m.amount for m in MrrMovement.objects.all()) > Decimal(60)


def test_more_boxes_need_a_price_for_each_or_an_agreed_one() -> None:
    version = plan()
    with pytest.raises(NotAllowed, match="one price for one box"):
        subscribe(version, boxes=2)
    assert subscribe(version, boxes=2, agreed_price=Decimal(60)).quantity == 2
    version.prices.update(model="per_unit")
    assert project(fresh(subscribe(version, boxes=2)), now=NOW)[0].amount == Decimal("77.20")


def test_a_code_counts_from_the_first_charge_on() -> None:
    promotion = PromotionFactory(code="HELLO", kind="percent", percent=Decimal(10), cycles=1)
    s = subscribe(plan("50"), code=" hello ")
    assert [u.amount for u in project(fresh(s), now=NOW, count=2)] == [45, 50]
    promotion.refresh_from_db()
    assert (promotion.uses, s.events.filter(kind="promotion").count()) == (1, 1)
    renew_due(now=NOW + timedelta(days=9))
    assert s.invoices.get().gross_total == 45
    assert s.redemptions.get().charges_left == 0
    with pytest.raises(NotAllowed, match="do not know this code"):
        subscribe(plan("50"), code="NONE")
