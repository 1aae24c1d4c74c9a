"""Recording a payment by hand."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.factories import ChannelFactory, InvoiceFactory, order
from orders.models import Order, Payment
from orders.states import InvoiceStatus, PaymentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def unpaid() -> Order:
    return order({SkuFactory(): 3}, channel=ChannelFactory(requires_payment=True), is_paid=False)


def sent(client: Client, made: Order, **facts: str) -> Any:
    given = {"key": str(uuid4()), "amount": "30.00", "way": "bank", "reference": "Line 7"} | facts
    return client.post(f"/orders/{made.number}/payment/", given)


def test_what_is_owed_is_proposed_and_paid_once(finance: Client, unpaid: Order) -> None:
    invoice = InvoiceFactory(order=unpaid, gross_total=Decimal(30))
    page = finance.get(f"/orders/{unpaid.number}/").content.decode()
    assert f'href="/orders/{unpaid.number}/payment/"' in page
    assert 'value="30.00"' in finance.get(f"/orders/{unpaid.number}/payment/").content.decode()
    key = str(uuid4())
    assert [sent(finance, unpaid, key=key).status_code for _n in range(2)] == [302, 302]
    unpaid.refresh_from_db()
    invoice.refresh_from_db()
    assert (unpaid.payment_status, invoice.status) == (PaymentStatus.PAID, InvoiceStatus.PAID)
    assert Payment.objects.get().reference == "Line 7"
    assert not unpaid.holds.open().exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "0"}, "Enter an amount above 0"),
        ({"amount": "1.005"}, "EUR goes down to 0.01"),
        ({"amount": "much"}, "Enter a number"),
        ({"way": "shells"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_right_is_said(finance: Client, unpaid: Order, given: dict[str, str], words: str) -> None:
    answer = sent(finance, unpaid, **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Payment.objects.exists()


def test_only_finance_writes_money_down(client: Client, unpaid: Order) -> None:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert sent(client, unpaid).status_code == 403
    assert "Record payment" not in client.get(f"/orders/{unpaid.number}/").content.decode().split('id="money"')[1]


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "credited", "owed"),
    [
        (100, 100, 0, 0, 0),
        (100, 40, 0, 0, 60),
        (100, 100, 20, 0, 0),
        (100, 100, 20, 20, 0),
        (100, 100, 20, 30, -10),
        (100, 120, 20, 0, 0),
        (100, 120, 30, 10, 0),
        (100, 120, 0, 0, -20),
    ],
)
def test_what_is_paid_back_is_not_owed_again(total, paid, refunded, credited, owed) -> None:
    sums = {"total": total, "paid_total": paid, "refunded_total": refunded, "credited_total": credited}
    assert Order(status="accepted", **{name: Decimal(amount) for name, amount in sums.items()}).balance == owed
