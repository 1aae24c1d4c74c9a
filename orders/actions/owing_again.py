"""The order of a delivery that was paid in advance is cancelled: the delivery is owed again and comes at the end.

Only what is sent, credited or refunded lowers what is owed (subscriptions.md 2.4), and a cancelled order is none of it.
"""

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from orders.actions.paid_units import notes_of
from orders.billing_states import DeliveryStatus, EventKind, SubscriptionStatus
from orders.models import CreditNote, Delivery, Order, RevenueEntry, Subscription, SubscriptionEvent
from orders.states import InvoiceStatus

OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)


def lock_subscription_of(order_id: int) -> None:
    """Inside the caller's transaction, before the order is locked: its subscription, first in the lock order."""
    list(Subscription.objects.locked().filter(deliveries__order=order_id))


def owe_again(order: Order, *, by: User | str, now: datetime) -> str:
    """Inside the caller's transaction (`lock_subscription_of`): a cancelled order of a delivery that was paid ahead.

    The part of the charge that paid for it waits for a later delivery. One charged with its own order is credited
    with it (`unbilling`), and so is the rest of one of which units were credited before. Answers what the customer is told: it comes `later`, its price comes `back`, or nothing.
    """
    rows = Delivery.objects.filter(order=order, status=DeliveryStatus.ORDERED, owed_again_at=None)
    row = rows.select_related("cycle__invoice", "subscription").first()
    if row is None or not _is_paid_ahead(row):
        return ""
    if CreditNote.objects.filter(cause__startswith=notes_of(order)).exists():
        return "back"
    if row.cycle and row.cycle.invoice:
        RevenueEntry.objects.filter(invoice=row.cycle.invoice, delivery=row).update(delivery=None)
    Delivery.objects.filter(pk=row.pk).update(cycle=None, part=None, value=None, owed_again_at=now)
    changed = {"deliveries_owed": F("deliveries_owed") + 1, "row_version": F("row_version") + 1}
    Subscription.objects.filter(pk=row.subscription_id).update(**changed)
    facts = {"order": order.number, "number": row.number}
    SubscriptionEvent.objects.create(
        subscription=row.subscription, kind=EventKind.OWED_AGAIN, delivery_number=row.number, facts=facts, by=str(by),
        at=now,
    )  # fmt: skip
    sentence = gettext_noop("{order} was cancelled: delivery {number} is paid and comes later")
    record("subscription.owed_again", sentence, subject=row.subscription.number, thread=order.number, by=by, now=now,
           **facts)  # fmt: skip
    return _told(row)


def _is_paid_ahead(row: Delivery) -> bool:
    """Free ones are not owed; without a charge it was paid before the subscription came to us."""
    cycle = row.cycle
    return cycle is None or cycle.deliveries > 1 or (cycle.invoice is not None and cycle.invoice.order_id is None)


def _told(row: Delivery) -> str:
    if row.cycle and row.cycle.invoice and row.cycle.invoice.status == InvoiceStatus.OPEN:
        return ""
    return "back" if row.subscription.status in OVER else "later"
