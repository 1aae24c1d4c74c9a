"""Whether money may be collected now: the one question every charge asks before it leaves."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.installation import why_not_live
from orders.actions.charge_planning import method_for
from orders.billing_states import ShortageRule, WaitReason
from orders.models import Charge, Hold, OrderLine, RenewalStop, Subscription
from orders.payments.manual import Manual
from orders.payments.registry import online_provider
from orders.states import HoldCode

# Each says in words why not, or nothing.
Question = Callable[[Charge, datetime], str]


class Wait(NamedTuple):
    """Why a charge must wait, and in words what exactly."""

    code: WaitReason
    words: str


def may_charge(charge: Charge, *, now: datetime) -> Wait | None:
    """Why the charge must wait; None when it may go."""
    return next((Wait(code, words) for code, ask in QUESTIONS.items() if (words := ask(charge, now))), None)


def is_live(charge: Charge, now: datetime) -> str:
    """A copied or restored database charges nobody until somebody says that it is the live system."""
    return why_not_live()


def not_stopped(charge: Charge, now: datetime) -> str:
    """A stop of renewals stops their charges, too."""
    subscription = charge.invoice.subscription
    stops = RenewalStop.objects.filter(lifted_at=None).filter(Q(until_on=None) | Q(until_on__gt=business_day(now)))
    for stop in stops.order_by("pk"):
        if stop.scope == "all" or (
            subscription and stop.reference in _places(subscription, charge).get(stop.scope, ())
        ):
            return stop.reason
    return ""


def _places(subscription: Subscription, charge: Charge) -> dict[str, Iterable[str]]:
    order = charge.invoice.order
    house = order.ship_from.code if order and order.ship_from else ""
    return {
        "plan": [subscription.version.plan.number],
        "customer": [subscription.customer.number],
        "warehouse": [house] if house else [],
    }


def stock_is_there(charge: Charge, now: datetime) -> str:
    """Where everything waits for what is out of stock, no payment is tried before it is promised."""
    invoice = charge.invoice
    if not (invoice.subscription and invoice.order_id):
        return ""
    if invoice.subscription.version.shortage != ShortageRule.WAIT:
        return ""
    # Its stock was freed because it was not paid by its day: paying brings it back.
    if Hold.objects.open().filter(order=invoice.order_id, code=HoldCode.PAYMENT, keeps_stock=False).exists():
        return ""
    waits = OrderLine.objects.filter(order=invoice.order_id, backordered__gt=0).exists()
    return _("%(order)s waits for stock") % {"order": invoice.order} if waits else ""


def provider_is_set_up(charge: Charge, now: datetime) -> str:
    """What is saved as paid by hand is never charged; anything else needs the provider that keeps it."""
    method, online = method_for(charge.invoice), online_provider()
    if method is None:
        is_missing = online is None
    else:
        is_missing = method.provider not in (Manual.name, online.name if online else "")
    return str(WaitReason.NO_PROVIDER.label) if is_missing else ""


QUESTIONS: dict[WaitReason, Question] = {
    WaitReason.NOT_LIVE: is_live,
    WaitReason.STOPPED: not_stopped,
    WaitReason.STOCK: stock_is_there,
    WaitReason.NO_PROVIDER: provider_is_set_up,
}
