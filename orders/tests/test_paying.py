from decimal import Decimal

import pytest

from ordermgmt.models import Activity
from orders.actions.paying import record_payment
from orders.factories import NOW, ChannelFactory, SkuFactory, order
from orders.models import Order, Payment
from orders.states import HoldCode, PaymentState, PaymentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def unpaid() -> Order:
    made = order({SkuFactory(): 3}, channel=ChannelFactory(requires_payment=True), is_paid=False)
    assert made.holds.get().code == HoldCode.PAYMENT
    return made


def pay(made: Order, amount: str, **facts: str) -> Payment:
    key = facts.pop("key", f"pay-{amount}")
    return record_payment(made.pk, amount=Decimal(amount), provider="card", effect_key=key, by="Web", now=NOW, **facts)


def test_the_whole_sum_lifts_the_hold(unpaid: Order) -> None:
    pay(unpaid, "30.00")
    unpaid.refresh_from_db()
    assert (unpaid.payment_status, unpaid.paid_total) == (PaymentStatus.PAID, Decimal(30))
    assert not unpaid.holds.open().exists()
    verbs = list(Activity.objects.of(unpaid.number).values_list("verb", flat=True))
    assert verbs == ["hold.released", "payment.recorded", "order.placed"]


def test_a_part_does_not(unpaid: Order) -> None:
    pay(unpaid, "29.99")
    unpaid.refresh_from_db()
    assert unpaid.payment_status == PaymentStatus.PART_PAID
    assert unpaid.holds.open().exists()


def test_one_effect_is_one_payment(unpaid: Order) -> None:
    assert pay(unpaid, "10.00", key="evt-1") == pay(unpaid, "10.00", key="evt-1")
    assert Payment.objects.count() == 1


def test_a_failed_one_is_kept_and_counts_for_nothing(unpaid: Order) -> None:
    pay(unpaid, "30.00", state=PaymentState.FAILED, reason="Not enough money")
    unpaid.refresh_from_db()
    assert (unpaid.payment_status, unpaid.paid_total) == (PaymentStatus.UNPAID, 0)
    assert unpaid.holds.open().exists()
