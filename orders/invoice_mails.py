"""Invoices, credit notes and receipts as e-mails (P48): sent by a person, or with what they are about."""

from datetime import datetime

from django.utils.translation import gettext_noop

from ordermgmt.mail import queue_message
from ordermgmt.models import OutgoingMessage
from orders.collection_mails import pay_url
from orders.coming_charges import coming_charge
from orders.documents.einvoice import language_of
from orders.models import CreditNote, Invoice, InvoiceLine, Receipt


def invoice_message(invoice: Invoice, *, now: datetime, cancels_at: datetime | None = None) -> OutgoingMessage:
    """Inside the caller's transaction: the invoice, what is to be paid and how; once a day at most.

    `cancels_at`: when its order is cancelled unless it is paid.
    """
    charge = coming_charge(invoice) if invoice.balance else None
    context = {
        "invoice_number": invoice.number,
        "currency": invoice.currency,
        "total": invoice.gross_total,
        "to_pay": invoice.balance,
        "due_on": invoice.due_on,
        "cancels": str(invoice.order) if cancels_at else "",
        "charged_with": charge.method if charge else "",
        "lines": [{"name": line.description, "units": line.quantity, "total": line.gross} for line in _lines(invoice)],
        "button_url": pay_url(invoice, now=now) if invoice.balance and invoice.customer_id and not charge else "",
        "button_label": gettext_noop("Pay now"),
    }
    return queue_message(
        "invoice_sent",
        about=f"{invoice.number} {now:%Y-%m-%d}",
        thread=thread_of(invoice),
        to=invoice.buyer.get("email", ""),
        context=context,
        now=now,
        language=language_of(invoice),
    )


def _lines(invoice: Invoice) -> list[InvoiceLine]:
    return list(invoice.lines.order_by("position"))


def credit_note_message(note: CreditNote, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: what was credited, once per note."""
    invoice = note.invoice
    context = {
        "note_number": note.number,
        "invoice_number": invoice.number,
        "currency": note.currency,
        "total": note.gross_total,
        "reason": str(note.get_reason_display()),
    }
    return queue_message(
        "credit_note_sent",
        about=note.number,
        thread=thread_of(invoice),
        to=note.buyer.get("email", ""),
        context=context,
        now=now,
        language=language_of(invoice),
    )


def receipt_message(receipt: Receipt, *, now: datetime) -> OutgoingMessage:
    """Inside the caller's transaction: money came by bank or cash, thank you; once per receipt."""
    payments = receipt.payments.select_related("invoice", "order").order_by("pk")
    context = {
        "receipt_number": receipt.number,
        "amount": receipt.amount,
        "currency": receipt.currency,
        "received_on": receipt.received_on,
        "used": [{"name": str(row.invoice or row.order), "total": row.amount} for row in payments],
        "rest": receipt.amount - sum((row.amount for row in payments), start=receipt.amount * 0),
    }
    return queue_message(
        "receipt_sent",
        about=receipt.number,
        thread=receipt.customer.number,
        to=receipt.customer.email,
        context=context,
        now=now,
        language=receipt.customer.language,
    )


def thread_of(invoice: Invoice) -> str:
    """The record whose timeline shows it."""
    return str(invoice.order or invoice.subscription or invoice.number)
