"""Orders whose invoice was not paid in time: marked once the day it was due has passed."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.history import SYSTEM, activity
from ordermgmt.models import Activity
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import round_money
from orders.actions.progress import settle
from orders.models import Order
from orders.states import InvoiceStatus, PaymentStatus

CHUNK = 200
# Paid and refunded orders are never overdue, whatever their invoices say.
OWES = (PaymentStatus.UNPAID, PaymentStatus.AUTHORISED, PaymentStatus.PART_PAID)


def mark_overdue(*, now: datetime) -> int:
    """The run: orders with an open invoice whose due day has passed. Safe to repeat and to run twice at once."""
    late = Order.objects.filter(
        invoices__status=InvoiceStatus.OPEN, invoices__due_on__lt=business_day(now), payment_status__in=OWES
    )
    ids = list(late.order_by("pk").values_list("pk", flat=True).distinct())
    return sum(_mark(ids[start : start + CHUNK], now=now) for start in range(0, len(ids), CHUNK))


@transaction.atomic(durable=True)
def _mark(ids: Sequence[int], *, now: datetime) -> int:
    # Locked against payments; closes the race of a run and the money that comes in.
    orders = list(Order.objects.filter(pk__in=ids, payment_status__in=OWES).locked())
    settle(orders, now=now)
    marked = [order for order in orders if order.payment_status == PaymentStatus.OVERDUE]
    Activity.objects.bulk_create(_line(order, now) for order in marked)
    return len(marked)


def _line(order: Order, now: datetime) -> Activity:
    return activity(
        "payment.overdue",
        gettext_noop("Overdue: {amount} {currency} are not paid"),
        subject=order.number,
        by=SYSTEM,
        now=now,
        category=ActivityCategory.MONEY,
        amount=str(round_money(order.balance, order.currency)),
        currency=order.currency,
    )
