"""What is a customer worth: worked out for everybody, in a table whose numbers open their customers."""

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from html import unescape
from itertools import count

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client

from customers.factories import CustomerFactory
from customers.models import Customer
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import BEGINNING, recount
from ordermgmt.roles import Role
from orders.actions import valuing
from orders.actions.valuing import work_values
from orders.factories import ChannelFactory
from orders.factories.billing import RevenueEntryFactory
from orders.factories.orders import NOW, InvoiceFactory, InvoiceLineFactory
from orders.factories.subscriptions import SubscriptionFactory
from orders.models import Channel, CustomerValue, Order, ValueFit
from orders.states import OrderStatus

pytestmark = pytest.mark.django_db
NUMBERS = count(900_000)


def buys(weeks_ago: Sequence[int], amount: str = "20.00") -> Customer:
    """Orders so many weeks ago, and one invoice over all of them."""
    customer, channel = CustomerFactory(), Channel.objects.first() or ChannelFactory()
    moments = [NOW - timedelta(weeks=weeks) for weeks in weeks_ago]
    facts = {"customer": customer, "channel": channel, "currency": "EUR", "status": OrderStatus.CLOSED}
    orders = [
        Order(number=f"SO-{next(NUMBERS)}", placed_at=at, accepted_at=at, closed_at=at, **facts) for at in moments
    ]
    Order.objects.bulk_create(orders)
    invoice = InvoiceFactory(order=orders[0], customer=customer)
    line, day = InvoiceLineFactory(invoice=invoice), moments[0].date()
    RevenueEntryFactory(invoice=invoice, invoice_line=line, amount=Decimal(amount), currency="EUR", booked_on=day)
    return customer


# Purchases of the customers beside the first: most bought once, a few often.
OFTEN = (1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 7, 7, 11)


def test_values_of_a_few_and_of_enough(client: Client) -> None:
    one = buys((30,))
    plan = SubscriptionFactory(customer=one).version.plan.number
    work_values(now=NOW)
    row = CustomerValue.objects.get()
    assert (row.purchases, row.to_date, row.expected) == (1, Decimal("20.00"), None)
    assert (row.quarter, row.plan) == ("2026-Q2", plan)
    for n, repeats in enumerate(OFTEN):
        buys(range(40 - n, 40 - n - 3 * (repeats + 1), -3), f"{(15 + 3 * n) * (repeats + 1)}.00")
        buys((44 - 3 * n,))
    work_values(now=NOW)
    assert CustomerValue.objects.count() == 27
    fit = ValueFit.objects.get(currency="EUR")
    assert (fit.customers, fit.repeaters, sorted(fit.buying), sorted(fit.spending)) == (
        27, 13, ["a", "alpha", "b", "r"], ["p", "q", "v"]
    )  # fmt: skip
    regular, single = CustomerValue.objects.order_by("purchases").last(), CustomerValue.objects.get(customer=one)
    assert regular
    assert regular.expected
    assert single.expected is not None
    assert regular.expected > single.expected >= 0
    before = list(CustomerValue.objects.order_by("pk").values())
    work_values(now=NOW)
    assert list(CustomerValue.objects.order_by("pk").values()) == before
    total = CustomerValue.objects.aggregate(n=Sum("to_date"))["n"]
    assert total == recount(find("customer_value"), Period(BEGINNING, NOW.date())).numerator
    _table_opens_its_customers(client)


def _table_opens_its_customers(client: Client) -> None:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    page = client.get("/reports/value/").content.decode()
    assert "BG/NBD" in page
    assert "alpha =" in page
    drills = re.findall(r'<a href="([^"]+)" data-drill data-rows="(\d+)"', page)
    assert sum(int(n) for _url, n in drills) == 27
    for url, n in drills:
        assert f'data-total="{n}"' in client.get(unescape(url)).content.decode()


def test_an_empty_shop_is_said_to_be_empty(client: Client) -> None:
    work_values(now=NOW)
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    assert "Not worked out yet" in client.get("/reports/value/?currency=XXX").content.decode()


def test_nothing_is_locked_while_it_fits(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """SQLite has one lock for all that write."""
    for weeks in OFTEN:
        buys(range(weeks + 1))
    seen = []
    fit = valuing.fit_buying
    monkeypatch.setattr(valuing, "fit_buying", lambda rows: seen.append(connection.in_atomic_block) or fit(rows))
    work_values(now=NOW)
    assert seen == [False]
    assert CustomerValue.objects.count() == len(OFTEN)
