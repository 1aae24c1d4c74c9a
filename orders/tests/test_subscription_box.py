"""What is in the box, where it goes, who pays and which plan it is."""

from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from customers.factories import AddressFactory, CustomerFactory
from orders.actions.changing_plan import ChangePlan
from orders.actions.contents import AddExtra, SetBoxes, SetUnits, Swap
from orders.actions.deliveries import AddOnce
from orders.actions.links import CUSTOMER
from orders.actions.particulars import ChangeAddress, ChangeMethod, Transfer
from orders.actions.renewing import renew_due
from orders.actions.subscription_changes import (
    preview_change,
)
from orders.actions.subscription_work import NotAllowed
from orders.factories import DunningFactory, PaymentMethodFactory, PlanItemFactory
from orders.factories.orders import NOW
from orders.models import Invoice, MrrMovement, PlanPrice, Subscription
from orders.projecting import project
from orders.standing import unpaid_case
from orders.tests.subscribed import RUN_AT, do, fresh, item, plan, subscribe
from orders.tests.subscriber_steps import proven, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return subscribe()


def test_swap_shows_the_difference(s: Subscription) -> None:
    dear = item("13.50")
    PlanItemFactory(version=s.version, sku=dear, is_default=False)
    plan_shown = preview_change(s.pk, Swap(1, dear.pk), by=CUSTOMER, now=NOW)
    assert plan_shown.touched[0].before is not None
    assert plan_shown.touched[0].after is not None
    assert plan_shown.touched[0].after.amount - plan_shown.touched[0].before.amount == 7  # two units
    do(s, Swap(1, dear.pk), by=CUSTOMER)
    with pytest.raises(NotAllowed, match="not one of the items"):
        do(s, Swap(1, item("1").pk), by=CUSTOMER)


def test_more_boxes_and_extras(s: Subscription) -> None:
    with pytest.raises(NotAllowed, match="one price for one box"):
        do(s, SetBoxes(2))
    PlanPrice.objects.update(model="per_unit")
    do(s, AddExtra(item("8").pk, 2))
    assert project(fresh(s), now=NOW)[0].amount == Decimal("54.60")
    do(s, SetUnits(2, 0))
    do(s, SetBoxes(3))
    assert fresh(s).quantity == 3
    following = project(fresh(s), now=NOW)[0]
    assert following.priced is not None
    assert (following.priced.parts[0].quantity, following.amount) == (6, 3 * Decimal("38.60"))
    with pytest.raises(NotAllowed, match="one price for one box"):
        do(s, ChangePlan(plan("50").plan_id))


def test_something_once(s: Subscription) -> None:
    do(s, AddOnce(item("5").pk, 2, number=2))
    amounts = [u.amount for u in project(fresh(s), now=NOW, count=3)]
    assert amounts[1] - amounts[0] == 10
    assert amounts[2] == amounts[0]


def test_another_address_for_one_or_for_all(s: Subscription) -> None:
    other = AddressFactory(customer=s.customer, is_default=False, city="Malmö")
    do(s, ChangeAddress(other.pk, number=2))
    assert s.deliveries.get(number=2).address_id == other.pk
    do(s, ChangeAddress(other.pk))
    assert fresh(s).address_id == other.pk
    with pytest.raises(NotAllowed, match="address of the customer"):
        do(s, ChangeAddress(AddressFactory().pk))


def test_another_way_to_pay(s: Subscription) -> None:
    method = PaymentMethodFactory(customer=s.customer)
    do(s, ChangeMethod(method.pk))
    assert fresh(s).method_id == method.pk
    do(s, ChangeMethod(None, 30))
    assert (fresh(s).collection, fresh(s).payment_days) == ("invoice", 30)
    with pytest.raises(NotAllowed):
        do(s, ChangeMethod(PaymentMethodFactory(customer=CustomerFactory()).pk))


def test_transfer_takes_address_and_money_of_the_other(s: Subscription) -> None:
    other = AddressFactory()
    do(s, Transfer(other.customer_id, other.pk))
    assert (fresh(s).customer_id, fresh(s).address_id) == (other.customer_id, other.pk)


def test_after_a_transfer_each_sees_only_their_own(s: Subscription) -> None:
    """The first customer's link ends, and the other one finds neither their papers, orders nor debts."""
    renew_due(now=RUN_AT)
    first, invoice = fresh(s).links.get(), Invoice.objects.get()
    DunningFactory(invoice=invoice)
    other = AddressFactory()
    do(s, Transfer(other.customer_id, other.pk), now=RUN_AT)
    with time_machine.travel(RUN_AT, tick=False):
        assert Client().get(f"/s/{first.token}/").status_code == 410
        client = proven(fresh(s))
        assert client.get(url(s, f"papers/invoice/{invoice.number}/")).status_code == 404
        assert invoice.number not in client.get(url(s, "papers/")).content.decode()
        assert client.post(url(s, f"orders/{invoice.order}/")).status_code == 404
        assert client.post(url(s, "pay/"))["Location"] == url(s)
    assert unpaid_case(fresh(s)) is None


def test_another_plan_from_the_next_delivery_on(s: Subscription) -> None:
    dearer = plan("50")
    do(s, ChangePlan(dearer.plan_id))
    assert [u.amount for u in project(fresh(s), now=NOW, count=2)] == [50, 50]
    assert MrrMovement.objects.order_by("-pk")[0].kind == "expansion"


def test_another_plan_after_what_is_paid() -> None:
    s = subscribe(plan(bill_every=3))
    s.deliveries_owed = 2
    s.save()
    do(s, ChangePlan(plan("50").plan_id))
    assert [u.amount for u in project(fresh(s), now=NOW, count=3)] == [0, 0, 50]
