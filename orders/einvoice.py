"""An invoice or credit note as EN 16931 data (business terms, BT) and as XML in its CII syntax. Pure.

Standard: EN 16931-1:2017; profile EN 16931 of Factur-X 1.0 (ZUGFeRD 2). Every figure is one that was posted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ordermgmt.money import ZERO, minor_unit, round_money
from orders.billing_states import TaxTreatment
from orders.einvoice_parties import Terms, buyer_terms, receiver_terms, seller_terms
from orders.invoice_sums import Sums
from orders.tax import tax_note

INVOICE, CREDIT_NOTE = "380", "381"
PIECE = "C62"
CREDIT_TRANSFER, SEPA_CREDIT_TRANSFER, BANK_CARD = "30", "58", "48"
# Net prices of shops that price with tax need more digits than the currency has.
PRICE_STEP = Decimal("0.0001")

# Category of untaxed sales and the code of its reason (VATEX list of the Connecting Europe Facility).
_UNTAXED: Mapping[str, tuple[str, str]] = {
    TaxTreatment.REVERSE_CHARGE: ("K", "VATEX-EU-IC"),
    TaxTreatment.EXPORT: ("G", "VATEX-EU-G"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line, or with `is_charge` delivery, fees and rounding below the lines; `rate` is a fraction."""

    description: str
    code: str
    quantity: int
    net: Decimal
    rate: Decimal
    is_charge: bool


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the paper says. `period` (first and last day) is set where no single day of delivery is known."""

    kind: str
    number: str
    issued_on: date
    currency: str
    treatment: str
    seller: Mapping[str, str]
    buyer: Mapping[str, str]
    deliver_to: Mapping[str, str]
    rows: Sequence[Row]
    sums: Sums
    paid: Decimal = ZERO
    is_collected: bool = False
    due_on: date | None = None
    order: str = ""
    reference: str = ""
    despatch: str = ""
    period: tuple[date, date] | None = None
    corrects: tuple[str, date] | None = None
    note: str = ""

    @property
    def to_pay(self) -> Decimal:
        return self.sums.gross - self.paid


def xml(bill: Bill) -> str:
    """The document as UN/CEFACT Cross Industry Invoice; the same bill gives the same text."""
    from facturx import generate_cii_xml  # noqa: PLC0415 (a slow import that most processes never need)

    # The library's own check of the rules is not relied upon; the official ones judge in the tests.
    made: bytes = generate_cii_xml(terms(bill), level="en16931", check_xsd=False, check_schematron=None)
    return made.decode()


def terms(bill: Bill) -> Terms:
    """The document by its business terms."""
    return _drop_empty(
        {
            "BT-1": bill.number,
            "BT-2": bill.issued_on,
            "BT-3": bill.kind,
            "BT-5": bill.currency,
            "BT-9": bill.due_on if bill.to_pay > 0 else None,
            "BT-13": bill.reference,
            "BT-14": bill.order,
            "BT-16": bill.despatch,
            "BG-1": [{"BT-22": bill.note}] if bill.note else None,
            "BG-3": [{"BT-25": bill.corrects[0], "BT-26": bill.corrects[1]}] if bill.corrects else None,
            "BG-4": seller_terms(bill.seller),
            "BG-7": buyer_terms(bill.buyer),
            "BG-13": receiver_terms(bill.deliver_to),
            "BG-20": [_charge(bill, row, -1) for row in bill.rows if row.is_charge and row.net < 0],
            "BG-21": [_charge(bill, row, 1) for row in bill.rows if row.is_charge and row.net > 0],
            "BG-23": _taxes(bill),
            "BG-25": [_line(bill, n, row) for n, row in enumerate(_lines(bill), start=1)],
        }
        | _delivery(bill)
        | _payment(bill)
        | _totals(bill)
    )


def _lines(bill: Bill) -> Iterable[Row]:
    return (row for row in bill.rows if not row.is_charge)


def _delivery(bill: Bill) -> Terms:
    if bill.period:
        return {"BT-73": bill.period[0], "BT-74": bill.period[1]}
    return {"BT-72": bill.issued_on}


def _payment(bill: Bill) -> Terms:
    iban = bill.seller.get("iban", "").replace(" ", "")
    if bill.is_collected and bill.to_pay > 0:
        return {"BT-81": BANK_CARD, "BT-83": bill.number}
    if bill.kind == CREDIT_NOTE or bill.to_pay <= 0 or not iban:
        return {}
    means = SEPA_CREDIT_TRANSFER if bill.currency == "EUR" else CREDIT_TRANSFER
    return {"BT-81": means, "BT-83": bill.number, "BT-84": iban}


def _totals(bill: Bill) -> Terms:
    """BG-22. Charges below zero stand as allowances."""
    charges = [row.net for row in bill.rows if row.is_charge]
    more, less = sum((net for net in charges if net > 0), ZERO), -sum((net for net in charges if net < 0), ZERO)
    figures = {
        "BT-106": bill.sums.lines,
        "BT-107": less,
        "BT-108": more,
        "BT-109": bill.sums.net,
        "BT-110": bill.sums.tax,
        "BT-112": bill.sums.gross,
        "BT-113": bill.paid,
        "BT-115": bill.to_pay,
    }
    return {term: _money(value, bill.currency) for term, value in figures.items()}


def _taxes(bill: Bill) -> list[Terms]:
    return [
        {
            "BT-116": _money(rate.net, bill.currency),
            "BT-117": _money(rate.tax, bill.currency),
            "BT-118": category(bill.treatment, rate.rate),
            "BT-119": percent(rate.rate),
        }
        | _reason(bill.treatment)
        for rate in bill.sums.rates
    ]


def _reason(treatment: str) -> Terms:
    if treatment not in _UNTAXED:
        return {}
    return {"BT-120": tax_note(treatment), "BT-121": _UNTAXED[treatment][1]}


def category(treatment: str, rate: Decimal) -> str:
    """BT-118: S with tax, Z at zero, K to a business of another member state, G out of the union."""
    if treatment in _UNTAXED:
        return _UNTAXED[treatment][0]
    return "S" if rate else "Z"


def _charge(bill: Bill, row: Row, sign: int) -> Terms:
    return {
        "amount": _money(sign * row.net, bill.currency),
        "reason": row.description,
        "vat_category_code": category(bill.treatment, row.rate),
        "vat_rate": percent(row.rate),
    }


def _line(bill: Bill, number: int, row: Row) -> Terms:
    """A negative line has negative units: prices are never below zero (BR-27)."""
    sign, units = -1 if row.net < 0 else 1, row.quantity or 1
    net = abs(row.net)
    price, basis = _price(net, units, bill.currency)
    return {
        "BT-126": str(number),
        "BT-129": str(sign * units),
        "BT-130": PIECE,
        "BT-131": _money(row.net, bill.currency),
        "BT-146": price,
        "BT-149": basis,
        "BT-151": category(bill.treatment, row.rate),
        "BT-152": percent(row.rate),
        "BT-153": row.description,
        "BT-155": row.code,
    }


def _price(net: Decimal, units: int, currency: str) -> tuple[str, str]:
    """The price of one unit where that gives the line's net again, else of all its units."""
    price = (net / units).quantize(PRICE_STEP)
    if round_money(price * units, currency) != net:
        return _money(net, currency), str(units)
    unit = minor_unit(currency)
    return (_money(price, currency) if price == price.quantize(unit) else format(price, "f")), "1"


def _money(amount: Decimal, currency: str) -> str:
    return format(amount.quantize(minor_unit(currency)), "f")


def percent(rate: Decimal) -> str:
    """A fraction as a percentage with two places or as many as it needs: 0.12 is 12.00."""
    exact = (rate * 100).normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return format(exact.quantize(Decimal(1).scaleb(-places)), "f")


def _drop_empty(found: Terms) -> Terms:
    return {term: value for term, value in found.items() if value not in (None, "", [], {})}
