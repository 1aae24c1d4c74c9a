"""Order now: the next delivery of a subscription becomes an order at once, whatever is clicked twice meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.deliveries import OrderNow
from orders.actions.renewing import renew
from orders.actions.subscription_changes import Conflict, carry_out
from orders.actions.subscription_work import NotAllowed, Work, start_work
from orders.billing_states import DeliveryStatus
from orders.catching_up import CannotRenew
from orders.models import Delivery, Order, SubscriptionEvent
from orders.renewal_book import load_book


@dataclass(frozen=True)
class Ordered:
    """`order` is None where an invoice that was not paid is collected again: its own order leaves when it is paid."""

    event: SubscriptionEvent
    order: Order | None
    was_there: bool = False


@retries_conflicts
@transaction.atomic(durable=True)
def order_now(
    subscription_id: int,
    change: OrderNow,
    *,
    by: User | str,
    now: datetime,
    override: str = "",
    expected: int | None = None,
    tell: bool = True,
) -> Ordered:
    """Move the delivery to today and order it, in one transaction.

    Under the lock of the subscription, so that of two clicks, or of a click and the run, the second finds the order
    of the first: `change.number` says which delivery was meant. Raises NotAllowed, TooLate, Conflict.
    """
    work = start_work(subscription_id, by=by, now=now, override=override)
    if found := _made_before(work, change.number):
        return found
    if expected is not None and work.s.row_version != expected:
        raise Conflict(work.s)
    event = carry_out(work, change, tell=tell)
    if event.delivery_number is None:
        return Ordered(event, None)
    return Ordered(event, _order(work, event.delivery_number))


def _made_before(work: Work, number: int | None) -> Ordered | None:
    """The order there is of this delivery, with what made it."""
    if number is None:
        return None
    ordered = Delivery.objects.filter(subscription=work.s, number=number, status=DeliveryStatus.ORDERED)
    row = ordered.select_related("order").first()
    event = work.s.events.filter(delivery_number=number).order_by("-pk").first()
    return Ordered(event, row.order, was_there=True) if row and event else None


def _order(work: Work, number: int) -> Order:
    """As the run would, a person answering for its bounds; a switch that stops renewals stops this one, too."""
    row = Delivery.objects.get(subscription=work.s, number=number)
    if stop := load_book([work.s], now=work.now).stop_for(work.s):
        raise NotAllowed(_("Renewals are stopped: %(why)s") % {"why": stop.reason})
    try:
        return renew(row.pk, by=work.by, now=work.now, is_forced=True)
    except CannotRenew as fault:
        raise NotAllowed(str(fault)) from fault
