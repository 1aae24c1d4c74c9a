"""Paying back part of an invoice that was paid in several ways."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ordermgmt.models import User
from ordermgmt.money import ZERO
from ordermgmt.retrying import retries_conflicts
from ordermgmt.templatetags.portal import money as money_words
from orders.actions.accounts import ACCOUNT
from orders.actions.refunding import RefundRefused, ask_refund, left_of
from orders.actions.returning_money import to_account
from orders.actions.taking_money import give_back, lock_invoice
from orders.models import CreditNote, Invoice, Payment, Refund
from orders.refund_rules import RefundOrder, split_refund
from orders.states import PaymentKind, PaymentState


@retries_conflicts
@transaction.atomic(durable=True)
def refund_invoice(
    invoice_id: int,
    *,
    amount: Decimal,
    order: str = RefundOrder.MONEY_FIRST,
    reason: str,
    credit_note: CreditNote | None = None,
    by: User | str,
    now: datetime,
) -> list[Refund]:
    """Give `amount` back in the chosen order; money asks for approval (the newest payment first), credit is there at once.

    Raises RefundRefused.
    """
    invoice = lock_invoice(invoice_id)
    captures = list(_captures(invoice).order_by("-at", "-pk"))
    left = {payment.pk: left_of(payment) for payment in captures}
    by_credit = sum((left[row.pk] for row in captures if row.provider == ACCOUNT), ZERO)
    by_money = sum((left[row.pk] for row in captures if row.provider != ACCOUNT), ZERO)
    split = split_refund(amount, by_credit=by_credit, by_money=by_money, order=order)
    if split.left:
        facts = {"left": money_words(amount - split.left, invoice.currency)}
        raise RefundRefused(_("Only %(left)s can be paid back.") % facts)
    made = []
    money = split.money
    for payment in (row for row in captures if row.provider != ACCOUNT):
        part = min(money, left_of(payment))
        if part > 0:
            made.append(ask_refund(payment, amount=part, reason=reason, credit_note=credit_note, by=by, now=now))
            money -= part
    if split.credit:
        _use_up(captures, split.credit)
        count = Payment.objects.filter(effect_key__startswith=f"back:{invoice.number}:").count()
        to_account(invoice, split.credit, cause=f"back:{invoice.number}:{count + 1}", by=by, now=now)
    return made


def _use_up(captures: list[Payment], credit: Decimal) -> None:
    """Inside the caller's transaction: what becomes credit is not paid back as money, too; account payments first."""
    for payment in sorted(captures, key=lambda row: row.provider != ACCOUNT):
        payment.refresh_from_db(fields=["returning"])
        part = min(credit, payment.amount - payment.returning)
        if part > 0 and give_back(payment, part):
            credit -= part


def _captures(invoice: Invoice) -> QuerySet[Payment]:
    rows = Payment.objects.filter(order=invoice.order) if invoice.order else Payment.objects.filter(invoice=invoice)
    return rows.filter(kind=PaymentKind.CAPTURE, state=PaymentState.SUCCEEDED)
