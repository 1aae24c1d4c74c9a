"""Subscriptions made by the verb, for tests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from customers.factories import AddressFactory
from inventory.factories import SkuFactory
from inventory.models import Sku, SkuPrice
from orders.actions.subscribing import NewSubscription, start_subscription
from orders.actions.subscription_changes import Change, change_subscription
from orders.actions.taking_money import lock_invoice, take_money
from orders.billing_states import DeliveryStatus
from orders.factories import PlanItemFactory, PlanPriceFactory, PlanVersionFactory
from orders.factories.orders import NOW
from orders.models import Delivery, Invoice, PlanVersion, Subscription, SubscriptionEvent
from orders.projecting import project

START = date(2026, 12, 3)
RUN_AT = datetime(2026, 12, 1, 9, tzinfo=NOW.tzinfo)
LATE = datetime(2026, 12, 1, 12, tzinfo=NOW.tzinfo)  # closed since 30 Nov 23:59


def item(price: str | None = "10") -> Sku:
    sku: Sku = SkuFactory()
    if price is not None:
        SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": Decimal(price)})
    return sku


def plan(price: str = "38.60", **terms: Any) -> PlanVersion:
    version: PlanVersion = PlanVersionFactory(**terms)
    PlanPriceFactory(version=version, amount=Decimal(price))
    PlanItemFactory(version=version, sku=item(), quantity=2)
    return version


def subscribe(
    version: PlanVersion | None = None, *, starts_on: date = START, now: datetime = NOW, **wanted: Any
) -> Subscription:
    """Everything as the verb makes it; for a customer in Sweden."""
    version = version or plan()
    if "customer_id" not in wanted:
        address = AddressFactory()
        wanted |= {"customer_id": address.customer_id, "address_id": address.pk}
    new = NewSubscription(plan_id=version.plan_id, currency="EUR", starts_on=starts_on, **wanted)
    return start_subscription(new, by="Ana", now=now)


def fresh(s: Subscription) -> Subscription:
    related = ("version__plan", "next_version__plan", "customer", "address")
    return Subscription.objects.select_related(*related).get(pk=s.pk)


def days(s: Subscription, count: int = 4, now: datetime = NOW) -> list[str]:
    """The days of the coming deliveries, those left out in brackets."""
    return [
        f"{u.leaves_on}" if u.status == DeliveryStatus.SCHEDULED else f"({u.leaves_on})"
        for u in project(fresh(s), now=now, count=count)
    ]


def the_next(s: Subscription) -> Delivery | None:
    return Delivery.objects.filter(subscription=s, is_next=True).first()


def pay_invoice(invoice: Invoice) -> None:
    with transaction.atomic():
        take_money(
            lock_invoice(invoice.pk), amount=invoice.balance, provider="bank", effect_key=f"bank:{invoice}", by="Test",
            now=RUN_AT,
        )  # fmt: skip


def do(s: Subscription, change: Change, *, now: datetime = NOW, by: str = "Ana", **more: Any) -> SubscriptionEvent:
    return change_subscription(s.pk, change, by=by, now=now, **more)
