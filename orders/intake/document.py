"""What every channel's parser hands over: one order as its channel states it, and findings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

ZERO = Decimal(0)
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
POSTAL = ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone")
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or worth knowing: what (`code`, `message`) and where (`place`).

    `place` is a JSON pointer into the document, or "row 14, column Total", in every language. An error refuses the
    document when no order could be read from it and holds the order otherwise.
    """

    code: str
    severity: Severity
    place: str
    message: str
    value: str = ""

    def __post_init__(self) -> None:
        for name in ("place", "message", "value"):
            text = UNSTORABLE.sub("�", getattr(self, name))
            object.__setattr__(self, name, text)

    def as_dict(self) -> dict[str, str]:
        return {
            "code": self.code,
            "severity": self.severity,
            "place": self.place,
            "message": self.message,
            "value": self.value,
        }


@dataclass(frozen=True, slots=True)
class Document:
    """One order cut out of what arrived, kept as text so that it can be read again.

    `place` says where it lay in its source. `rows` are the source rows of a CSV document, header
    excluded; empty when the text is the whole source.
    """

    external_id: str | None
    payload_text: str
    place: str = ""
    rows: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """`place` is where the address stands, `places` where each of its parts does."""

    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    place: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, part: str) -> str:
        """Where a part is written, else where the address is."""
        return self.places.get(part, self.place)

    def as_postal(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in POSTAL}


@dataclass(frozen=True, slots=True)
class ParsedCustomer:
    external_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class ParsedTax:
    """`rate` is a fraction (0.06) or None when the channel does not state it."""

    title: str
    rate: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """`amount` is quantity times price before discounts; `discount` is this line's whole share."""

    external_id: str
    name: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    place: str
    sku_place: str
    sku: str = ""
    barcode: str = ""
    product_id: str = ""
    variant_id: str = ""
    discount: Decimal = ZERO
    taxes: tuple[ParsedTax, ...] = ()
    requires_shipping: bool = True
    gift_card: bool = False
    removed_quantity: int = 0
    fulfilled_quantity: int = 0
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), ZERO)


ChargeKind = Literal["shipping", "fee", "tip", "duty"]


@dataclass(frozen=True, slots=True)
class ParsedCharge:
    """Money owed beside the lines. Only a fee may be negative (a discount by another name)."""

    kind: ChargeKind
    title: str
    amount: Decimal
    place: str
    discount: Decimal = ZERO
    taxes: tuple[ParsedTax, ...] = ()

    @property
    def tax(self) -> Decimal:
        return sum((tax.amount for tax in self.taxes), ZERO)


@dataclass(frozen=True, slots=True)
class StatedTotals:
    """The channel's own figures, never recomputed; `places` says where each is written."""

    total: Decimal
    tax: Decimal
    items: Decimal | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    refunded: Decimal = ZERO
    outstanding: Decimal | None = None
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedOrder:
    """`places` says where the shipping address, the payment and the cancellation are written."""

    external_id: str
    external_number: str
    currency: str
    prices_include_tax: bool
    placed_at: datetime | None
    customer: ParsedCustomer
    lines: tuple[ParsedLine, ...]
    totals: StatedTotals
    shipping_address: ParsedAddress | None = None
    billing_address: ParsedAddress | None = None
    charges: tuple[ParsedCharge, ...] = ()
    taxes: tuple[ParsedTax, ...] = ()
    discount_codes: tuple[str, ...] = ()
    payment_status: str = "unpaid"
    channel_payment_status: str = ""
    channel_fulfilment_status: str = ""
    changed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    is_test: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()
    shipping_method: str = ""
    is_gift: bool = False
    gift_message: str = ""
    requested_delivery_on: date | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def charged(self, kind: ChargeKind) -> Decimal:
        """The sum of one kind of charge, after its discounts."""
        return sum((c.amount - c.discount for c in self.charges if c.kind == kind), ZERO)


class Parser(Protocol):
    """One channel's way of writing orders."""

    def split(self, data: bytes, source_name: str) -> Iterable[Document]:
        """Cut what arrived into documents; what cannot be read is one document with its reason."""
        ...

    def parse(self, document: Document) -> tuple[ParsedOrder | None, list[Finding]]:
        """Read one document. None means there is no order in it; the findings say why."""
        ...
