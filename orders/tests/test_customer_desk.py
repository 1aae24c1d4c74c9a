"""P11: what the page of a customer says of orders, plans and money, and what is done straight from it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from customers.actions.customers import block_customer
from customers.factories import CustomerFactory, FollowUpFactory
from customers.models import Customer, FollowUp
from ordermgmt.factories import UserFactory
from ordermgmt.mail import queue_message
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders.factories import (
    AccountEntryFactory,
    DunningFactory,
    HoldFactory,
    InvoiceFactory,
    OrderFactory,
    PaymentFactory,
)
from orders.models import Order
from orders.states import PaymentKind
from orders.tests.subscribed import days, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT, name="Ana Berg"), backend="ordermgmt.access.RoleBackend")
    return client


def page(client: Client, customer: Customer, query: str = "") -> str:
    answer = client.get(f"/customers/{customer.number}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def placed(customer: Customer, number: str = "") -> Order:
    order: Order = OrderFactory(customer=customer, is_paid=False)
    if number:
        Order.objects.filter(pk=order.pk).update(number=number)
        order.number = number
    return order


def busy(customer: Customer, n: int) -> None:
    """So many of everything that the page shows."""
    for _each in range(n):
        order = placed(customer)
        HoldFactory(order=order)
        invoice = InvoiceFactory(customer=customer, order=order)
        DunningFactory(invoice=invoice)
        PaymentFactory(order=order)
        AccountEntryFactory(customer=customer)
        FollowUpFactory(customer=customer)
        subscribe(customer_id=customer.pk, address_id=customer.current_address.pk, now=timezone.now(),
                  starts_on=timezone.localdate() + timedelta(days=20))  # fmt: skip


COSTS: list[int] = [55, 54, 54, 51, 51, 51, 52, 51, 51]
TABS = (
    "",
    "?tab=orders",
    "?tab=money",
    "?tab=money&show=paid",
    "?tab=deliveries",
    "?tab=messages",
    "?tab=changes",
    "?tab=tickets",
    "?tab=feedback",
)


@pytest.mark.parametrize("count", [1, 3])
def test_every_tab_costs_the_same(
    support: Client, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    customer = CustomerFactory()
    busy(customer, count)
    page(support, customer)
    spent = []
    for tab in TABS:
        with django_assert_max_num_queries(75) as queries:
            page(support, customer, tab)
        spent.append(len(queries))
    assert spent == COSTS


def test_problems_come_first_and_say_why(support: Client) -> None:
    customer = CustomerFactory()
    placed(customer, number="SO-1")
    HoldFactory(order=placed(customer, number="SO-2"), code="address", reason="The street is missing.")
    DunningFactory(invoice=InvoiceFactory(customer=customer, number="INV-3"), reason="insufficient_funds")
    shown = page(support, customer)
    assert shown.index(">INV-3<") < shown.index(">SO-2<") < shown.index(">SO-1<")
    assert "The street is missing." in shown
    assert "not enough money" in shown
    assert "Say:" in shown


def test_each_sum_is_exactly_that_of_its_rows(support: Client) -> None:
    customer, other = CustomerFactory(), CustomerFactory()
    order = placed(customer)
    PaymentFactory(order=order, amount=Decimal("40"))
    PaymentFactory(order=order, amount=Decimal("9.50"), kind=PaymentKind.REFUND)
    PaymentFactory(order=order, amount=Decimal("11"), provider="account")
    InvoiceFactory(customer=customer, gross_total=Decimal("25"), paid=Decimal("5"), credited=Decimal("2"))
    InvoiceFactory(customer=customer, gross_total=Decimal("10"), status="paid", paid=Decimal("10"))
    AccountEntryFactory(customer=customer, amount=Decimal("7"))
    AccountEntryFactory(customer=customer, amount=Decimal("-2"))
    PaymentFactory(order=placed(other), amount=Decimal("99"))
    shown = page(support, customer)
    for name, amount, rows in (("paid", "€30.50", 2), ("owes", "€18.00", 1), ("credit", "€5.00", 2)):
        assert f'show={name}" data-drill>{amount}<' in shown
        behind = page(support, customer, f"?tab=money&show={name}")
        assert f'data-total="{rows}"' in behind
        assert f"<strong>{amount}</strong>" in behind


def test_skipping_from_here_comes_back_here_and_is_undone_here(support: Client) -> None:
    s = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    before, home = days(s, now=timezone.now()), s.customer.get_absolute_url()
    shown = page(support, s.customer)
    assert 'data-key="k"' in shown
    answer = support.post(f"/subscriptions/{s.number}/skip/", {"number": 1, "back": home}, follow=True)
    assert answer.redirect_chain == [(home, 302)]
    assert days(s, now=timezone.now())[0] == f"({before[0]})"
    (message,) = answer.context["messages"]
    answer = support.post(message.extra_tags, follow=True)
    assert answer.redirect_chain[-1][0] == home
    assert days(s, now=timezone.now()) == before


def test_nobody_is_sent_elsewhere_after_a_skip(support: Client) -> None:
    s = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    answer = support.post(f"/subscriptions/{s.number}/skip/", {"number": 1, "back": "https://elsewhere.example/"})
    assert answer["Location"] == s.get_absolute_url()


def test_the_caller_is_checked_and_a_follow_up_promised_done_and_undone(support: Client) -> None:
    customer = CustomerFactory()
    assert "postcode 114 55" in page(support, customer)
    support.post(f"/customers/{customer.number}/actions/checked/", {"tab": "money"})
    assert "by Ana Berg" in page(support, customer)
    me = Activity.objects.get(subject=customer.number).actor_id
    wanted = {"follow_up-text": "Call", "follow_up-person": me, "follow_up-due_on": timezone.localdate().isoformat()}
    support.post(f"/customers/{customer.number}/follow-ups/", wanted)
    row = FollowUp.objects.get()
    support.post(f"/customers/{customer.number}/follow-ups/{row.pk}/done/")
    assert not FollowUp.objects.open().exists()
    support.post(f"/customers/{customer.number}/follow-ups/{row.pk}/open/")
    assert FollowUp.objects.open().of(row.person).exists()
    late = wanted | {"follow_up-due_on": "2020-01-01"}
    assert support.post(f"/customers/{customer.number}/follow-ups/", late).status_code == 422


def test_messages_are_those_of_this_customer(support: Client) -> None:
    order, other = placed(CustomerFactory(email="one@x.example")), placed(CustomerFactory(email="one@x.example"))
    for one in (order, other):
        queue_message("thank_you", about=one.number, thread=one.number, to=one.email,
                      context={"recipient": "M", "order_number": one.number}, now=timezone.now())  # fmt: skip
    shown = page(support, order.customer, "?tab=messages")
    assert order.number in shown
    assert other.number not in shown


@pytest.mark.parametrize(("status", "words"), [("erased", "was erased"), ("merged", "was merged into C-1")])
def test_who_is_gone_is_shown_without_deeds(support: Client, status: str, words: str) -> None:
    into = CustomerFactory(number="C-1") if status == "merged" else None
    shown = page(support, CustomerFactory(status=status, merged_into=into))
    assert words in shown
    assert 'data-key="n"' not in shown
    assert "Block customer" not in shown


def test_a_blocked_one_shows_why(support: Client) -> None:
    customer = CustomerFactory()
    block_customer(customer=customer, reason="Stolen card", by="Ana", now=timezone.now())
    assert "Stolen card" in page(support, customer)
