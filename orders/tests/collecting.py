"""Invoices to collect in tests, and running the jobs that do it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.jobs import run_now
from orders.actions.charge_planning import plan_charge
from orders.factories import InvoiceFactory, PaymentMethodFactory, SubscriptionFactory, order
from orders.models import Charge, Invoice, Order, PaymentMethod
from orders.tests.stripe_server import StripeServer, signed


def card(customer: Any, says: str = "pm_card_visa", **facts: Any) -> PaymentMethod:
    """The customer's default; its token `says` what the bank answers."""
    facts = {"provider_customer": f"cus_{customer.pk}", "is_default": True} | facts
    return PaymentMethodFactory(customer=customer, reference=says.replace("card", f"card{customer.pk}", 1), **facts)


def unpaid(
    *, with_order: bool = False, says: str = "pm_card_visa", amount: str = "10.00", subscription: Any = None
) -> Invoice:
    """An invoice of a subscription, its customer with a card (says nothing: without)."""
    subscription = subscription or SubscriptionFactory()
    customer = subscription.customer
    if says:
        subscription.method = card(customer, says)
        subscription.save()
    made = _order(customer) if with_order else None
    gross = made.total if made else Decimal(amount)
    return InvoiceFactory(
        order=made, customer=customer, subscription=subscription, gross_total=gross, net_total=gross, tax_total=0,
        cause=f"cycle:{subscription.number}:1", buyer={"name": "Maria", "email": "maria@example.com"},
    )  # fmt: skip


def _order(customer: Any) -> Order:
    sku, house = SkuFactory(), WarehouseFactory()
    stock(sku, house, 5)
    return order({sku: 1}, customer=customer, is_paid=False)


def planned(invoice: Invoice, *, now: datetime | None = None) -> Charge:
    now = now or timezone.now()
    charge = plan_charge(invoice, due_at=now, by="Test", now=now)
    assert charge is not None
    return charge


def run(name: str, now: datetime | None = None) -> dict[str, Any]:
    """A job, here; what it sums up. A job that fails fails the test."""
    done = run_now(name, as_of=now or timezone.now())
    assert done.state == "done", done.error
    return done.summary or {}


def deliver(client: Any, server: StripeServer, *events: dict[str, Any]) -> list[int]:
    """Webhooks as Stripe sends them (all that there are when none is named); the answers."""
    answers = []
    for event in events or list(server.state.events):
        body, header = signed(event)
        answer = client.post(
            "/hooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": header}
        )
        answers.append(answer.status_code)
    return answers
