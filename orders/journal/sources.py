"""Entries of a period, source by source; each reads its rows once, in the order of their days."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day, business_zone
from ordermgmt.money import ZERO
from orders.actions.accounts import ACCOUNT
from orders.einvoice import category, percent
from orders.journal.accounts import (
    BANK,
    CLEARING,
    CREDIT,
    DEFERRED,
    FEES,
    GOODWILL,
    LOSSES,
    RECEIVABLE,
    REVENUE,
    VAT,
    Entry,
    entry,
)
from orders.models import (
    AccountEntry,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    Payment,
    Payout,
    PayoutLine,
    RevenueEntry,
    WriteOff,
)
from orders.states import PaymentKind, PaymentState

CHUNK = 500
Part = tuple[str, Decimal, str]
# Money that comes straight to our bank or till; what others collect waits with them for a payout.
_AT_BANK = ("manual", "bank", "cash", "bank_transfer")


@dataclass(frozen=True)
class Period:
    """Days from `first` to the day before `end`."""

    first: date
    end: date

    def days(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.first, f"{field}__lt": self.end})

    def moments(self, field: str) -> Q:
        """Days as they are at the business."""
        bounds = {"gte": self.first, "lt": self.end}
        zone = business_zone()
        return Q(**{f"{field}__{how}": datetime.combine(day, time(), zone) for how, day in bounds.items()})

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)


def tax_code(treatment: str, rate: Decimal) -> str:
    """Such as S25, Z0 or K0: the category of EN 16931 and the rate."""
    short = percent(rate).rstrip("0").rstrip(".")
    return f"{category(treatment, rate)}{short or 0}"


def invoices(period: Period) -> Iterator[Entry]:
    rows = Invoice.objects.filter(period.days("issued_on")).select_related("customer")
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position"))
    for row in rows.prefetch_related(lines).order_by("issued_on", "pk").iterator(chunk_size=CHUNK):
        parts = _by_code(row.lines.all(), row.tax_treatment, sign=-1)
        text = _("Invoice %(number)s") % {"number": row.number}
        yield entry(
            row.issued_on,
            row.number,
            text,
            row.currency,
            (RECEIVABLE, row.gross_total, ""),
            *parts,
            counterpart=_who(row),
        )


def credit_notes(period: Period) -> Iterator[Entry]:
    rows = CreditNote.objects.filter(period.days("issued_on")).select_related("invoice__customer")
    lines = Prefetch("lines", CreditNoteLine.objects.order_by("position"))
    for row in rows.prefetch_related(lines).order_by("issued_on", "pk").iterator(chunk_size=CHUNK):
        parts = _by_code(row.lines.all(), row.invoice.tax_treatment, sign=1)
        text = _("Credit note for %(number)s") % {"number": row.invoice.number}
        who = _who(row.invoice)
        yield entry(
            row.issued_on, row.number, text, row.currency, *parts, (RECEIVABLE, -row.gross_total, ""), counterpart=who
        )


def _by_code(lines: Iterable[InvoiceLine | CreditNoteLine], treatment: str, *, sign: int) -> list[Part]:
    """What is billed is deferred until it is earned; tax is owed at once."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for line in lines:
        code = tax_code(treatment, line.tax_rate)
        sums[code][0] += line.net
        sums[code][1] += line.tax
    found: list[Part] = []
    for code, (net, tax) in sorted(sums.items()):
        found += [(DEFERRED, sign * net, code), (VAT, sign * tax, code)]
    return found


def revenue(period: Period) -> Iterator[Entry]:
    """One document a day and currency: what became earned, less what was earned and credited."""
    rows = RevenueEntry.objects.filter(period.days("recognised_on")).select_related("invoice_line", "invoice")
    sums: dict[tuple[date, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for row in rows.order_by("recognised_on", "pk").iterator(chunk_size=CHUNK):
        code = tax_code(row.invoice.tax_treatment, row.invoice_line.tax_rate)
        if row.recognised_on:
            sums[row.recognised_on, row.currency][code] += row.amount
    for (day, currency), amounts in sorted(sums.items()):
        parts: list[Part] = []
        for code, amount in sorted(amounts.items()):
            parts += [(DEFERRED, amount, code), (REVENUE, -amount, code)]
        yield entry(day, f"REV-{day:%Y%m%d}-{currency}", _("Revenue earned"), currency, *parts)


def payments(period: Period) -> Iterator[Entry]:
    """Money in and out; that for an order which is not billed yet stands on the receivables until then."""
    rows = Payment.objects.filter(period.moments("at"), state=PaymentState.SUCCEEDED)
    rows = rows.exclude(kind=PaymentKind.AUTHORISATION).select_related("order__customer", "invoice__customer")
    for row in rows.order_by("at", "pk").iterator(chunk_size=CHUNK):
        amount = -row.amount if row.kind == PaymentKind.REFUND else row.amount
        words = _("Paid back: %(what)s") if row.kind == PaymentKind.REFUND else _("Payment: %(what)s")
        text = words % {"what": row.order or row.invoice}
        parts = ((_money_account(row.provider), amount, ""), (RECEIVABLE, -amount, ""))
        yield entry(
            _day(row.at), f"PAY-{row.pk}", text, row.currency, *parts, counterpart=_who(row.order or row.invoice)
        )


def _money_account(provider: str) -> str:
    if provider == ACCOUNT:
        return CREDIT
    return BANK if provider in _AT_BANK else CLEARING


def account_credit(period: Period) -> Iterator[Entry]:
    """Credit that came with no payment of an invoice: the rest of a receipt, or goodwill."""
    rows = AccountEntry.objects.filter(period.moments("at"), payment=None).select_related("customer")
    for row in rows.order_by("at", "pk").iterator(chunk_size=CHUNK):
        other = BANK if row.cause.startswith("receipt:") else GOODWILL
        parts = ((other, row.amount, ""), (CREDIT, -row.amount, ""))
        yield entry(_day(row.at), f"AC-{row.pk}", row.reason, row.currency, *parts, counterpart=row.customer.number)


def write_offs(period: Period) -> Iterator[Entry]:
    rows = WriteOff.objects.select_related("invoice__customer").order_by("on", "pk")
    for row in rows.filter(period.days("on")).iterator(chunk_size=CHUNK):
        yield _written_off(row, row.on, row.amount, f"WO-{row.pk}")
    for row in rows.filter(period.moments("reversed_at")).iterator(chunk_size=CHUNK):
        if row.reversed_at:
            yield _written_off(row, _day(row.reversed_at), -row.amount, f"WO-{row.pk}-R")


def _written_off(row: WriteOff, on: date, amount: Decimal, document: str) -> Entry:
    text = f"{row.invoice.number}: {row.reason}"[:200]
    parts = ((LOSSES, amount, ""), (RECEIVABLE, -amount, ""))
    return entry(on, document, text, row.invoice.currency, *parts, counterpart=_who(row.invoice))


def payouts(period: Period) -> Iterator[Entry]:
    """What providers sent to the bank, found there; their fees are the difference."""
    rows = Payout.objects.filter(period.days("arrives_on"), matched_at__isnull=False)
    for row in rows.prefetch_related(Prefetch("lines", PayoutLine.objects.order_by("pk"))).order_by("arrives_on", "pk"):
        fees = sum((line.fee for line in row.lines.all()), ZERO)
        parts = ((BANK, row.amount, ""), (FEES, fees, ""), (CLEARING, -row.amount - fees, ""))
        text = _("Payout of %(provider)s") % {"provider": row.provider}
        yield entry(row.arrives_on, row.reference, text, row.currency, *parts)


def _who(of: Any) -> str:
    customer = getattr(of, "customer", None)
    return customer.number if customer else ""


def _day(at: datetime) -> date:
    return business_day(at)


SOURCES: tuple[Callable[[Period], Iterator[Entry]], ...] = (
    invoices,
    credit_notes,
    payments,
    account_credit,
    write_offs,
    payouts,
    revenue,
)


def entries(period: Period) -> Iterator[Entry]:
    """Everything of a period, source by source; documents without a line are left out."""
    return (one for source in SOURCES for one in source(period) if one.lines)
