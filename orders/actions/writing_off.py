"""Giving up what is still owed on an invoice, with a reason, and taking that back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import round_money
from ordermgmt.retrying import retries_conflicts
from orders.actions.returning_money import settle
from orders.actions.taking_money import lock_invoice
from orders.models import Invoice, WriteOff


class WriteOffRefused(Exception):
    """There is nothing to give up, or it was taken back already; the sentence says which."""


@retries_conflicts
@transaction.atomic(durable=True)
def write_off(invoice_id: int, *, reason: str, by: User | str, now: datetime) -> WriteOff:
    """Give up all that is owed on an invoice. Who may call it approves it (`finance.approve`). Raises WriteOffRefused."""
    invoice = lock_invoice(invoice_id)
    if not reason.strip():
        raise WriteOffRefused(_("Say why it is given up."))
    if invoice.balance <= 0:
        raise WriteOffRefused(_("Nothing is owed on %(number)s.") % {"number": invoice.number})
    row = WriteOff.objects.create(
        invoice=invoice, amount=invoice.balance, reason=reason.strip()[:300], at=now, on=business_day(now), by=str(by)
    )
    invoice.written_off += row.amount
    invoice.save(update_fields=["written_off"])
    settle(invoice, now=now)
    _tell("invoice.written_off", "Written off: {amount} {currency} of {number}: {reason}", row, by=by, now=now)
    return row


@retries_conflicts
@transaction.atomic(durable=True)
def take_back_write_off(write_off_id: int, *, by: User | str, now: datetime) -> WriteOff:
    """It is owed again. Raises WriteOffRefused when that was done already."""
    invoice = lock_invoice(WriteOff.objects.values_list("invoice", flat=True).get(pk=write_off_id))
    row = WriteOff.objects.get(pk=write_off_id)
    if row.reversed_at is not None:
        raise WriteOffRefused(_("The write-off was taken back already."))
    owe_again(invoice, row, by=by, now=now)
    settle(invoice, now=now)
    return row


def owe_again(invoice: Invoice, row: WriteOff, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction (`lock_invoice`): end a write-off; the caller settles."""
    row.reversed_at = now
    row.save(update_fields=["reversed_at"])
    invoice.written_off -= row.amount
    invoice.save(update_fields=["written_off"])
    _tell("invoice.write_off_reversed", "{amount} {currency} of {number} is owed again", row, by=by, now=now)


def _tell(verb: str, sentence: str, row: WriteOff, *, by: User | str, now: datetime) -> None:
    invoice: Invoice = row.invoice
    record(
        verb,
        sentence,
        subject=invoice.number,
        thread=str(invoice.order or invoice.subscription or ""),
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        amount=str(round_money(row.amount, invoice.currency)),
        currency=invoice.currency,
        number=invoice.number,
        reason=row.reason,
    )
