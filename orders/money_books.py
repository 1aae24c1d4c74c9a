"""Invariants of billed money: what invoices say follows from their rows, and every cent that came is somewhere."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import PLACES, ZERO, MoneyField, exact
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.actions.settling import NET, claims_of, money_of, spread, status_of
from orders.models import (
    AccountEntry,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    Payment,
    Receipt,
    WriteOff,
)
from orders.states import PaymentKind

CHUNK = 1000
# SQLite adds decimals up as floats: a sum of nothing is then not quite nothing.
SMALLEST = Decimal("0.0001")


def _sum_of(rows: QuerySet[Any], link: str, amount: str) -> Coalesce:
    """The sum of an amount over rows that point at the outer row by `link`."""
    own = rows.filter(**{link: OuterRef("pk")}).order_by().values(link)
    own = own.annotate(sum=Round(Sum(amount), PLACES)).values("sum")
    return Coalesce(Subquery(own), ZERO, output_field=MoneyField())


@invariant("I12", _("What is paid of invoices is what came in for them, oldest first"), is_local=True)
def paid_is_what_came(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    yield from _of_orders(touched)
    net = Payment.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice").annotate(net=NET).values("net")
    own = Invoice.objects.filter(order=None).annotate(came=Coalesce(Subquery(net), ZERO, output_field=MoneyField()))
    for row in touched.of(own, "number").order_by("pk").iterator(CHUNK):
        (right,) = spread(exact(row.came), claims_of([row]))
        if row.paid != right:
            yield {"invoice": row.number, "paid": row.paid, "right": right}


def _of_orders(touched: Touched) -> Iterator[dict[str, Any]]:
    rows = touched.of(Invoice.objects.filter(order__isnull=False), "order__number").order_by("order", "issued_at", "pk")
    group: list[Invoice] = []
    for row in rows.iterator(CHUNK):
        if group and group[0].order_id != row.order_id:
            yield from _wrong_shares(group)
            group = []
        group.append(row)
    if group:
        yield from _wrong_shares(group)


def _wrong_shares(group: list[Invoice]) -> Iterator[dict[str, Any]]:
    """Invoices of one order; most are paid in full or not at all, and need no look at the payments' order."""
    came = money_of(Payment.objects.filter(order=group[0].order_id))
    for row, right in zip(group, spread(came, claims_of(group)), strict=True):
        if row.paid != right:
            yield {"invoice": row.number, "paid": row.paid, "right": right}


@invariant("I14", _("Receipts and account credit balance: every cent is on an invoice or on account"))
def accounts_balance(now: datetime) -> Iterable[Any]:
    yield from _receipts()
    yield from _overdrawn()
    yield from _unmatched()


def _receipts() -> Iterable[Any]:
    """A receipt is the sum of its payments and the rest that went on account."""
    rows = Receipt.objects.annotate(used=_sum_of(Payment.objects.all(), "receipt", "amount"))
    rest = dict(AccountEntry.objects.filter(cause__startswith="receipt:").values_list("cause", "amount"))
    for row in rows.order_by("pk").iterator(CHUNK):
        if row.used + rest.get(f"receipt:{row.number}", ZERO) != row.amount:
            yield {"receipt": row.number, "amount": row.amount, "used": row.used}


def _overdrawn() -> Iterable[Any]:
    sums = AccountEntry.objects.values("customer__number", "currency").annotate(balance=Sum("amount"))
    return sums.filter(balance__lt=-SMALLEST / 2).order_by("customer__number", "currency")


def _unmatched() -> Iterable[Any]:
    """Money between an invoice and the account is written on both sides, once, with the same amount."""
    given = When(payment__kind=PaymentKind.CAPTURE, then=-F("payment__amount"))
    other = Case(given, default=F("payment__amount"), output_field=MoneyField())
    entries = AccountEntry.objects.filter(payment__isnull=False).exclude(amount=other).order_by("pk")
    yield from entries.values("cause", "amount", "payment__amount", "payment__kind")
    alone = Payment.objects.filter(provider="account", account_entries=None).order_by("pk")
    yield from alone.values("effect_key", "amount")


@invariant(
    "I55", _("The sums and the state of an invoice follow from its lines, credit notes and write-offs"), is_local=True
)
def invoices_follow_from_rows(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    rows = touched.of(Invoice.objects.all(), "number", "order__number").annotate(
        lines_net=_sum_of(InvoiceLine.objects.all(), "invoice", "net"),
        lines_tax=_sum_of(InvoiceLine.objects.all(), "invoice", "tax"),
        noted=_sum_of(CreditNote.objects.all(), "invoice", "gross_total"),
        given_up=_sum_of(WriteOff.objects.filter(reversed_at=None), "invoice", "amount"),
    )
    for row in rows.order_by("pk").iterator(CHUNK):
        own = (row.net_total, row.tax_total, row.gross_total, row.credited, row.written_off, row.status)
        gross = row.lines_net + row.lines_tax
        right = (row.lines_net, row.lines_tax, gross, row.noted, row.given_up, status_of(row))
        if own != right:
            yield {"invoice": row.number, "own": [str(each) for each in own], "right": [str(each) for each in right]}


def _apart(field: str, sum_of: Combinable) -> Q:
    return Q(**{f"{field}__gt": sum_of + SMALLEST / 2}) | Q(**{f"{field}__lt": sum_of - SMALLEST / 2})


@invariant(
    "I56", _("A credit note is the sum of its lines, and no line is credited beyond what it billed"), is_local=True
)
def credit_notes_stay_within(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    notes = touched.of(CreditNote.objects.all(), "number", "invoice__number").annotate(
        net=_sum_of(CreditNoteLine.objects.all(), "credit_note", "net"),
        tax=_sum_of(CreditNoteLine.objects.all(), "credit_note", "tax"),
    )
    wrong = _apart("net_total", F("net")) | _apart("tax_total", F("tax")) | _apart("gross_total", F("net") + F("tax"))
    yield from notes.filter(wrong).order_by("pk").values("number", "gross_total", "net", "tax")
    lost = CreditNoteLine.objects.exclude(invoice_line__invoice=F("credit_note__invoice"))
    elsewhere = touched.of(lost, "credit_note__number").order_by("pk")
    yield from elsewhere.values("credit_note__number", "position")
    lines = touched.of(InvoiceLine.objects.all(), "invoice__number").annotate(
        back=_sum_of(CreditNoteLine.objects.all(), "invoice_line", "gross"),
        units=Coalesce(Sum("credit_lines__quantity"), 0),
    )
    beyond = (
        Q(gross__gte=0, back__gt=F("gross") + SMALLEST / 2)
        | Q(gross__lt=0, back__lt=F("gross") - SMALLEST / 2)
        | Q(units__gt=F("quantity"))
    )
    yield from lines.filter(beyond).order_by("pk").values("invoice__number", "position", "gross", "back", "units")
