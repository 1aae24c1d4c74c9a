"""How a worker sends an approved refund, and what its answer changes."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.leases import pause
from ordermgmt.models import User
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from orders.actions.paying import pay_order
from orders.actions.progress import refresh_status
from orders.actions.refunding import RefundRefused, free_again, lock_payment, lock_refund, note_refund
from orders.actions.settling import settle_invoices, settle_own
from orders.actions.taking_money import give_back, lock_invoice, take_money
from orders.billing_states import RefundStatus
from orders.collection_mails import refund_message
from orders.models import Payment, Refund
from orders.payments.protocol import Outcome, RefundWish, Result
from orders.payments.registry import provider_of
from orders.states import PaymentKind, PaymentState

BY = "refunds"
ASK_PENDING = timedelta(hours=6)
TO_SEND = (RefundStatus.APPROVED, RefundStatus.SENT, RefundStatus.UNKNOWN)
ASKED = (RefundStatus.SENT, RefundStatus.UNKNOWN)


def waiting_refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(status__in=TO_SEND)


def work_refund(refund: Refund, *, now: datetime) -> None:
    """One claimed refund. What was sent before is looked for first; the key stays the same."""
    provider = provider_of(refund.payment.provider)
    if refund.status in ASKED and (found := provider.find_refund(_wish(refund))) is not None:
        decide_refund(refund.pk, found, by=BY, now=now)
        return
    sent = _send(refund.pk, now=now)
    if sent is not None:
        decide_refund(sent.pk, provider.refund(_wish(sent)), by=BY, now=now)


def _wish(refund: Refund) -> RefundWish:
    return RefundWish(
        key=refund.idempotency_key, amount=refund.amount, currency=refund.currency, reference=refund.payment.reference
    )


@retries_conflicts
@transaction.atomic(durable=True)
def _send(pk: int, *, now: datetime) -> Refund | None:
    """Committed before the provider is called."""
    refund = lock_refund(pk)
    if refund.status not in TO_SEND:
        return None
    if refund.status != RefundStatus.SENT:
        refund.move_to(RefundStatus.SENT, now=now)
    return refund


@retries_conflicts
@transaction.atomic(durable=True)
def decide_refund(pk: int, outcome: Outcome, *, by: User | str, now: datetime) -> Refund:
    """What the provider said, in whatever order and however often; a failure is final, it may come after a success."""
    refund = lock_refund(pk)
    if outcome.result == Result.SUCCEEDED and refund.status in TO_SEND:
        _succeed(refund, outcome.reference, by=by, now=now)
    elif outcome.result == Result.DECLINED and refund.status in (*ASKED, RefundStatus.SUCCEEDED):
        _fail(refund, outcome, by=by, now=now)
    elif refund.status in ASKED:
        _wait(refund, outcome, now=now)
    return refund


def _succeed(refund: Refund, reference: str, *, by: User | str, now: datetime) -> None:
    if refund.status == RefundStatus.APPROVED:
        refund.move_to(RefundStatus.SENT, now=now)
    back = _money_back(refund, reference, by=by, now=now)
    done = {"money_back": back, "provider_reference": reference, "due_at": None, "lease_until": None}
    refund.move_to(RefundStatus.SUCCEEDED, now=now, last_error="", **done)
    refund_message(refund, refund.credit_note.invoice if refund.credit_note else None, now=now)
    note_refund(refund, gettext_noop("Paid back {amount} {currency}"), "refund.done", by=by, now=now)


def _money_back(refund: Refund, reference: str, *, by: User | str, now: datetime) -> Payment:
    payment = refund.payment
    facts: dict[str, Any] = {
        "amount": refund.amount, "provider": payment.provider, "effect_key": refund.idempotency_key,
        "kind": PaymentKind.REFUND, "reference": reference, "reason": refund.reason, "parent": payment,
    }  # fmt: skip
    if payment.order is not None:
        return pay_order(payment.order, by=by, now=now, **facts)
    return take_money(lock_invoice(int(payment.invoice_id or 0)), by=by, now=now, **facts)


def _fail(refund: Refund, outcome: Outcome, *, by: User | str, now: datetime) -> None:
    back, words = refund.money_back, outcome.words or outcome.code
    refund.move_to(
        RefundStatus.FAILED, now=now, due_at=None, lease_until=None, last_error=words, money_back=None,
        provider_reference=outcome.reference or refund.provider_reference,
    )  # fmt: skip
    if back:
        Payment.objects.filter(pk=back.pk).update(state=PaymentState.FAILED, reason=words[:200])
        _settle(refund.payment, now=now)
    free_again(refund)
    note_refund(refund, gettext_noop("Paying back {amount} {currency} failed: {why}"), "refund.failed",
                by=by, now=now, why=words[:200])  # fmt: skip


def _settle(payment: Payment, *, now: datetime) -> None:
    if payment.order is not None:
        settle_invoices(payment.order)
        refresh_status(payment.order, now=now)
    elif payment.invoice is not None:
        settle_own(payment.invoice)


def _wait(refund: Refund, outcome: Outcome, *, now: datetime) -> None:
    if refund.status == RefundStatus.SENT:
        refund.move_to(RefundStatus.UNKNOWN, now=now)
    later = ASK_PENDING if outcome.result == Result.PENDING else pause(refund.attempts + 1, 1.0)
    rows = Refund.objects.filter(pk=refund.pk)
    rows.update(due_at=now + later, lease_until=None, last_error=outcome.words,
                provider_reference=outcome.reference or refund.provider_reference)  # fmt: skip


@retries_conflicts
@transaction.atomic(durable=True)
def note_paid_back(pk: int, *, reference: str, by: User | str, now: datetime) -> Refund:
    """A person paid it by bank or in cash. Raises RefundRefused."""
    refund = lock_refund(pk)
    if refund.status != RefundStatus.APPROVED or provider_of(refund.payment.provider).is_online:
        raise RefundRefused(_("This refund is not waiting to be paid by hand."))
    _succeed(refund, reference[:120], by=by, now=now)
    return refund


def found_refund(key: str, intent: str, amount: Decimal, outcome: Outcome, *, by: User | str, now: datetime) -> str:
    """What a provider tells of a refund: ours by its key, or one somebody made on the provider's own pages."""
    known = Refund.objects.filter(idempotency_key=key).first() if key else None
    known = known or Refund.objects.filter(provider_reference=outcome.reference or "-").first()
    if known is None:
        return "Another key of ours" if key else _foreign(intent, amount, outcome, by=by, now=now)
    decided = decide_refund(known.pk, outcome, by=by, now=now)
    return f"{decided}: {decided.status}"


@retries_conflicts
@transaction.atomic(durable=True)
def _foreign(intent: str, amount: Decimal, outcome: Outcome, *, by: User | str, now: datetime) -> str:
    """Money went back without us: written down as a refund that nobody here approved."""
    found = Payment.objects.filter(reference=intent or "-", kind=PaymentKind.CAPTURE).order_by("pk").first()
    if found is None or outcome.result != Result.SUCCEEDED:
        return "No payment of ours"
    payment = lock_payment(found.pk)
    key = f"provider:{outcome.reference}"
    if Refund.objects.filter(idempotency_key=key).exists() or not give_back(payment, amount):
        return "Known already, or more than was paid"
    refund = Refund.objects.create(
        number=next_number("RF"), payment=payment, amount=amount, currency=payment.currency, idempotency_key=key,
        reason=gettext_noop("Paid back on the pages of the provider"), requested_at=now, requested_by=str(by),
        status=RefundStatus.APPROVED, approved_at=now, approved_by=str(by),
    )  # fmt: skip
    _succeed(refund, outcome.reference, by=by, now=now)
    return f"{refund}: {refund.status}"
