"""Money that goes back: asked for, approved by a second decision, sent, and written down when it has gone."""

from datetime import datetime
from decimal import Decimal

from django.db import models, transaction
from django.db.models import F, Sum
from django.db.models.functions import Round
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import PLACES, exact, round_money
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from ordermgmt.templatetags.portal import money as money_words
from orders.actions.progress import lock_order
from orders.actions.settling import money_of
from orders.actions.taking_money import give_back, lock_invoice
from orders.billing_states import LIVE_REFUNDS, RefundStatus
from orders.models import CreditNote, Payment, Refund
from orders.payments.registry import provider_of
from orders.states import PaymentKind, PaymentState


class RefundRefused(Exception):
    """The money cannot go back so; the sentence says why."""


@retries_conflicts
@transaction.atomic(durable=True)
def request_refund(
    payment_id: int,
    *,
    amount: Decimal,
    reason: str,
    credit_note: CreditNote | None = None,
    by: User | str,
    now: datetime,
) -> Refund:
    """Ask that money of a payment goes back, for a credit note or a written reason. Raises RefundRefused."""
    return ask_refund(lock_payment(payment_id), amount=amount, reason=reason, credit_note=credit_note, by=by, now=now)


def ask_refund(
    payment: Payment,
    *,
    amount: Decimal,
    reason: str,
    credit_note: CreditNote | None = None,
    by: User | str,
    now: datetime,
) -> Refund:
    """Inside the caller's transaction (`lock_payment`): as `request_refund`."""
    amount = round_money(amount, payment.currency)
    reason = reason.strip() or (_("Credit note %(number)s") % {"number": credit_note} if credit_note else "")
    _check(payment, amount, reason, credit_note)
    if not give_back(payment, amount):
        raise RefundRefused(_("So much of this payment is not left to pay back."))
    number = next_number("RF")
    refund = Refund.objects.create(
        number=number, payment=payment, credit_note=credit_note, amount=amount, currency=payment.currency,
        reason=reason[:300], idempotency_key=f"refund:{number}:1", requested_at=now, requested_by=str(by),
    )  # fmt: skip
    note_refund(refund, gettext_noop("Asked to pay back {amount} {currency}: {reason}"), "refund.asked", by=by, now=now)
    return refund


def lock_payment(payment_id: int) -> Payment:
    """Inside the caller's transaction: the payment, its order or invoice locked before it.

    Closes the race of two refunds at once, and of a refund with a charge.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.order_id:
        order = lock_order(payment.order_id)
    elif payment.invoice_id:
        lock_invoice(payment.invoice_id)
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment_id)
    if payment.order_id:
        payment.order = order
    return payment


def _check(payment: Payment, amount: Decimal, reason: str, credit_note: CreditNote | None) -> None:
    if amount <= 0:
        raise RefundRefused(_("The amount must be more than 0."))
    if payment.kind != PaymentKind.CAPTURE or payment.state != PaymentState.SUCCEEDED:
        raise RefundRefused(_("Only money that came can be paid back."))
    if not reason:
        raise RefundRefused(_("Enter why the money goes back."))
    left = left_of(payment)
    if amount > left:
        facts = {"left": money_words(left, payment.currency)}
        raise RefundRefused(_("Only %(left)s can be paid back.") % facts)
    if credit_note:
        asked = exact(credit_note.refunds.filter(status__in=LIVE_REFUNDS).aggregate(sum=Sum("amount"))["sum"])
        if asked + amount > credit_note.gross_total:
            left = round_money(credit_note.gross_total - asked, credit_note.currency)
            facts = {"left": money_words(left, credit_note.currency)}
            raise RefundRefused(_("The credit note allows only %(left)s more.") % facts)


def left_of(payment: Payment) -> Decimal:
    """What can still go back of it: no more than the payment has left, nor than is left of all money beside it."""
    beside = Payment.objects.filter(order=payment.order) if payment.order_id else _of_invoice(payment)
    waiting = Refund.objects.filter(payment__in=beside, status__in=LIVE_REFUNDS, money_back=None)
    asked = exact(waiting.aggregate(sum=Sum("amount"))["sum"])
    return round_money(min(payment.amount - payment.returning, money_of(beside) - asked), payment.currency)


def _of_invoice(payment: Payment) -> models.QuerySet[Payment]:
    return Payment.objects.filter(invoice=payment.invoice)


def lock_refund(pk: int) -> Refund:
    """Inside the caller's transaction: the refund after its payment."""
    payment = lock_payment(Refund.objects.values_list("payment", flat=True).get(pk=pk))
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=pk)
    refund.payment = payment
    return refund


@retries_conflicts
@transaction.atomic(durable=True)
def approve_refund(pk: int, *, by: User | str, now: datetime) -> Refund:
    """Let it go; a worker sends it, or a person pays it where no provider does. Raises RefundRefused."""
    refund = lock_refund(pk)
    if refund.status != RefundStatus.REQUESTED:
        raise RefundRefused(_("It is decided already: %(state)s.") % {"state": refund.get_status_display()})
    due_at = now if provider_of(refund.payment.provider).is_online else None
    refund.move_to(RefundStatus.APPROVED, now=now, approved_by=str(by), due_at=due_at)
    note_refund(refund, gettext_noop("Refund of {amount} {currency} approved"), "refund.approved", by=by, now=now)
    return refund


@retries_conflicts
@transaction.atomic(durable=True)
def refuse_refund(pk: int, *, reason: str, by: User | str, now: datetime) -> Refund:
    """The money stays; what was asked back of its payment is free again. Raises RefundRefused."""
    refund = lock_refund(pk)
    if not refund.can_move_to(RefundStatus.REFUSED):
        raise RefundRefused(_("It is decided already: %(state)s.") % {"state": refund.get_status_display()})
    was_live = refund.status in LIVE_REFUNDS
    refund.move_to(RefundStatus.REFUSED, now=now, due_at=None, last_error=reason[:300])
    if was_live:
        free_again(refund)
    note_refund(refund, gettext_noop("Refund of {amount} {currency} refused: {why}"), "refund.refused",
                by=by, now=now, why=reason[:200])  # fmt: skip
    return refund


@retries_conflicts
@transaction.atomic(durable=True)
def refund_again(pk: int, *, by: User | str, now: datetime) -> Refund:
    """A failed one is tried once more, under a new key: the provider would repeat its answer to the old one.

    Raises RefundRefused.
    """
    refund = lock_refund(pk)
    if refund.status != RefundStatus.FAILED:
        raise RefundRefused(_("It is decided already: %(state)s.") % {"state": refund.get_status_display()})
    if refund.amount > left_of(refund.payment) or not give_back(refund.payment, refund.amount):
        raise RefundRefused(_("So much of this payment is not left to pay back."))
    head, _sep, tried = refund.idempotency_key.rpartition(":")
    facts = {"idempotency_key": f"{head}:{int(tried) + 1}", "provider_reference": "", "money_back": None}
    due_at = now if provider_of(refund.payment.provider).is_online else None
    refund.move_to(
        RefundStatus.APPROVED, now=now, approved_by=str(by), due_at=due_at, attempts=0, dead_at=None, **facts
    )
    note_refund(refund, gettext_noop("Refund of {amount} {currency} tried again"), "refund.again", by=by, now=now)
    return refund


def free_again(refund: Refund) -> None:
    """Inside the caller's transaction: what was asked back can be asked back again."""
    left = Round(F("returning") - refund.amount, PLACES)
    Payment.objects.filter(pk=refund.payment_id).update(returning=left)


def note_refund(refund: Refund, sentence: str, verb: str, *, by: User | str, now: datetime, **facts: object) -> None:
    """Inside the caller's transaction: a line of history at the order or invoice."""
    payment = refund.payment
    about = {
        "amount": str(round_money(refund.amount, refund.currency)),
        "currency": refund.currency,
        "reason": refund.reason,
        **facts,
    }
    subject, thread = refund.number, str(payment.order or payment.invoice or "")
    category = ActivityCategory.MONEY
    record(verb, sentence, subject=subject, thread=thread, by=by, now=now, category=category, **about)
