"""Ending an order that has no parcel to end it: gift cards and the like are with the customer at once."""

from datetime import datetime

from ordermgmt.models import User
from orders.actions.invoicing import issue_invoice
from orders.models import Hold, Order, OrderLine
from orders.states import FulfilmentStatus, OrderStatus


def finish_unshipped(order: Order, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: bill and close a locked order of which nothing is shipped, once nothing holds it.

    Its invoice is caused by the order itself.
    """
    is_delivered = order.fulfilment_status == FulfilmentStatus.DELIVERED
    if order.current_status != OrderStatus.ACCEPTED or not is_delivered:
        return
    has_parcel = OrderLine.objects.filter(order=order, shipped__gt=0).exists()
    if has_parcel or Hold.objects.filter(order=order).open().exists():
        return
    issue_invoice(order, cause=order.number, parts=(), now=now, by=by)
    order.move_to(OrderStatus.CLOSED, now=now)
