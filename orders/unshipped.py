"""Orders that should have left: past their day, and paid with nothing of them gone."""

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from orders.models import Hold, Order
from orders.states import FulfilmentStatus, OrderStatus, PaymentStatus

GRACE = timedelta(days=1)
STILL_HERE = (FulfilmentStatus.UNFULFILLED, FulfilmentStatus.WAITING, FulfilmentStatus.IN_PROGRESS)
GONE = (FulfilmentStatus.SHIPPED, FulfilmentStatus.DELIVERED, FulfilmentStatus.PART_RETURNED, FulfilmentStatus.RETURNED)


def to_ship(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Accepted and not wholly out of the door."""
    return orders.filter(status=OrderStatus.ACCEPTED).exclude(fulfilment_status__in=GONE)


def past_ship_by(orders: QuerySet[Order], today: date) -> QuerySet[Order]:
    """Whose day to leave is over."""
    return to_ship(orders).filter(promised_ship_on__lt=today)


def paid_not_shipped(orders: QuerySet[Order], today: date) -> QuerySet[Order]:
    """Paid in full, and nothing of it has left a day after it should have."""
    late = Q(promised_ship_on__lt=today - GRACE) | Q(promised_ship_on=None)
    return orders.filter(
        late, status=OrderStatus.ACCEPTED, payment_status=PaymentStatus.PAID, fulfilment_status__in=STILL_HERE
    )


def undecided_holds(now: datetime) -> QuerySet[Hold]:
    """Of orders that are to be shipped; a hold that ends by itself later needs nobody."""
    held: QuerySet[Hold] = Hold.objects.open().filter(order__status=OrderStatus.ACCEPTED)
    return held.exclude(expires_at__gt=now)
