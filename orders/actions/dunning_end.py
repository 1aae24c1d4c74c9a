"""What happens when every attempt to collect has failed: the one place that reaches the subscription."""

from datetime import datetime

from django.utils.translation import gettext as _

from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.crediting import credit, everything
from orders.actions.ending import Cancel
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import Change, change_subscription
from orders.actions.subscription_work import NotAllowed
from orders.billing_states import CreditReason, LastStep
from orders.models import Dunning, Invoice
from orders.states import OrderStatus

UNPAID = "unpaid"


def last_step_of(case: Dunning) -> str:
    """The plan decides; without a subscription, the policy."""
    subscription = case.invoice.subscription
    return subscription.version.last_step if subscription else case.policy.last_step


def take_last_step(case: Dunning, *, by: str, now: datetime) -> None:
    """Pause, skip or cancel, in transactions of its own; doing it twice changes nothing.

    A paused subscription owes its box; when it is skipped or cancelled the box does not go and is not owed.
    """
    step = last_step_of(case)
    if case.invoice.subscription_id is not None and step != LastStep.SKIP:
        change: Change = Cancel(UNPAID) if step == LastStep.CANCEL else Pause(reason=UNPAID)
        _change(case.invoice.subscription_id, change, by=by, now=now)
    if step != LastStep.PAUSE:
        _leave_out(case.invoice, by=by, now=now)


def _change(subscription_id: int, change: Change, *, by: str, now: datetime) -> None:
    """What is closed already does not leave either: nobody pays for it. One that is paused or over stays so."""
    try:
        change_subscription(subscription_id, change, by=by, now=now, override=_("Not paid"))
    except NotAllowed:
        return


def _leave_out(invoice: Invoice, *, by: str, now: datetime) -> None:
    """What is packed or gone stays owed. A run that was killed between order and credit note goes on there."""
    order = invoice.order
    if order is None:
        return
    if order.current_status == OrderStatus.ACCEPTED:
        try:
            cancel_order(order.pk, by=by, reason=_("Not paid"), now=now)
        except TooLateToCancel:
            return
    elif order.current_status != OrderStatus.CANCELLED:
        return
    invoice.refresh_from_db()
    if parts := everything(invoice):
        cause, reason = f"dunning:{invoice.number}", CreditReason.CANCELLED
        credit(invoice.pk, parts=parts, reason=reason, cause=cause, by=by, now=now)
