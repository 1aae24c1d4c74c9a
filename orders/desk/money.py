"""Money on the page of a customer: three sums, each of exactly the rows that its link shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.desks import Desk, Part, Rows, desk_part, desk_tab
from customers.desks import Sum as Amount
from customers.models import Customer
from ordermgmt.money import ZERO, MoneyField
from ordermgmt.templatetags import portal
from orders.actions.accounts import ACCOUNT
from orders.ageing import OPEN_BALANCE
from orders.models import AccountEntry, CreditNote, Invoice, Payment
from orders.states import InvoiceStatus, PaymentKind, PaymentState

MOST_ROWS = 100
SHOWS = {"paid": gettext_lazy("Paid"), "owes": gettext_lazy("Owes"), "credit": gettext_lazy("Credit")}
SIGNED = Case(When(kind=PaymentKind.REFUND, then=-F("amount")), default=F("amount"), output_field=MoneyField())


def payments_of(customer: Customer) -> QuerySet[Payment]:
    """Money that moved between the customer and us; what only went between an invoice and the account is left out."""
    own = Q(invoice__customer=customer, order=None) | Q(order__customer=customer)
    rows = Payment.objects.filter(own, state=PaymentState.SUCCEEDED).exclude(provider=ACCOUNT)
    return rows.exclude(kind=PaymentKind.AUTHORISATION).annotate(signed=SIGNED)


def open_invoices(customer: Customer) -> QuerySet[Invoice]:
    return Invoice.objects.filter(customer=customer, status=InvoiceStatus.OPEN).annotate(open=OPEN_BALANCE)


def _by_currency(rows: QuerySet[Any], field: str) -> dict[str, Decimal]:
    pairs = rows.order_by().values_list("currency").annotate(sum=Sum(field))
    return {currency: total for currency, total in pairs if total}


@desk_part(rank=30)
def sums_of(desk: Desk) -> Part:
    """Paid, owed and credit in every currency there is."""
    if not desk.may("orders.view"):
        return Part()
    page = f"/customers/{desk.customer.number}/?tab=money"
    found = {
        "paid": _by_currency(payments_of(desk.customer), "signed"),
        "owes": _by_currency(open_invoices(desk.customer), "open"),
        "credit": _by_currency(AccountEntry.objects.filter(customer=desk.customer), "amount"),
    }
    usual = min({currency for sums in found.values() for currency in sums}, default="")
    return Part(sums=[
        Amount(label=SHOWS[name], amount=_in_words(sums, usual), url=f"{page}&show={name}", tone="warn" if name == "owes" and sums else "")
        for name, sums in found.items()
    ])  # fmt: skip


def _in_words(sums: dict[str, Decimal], usual: str) -> str:
    """One amount per currency; nothing is nought in the currency they buy in."""
    shown = [portal.money(amount, currency) for currency, amount in sorted(sums.items())]
    return ", ".join(shown) or portal.money(0, usual)


@dataclass(frozen=True)
class Line:
    """A row of the money tab, in the customer's words; `amount` counts in its sum."""

    at: Any
    words: str
    number: str
    url: str
    amount: Decimal
    currency: str
    state: Any = None
    paper_url: str = ""


@desk_tab("money", gettext_lazy("Money"), rank=40, permission="orders.view")
def money_rows(desk: Desk) -> Rows:
    """Charges and papers in words a caller knows, or the rows of one of the three sums."""
    show = desk.query.get("show", "")
    builders = {"paid": _paid, "owes": _owing, "credit": _credit}
    lines = builders[show](desk) if show in builders else _everything(desk)
    return Rows(
        template="customers/tabs/money.html",
        facts={
            "show": show if show in builders else "",
            "title": SHOWS.get(show, _("Charges, invoices and money back")),
            "lines": lines[:MOST_ROWS] if show not in builders else lines,
            "sums": [{"currency": currency, "sum": total} for currency, total in _add_up(lines)] if show in builders else [],
            "chips": [{"label": _("All"), "href": "?tab=money", "current": show not in builders}]
            + [{"label": words, "href": f"?tab=money&show={name}", "current": show == name} for name, words in SHOWS.items()],
            "statement_url": reverse("customer_statement", args=[desk.customer.number]) if desk.may("orders.finance") else "",
        },
    )  # fmt: skip


def _add_up(lines: Iterable[Line]) -> Sequence[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, ZERO) + line.amount
    return sorted(sums.items())


def _paid(desk: Desk) -> list[Line]:
    rows = payments_of(desk.customer).select_related("order", "invoice", "charge__method").order_by("-at", "-pk")
    return [_payment_line(row, desk) for row in rows]


def _payment_line(row: Any, desk: Desk) -> Line:
    charge = getattr(row, "charge", None)
    way = str(charge.method) if charge and charge.method else row.provider
    words = _("Money back (%(way)s)") if row.kind == PaymentKind.REFUND else _("Payment (%(way)s)")
    subject = row.order or row.invoice
    url = reverse("payment", args=[row.pk]) if desk.may("orders.finance") else _about_url(row)
    return Line(row.at, words % {"way": way}, str(subject), url, row.signed, row.currency)


def _about_url(row: Payment) -> str:
    return reverse("order_detail", args=[row.order]) if row.order else reverse("invoice", args=[row.invoice])


def _owing(desk: Desk) -> list[Line]:
    rows = open_invoices(desk.customer).select_related("order", "subscription").order_by("due_on", "pk")
    return [_invoice_line(row, row.open, _("due %(day)s") % {"day": portal.weekday_words(row.due_on)}) for row in rows]  # type: ignore[attr-defined]


def _invoice_line(row: Invoice, amount: Decimal, more: str = "") -> Line:
    words = _("Invoice for %(what)s") % {"what": row.order or row.subscription or row.number}
    return Line(
        row.issued_at, f"{words}, {more}" if more else words, row.number, reverse("invoice", args=[row.number]), amount,
        row.currency, state=row, paper_url=reverse("paper", args=["invoice", row.number]),
    )  # fmt: skip


def _credit(desk: Desk) -> list[Line]:
    rows = AccountEntry.objects.filter(customer=desk.customer).order_by("-at", "-pk")
    return [Line(row.at, row.reason, "", "", row.amount, row.currency) for row in rows]


def _everything(desk: Desk) -> list[Line]:
    """The newest of each kind together, newest first."""
    invoices = Invoice.objects.filter(customer=desk.customer).select_related("order", "subscription")
    notes = CreditNote.objects.filter(invoice__customer=desk.customer).select_related("invoice")
    found = [_invoice_line(row, row.gross_total) for row in invoices.order_by("-issued_at", "-pk")[:MOST_ROWS]]
    found += [
        Line(row.issued_at, _("Credit note for %(number)s") % {"number": row.invoice.number}, row.number,
             reverse("credit_note", args=[row.number]), -row.gross_total, row.currency,
             paper_url=reverse("paper", args=["credit_note", row.number]))
        for row in notes.order_by("-issued_at", "-pk")[:MOST_ROWS]
    ]  # fmt: skip
    payments = payments_of(desk.customer).select_related("order", "invoice", "charge__method").order_by("-at", "-pk")
    found += [_payment_line(row, desk) for row in payments[:MOST_ROWS]]
    found += [
        Line(row.at, _("Credit: %(why)s") % {"why": row.reason}, "", "", row.amount, row.currency)
        for row in AccountEntry.objects.filter(customer=desk.customer, payment=None).order_by("-at", "-pk")[:MOST_ROWS]
    ]
    return sorted(found, key=lambda line: line.at, reverse=True)
