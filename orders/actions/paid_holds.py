"""Renewals that waited for their money go on when it came by another way than to the order itself."""

from datetime import datetime
from operator import itemgetter

from django.db.models import Q, QuerySet

from ordermgmt.each import Tally, each
from orders.actions.holds import AlreadyReleased, release_hold
from orders.billing_states import Collection
from orders.models import Hold
from orders.states import HoldCode, InvoiceStatus, PaymentStatus


def release_paid(*, now: datetime) -> Tally:
    """The run: lift the hold for money of orders whose invoice is paid, or is due after delivery by now.

    An invoice that pays for several deliveries locks none of their orders, and account credit is used when the order
    is made: both leave this to the run, which finds them by their state.
    """
    rows = list(_paid().order_by("opened_at", "pk").values_list("pk", "order__number"))
    return each(rows, lambda row: _release(row[0], now), number=itemgetter(1))


def _paid() -> QuerySet[Hold]:
    """Only holds of the run: what staff held for money, staff lets go."""
    held = Hold.objects.open().filter(code=HoldCode.PAYMENT, source="capture", order__is_renewal=True)
    is_paid = Q(order__delivery__cycle__invoice__status=InvoiceStatus.PAID, order__payment_status=PaymentStatus.PAID)
    return held.filter(is_paid | Q(order__delivery__subscription__collection=Collection.INVOICE))


def _release(hold_id: int, now: datetime) -> bool:
    try:
        release_hold(hold_id, by="Renewals", now=now)
    except AlreadyReleased:
        return False
    return True
