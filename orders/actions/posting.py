"""Posting invoices, one or a thousand: sums checked, numbers drawn last, written once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.conf import settings

from ordermgmt.clock import business_day
from ordermgmt.documents import request_documents
from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import ZERO, minor_unit
from ordermgmt.numbering import next_gapless_many
from orders.actions.deferring import Billed, defer
from orders.billing_states import TaxTreatment
from orders.invoice_sums import Amounts, Sums, by_rate, check, is_charge_cause
from orders.models import Invoice, InvoiceLine, Order, OrderLine, Subscription
from orders.states import InvoiceStatus

PAYMENT_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """A line of an invoice to be; `cause` names the effect billed, once for ever (see InvoiceLine).

    `over` (first day, day after the last) is the time over which it is earned; else with what is delivered.
    """

    cause: str
    description: str
    quantity: int
    tax_rate: Decimal
    amounts: Amounts
    line: OrderLine | None = None
    code: str = ""
    over: tuple[date, date] | None = None

    @property
    def is_charge(self) -> bool:
        return is_charge_cause(self.cause)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An invoice without its number. `paid`: money that is there for it already; `due_on`: else days after issue.

    `deliveries`: how many it pays for in advance.
    """

    cause: str
    currency: str
    rows: Sequence[BillRow]
    buyer: Mapping[str, str]
    deliver_to: Mapping[str, str]
    order: Order | None = None
    subscription: Subscription | None = None
    customer_id: int | None = None
    tax_treatment: str = TaxTreatment.STANDARD
    replaces: Invoice | None = None
    paid: Decimal = ZERO
    due_on: date | None = None
    payment_days: int = PAYMENT_DAYS
    deliveries: int = 1

    @property
    def gross(self) -> Decimal:
        return sum((row.amounts.gross for row in self.rows), ZERO)

    @property
    def thread(self) -> str:
        return str(self.order or self.subscription or "")


def post(drafts: Sequence[Draft], *, now: datetime, by: User | str | None) -> list[Invoice]:
    """Inside the caller's transaction: number and write invoices, ask for their papers, in order of the drafts.

    The statements do not grow with the drafts. Everything is computed before the series is locked, and that is the
    last lock of all: a transaction that is rolled back gives its numbers back. Raises DoesNotAddUp.
    """
    if not drafts:
        return []
    checked = [(draft, checked_sums(draft.rows)) for draft in drafts]
    today = business_day(now)
    series = f"INV-{today.year}"
    numbers = next_gapless_many(series, len(drafts))
    issued_on = max(today, _last_date(series) or today)
    threads = {number: draft.thread for number, draft in zip(numbers, drafts, strict=True)}
    papers = request_documents("invoice", numbers, thread=threads, now=now)
    invoices, lines, billed = [], [], []
    for number, paper, (draft, sums) in zip(numbers, papers, checked, strict=True):
        invoice = _invoice(number, series, draft, sums, issued_on, now)
        rows = [_line(invoice, position, row) for position, row in enumerate(draft.rows, start=1)]
        invoice.document = paper
        invoice.facts_hash = facts_hash(invoice, rows)
        invoices.append(invoice)
        lines.extend(rows)
        billed.append(_billed(invoice, rows, draft))
    Invoice.objects.bulk_create(invoices)
    InvoiceLine.objects.bulk_create(lines)
    defer(billed)
    Activity.objects.bulk_create(
        [_issued(invoice, draft, by, now) for invoice, draft in zip(invoices, drafts, strict=True)]
    )
    return invoices


def _billed(invoice: Invoice, lines: Sequence[InvoiceLine], draft: Draft) -> Billed:
    over = {line.position: row.over for line, row in zip(lines, draft.rows, strict=True) if row.over}
    return Billed(invoice=invoice, lines=lines, deliveries=draft.deliveries, over=over)


def checked_sums(rows: Sequence[BillRow]) -> Sums:
    """Raises DoesNotAddUp naming the rule of EN 16931 that the rows break."""
    sums = _sums(rows)
    check(
        sums,
        line_nets=(row.amounts.net for row in rows if not row.is_charge),
        charge_nets=(row.amounts.net for row in rows if row.is_charge),
    )
    return sums


def _sums(rows: Sequence[BillRow]) -> Sums:
    lines = sum((row.amounts.net for row in rows if not row.is_charge), ZERO)
    charges = sum((row.amounts.net for row in rows if row.is_charge), ZERO)
    tax = sum((row.amounts.tax for row in rows), ZERO)
    return Sums(
        lines=lines,
        allowances=ZERO,
        charges=charges,
        net=lines + charges,
        tax=tax,
        gross=lines + charges + tax,
        rates=by_rate((row.tax_rate, row.amounts.net, row.amounts.tax) for row in rows),
    )


def _last_date(series: str) -> date | None:
    """Read under the lock of the series: I22 wants numbers and dates to rise together."""
    return Invoice.objects.filter(series=series).order_by("-sequence").values_list("issued_on", flat=True).first()


def _invoice(number: str, series: str, draft: Draft, sums: Sums, issued_on: date, now: datetime) -> Invoice:
    is_paid = draft.paid >= sums.gross
    due_on = draft.due_on or issued_on + timedelta(days=draft.payment_days)
    return Invoice(
        number=number,
        series=series,
        sequence=int(number.rpartition("-")[2]),
        order=draft.order,
        subscription=draft.subscription,
        customer_id=draft.customer_id,
        replaces=draft.replaces,
        cause=draft.cause,
        status=InvoiceStatus.PAID if is_paid else InvoiceStatus.OPEN,
        currency=draft.currency,
        tax_treatment=draft.tax_treatment,
        issued_on=issued_on,
        due_on=issued_on if is_paid else max(issued_on, due_on),
        issued_at=now,
        seller=dict(settings.SHOP),
        buyer=dict(draft.buyer),
        deliver_to=dict(draft.deliver_to),
        net_total=sums.net,
        tax_total=sums.tax,
        gross_total=sums.gross,
        paid=draft.paid,
    )


def _line(invoice: Invoice, position: int, row: BillRow) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        order_line=row.line,
        cause=row.cause,
        description=row.description,
        code=row.code,
        quantity=row.quantity,
        net=row.amounts.net,
        tax_rate=row.tax_rate,
        tax=row.amounts.tax,
        gross=row.amounts.gross,
    )


def _issued(invoice: Invoice, draft: Draft, by: User | str | None, now: datetime) -> Activity:
    return activity(
        "invoice.issued",
        "Invoice {number} over {total} {currency} issued",
        subject=invoice.number,
        thread=draft.thread,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        number=invoice.number,
        total=str(invoice.gross_total.quantize(minor_unit(invoice.currency))),
        currency=invoice.currency,
    )


_HASHED = (
    *("number", "series", "sequence", "cause", "currency", "issued_on", "due_on", "issued_at"),
    *("seller", "buyer", "deliver_to", "tax_treatment", "net_total", "tax_total", "gross_total"),
)
_HASHED_OF_LINE = ("position", "cause", "description", "code", "quantity", "net", "tax_rate", "tax", "gross")


def facts_hash(invoice: Invoice, lines: Iterable[InvoiceLine]) -> str:
    """SHA-256 over everything the invoice states (not what was paid on it since)."""
    return hash_of({"order": invoice.order_id}, invoice, _HASHED, lines, _HASHED_OF_LINE)


def hash_of(
    extra: Mapping[str, Any], paper: Any, names: Sequence[str], lines: Iterable[Any], line_names: Sequence[str]
) -> str:
    """SHA-256 over the named facts of a paper and of its lines."""
    facts = [
        {name: _canonical(getattr(paper, name)) for name in names} | dict(extra),
        *({name: _canonical(getattr(line, name)) for name in line_names} for line in lines),
    ]
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """The same text before saving and after reading back, on every database."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else ZERO, "f")
    if isinstance(value, datetime):
        return value.timestamp()
    return value.isoformat() if isinstance(value, date) else value
