"""Verbs over customers that need to see their orders."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from customers.actions.merging import merge
from customers.models import Customer
from ordermgmt.models import User
from orders.billing_states import MethodStatus
from orders.models import (
    AccountEntry,
    Invoice,
    MrrMovement,
    Order,
    PayLink,
    PaymentMethod,
    Receipt,
    Redemption,
    RenewalStop,
    Subscription,
)


@transaction.atomic(durable=True)
def merge_customers(
    *, kept: Customer, gone: Customer, choices: Mapping[str, str], by: User | str, now: datetime
) -> Customer:
    """Make two records of one person one: orders, subscriptions, money, addresses, consents and shop identities
    follow.

    `choices` says "kept" or "gone" for each of `customers.actions.merging.MERGED_FIELDS`. It cannot
    be undone. Raises CustomerRefused.
    """
    # Lock order: subscriptions before orders before invoices before customers, so that a renewal or a
    # payment under way is seen or waits.
    people = [kept.pk, gone.pk]
    list(Subscription.objects.locked().filter(customer_id__in=people).values_list("pk", flat=True))
    list(Order.objects.locked().filter(customer_id__in=people).values_list("pk", flat=True))
    own = Invoice.objects.filter(customer_id__in=people)
    list(own.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    merge(kept, gone, choices=choices, by=by, now=now)
    Order.objects.filter(customer=gone).update(customer=kept)
    _move_billing(kept, gone)
    return Customer.objects.get(pk=kept.pk)


def _move_billing(kept: Customer, gone: Customer) -> None:
    """Subscriptions, invoices (they keep the buyer as written), money and credit, saved cards, codes used, stops."""
    methods = PaymentMethod.objects.filter(customer=gone)
    if PaymentMethod.objects.filter(customer=kept, is_default=True, status=MethodStatus.ACTIVE).exists():
        methods.update(is_default=False)
    methods.update(customer=kept)
    for model in (Subscription, Invoice, Receipt, AccountEntry, Redemption, MrrMovement, PayLink):
        model._default_manager.filter(customer=gone).update(customer=kept)
    stops = RenewalStop.objects.filter(scope="customer", reference=gone.number, lifted_at=None)
    if RenewalStop.objects.filter(scope="customer", reference=kept.number, lifted_at=None).exists():
        stops = stops.none()
    stops.update(reference=kept.number)
