"""An order before it is one: fully priced, SKUs found or not, with what was noticed about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from orders.billing_states import TaxTreatment
from orders.pricing import Totals, add_up
from orders.states import ChargeKind, HoldCode, LineKind, PaymentKind, PaymentState

ZERO = Decimal(0)
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing noticed: what (`code`, `message`), how bad, where (`place`), and the value found there.

    An error holds the order (its code says which hold); `refuses` makes it impossible to accept.
    """

    code: str
    severity: Severity
    place: str
    message: str
    value: str = ""
    refuses: bool = False

    def as_dict(self) -> dict[str, str]:
        names = ("code", "severity", "place", "message", "value")
        return {name: str(getattr(self, name)) for name in names}

    @property
    def hold_code(self) -> str:
        return self.code if self.code in HoldCode.values else HoldCode.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftAddress:
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """One line as sold. `discount` and `total` are of the whole line; `total` is after discount.

    `total` includes tax exactly when the draft's prices do. `sku_id` None is an unknown item.
    `cancelled` units were taken out at the channel before the order came to us.
    """

    name: str
    quantity: int
    cancelled: int = 0
    unit_price: Decimal = ZERO
    total: Decimal = ZERO
    discount: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax: Decimal = ZERO
    tax_lines: tuple[Mapping[str, Any], ...] = ()
    sku_id: int | None = None
    kind: str = LineKind.ITEM
    external_id: str = ""
    external_code: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCharge:
    """Money beside the lines; `amount` is before `discount`, both of the whole charge."""

    title: str
    amount: Decimal
    kind: str = ChargeKind.SHIPPING
    discount: Decimal = ZERO
    tax_rate: Decimal = ZERO
    tax: Decimal = ZERO
    tax_lines: tuple[Mapping[str, Any], ...] = ()

    @property
    def total(self) -> Decimal:
        return self.amount - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPayment:
    """Money the channel says has moved. `effect_key` names it once and for all."""

    amount: Decimal
    effect_key: str
    kind: str = PaymentKind.CAPTURE
    state: str = PaymentState.SUCCEEDED
    provider: str = "channel"
    reference: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """`stated_total` and `stated_tax` are the channel's own figures: kept as they are, any difference
    from the parts becomes a charge of kind ADJUSTMENT, so that the order adds up and says so.
    `tells_customer` False sends no confirmation: the order is old news to its customer.
    `on_invoice`: it is paid after it was sent, so it is not held for money. `owes_ahead`: it was billed in advance, with
    others, and that is not paid yet. `replaces_id`: the order whose goods it sends again for nothing, with the reason.
    """

    channel_id: int
    currency: str
    lines: tuple[DraftLine, ...]
    placed_at: datetime
    prices_include_tax: bool = True
    tax_treatment: str = TaxTreatment.STANDARD
    charges: tuple[DraftCharge, ...] = ()
    payments: tuple[DraftPayment, ...] = ()
    findings: tuple[Finding, ...] = ()
    stated_total: Decimal | None = None
    stated_tax: Decimal | None = None
    external_number: str = ""
    customer_id: int | None = None
    email: str = ""
    phone: str = ""
    shipping: DraftAddress | None = None
    billing: DraftAddress | None = None
    language: str = "en-gb"
    shipping_method: str = ""
    is_gift: bool = False
    gift_message: str = ""
    is_test: bool = False
    tells_customer: bool = True
    is_renewal: bool = False
    on_invoice: bool = False
    owes_ahead: bool = False
    ships_in_parts: bool = False
    replaces_id: int | None = None
    replaced_because: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    priority: int = 0
    requested_delivery_on: date | None = None

    @property
    def totals(self) -> Totals:
        """Sums of the rounded parts."""
        return add_up(self.lines, self.charges, includes_tax=self.prices_include_tax, tax=self.stated_tax)

    @property
    def country(self) -> str:
        return self.shipping.country if self.shipping else ""

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.refuses)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def balanced(self) -> "OrderDraft":
        """With the charge that makes the parts add up to the stated total."""
        missing = ZERO if self.stated_total is None else self.stated_total - self.totals.total
        if not missing:
            return self
        charge = DraftCharge(kind=ChargeKind.ADJUSTMENT, title="Difference to the stated total", amount=missing)
        return replace(self, charges=(*self.charges, charge))
