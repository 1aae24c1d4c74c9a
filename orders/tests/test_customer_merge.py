"""Two records of one person become one: everything follows."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from customers.actions.customers import CustomerRefused, block_customer
from customers.factories import ChannelIdentityFactory, ConsentFactory, CustomerFactory
from customers.models import Consent, Customer
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.customers import merge_customers
from orders.factories import InvoiceFactory
from orders.factories.billing import (
    AccountEntryFactory,
    PayLinkFactory,
    PaymentMethodFactory,
    ReceiptFactory,
    RedemptionFactory,
)
from orders.factories.subscriptions import MrrMovementFactory, SubscriptionFactory
from orders.models import Channel, Order

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def order(customer: object, number: str) -> Order:
    channel, _ = Channel.objects.get_or_create(code="shop-x", defaults={"name": "Shop", "currency": "EUR"})
    return Order.objects.create(number=number, channel=channel, customer=customer, currency="EUR", placed_at=NOW)


def test_orders_addresses_identities_and_consents_follow() -> None:
    kept, gone = CustomerFactory(phone="", phone_digits=""), CustomerFactory(address__city="Lund")
    mine, theirs = order(kept, "SO-1"), order(gone, "SO-2")
    identity, consent = ChannelIdentityFactory(customer=gone), ConsentFactory(customer=gone)
    merge_customers(kept=kept, gone=gone, choices={"phone": "gone"}, by="Ana", now=NOW)
    for row in (mine, theirs, identity, consent):
        row.refresh_from_db()
        assert row.customer_id == kept.pk
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.phone_digits, gone.status, gone.merged_into_id) == ("46701740605", "merged", kept.pk)
    assert kept.addresses.filter(is_default=True, replaced_at=None).count() == 1
    assert kept.addresses.filter(city="Lund").exists()


def test_whatever_points_at_a_customer_follows() -> None:
    """Also tables that come later: a record that is merged has nothing left."""
    gone = CustomerFactory()
    subscription = SubscriptionFactory(customer=gone)
    InvoiceFactory(customer=gone, subscription=subscription)
    facts = {"customer": gone}
    for make in (ReceiptFactory, PaymentMethodFactory, AccountEntryFactory, PayLinkFactory):
        make(**facts)
    RedemptionFactory(subscription=subscription)
    MrrMovementFactory(subscription=subscription)
    merge_customers(kept=CustomerFactory(), gone=gone, choices={}, by="Ana", now=NOW)
    links = [link for link in Customer._meta.related_objects if link.related_model not in (Customer, Consent)]
    left = {
        link.name for link in links if link.related_model._default_manager.filter(**{link.field.name: gone}).exists()
    }
    assert left == set()


def test_one_default_method_is_left() -> None:
    kept, gone = CustomerFactory(), CustomerFactory()
    for customer in (kept, gone):
        PaymentMethodFactory(customer=customer, is_default=True)
    merge_customers(kept=kept, gone=gone, choices={}, by="Ana", now=NOW)
    assert [method.is_default for method in kept.payment_methods.order_by("pk")] == [True, False]


def test_a_block_is_not_lost() -> None:
    kept, gone = CustomerFactory(), CustomerFactory()
    block_customer(customer=gone, reason="Never paid", by="Ana", now=NOW)
    merge_customers(kept=kept, gone=gone, choices={}, by="Ana", now=NOW)
    kept.refresh_from_db()
    assert (kept.status, kept.blocked_reason) == ("blocked", "Never paid")


def test_a_record_is_merged_once() -> None:
    kept, gone = CustomerFactory(), CustomerFactory()
    merge_customers(kept=kept, gone=gone, choices={}, by="Ana", now=NOW)
    with pytest.raises(CustomerRefused, match="was merged into"):
        merge_customers(kept=CustomerFactory(), gone=gone, choices={}, by="Ana", now=NOW)
    with pytest.raises(CustomerRefused, match="two different"):
        merge_customers(kept=kept, gone=kept, choices={}, by="Ana", now=NOW)


def test_the_review_page_and_the_merge() -> None:
    client = Client()
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    kept, gone = CustomerFactory(name="Maria"), CustomerFactory(name="M. Lindqvist", phone_digits="46701740605")
    order(gone, "SO-2")
    url = f"/customers/{kept.number}/merge/"
    assert gone.number in client.get(url).content.decode()
    assert client.get(f"{url}?with=C-0").status_code == 404
    page = client.get(f"{url}?with={gone.number}").content.decode()
    assert "1 order moves over" in page
    assert client.post(f"{url}?with={gone.number}", {"name": "gone"}).status_code == 302
    kept.refresh_from_db()
    assert kept.name == "M. Lindqvist"
    assert "merged into" in client.get(f"/customers/{gone.number}/").content.decode()
    assert client.post(f"{url}?with={gone.number}", {}).status_code == 409
