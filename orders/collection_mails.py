"""What customers are told about paying: rows in the verb's transaction, once per step (P48)."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from customers.models import Customer
from ordermgmt.mail import queue_message, withdraw_message
from ordermgmt.models import OutgoingMessage
from orders.billing_states import LastStep
from orders.models import Charge, Dunning, Invoice, PayLink, PaymentMethod, Refund
from orders.payments.declines import decline_words

FAILED, ACTION, WARNING = "payment_failed", "payment_action", "payment_last_warning"
DUNNING_KINDS = (FAILED, ACTION, WARNING)


def receipt_message(charge: Charge, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: "paid, thank you", once per attempt that succeeded."""
    invoice = charge.invoice
    context = _context(invoice) | {"amount": charge.amount, "card": str(charge.method or "")}
    return _queue("payment_receipt", invoice, f"{invoice.number} {charge.number}", context, now)


def dunning_message(
    case: Dunning, kind: str, *, next_try: date | None, last_on: date, last_step: str, now: datetime
) -> OutgoingMessage:
    """Inside the caller's transaction: it was not paid, and what can be done; once per step of its case."""
    invoice = case.invoice
    context = _context(invoice) | {
        "amount": invoice.balance,
        "reason": decline_words(case.reason),
        "next_try": next_try,
        "last_on": last_on,
        "is_pause": last_step == LastStep.PAUSE,
        "is_skip": last_step == LastStep.SKIP,
        "button_url": pay_url(invoice, now=now),
        "button_label": gettext_noop("Pay now"),
    }
    return _queue(kind, invoice, f"{invoice.number} {case.step}", context, now)


def withdraw_dunning(case: Dunning) -> None:
    """Inside the caller's transaction: it was paid before the message left."""
    for kind in DUNNING_KINDS:
        for step in range(case.step + 1):
            withdraw_message(kind, about=f"{case.invoice.number} {step}")


def recovered_message(case: Dunning, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: it is paid after all, thanks."""
    return _queue("payment_recovered", case.invoice, case.invoice.number, _context(case.invoice), now)


def refund_message(refund: Refund, invoice: Invoice | None, *, now: datetime) -> OutgoingMessage | None:
    """Inside the caller's transaction: money is on its way back, once per refund."""
    order = refund.payment.order
    paper = invoice or (order.invoices.order_by("pk").first() if order else refund.payment.invoice)
    if paper is None:
        return None
    context = _context(paper) | {"amount": refund.amount, "currency": refund.currency}
    return _queue("payment_refund", paper, refund.number, context, now)


def expiring_message(method: PaymentMethod, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: the saved card ends soon; asked before it fails, once per card."""
    customer = method.customer
    link = PayLink.objects.lasting(customer_id=customer.pk, invoice=None, now=now)
    context = {
        "recipient": customer.name,
        "card": str(method),
        "expires_on": method.expires_on,
        "button_url": link_url(link.token),
        "button_label": gettext_noop("Save a new card"),
    }
    return queue_message(
        "card_expiring", about=f"{customer.number} {method.pk}", thread=customer.number, to=customer.email,
        context=context, now=now, language=customer.language,
    )  # fmt: skip


def pay_link_message(link: PayLink, *, customer: Customer, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: the link that was asked for, sent at once."""
    invoice = link.invoice
    context = {
        "recipient": customer.name,
        "invoice_number": invoice.number if invoice else "",
        "button_url": link_url(link.token),
        "button_label": gettext_noop("Pay now") if invoice else gettext_noop("Save a new card"),
    }
    about = f"{invoice or customer.number} {now:%y%m%d%H%M%S%f}"
    return queue_message(
        "pay_link", about=about, thread=customer.number, to=customer.email, context=context, now=now,
        language=customer.language, delay=0,
    )  # fmt: skip


def pay_url(invoice: Invoice, *, now: datetime) -> str:
    """Inside the caller's transaction: the page where this invoice can be paid (P42); empty for nobody's invoice."""
    if invoice.customer_id is None:
        return ""
    link = PayLink.objects.lasting(customer_id=invoice.customer_id, invoice=invoice, now=now)
    return link_url(link.token)


def link_url(token: str) -> str:
    return f"{settings.BASE_URL}/p/{token}/"


def _context(invoice: Invoice) -> dict[str, Any]:
    return {
        "invoice_number": invoice.number,
        "subject_number": str(invoice.order or invoice.subscription or invoice.number),
        "recipient": str(invoice.buyer.get("name") or invoice.buyer.get("company") or ""),
        "currency": invoice.currency,
        "amount": invoice.gross_total,
    }


def _queue(kind: str, invoice: Invoice, about: str, context: dict[str, Any], now: datetime) -> OutgoingMessage:
    order, customer = invoice.order, invoice.customer
    to = invoice.buyer.get("email") or (customer.email if customer else "") or (order.email if order else "")
    language = order.language if order else customer.language if customer else "en-gb"
    is_test = bool(order and order.is_test)
    thread = str(order or invoice.subscription or "")
    return queue_message(
        kind, about=about, thread=thread, to="" if is_test else to, context=context, now=now, language=language
    )
