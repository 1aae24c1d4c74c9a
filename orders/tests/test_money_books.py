"""Every invariant of invoices, credit notes, receipts and account credit is broken once and must name itself."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F

from customers.factories import CustomerFactory
from ordermgmt.models import NumberSeries
from ordermgmt.tests.planting import found, lift_guards
from orders.actions.crediting import CreditPart
from orders.actions.returning_money import GiveBack
from orders.actions.writing_off import write_off
from orders.factories import NOW
from orders.factories.billing import AccountEntryFactory, CreditNoteLineFactory
from orders.models import AccountEntry, CreditNote, CreditNoteLine, Invoice, InvoiceLine, Payment, Receipt, WriteOff
from orders.tests.test_crediting import billed, give, line, receive, renewed

pytestmark = pytest.mark.django_db
CODES = ("I11", "I12", "I13", "I14", "I19", "I20", "I21", "I22", "I55", "I56")


@pytest.fixture(autouse=True)
def _honest() -> None:
    """Bills paid by bank, credited to the account, used again, written off; an order's bill beside them."""
    customer = CustomerFactory()
    first, second = billed("100.00", "9.90", customer=customer), billed("50.00", customer=customer)
    receive(customer, "130.00")
    for n in range(2):
        part = CreditPart(line_id=line(first), units=1)
        give(first, part, cause=f"n:{n}", give_back=GiveBack.ACCOUNT)
    write_off(second.pk, reason="Too small", by="Eva", now=NOW)
    billed("20.00", customer=customer)
    receive(customer, "500.00", effect_key="more")
    renewed()


def test_all_hold() -> None:
    assert {code: found(code).rows for code in CODES if not found(code).holds} == {}


def _paid() -> None:
    Invoice.objects.filter(order=None).update(paid=F("paid") + 1)


def _paid_of_order() -> None:
    Invoice.objects.filter(order__isnull=False).update(paid=1)


def _receipt() -> None:
    Receipt.objects.update(amount=F("amount") + 1)


def _overdrawn() -> None:
    AccountEntryFactory(customer=CustomerFactory(), amount=-1)


def _one_sided() -> None:
    lift_guards(AccountEntry)
    AccountEntry.objects.filter(payment__isnull=False).update(amount=F("amount") + 1)


def _no_entry() -> None:
    AccountEntry.objects.filter(payment__isnull=False).delete()


def _currency() -> None:
    Payment.objects.filter(invoice__isnull=False).update(currency="SEK")


def _note_currency() -> None:
    CreditNote.objects.update(currency="SEK")


def _gap() -> None:
    CreditNote.objects.filter(sequence=1).update(sequence=7)


def _counter() -> None:
    NumberSeries.objects.filter(key="CN-2026").update(last=9)


def _note_changed() -> None:
    CreditNote.objects.filter(sequence=1).update(note="Something else")


def _note_line_changed() -> None:
    CreditNoteLine.objects.update(description="Something else")


def _dates() -> None:
    CreditNote.objects.filter(sequence=1).update(issued_on=date(2027, 1, 1))


def _credited() -> None:
    Invoice.objects.filter(credited__gt=0).update(credited=F("credited") - 1)


def _given_up() -> None:
    WriteOff.objects.update(reversed_at=NOW)


def _status() -> None:
    Invoice.objects.filter(status="paid").update(status="open")


def _line_amount() -> None:
    InvoiceLine.objects.filter(position=1).update(net=F("net") + 1)


def _note_sum() -> None:
    CreditNote.objects.filter(sequence=1).update(gross_total=F("gross_total") + 1)


def _beyond() -> None:
    note = CreditNote.objects.get(sequence=1)
    row = note.lines.get()
    CreditNoteLineFactory(credit_note=note, invoice_line=row.invoice_line, position=9, gross=Decimal(99))


def _elsewhere() -> None:
    other = InvoiceLine.objects.exclude(invoice__credit_notes__isnull=False).first()
    CreditNoteLine.objects.update(invoice_line=other)


def _refunded() -> None:
    Payment.objects.filter(invoice__isnull=False, kind="capture").update(kind="refund")


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        *(("I11", _currency), ("I11", _note_currency), ("I12", _paid), ("I12", _paid_of_order), ("I13", _refunded)),
        *(("I14", _receipt), ("I14", _overdrawn), ("I14", _one_sided), ("I14", _no_entry)),
        *(("I19", _gap), ("I20", _counter), ("I21", _note_changed), ("I21", _note_line_changed), ("I22", _dates)),
        *(("I55", _credited), ("I55", _given_up), ("I55", _status), ("I55", _line_amount)),
        *(("I56", _note_sum), ("I56", _beyond), ("I56", _elsewhere)),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_planted_fault_is_named(code: str, fault: Callable[[], None]) -> None:
    fault()
    rows = found(code).rows
    assert rows
    assert "error" not in rows[0]
