"""Invoices whose day has passed: their orders are marked, and new unpaid orders of the same customer are held."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ordermgmt.jobs import run_now
from ordermgmt.models import Activity
from ordermgmt.tests.planting import found
from orders.actions.overdue import mark_overdue
from orders.actions.paying import record_payment
from orders.factories import NOW, InvoiceFactory, order
from orders.models import Order
from orders.states import HoldCode, PaymentStatus

pytestmark = pytest.mark.django_db
# Invoices of the factory are due on 7 December.
LAST_DAY, DAY_AFTER = NOW + timedelta(days=14), NOW + timedelta(days=15)


@pytest.fixture
def owing() -> Order:
    made = order(is_paid=False)
    InvoiceFactory(order=made)
    return made


def test_the_day_after_it_was_due(owing: Order) -> None:
    assert mark_overdue(now=LAST_DAY) == 0
    assert found("I52", now=LAST_DAY).holds
    assert not found("I52", now=DAY_AFTER).holds
    assert (mark_overdue(now=DAY_AFTER), mark_overdue(now=DAY_AFTER)) == (1, 0)
    owing.refresh_from_db()
    assert owing.payment_status == PaymentStatus.OVERDUE
    assert found("I52", now=DAY_AFTER).holds
    (line,) = Activity.objects.of(owing.number).filter(verb="payment.overdue")
    assert line.text == "Overdue: €10.00 are not paid"


def test_the_job_does_it(owing: Order) -> None:
    assert run_now("mark_overdue", as_of=DAY_AFTER, by="Test").summary == {"marked": 1}


def test_money_ends_it(owing: Order) -> None:
    mark_overdue(now=DAY_AFTER)
    record_payment(owing.pk, amount=Decimal(10), provider="bank", effect_key="b-1", by="Ana", now=DAY_AFTER)
    owing.refresh_from_db()
    assert owing.payment_status == PaymentStatus.PAID
    assert mark_overdue(now=DAY_AFTER) == 0


def test_who_owes_pays_before_the_next_parcel(owing: Order) -> None:
    mark_overdue(now=DAY_AFTER)
    held = order(customer=owing.customer, is_paid=False, now=DAY_AFTER).holds.get()
    assert (held.code, owing.number in held.reason) == (HoldCode.CUSTOMER, True)
    assert not order(customer=owing.customer, now=DAY_AFTER).holds.exists()
    assert not order(is_paid=False, now=DAY_AFTER).holds.exists()
