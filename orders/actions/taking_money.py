"""Money of an invoice: on its order, or on itself where it bills none. Steps of charges, refunds and disputes."""

from datetime import datetime
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round

from ordermgmt.models import User
from ordermgmt.money import PLACES
from orders.actions.paying import PaymentRefused, note_money, pay_order
from orders.actions.progress import lock_order
from orders.actions.settling import money_of, settle_for
from orders.models import Invoice, Payment
from orders.states import PaymentKind


def lock_invoice(invoice_id: int) -> Invoice:
    """Inside the caller's transaction: the invoice locked, its order first (as everywhere).

    Closes the race of two answers about one invoice: a webhook and a poll, a refund and a charge.
    """
    order_id = Invoice.objects.values_list("order", flat=True).get(pk=invoice_id)
    order = lock_order(order_id) if order_id else None
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)
    if order:
        invoice.order = order
    return invoice


def take_money(
    invoice: Invoice,
    *,
    amount: Decimal,
    provider: str,
    effect_key: str,
    by: User | str,
    now: datetime,
    kind: str = PaymentKind.CAPTURE,
    reference: str = "",
    reason: str = "",
    parent: Payment | None = None,
) -> Payment:
    """Inside the caller's transaction (`lock_invoice`): money that came or went, once per effect key; settled."""
    if invoice.order is not None:
        payment = pay_order(
            invoice.order, amount=amount, provider=provider, effect_key=effect_key, by=by, now=now, kind=kind,
            reference=reference, reason=reason, parent=parent,
        )  # fmt: skip
        invoice.refresh_from_db(fields=["paid", "status"])
        return payment
    if known := Payment.objects.filter(effect_key=effect_key).first():
        return known
    if kind == PaymentKind.REFUND and amount > money_of(Payment.objects.filter(invoice=invoice)):
        raise PaymentRefused(f"{amount} {invoice.currency} is more than was paid on {invoice}")
    payment = Payment.objects.create(
        invoice=invoice, kind=kind, amount=amount, currency=invoice.currency, provider=provider, reference=reference,
        parent=parent, reason=reason[:200], effect_key=effect_key, at=now,
    )  # fmt: skip
    settle_for(invoice)
    note_money(payment, subject=invoice.number, by=by, now=now)
    return payment


def give_back(payment: Payment, amount: Decimal) -> bool:
    """Inside the caller's transaction: count `amount` as asked back; False when the payment has not so much left.

    One conditional statement under a CHECK: however many ask at once, never more than was captured.
    """
    asked = Round(F("returning") + amount, PLACES)
    return bool(Payment.objects.filter(pk=payment.pk, amount__gte=asked).update(returning=asked))
