"""What happens when every attempt to collect has failed: the one place that reaches the subscription."""

from contextlib import suppress
from datetime import datetime

from django.utils.translation import gettext as _

from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.crediting import credit, everything
from orders.actions.ending import Cancel
from orders.actions.giving_back import GiveBackOwed
from orders.actions.pausing import Pause
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import Change, change_subscription
from orders.actions.subscription_work import NotAllowed
from orders.actions.unpaid_orders import cancel_given_up
from orders.billing_states import CreditReason, LastStep
from orders.models import Dunning, Invoice, Order
from orders.states import OrderStatus

UNPAID = "unpaid"


def last_step_of(case: Dunning) -> str:
    """The plan decides; without a subscription, the policy."""
    subscription = case.invoice.subscription
    return subscription.version.last_step if subscription else case.policy.last_step


def take_last_step(case: Dunning, *, by: str, now: datetime) -> None:
    """Pause, skip or cancel, in transactions of its own; doing it twice changes nothing.

    A paused subscription owes its box; when it is skipped or cancelled the box does not go and is not owed. Of an
    invoice for several deliveries nothing comes any more that is still here: it is credited. What has left stays owed.
    """
    step = last_step_of(case)
    if step != LastStep.PAUSE:
        _leave_out(case.invoice, by=by, now=now)
    if case.invoice.subscription_id is not None and (change := _last_change(case.invoice, step)):
        is_done = _change(case.invoice.subscription_id, change, by=by, now=now)
        if not is_done and step == LastStep.CANCEL:
            # What was paid before it was taken over still comes; nothing after it.
            _change(case.invoice.subscription_id, Cancel(UNPAID), by=by, now=now)


def _last_change(invoice: Invoice, step: str) -> Change | None:
    if step == LastStep.CANCEL:
        return Cancel(UNPAID, give_back=GiveBack.ACCOUNT)
    if step == LastStep.PAUSE:
        return Pause(reason=UNPAID)
    return GiveBackOwed(GiveBack.ACCOUNT, invoice.pk) if invoice.order_id is None else None


def _change(subscription_id: int, change: Change, *, by: str, now: datetime) -> bool:
    """What is closed already does not leave either: nobody pays for it. One that is paused or over stays so."""
    try:
        change_subscription(subscription_id, change, by=by, now=now, override=_("Not paid"))
    except NotAllowed:
        return False
    return True


def _leave_out(invoice: Invoice, *, by: str, now: datetime) -> None:
    """What is packed or gone stays owed; about what was paid in part a person decides. A run that was killed between order and credit note goes on there."""
    ahead = Order.objects.filter(delivery__cycle__invoice=invoice, status=OrderStatus.ACCEPTED).order_by("pk")
    orders = [invoice.order] if invoice.order else list(ahead)
    for order in orders:
        if order.current_status == OrderStatus.ACCEPTED:
            with suppress(TooLateToCancel):
                cancelled = cancel_order if invoice.subscription_id else cancel_given_up
                cancelled(order.pk, by=by, reason=_("Not paid"), now=now)
    if invoice.order is None or not Order.objects.filter(pk=invoice.order.pk, status=OrderStatus.CANCELLED).exists():
        return
    invoice.refresh_from_db()
    if parts := everything(invoice):
        cause, reason = f"dunning:{invoice.number}", CreditReason.CANCELLED
        credit(invoice.pk, parts=parts, reason=reason, cause=cause, by=by, now=now)
