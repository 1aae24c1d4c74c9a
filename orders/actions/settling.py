"""How much of each invoice is paid: the money of its order, or its own where it bills no order."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, When

from ordermgmt.money import ZERO, exact
from orders.models import Invoice, Order, Payment
from orders.states import InvoiceStatus, PaymentKind, PaymentState

# What came (captures) less what went back (refunds); anything undecided or failed is neither.
NET = Sum(
    Case(
        When(kind=PaymentKind.CAPTURE, then=F("amount")),
        When(kind=PaymentKind.REFUND, then=-F("amount")),
        default=ZERO,
        output_field=DecimalField(max_digits=18, decimal_places=4),
    ),
    filter=Q(state=PaymentState.SUCCEEDED),
)


def settle_invoices(order: Order) -> None:
    """Inside the caller's transaction (order locked): share what came in over its invoices, oldest first."""
    share_out(order.invoices.all(), money_of(Payment.objects.filter(order=order)))


def settle_own(invoice: Invoice) -> None:
    """Inside the caller's transaction (invoice locked): as `settle_invoices`, for an invoice of no order."""
    share_out(Invoice.objects.filter(pk=invoice.pk), money_of(Payment.objects.filter(invoice=invoice)))


def settle_for(invoice: Invoice) -> None:
    """Inside the caller's transaction (order, else invoice, locked): settle an invoice and those beside it."""
    if invoice.order is not None:
        settle_invoices(invoice.order)
    else:
        settle_own(invoice)
    invoice.refresh_from_db(fields=["paid", "status"])


def share_out(rows: QuerySet[Invoice], money: Decimal) -> None:
    """Inside the caller's transaction: `money` over invoices, oldest first; what is over stays unspent."""
    invoices = list(rows.order_by("issued_at", "pk"))
    for invoice, paid in zip(invoices, spread(money, [claim(invoice) for invoice in invoices]), strict=True):
        invoice.paid = paid
        invoice.status = status_of(invoice)
    Invoice.objects.bulk_update(invoices, ["paid", "status"])


def claim(invoice: Invoice) -> Decimal:
    """What an invoice asks for, after credit notes and what was given up; never negative."""
    asked: Decimal = invoice.gross_total - invoice.credited - invoice.written_off
    return max(asked, ZERO)


def status_of(invoice: Invoice) -> InvoiceStatus:
    """From its amounts: credited when nothing of it stands, written off when what was left was given up."""
    if invoice.gross_total and invoice.credited >= invoice.gross_total:
        return InvoiceStatus.CREDITED
    if invoice.paid < claim(invoice):
        return InvoiceStatus.OPEN
    return InvoiceStatus.WRITTEN_OFF if invoice.written_off else InvoiceStatus.PAID


def spread(money: Decimal, claims: Sequence[Decimal]) -> list[Decimal]:
    """Money over claims, the first served first; none gets less than nothing or more than it asks."""
    shares = []
    for asked in claims:
        share = max(ZERO, min(asked, money))
        money -= share
        shares.append(share)
    return shares


def money_of(payments: QuerySet[Payment]) -> Decimal:
    """Captures less refunds that succeeded."""
    return exact(payments.aggregate(net=NET)["net"])


def claims_of(invoices: Iterable[Invoice]) -> list[Decimal]:
    return [claim(invoice) for invoice in invoices]
