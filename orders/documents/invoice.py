"""The invoice as a paper (P44): what was posted, laid out; nothing is computed that was not stored."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.utils.translation import gettext_lazy as _

from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.money import round_money
from ordermgmt.printing import locale, paper
from ordermgmt.templatetags.portal import money, percent
from ordermgmt.typesetting import Paper
from orders.coming_charges import coming_charge
from orders.documents.einvoice import invoice_xml, language_of, sums_of
from orders.einvoice import PRICE_STEP
from orders.invoice_sums import RateSum, is_charge_cause
from orders.models import Invoice, InvoiceLine
from orders.tax import tax_note


@document_kind("invoice", title=_("Invoice"), permission="orders.view")
def invoice(number: str) -> Paper:
    found = Invoice.objects.select_related("order", "subscription", "replaces").filter(number=number).first()
    if found is None:
        raise UnknownDocument(number)
    return paper(
        "invoice", invoice_facts(found), style="invoice", language=language_of(found), invoice_xml=invoice_xml(found)
    )


def invoice_facts(invoice: Invoice) -> dict[str, Any]:
    """What the PDF and the page of an invoice both show."""
    lines = list(invoice.lines.order_by("position"))
    sums = sums_of(invoice, lines)
    return {
        "invoice": invoice,
        "order": invoice.order,
        "seller": invoice.seller,
        "phone_words": invoice.seller.get("phone", "").replace(" ", "\u00a0"),
        "shows_delivery": _place(invoice.buyer) != _place(invoice.deliver_to),
        "lines": [_shown(line, invoice.currency) for line in lines if not is_charge(line)],
        "charges": [line for line in lines if is_charge(line) and (line.net or line.tax)],
        "sums": sums,
        "rates": [_rate(rate) for rate in sums.rates if rate.net or rate.tax],
        "tax_note": tax_note(invoice.tax_treatment),
        "paid": invoice.paid,
        "minus_paid": -invoice.paid,
        "credited": invoice.credited,
        "minus_credited": -invoice.credited,
        "written_off": invoice.written_off,
        "minus_written_off": -invoice.written_off,
        "to_pay": invoice.balance,
        "coming_charge": coming_charge(invoice) if invoice.balance else None,
        "is_shipment": invoice.cause.startswith("SH-"),
    }


def is_charge(line: InvoiceLine) -> bool:
    """Delivery, fees and rounding stand below the lines (BG-21)."""
    return is_charge_cause(line.cause)


def _shown(line: InvoiceLine, currency: str) -> dict[str, Any]:
    return {
        "description": line.description,
        "code": line.code,
        "quantity": line.quantity,
        "unit_net": _unit_price(line, currency),
        "rate": percent_words(line.tax_rate),
        "net": line.net,
    }


def _unit_price(line: InvoiceLine, currency: str) -> str:
    """To the minor unit where that is exact, else with up to four decimals: lines of tax-inclusive prices need them."""
    price = line.net / line.quantity
    if price == round_money(price, currency):
        return money(price, currency)
    words = format_currency(price.quantize(PRICE_STEP), currency, locale=locale(), decimal_quantization=False)
    return words.replace(" ", "\u00a0")


def percent_words(rate: Decimal) -> str:
    """0.12 is 12 %, 0.0825 is 8.25 %."""
    digits = -int((rate * 100).normalize().as_tuple().exponent)
    return str(percent(rate, max(0, digits)))


def _rate(rate: RateSum) -> dict[str, Any]:
    return {"percent": percent_words(rate.rate), "net": rate.net, "tax": rate.tax}


def _place(party: dict[str, str]) -> tuple[str, ...]:
    return tuple(party.get(name, "") for name in ("name", "company", "line1", "line2", "postcode", "city", "country"))
