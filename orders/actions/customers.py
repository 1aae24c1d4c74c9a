"""Verbs over customers that need to see their orders."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from customers.actions.merging import merge
from customers.models import Customer
from ordermgmt.models import User
from orders.models import Order


@transaction.atomic(durable=True)
def merge_customers(
    *, kept: Customer, gone: Customer, choices: Mapping[str, str], by: User | str, now: datetime
) -> Customer:
    """Make two records of one person one: orders, addresses, consents and shop identities follow.

    `choices` says "kept" or "gone" for each of `customers.actions.merging.MERGED_FIELDS`. It cannot
    be undone. Raises CustomerRefused.
    """
    # Lock order: orders before customers, so that an order being placed for `gone` is seen or waits.
    list(Order.objects.locked().filter(customer_id__in=[kept.pk, gone.pk]).values_list("pk", flat=True))
    merge(kept, gone, choices=choices, by=by, now=now)
    Order.objects.filter(customer=gone).update(customer=kept)
    return Customer.objects.get(pk=kept.pk)
