from decimal import Decimal

import pytest

from inventory.factories import SkuFactory
from ordermgmt.models import Activity
from orders.actions.paying import PaymentRefused, record_payment
from orders.factories import NOW, ChannelFactory, InvoiceFactory, order
from orders.models import Order, Payment
from orders.states import HoldCode, InvoiceStatus, PaymentKind, PaymentState, PaymentStatus

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


def test_the_outcome_of_a_payment_that_was_open(unpaid: Order) -> None:
    pay(unpaid, "30.00", key="evt-1", state=PaymentState.PENDING)
    assert unpaid.holds.open().exists()
    pay(unpaid, "30.00", key="evt-1")
    pay(unpaid, "30.00", key="evt-1", state=PaymentState.FAILED)
    assert Payment.objects.get().state == PaymentState.SUCCEEDED
    unpaid.refresh_from_db()
    assert unpaid.payment_status == PaymentStatus.PAID
    assert not unpaid.holds.open().exists()


def test_a_capture_uses_up_its_authorisation(unpaid: Order) -> None:
    pay(unpaid, "15.00", key="set-aside", kind=PaymentKind.AUTHORISATION)
    pay(unpaid, "15.00", key="taken")
    assert unpaid.holds.open().exists()


@pytest.mark.parametrize(("amount", "kind"), [("0.004", "capture"), ("-5", "capture"), ("10.01", "refund")])
def test_money_that_cannot_be(unpaid: Order, amount: str, kind: str) -> None:
    pay(unpaid, "10.00")
    with pytest.raises(PaymentRefused):
        pay(unpaid, amount, key="odd", kind=kind)
    assert Payment.objects.count() == 1


def test_the_key_of_another_orders_payment(unpaid: Order) -> None:
    pay(unpaid, "10.00", key="evt-1")
    with pytest.raises(PaymentRefused):
        pay(order(is_paid=False), "10.00", key="evt-1")


def test_money_settles_the_invoice(unpaid: Order) -> None:
    invoice = InvoiceFactory(order=unpaid, gross_total=Decimal(30))
    pay(unpaid, "10.00")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == (InvoiceStatus.OPEN, 10)
    pay(unpaid, "20.00")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == (InvoiceStatus.PAID, 30)
