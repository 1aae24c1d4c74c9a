"""Money that arrives after an order was taken in."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import round_money
from ordermgmt.retrying import retries_conflicts
from orders.actions.holds import release
from orders.actions.progress import lock_order, refresh_status
from orders.models import Hold, Order, Payment
from orders.states import HoldCode, PaymentKind, PaymentState


@retries_conflicts
@transaction.atomic(durable=True)
def record_payment(
    order_id: int,
    *,
    amount: Decimal,
    provider: str,
    effect_key: str,
    by: User | str,
    now: datetime,
    kind: str = PaymentKind.CAPTURE,
    state: str = PaymentState.SUCCEEDED,
    reference: str = "",
    reason: str = "",
) -> Payment:
    """Write down a payment (in the order's currency), once per effect key; what is covered is not held for money.

    A failed payment is kept too: it says why the order waits.
    """
    order = lock_order(order_id)
    # Read under the order lock: closes the race of a webhook that comes twice at once.
    if known := Payment.objects.filter(effect_key=effect_key).first():
        return known
    payment = Payment.objects.create(
        order=order,
        kind=kind,
        state=state,
        amount=round_money(amount, order.currency),
        currency=order.currency,
        provider=provider,
        reference=reference,
        reason=reason[:200],
        effect_key=effect_key,
        at=now,
    )
    refresh_status(order, now=now)
    _write_down(order, payment, by=by, now=now)
    _release_when_paid(order, by=by, now=now)
    return payment


def _write_down(order: Order, payment: Payment, *, by: User | str, now: datetime) -> None:
    sentence = gettext_noop("{kind}: {amount} {currency} by {provider}, {state}")
    record(
        "payment.recorded",
        sentence,
        subject=order.number,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        kind=str(payment.get_kind_display()),
        amount=str(payment.amount),
        currency=payment.currency,
        provider=payment.provider,
        state=str(payment.get_state_display()).lower(),
    )


def _release_when_paid(order: Order, *, by: User | str, now: datetime) -> None:
    """Authorised or paid in full: the hold for money is lifted, and work restarts."""
    good = Payment.objects.filter(order=order, state=PaymentState.SUCCEEDED).exclude(kind=PaymentKind.REFUND)
    if sum(good.values_list("amount", flat=True)) < order.total:
        return
    for held in Hold.objects.filter(order=order, code=HoldCode.PAYMENT).open():
        release(held, order, by=by, now=now)
