"""The data of invoices and credit notes that their papers carry inside (Factur-X): what was posted, nothing else."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.utils import translation

from ordermgmt.money import ZERO
from ordermgmt.printing import supported
from orders.coming_charges import coming_charge
from orders.einvoice import CREDIT_NOTE, INVOICE, Bill, Row, xml
from orders.invoice_sums import Sums, by_rate, is_charge_cause
from orders.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine


def invoice_xml(invoice: Invoice) -> str:
    """EN 16931 in CII syntax, in the customer's language."""
    with translation.override(supported(language_of(invoice))):
        return xml(invoice_bill(invoice))


def credit_note_xml(note: CreditNote) -> str:
    """As `invoice_xml`; the figures stay positive, the kind of document says that they are given back."""
    with translation.override(supported(language_of(note.invoice))):
        return xml(credit_note_bill(note))


def language_of(invoice: Invoice) -> str:
    """The customer's language, from what is billed."""
    source = invoice.order or invoice.subscription
    return source.language if source else settings.LANGUAGE_CODE


def invoice_bill(invoice: Invoice) -> Bill:
    lines = list(invoice.lines.order_by("position"))
    return Bill(
        kind=INVOICE,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        currency=invoice.currency,
        treatment=invoice.tax_treatment,
        seller=invoice.seller,
        buyer=invoice.buyer,
        deliver_to=invoice.deliver_to,
        rows=[_row(line, line) for line in lines],
        sums=sums_of(invoice, lines),
        paid=invoice.gross_total - invoice.balance,
        is_collected=coming_charge(invoice) is not None,
        order=invoice.order.number if invoice.order else "",
        reference=invoice.order.external_number if invoice.order else "",
        despatch=invoice.cause if invoice.cause.startswith("SH-") else "",
        period=_period(invoice),
        corrects=(invoice.replaces.number, invoice.replaces.issued_on) if invoice.replaces else None,
    )


def credit_note_bill(note: CreditNote) -> Bill:
    lines = list(note.lines.select_related("invoice_line").order_by("position"))
    return Bill(
        kind=CREDIT_NOTE,
        number=note.number,
        issued_on=note.issued_on,
        currency=note.currency,
        treatment=note.invoice.tax_treatment,
        seller=note.seller,
        buyer=note.buyer,
        deliver_to=note.invoice.deliver_to,
        rows=[_row(line, line.invoice_line) for line in lines],
        sums=sums_of(note, lines),
        corrects=(note.invoice.number, note.invoice.issued_on),
        note=note.note or note.get_reason_display(),
    )


def _row(line: InvoiceLine | CreditNoteLine, billed: InvoiceLine) -> Row:
    return Row(
        description=line.description,
        code=billed.code,
        quantity=line.quantity,
        net=line.net,
        rate=line.tax_rate,
        is_charge=is_charge_cause(billed.cause),
    )


def _period(invoice: Invoice) -> tuple[date, date] | None:
    """Of deliveries billed in advance; what left in a parcel has its day."""
    cycle = getattr(invoice, "billing_cycle", None)
    return (cycle.starts_on, cycle.ends_on - timedelta(days=1)) if cycle else None


def sums_of(paper: Invoice | CreditNote, lines: Sequence[InvoiceLine | CreditNoteLine]) -> Sums:
    """The posted totals with their parts."""
    charged = [line for line in lines if is_charge_cause(_cause(line))]
    charges = sum((line.net for line in charged), ZERO)
    return Sums(
        lines=sum((line.net for line in lines), ZERO) - charges,
        allowances=ZERO,
        charges=charges,
        net=paper.net_total,
        tax=paper.tax_total,
        gross=paper.gross_total,
        rates=by_rate((line.tax_rate, line.net, line.tax) for line in lines),
    )


def _cause(line: InvoiceLine | CreditNoteLine) -> str:
    return line.cause if isinstance(line, InvoiceLine) else line.invoice_line.cause
