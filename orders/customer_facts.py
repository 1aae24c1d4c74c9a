"""What orders, subscriptions and money add to the list of customers, and why a customer may leave."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum

from customers.list_facts import Facts, list_facts, risk
from orders.actions.accounts import ACCOUNT
from orders.ageing import OPEN_BALANCE
from orders.billing_states import LIVE_DUNNING, DeliveryStatus, SkipReason, SubscriptionStatus
from orders.desk.money import SIGNED
from orders.models import Delivery, Dunning, Invoice, Order, Payment, Subscription
from orders.states import InvoiceStatus, OrderStatus, PaymentKind, PaymentState

Sums = dict[int, dict[str, Decimal]]
# The state of a customer's plans in one word: the first of these that any of them is in.
PLAN_STATES = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


@list_facts
def order_facts(pks: Sequence[int], now: datetime) -> Facts:
    rows: Any = Order.objects.filter(customer__in=pks, status=OrderStatus.ACCEPTED).order_by().values_list("customer")
    return {pk: {"orders_open": n} for pk, n in rows.annotate(n=Count("pk"))}


@list_facts
def money_facts(pks: Sequence[int], now: datetime) -> Facts:
    """Open invoices, and money that came less what went back (lifetime value), per currency."""
    owed = Invoice.objects.filter(customer__in=pks, status=InvoiceStatus.OPEN)
    owes = _sums(owed.order_by().values_list("customer", "currency").annotate(sum=Sum(OPEN_BALANCE)))
    moved = Payment.objects.filter(state=PaymentState.SUCCEEDED).exclude(provider=ACCOUNT)
    moved = moved.exclude(kind=PaymentKind.AUTHORISATION)
    by_order = moved.filter(order__customer__in=pks).order_by().values_list("order__customer", "currency")
    by_invoice = moved.filter(order=None, invoice__customer__in=pks).order_by()
    worth = _sums([
        *by_order.annotate(sum=Sum(SIGNED)),
        *by_invoice.values_list("invoice__customer", "currency").annotate(sum=Sum(SIGNED)),
    ])  # fmt: skip
    return {pk: {"owes": owes.get(pk, {}), "worth": worth.get(pk, {})} for pk in pks}


def _sums(rows: Any) -> Sums:
    found: Sums = defaultdict(dict)
    for pk, currency, total in rows:
        found[pk][currency] = found[pk].get(currency, Decimal(0)) + (total or 0)
    return found


@list_facts
def plan_facts(pks: Sequence[int], now: datetime) -> Facts:
    """The best state of their plans, the next day something leaves, whether a payment failed."""
    states: dict[int, set[str]] = defaultdict(set)
    for pk, status in Subscription.objects.filter(customer__in=pks).values_list("customer", "status"):
        states[pk].add(status)
    coming = Delivery.objects.filter(subscription__customer__in=pks, is_next=True).order_by()
    days: Any = dict(coming.values_list("subscription__customer").annotate(day=Min("leaves_on")))
    unpaid = set(
        Dunning.objects.filter(invoice__customer__in=pks, status__in=LIVE_DUNNING).values_list(
            "invoice__customer", flat=True
        )
    )
    return {
        pk: {"plan": _plan(states.get(pk, set()), pk in unpaid), "next_on": days.get(pk)} for pk in pks
    }  # fmt: skip


def _plan(states: set[str], is_unpaid: bool) -> str:
    found: str = next((str(state) for state in PLAN_STATES if state in states), "over" if states else "")
    return "unpaid" if is_unpaid and found in PLAN_STATES else found


@risk
def unpaid() -> QuerySet[Any]:
    """A payment failed and is still wanted."""
    return Dunning.objects.filter(status__in=LIVE_DUNNING, invoice__customer__isnull=False).values("invoice__customer")


@risk
def skipping() -> QuerySet[Any]:
    """Left out two deliveries in a row, right before the next one, by choice."""
    before = Delivery.objects.filter(
        subscription=OuterRef("subscription"), status=DeliveryStatus.SKIPPED,
        skip_reason__in=(SkipReason.CUSTOMER, SkipReason.STAFF),
    )  # fmt: skip
    rows = Delivery.objects.filter(is_next=True, number__gt=2)
    rows = rows.filter(
        Exists(before.filter(number=OuterRef("number") - 1)), Exists(before.filter(number=OuterRef("number") - 2))
    )
    return rows.values("subscription__customer")


@risk
def leaving() -> QuerySet[Any]:
    """The end is planned already."""
    rows = Subscription.objects.filter(status=SubscriptionStatus.ACTIVE, ends_on__isnull=False)
    return rows.values("customer")
