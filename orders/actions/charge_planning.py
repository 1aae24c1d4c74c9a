"""Attempts to collect an invoice: planned, made way for another, counted. Steps for runs, dunning and pages."""

from datetime import datetime

from django.db.models import Max

from ordermgmt.models import User
from orders.billing_states import LIVE_CHARGES, ChargeStatus, MethodStatus
from orders.models import Charge, Invoice, PaymentMethod
from orders.payments.manual import Manual
from orders.payments.registry import online_provider


def plan_charge(invoice: Invoice, *, due_at: datetime, by: User | str, now: datetime, **facts: object) -> Charge | None:
    """Inside the caller's transaction (`lock_invoice`): one more attempt; None when one is live or nothing is owed.

    Its key follows from the invoice and the number of the attempt, so that the same attempt never gets another.
    """
    if invoice.balance <= 0 or live_charge(invoice):
        return None
    number = (invoice.charges.aggregate(last=Max("number"))["last"] or 0) + 1
    method = method_for(invoice)
    return Charge.objects.create(
        invoice=invoice,
        number=number,
        method=method,
        provider=provider_for(method),
        amount=invoice.balance,
        currency=invoice.currency,
        idempotency_key=f"{invoice.cause}:{number}",
        planned_at=now,
        due_at=due_at,
        by=str(by),
        **facts,
    )


def provider_for(method: PaymentMethod | None) -> str:
    """Of the card; without one, who would charge it."""
    if method:
        return method.provider
    online = online_provider()
    return online.name if online else Manual.name


def live_charge(invoice: Invoice) -> Charge | None:
    """The attempt that is planned, under way or undecided."""
    return Charge.objects.filter(invoice=invoice, status__in=LIVE_CHARGES).first()


def method_for(invoice: Invoice) -> PaymentMethod | None:
    """What is charged: the subscription's method, else the customer's default, if it can be used."""
    own = invoice.subscription.method if invoice.subscription else None
    if own and own.status == MethodStatus.ACTIVE:
        return own
    if invoice.customer_id is None:
        return None
    rows = PaymentMethod.objects.filter(customer=invoice.customer_id, status=MethodStatus.ACTIVE, is_default=True)
    return rows.first()


def drop_planned(invoice: Invoice, *, now: datetime) -> Charge | None:
    """Inside the caller's transaction (`lock_invoice`): an attempt that has not been sent is not needed any more."""
    charge = Charge.objects.select_for_update(of=("self",)).filter(invoice=invoice, status=ChargeStatus.PLANNED).first()
    if charge:
        charge.resume_at = charge.due_at
        charge.move_to(ChargeStatus.CANCELLED, now=now, due_at=None, lease_until=None)
    return charge
