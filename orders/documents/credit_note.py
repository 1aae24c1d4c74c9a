"""The credit note as a paper (P44), in the look of the invoice it corrects."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper
from ordermgmt.typesetting import Paper
from orders.documents.einvoice import credit_note_xml, language_of
from orders.documents.invoice import percent_words
from orders.invoice_sums import by_rate
from orders.models import CreditNote
from orders.tax import tax_note


@document_kind("credit_note", title=_("Credit note"), permission="orders.view")
def credit_note(number: str) -> Paper:
    found = CreditNote.objects.select_related("invoice__order", "invoice__subscription").filter(number=number).first()
    if found is None:
        raise UnknownDocument(number)
    facts, language = credit_facts(found), language_of(found.invoice)
    return paper("credit_note", facts, style="invoice", language=language, invoice_xml=credit_note_xml(found))


def credit_facts(note: CreditNote) -> dict[str, Any]:
    """What the PDF and the page of a credit note both show."""
    lines = list(note.lines.select_related("invoice_line").order_by("position"))
    rates = by_rate((line.tax_rate, line.net, line.tax) for line in lines)
    return {
        "note": note,
        "invoice": note.invoice,
        "order": note.invoice.order,
        "seller": note.seller,
        "phone_words": note.seller.get("phone", "").replace(" ", "\u00a0"),
        "lines": [{"line": line, "rate": percent_words(line.tax_rate)} for line in lines],
        "rates": [{"percent": percent_words(rate.rate), "net": rate.net, "tax": rate.tax} for rate in rates],
        "tax_note": tax_note(note.invoice.tax_treatment),
    }
