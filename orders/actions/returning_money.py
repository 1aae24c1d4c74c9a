"""What becomes of money that nothing asks for any more after a credit note: account credit, a refund, or later."""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.models import User
from ordermgmt.money import ZERO, exact
from orders.actions.accounts import ACCOUNT
from orders.actions.progress import refresh_status
from orders.actions.refunding import ask_refund, left_of, lock_payment
from orders.actions.settling import claim, money_of, settle_for
from orders.billing_states import LIVE_REFUNDS
from orders.models import AccountEntry, CreditNote, Invoice, Payment, Refund
from orders.states import OrderStatus, PaymentKind, PaymentState


class GiveBack(models.TextChoices):
    LATER = "later", gettext_lazy("Decide later")
    ACCOUNT = "account", gettext_lazy("Account credit")
    REFUND = "refund", gettext_lazy("Pay it back (asks for approval)")


def settle_credit(invoice: Invoice, note: CreditNote, *, give_back: GiveBack, by: User | str, now: datetime) -> Decimal:
    """Inside the caller's transaction (`lock_invoice`): settle, and move what is over; answers how much is over."""
    settle(invoice, now=now)
    over: Decimal = min(overpaid(invoice), note.gross_total)
    if over > 0 and give_back == GiveBack.ACCOUNT:
        to_account(invoice, over, cause=f"credit:{note.number}", by=by, now=now)
    elif over > 0 and give_back == GiveBack.REFUND:
        _ask_back(invoice, over, note, by=by, now=now)
    return over


def _ask_back(invoice: Invoice, over: Decimal, note: CreditNote, *, by: User | str, now: datetime) -> None:
    """Of the payments that brought it, the newest first; what came from the account goes back there."""
    captures = money_beside(invoice).filter(kind=PaymentKind.CAPTURE, state=PaymentState.SUCCEEDED)
    for pk in captures.exclude(provider=ACCOUNT).order_by("-at", "-pk").values_list("pk", flat=True):
        payment = lock_payment(pk)
        if (amount := min(over, left_of(payment))) > 0:
            ask_refund(payment, amount=amount, reason=note.note, credit_note=note, by=by, now=now)
            over -= amount
    if over > 0:
        to_account(invoice, over, cause=f"credit:{note.number}", by=by, now=now)


def settle(invoice: Invoice, *, now: datetime) -> None:
    """Inside the caller's transaction (`lock_invoice`): what is paid of it, and the order's own figures."""
    settle_for(invoice)
    if invoice.order is not None:
        refresh_status(invoice.order, now=now)


def overpaid(invoice: Invoice) -> Decimal:
    """Money of its order (or of itself) that neither an invoice nor the rest of the order asks for, nor a refund."""
    order = invoice.order
    if order is None:
        asked = claim(invoice)
    else:
        asked = ZERO if order.current_status == OrderStatus.CANCELLED else order.total - order.credited_total
    money = money_beside(invoice)
    waiting = Refund.objects.filter(payment__in=money, status__in=LIVE_REFUNDS, money_back=None)
    going = exact(waiting.aggregate(sum=Sum("amount"))["sum"])
    return max(money_of(money) - going - asked, ZERO)


def money_beside(invoice: Invoice) -> QuerySet[Payment]:
    """Payments of its order, or of itself where it bills none."""
    if invoice.order_id is not None:
        return Payment.objects.filter(order=invoice.order_id)
    return Payment.objects.filter(invoice=invoice)


def to_account(invoice: Invoice, amount: Decimal, *, cause: str, by: User | str, now: datetime) -> AccountEntry | None:
    """Inside the caller's transaction (`lock_invoice`): money of an invoice becomes credit of its customer.

    None for an order of nobody we know: there is no account to put it on.
    """
    if invoice.customer_id is None:
        return None
    payment = Payment.objects.create(
        order=invoice.order,
        invoice=None if invoice.order else invoice,
        kind=PaymentKind.REFUND,
        amount=amount,
        currency=invoice.currency,
        provider=ACCOUNT,
        reference=cause[:120],
        effect_key=cause,
        at=now,
    )
    entry = AccountEntry.objects.create(
        customer_id=invoice.customer_id,
        currency=invoice.currency,
        amount=amount,
        cause=cause,
        reason=_("From invoice %(number)s") % {"number": invoice.number},
        payment=payment,
        at=now,
        by=str(by),
    )
    settle(invoice, now=now)
    return entry
