"""What happens when every attempt to collect has failed: the one place that reaches the subscription."""

from datetime import datetime

from django.utils.translation import gettext as _

from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.ending import Cancel
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import Change, change_subscription
from orders.actions.subscription_work import NotAllowed
from orders.billing_states import LastStep
from orders.models import Dunning
from orders.states import OrderStatus

UNPAID = "unpaid"


def last_step_of(case: Dunning) -> str:
    """The plan decides; without a subscription, the policy."""
    subscription = case.invoice.subscription
    return subscription.version.last_step if subscription else case.policy.last_step


def take_last_step(case: Dunning, *, by: str, now: datetime) -> None:
    """Pause, skip or cancel, in transactions of its own; doing it twice changes nothing.

    Skipped is the delivery that was not paid: its order is cancelled while it is here, and credited with it.
    """
    step = last_step_of(case)
    if step == LastStep.SKIP:
        _leave_out(case, by=by, now=now)
    elif case.invoice.subscription_id is not None:
        change: Change = Cancel(UNPAID) if step == LastStep.CANCEL else Pause(reason=UNPAID)
        _change(case.invoice.subscription_id, change, by=by, now=now)


def _change(subscription_id: int, change: Change, *, by: str, now: datetime) -> None:
    """What is closed already does not leave either: nobody pays for it. One that is paused or over stays so."""
    try:
        change_subscription(subscription_id, change, by=by, now=now, override=_("Not paid"))
    except NotAllowed:
        return


def _leave_out(case: Dunning, *, by: str, now: datetime) -> None:
    order = case.invoice.order
    if order is None or order.current_status != OrderStatus.ACCEPTED:
        return
    try:
        cancel_order(order.pk, by=by, reason=_("Not paid"), now=now)
    except TooLateToCancel:
        return
