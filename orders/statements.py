"""The statement of a customer: what was owed, what was billed, paid and credited, what is owed now; per currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Customer
from ordermgmt.clock import business_day
from ordermgmt.money import ZERO
from orders.actions.accounts import ACCOUNT
from orders.models import AccountEntry, CreditNote, Invoice, Payment, WriteOff
from orders.states import PaymentKind, PaymentState

PAGES = {"INV": "invoice", "CN": "credit_note", "SO": "order_detail"}


@dataclass(frozen=True, order=True)
class Entry:
    """A line: `amount` is positive when it makes the customer owe more."""

    on: date
    rank: int
    number: str
    words: str
    amount: Decimal
    balance: Decimal = ZERO

    @property
    def url(self) -> str:
        """Of its page for staff; receipts have none."""
        name = PAGES.get(self.number.partition("-")[0])
        return reverse(name, args=[self.number]) if name else ""


@dataclass(frozen=True)
class Statement:
    """Of one currency, from a day to a day (both included). Negative balances: we owe the customer."""

    customer: Customer
    currency: str
    starts_on: date
    ends_on: date
    opening: Decimal
    entries: list[Entry]

    @property
    def closing(self) -> Decimal:
        return self.entries[-1].balance if self.entries else self.opening

    @property
    def minus_closing(self) -> Decimal:
        return -self.closing


def currencies_of(customer: Customer) -> list[str]:
    """Those in which the customer was billed or has credit."""
    billed = Invoice.objects.filter(customer=customer).order_by().values_list("currency", flat=True)
    credit = AccountEntry.objects.filter(customer=customer).order_by().values_list("currency", flat=True)
    return sorted({*billed.distinct(), *credit.distinct()})


def statement(customer: Customer, currency: str, *, starts_on: date, ends_on: date) -> Statement:
    """Every document and payment of the customer, with the balance after each."""
    lines = sorted(line for line in _entries(customer, currency) if line.on <= ends_on)
    balance = sum((line.amount for line in lines if line.on < starts_on), ZERO)
    opening, entries = balance, []
    for line in lines:
        if line.on >= starts_on:
            balance += line.amount
            entries.append(Entry(line.on, line.rank, line.number, line.words, line.amount, balance))
    return Statement(customer, currency, starts_on, ends_on, opening, entries)


def _entries(customer: Customer, currency: str) -> Iterator[Entry]:
    yield from _invoices(customer, currency)
    yield from _notes(customer, currency)
    yield from _written_off(customer, currency)
    yield from _money(customer, currency)
    yield from _credit(customer, currency)


def _invoices(customer: Customer, currency: str) -> Iterator[Entry]:
    for row in Invoice.objects.filter(customer=customer, currency=currency):
        yield Entry(row.issued_on, 1, row.number, _("Invoice"), row.gross_total)


def _notes(customer: Customer, currency: str) -> Iterator[Entry]:
    for row in CreditNote.objects.filter(invoice__customer=customer, currency=currency).select_related("invoice"):
        words = _("Credit note for %(number)s") % {"number": row.invoice.number}
        yield Entry(row.issued_on, 2, row.number, words, -row.gross_total)


def _written_off(customer: Customer, currency: str) -> Iterator[Entry]:
    rows = WriteOff.objects.filter(invoice__customer=customer, invoice__currency=currency).select_related("invoice")
    for row in rows:
        yield Entry(row.on, 3, row.invoice.number, _("Written off"), -row.amount)
        if row.reversed_at:
            day = business_day(row.reversed_at)
            yield Entry(day, 3, row.invoice.number, _("Write-off taken back"), row.amount)


def _money(customer: Customer, currency: str) -> Iterator[Entry]:
    """Money that moved; what went between an invoice and the account stays with us and is not a line."""
    own = Q(invoice__customer=customer) | Q(order__customer=customer)
    rows = Payment.objects.filter(own, currency=currency, state=PaymentState.SUCCEEDED)
    rows = rows.exclude(provider=ACCOUNT).exclude(kind=PaymentKind.AUTHORISATION)
    for row in rows.select_related("invoice", "order", "receipt").distinct():
        number = str(row.receipt or row.invoice or row.order)
        is_back = row.kind == PaymentKind.REFUND
        words = _("Paid back (%(way)s)") if is_back else _("Payment (%(way)s)")
        day = row.receipt.received_on if row.receipt else business_day(row.at)
        yield Entry(day, 4, number, words % {"way": row.came_by}, row.amount if is_back else -row.amount)


def _credit(customer: Customer, currency: str) -> Iterator[Entry]:
    """Account credit that came from outside: the rest of a receipt, goodwill."""
    for row in AccountEntry.objects.filter(customer=customer, currency=currency, payment=None):
        yield Entry(business_day(row.at), 5, "", row.reason, -row.amount)
