"""What support does for a caller: credit within limits, links, a new address, and looking without touching."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from customers.factories import CustomerFactory
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity, OutgoingMessage, User
from ordermgmt.roles import Role
from orders import viewing
from orders.actions.accounts import balance_of
from orders.actions.goodwill import LIMITS, CreditRefused, give_credit
from orders.factories import InvoiceFactory, OrderFactory
from orders.models import AccountEntry, PayLink
from orders.tests.order_desk import broken
from orders.tests.subscribed import days, fresh, subscribe

pytestmark = pytest.mark.django_db
MOVED = {"name": "Maria", "line1": "Nya gatan 5", "postcode": "222 21", "city": "Lund", "country": "SE"}


@pytest.fixture
def ana() -> User:
    return UserFactory(role=Role.SUPPORT, name="Ana Berg")


@pytest.fixture
def support(client: Client, ana: User) -> Client:
    client.force_login(ana, backend="ordermgmt.access.RoleBackend")
    return client


def test_credit_within_the_limit_is_given_once(support: Client) -> None:
    customer = CustomerFactory()
    url = f"/customers/{customer.number}/give-credit/"
    assert "up to €50.00" in support.get(url).content.decode()
    for _twice in range(2):
        support.post(url, {"amount": "5", "reason": "The cup was broken", "key": "one"})
    assert balance_of(customer, "EUR") == 5
    assert "up to €45.00" in support.get(url).content.decode()
    assert support.post(url, {"amount": "45.01", "reason": "More", "key": "two"}).status_code == 422
    assert AccountEntry.objects.count() == 1
    assert broken() == []


def test_the_limit_is_that_of_the_role_and_of_a_month(ana: User) -> None:
    customer, now = CustomerFactory(), timezone.now()
    given = {"currency": "EUR", "reason": "Late", "by": ana}
    give_credit(customer.pk, amount=LIMITS[Role.SUPPORT], key="1", now=now - timedelta(days=31), **given)
    give_credit(customer.pk, amount=LIMITS[Role.SUPPORT], key="2", now=now, **given)
    with pytest.raises(CreditRefused):
        give_credit(customer.pk, amount=Decimal("0.01"), key="3", now=now, **given)
    boss = UserFactory(role=Role.MANAGER)
    give_credit(customer.pk, amount=Decimal(100), key="4", now=now, **{**given, "by": boss})
    with pytest.raises(CreditRefused):
        give_credit(customer.pk, amount=Decimal(-1), key="5", now=now, **{**given, "by": boss})


def test_links_to_pay_and_to_the_page_are_mailed(support: Client) -> None:
    s = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    invoice = InvoiceFactory(customer=s.customer)
    home = s.customer.get_absolute_url()
    support.post(f"{home}pay-link/{invoice.number}/")
    support.post(f"{home}login-link/")
    assert set(OutgoingMessage.objects.filter(recipient=s.customer.email).values_list("kind", flat=True)) >= {
        "pay_link", "subscription_link",
    }  # fmt: skip
    assert PayLink.objects.get(invoice=invoice).customer == s.customer
    other = CustomerFactory()
    assert support.post(f"/customers/{other.number}/pay-link/{invoice.number}/").status_code == 404
    assert support.post(f"/customers/{other.number}/login-link/").status_code == 404


def test_who_moves_says_what_goes_to_the_new_address(support: Client) -> None:
    s = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    going, staying = OrderFactory(customer=s.customer), OrderFactory(customer=s.customer)
    url = f"/customers/{s.customer.number}/move/"
    shown = support.get(url).content.decode()
    assert s.number in shown
    assert going.number in shown
    wrong = {**MOVED, "postcode": "1", "subscriptions": [s.number]}
    assert support.post(url, wrong).status_code == 422
    assert fresh(s).address.city == "Stockholm"
    support.post(url, {**MOVED, "subscriptions": [s.number], "orders": [going.number], "tell": "on"})
    assert fresh(s).address.city == "Lund"
    assert [o.addresses.get(kind="shipping").city for o in (going, staying)] == ["Lund", "Stockholm"]
    assert s.customer.addresses.get(replaced_at=None).city == "Lund"
    assert broken() == []


@pytest.mark.parametrize("kind", ["SUB", "SO"])
def test_staff_look_at_the_customers_page_and_can_change_nothing(support: Client, ana: User, kind: str) -> None:
    s = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    what = s if kind == "SUB" else OrderFactory(customer=s.customer)
    before = days(s, now=timezone.now())
    answer = support.post(f"/customers/{s.customer.number}/as-customer/{what.number}/")
    seen = support.get(answer["Location"])
    assert seen.status_code == 200
    assert "You look at this as staff." in seen.content.decode()
    deed = "do/skip/" if kind == "SUB" else "cancel/"
    assert support.post(answer["Location"] + deed, {"number": 1}).status_code == 403
    assert days(s, now=timezone.now()) == before
    what.refresh_from_db()
    assert what.status != "cancelled"
    line = Activity.objects.get(verb="customer.viewed_as")
    assert (line.subject, line.actor) == (s.customer.number, "Ana Berg")
    assert Client().get(answer["Location"]).status_code == 404
    other = Client()
    other.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert other.get(answer["Location"]).status_code == 404


def test_looking_ends_and_is_not_mistaken_for_another_kind(support: Client, ana: User, rf: object) -> None:
    order = OrderFactory()
    token = viewing.token_for(order, ana)
    assert support.get(f"/s/{token}/").status_code == 404
    assert support.get(f"/o/{token}x/").status_code == 404
    assert support.post(f"/o/{token}/new-link/").status_code == 404


def test_others_may_not(client: Client) -> None:
    customer = CustomerFactory()
    client.force_login(UserFactory(role=Role.LEAD), backend="ordermgmt.access.RoleBackend")
    for page in ("give-credit", "move", "login-link", "as-customer/SO-1"):
        assert client.post(f"/customers/{customer.number}/{page}/").status_code == 403
