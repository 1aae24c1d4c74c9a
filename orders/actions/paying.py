"""Money that arrives after an order was taken in."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import round_money
from ordermgmt.retrying import retries_conflicts
from ordermgmt.templatetags.portal import money as money_words
from orders.actions.holds import release
from orders.actions.progress import lock_order, refresh_status
from orders.actions.settling import settle_invoices
from orders.models import Hold, Invoice, Order, Payment
from orders.states import HoldCode, InvoiceStatus, PaymentKind, PaymentState
from orders.statuses import covered, paid

# What a provider said first and may still say otherwise.
UNDECIDED = frozenset({PaymentState.PENDING, PaymentState.UNKNOWN})


class PaymentRefused(Exception):
    """The money cannot be written down so; the sentence says why."""


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

    The same key again is the same payment: it only decides one whose outcome was open. A failed payment
    is kept too: it says why the order waits. Raises PaymentRefused.
    """
    return pay_order(
        lock_order(order_id), amount=amount, provider=provider, effect_key=effect_key, by=by, now=now,
        kind=kind, state=state, reference=reference, reason=reason,
    )  # fmt: skip


def pay_order(
    order: Order,
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
    parent: Payment | None = None,
) -> Payment:
    """Inside the caller's transaction: as `record_payment`, for a locked order. `parent` is what a refund gives back."""
    facts = {"state": state, "reference": reference, "reason": reason[:200], "at": now}
    # Read under the order lock: closes the race of a webhook that comes twice at once.
    payment = Payment.objects.filter(effect_key=effect_key).first()
    if payment is None:
        amount = round_money(amount, order.currency)
        _refuse(order, amount, kind)
        made = {"kind": kind, "amount": amount, "currency": order.currency, "provider": provider, "parent": parent}
        payment = Payment.objects.create(order=order, effect_key=effect_key, **made, **facts)
    elif payment.order_id != order.pk:
        raise PaymentRefused(_("%(key)s is a payment of another order.") % {"key": effect_key})
    elif payment.state in UNDECIDED and state != payment.state:
        Payment.objects.filter(pk=payment.pk).update(**facts)
        payment.refresh_from_db()
    else:
        return payment
    settle_invoices(order)
    refresh_status(order, now=now)
    note_payment(order, payment, by=by, now=now)
    release_when_paid(order, by=by, now=now)
    return payment


def _refuse(order: Order, amount: Decimal, kind: str) -> None:
    if amount <= 0:
        raise PaymentRefused(_("The amount must be more than 0."))
    money = paid(Payment.objects.filter(order=order))
    left = round_money(money.captured - money.refunded, order.currency)
    if kind == PaymentKind.REFUND and amount > left:
        facts = {"left": money_words(left, order.currency)}
        raise PaymentRefused(_("Only %(left)s can be paid back.") % facts)


def note_payment(order: Order, payment: Payment, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: the line of history of a payment."""
    note_money(payment, subject=order.number, by=by, now=now)


def note_money(payment: Payment, *, subject: str, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: the same, on the record `subject`."""
    sentence = gettext_noop("{kind}: {amount} {currency} by {provider}, {state}")
    record(
        "payment.recorded",
        sentence,
        subject=subject,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        kind=str(payment.get_kind_display()),
        amount=str(round_money(payment.amount, payment.currency)),
        currency=payment.currency,
        provider=payment.came_by,
        state=str(payment.get_state_display()).lower(),
    )


def release_when_paid(order: Order, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: once a locked order is authorised or paid in full, the hold for money is lifted.

    A delivery that is paid in advance waits for that invoice, too.
    """
    if covered(Payment.objects.filter(order=order)) < order.total or _owes_ahead(order):
        return
    for held in Hold.objects.filter(order=order, code=HoldCode.PAYMENT).open():
        release(held, order, by=by, now=now)


def _owes_ahead(order: Order) -> bool:
    ahead = Invoice.objects.filter(order=None, status=InvoiceStatus.OPEN, billing_cycle__paid_deliveries__order=order)
    return order.is_renewal and ahead.exists()
