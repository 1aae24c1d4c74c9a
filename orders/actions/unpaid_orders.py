"""Orders whose customer was sent a link to pay and did not: cancelled by themselves when their time is up."""

from datetime import datetime
from operator import itemgetter

from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.each import Tally, each
from ordermgmt.retrying import retries_conflicts
from orders.actions.cancellation import cancel
from orders.actions.charge_planning import drop_planned
from orders.actions.charge_work import close_page
from orders.actions.pay_pages import OPENING
from orders.actions.progress import lock_order
from orders.billing_states import ASKED_CHARGES
from orders.models import Charge, Hold, Invoice, Order
from orders.out_of_time import partly
from orders.payments.registry import provider_of
from orders.states import OrderStatus

BY = "Orders"


def cancel_unpaid(*, now: datetime) -> Tally:
    """The run: cancel what is still held for money past its time. Safe to repeat: a cancelled order has no open hold.

    An order whose charge is under way waits for the answer; a page of the provider is closed first, and what was
    paid there meanwhile counts. Where part of the money came, or more was ordered since, a person decides.
    """
    due = Hold.objects.open().filter(cancels_at__lte=now).order_by("cancels_at", "pk")
    rows = list(due.values_list("order", "order__number"))
    left = set(partly(Order.objects.filter(pk__in=[pk for pk, _number in rows])).values_list("pk", flat=True))
    rows = [row for row in rows if row[0] not in left]
    return each(rows, lambda row: _cancel(row[0], now), number=itemgetter(1))


def _cancel(order_id: int, now: datetime) -> bool:
    for charge in _open_pages(order_id):
        close_page(charge, provider_of(charge.provider), by=BY, now=now)
    return _cancel_locked(order_id, now=now)


def _open_pages(order_id: int) -> list[Charge]:
    asked = Charge.objects.filter(invoice__order=order_id, status__in=ASKED_CHARGES).exclude(page_url__in=("", OPENING))
    return list(asked.select_related("invoice", "method"))


@retries_conflicts
@transaction.atomic(durable=True)
def cancel_given_up(order_id: int, *, by: str, reason: str, now: datetime) -> bool:
    """The last step of dunning of an order of no subscription: cancelled, unless part of it was paid or asked for. Raises TooLateToCancel."""
    order = lock_order(order_id)
    if partly(Order.objects.filter(pk=order.pk)).exists():
        return False
    cancel(order, by=by, reason=reason, now=now)
    return True


@retries_conflicts
@transaction.atomic(durable=True)
def _cancel_locked(order_id: int, *, now: datetime) -> bool:
    # Closes the race with the money: it is written down under the same lock, and releases the hold.
    order = lock_order(order_id)
    is_due = Hold.objects.filter(order=order, cancels_at__lte=now).open().exists()
    is_asked = Charge.objects.filter(invoice__order=order, status__in=ASKED_CHARGES).exists()
    if (
        not is_due
        or is_asked
        or partly(Order.objects.filter(pk=order.pk)).exists()
        or order.current_status != OrderStatus.ACCEPTED
        or order.balance <= 0
    ):
        return False
    for invoice in Invoice.objects.filter(order=order):
        drop_planned(invoice, now=now)
    cancel(order, by=BY, reason=_("It was not paid in time"), now=now)
    return True
