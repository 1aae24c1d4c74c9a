"""From an order as its channel states it to a draft of ours: SKUs, customer, money, payments."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.models import Sku, SkuCode
from ordermgmt.money import share
from orders import drafts
from orders.checks import check_draft
from orders.drafts import DraftAddress, DraftCharge, DraftLine, DraftPayment, OrderDraft
from orders.intake.addresses import address_findings
from orders.intake.document import (
    ZERO,
    Finding,
    ParsedAddress,
    ParsedCharge,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
    Severity,
)
from orders.known import learn
from orders.models import Channel, SkuAlias
from orders.states import HoldCode, LineKind, PaymentKind

# No confirmation is sent for what an order's customer has long known.
NEWS = timedelta(days=3)
SILENT = frozenset({"test_order", "already_fulfilled", "part_fulfilled", "refunded", "nothing_left"})
SIX, FOUR = Decimal("0.000001"), Decimal("0.0001")
# Which hold an error of a document means; all others are holds of the kind "other".
HOLDS: dict[str, str] = {
    "totals_differ": HoldCode.TOTALS,
    "subtotal_differs": HoldCode.TOTALS,
    "unknown_sku": HoldCode.UNKNOWN_SKU,
    "payment_failed": HoldCode.PAYMENT,
    "risk": HoldCode.RISK,
}


def codes_of(line: ParsedLine) -> list[str]:
    """What a channel calls the item of a line, the most telling first; never empty."""
    named = [line.sku, line.barcode]
    named += [f"variant:{line.variant_id}"] if line.variant_id else []
    named += [f"product:{line.product_id}"] if line.product_id and not line.variant_id else []
    return [code for code in named if code] or [f"name:{line.name}"[:120]]


class Items:
    """The SKUs of an order's lines: this channel's aliases first, then our codes and barcodes.

    Three statements, whatever the number of lines.
    """

    def __init__(self, channel: Channel, lines: Iterable[ParsedLine]) -> None:
        codes = {code for line in lines for code in codes_of(line)}
        aliases = SkuAlias.objects.filter(channel=channel, external_code__in=codes).select_related("sku")
        self.aliases = {alias.external_code: (alias.sku, alias.units) for alias in aliases}
        scanned = {form for code in codes for form in barcode_forms(code)}
        known = Sku.objects.filter(code__in=codes) | Sku.objects.filter(barcode__in=scanned)
        self.by_code = {sku.code: sku for sku in known}
        self.by_barcode = {sku.barcode: sku for sku in known if sku.barcode}
        further = SkuCode.objects.filter(code__in=scanned).select_related("sku")
        self.by_further = {code.code: (code.sku, code.quantity) for code in further}

    def find(self, line: ParsedLine) -> tuple[Sku | None, int]:
        """The SKU and how many of its units one unit of the line is; None when nobody knows."""
        codes = codes_of(line)
        for code in codes:
            if code in self.aliases:
                return self.aliases[code]
        for code in codes:
            if code in self.by_code:
                return self.by_code[code], 1
        for form in (form for code in codes for form in barcode_forms(code)):
            if form in self.by_barcode:
                return self.by_barcode[form], 1
            if form in self.by_further:
                return self.by_further[form]
        return None, 1


def barcode_forms(code: str) -> list[str]:
    """The ways one GTIN is written: 8, 12, 13 or 14 digits, with and without leading zeros."""
    if not (code.isdecimal() and code.isascii() and 8 <= len(code) <= 14):
        return []
    bare = code.lstrip("0")
    return list(dict.fromkeys([code, bare, *(bare.zfill(length) for length in (8, 12, 13, 14))]))


def draft_of(
    parsed: ParsedOrder, found: list[Finding], *, channel: Channel, customer_id: int | None, now: datetime
) -> tuple[OrderDraft, list[Finding]]:
    """The draft of a parsed order, checked, with every finding about it at its place in the document."""
    items = Items(channel, parsed.lines)
    found = [*found, *_unknown(parsed, items), *_address(parsed)]
    draft = OrderDraft(
        channel_id=channel.pk,
        currency=parsed.currency,
        lines=_lines(parsed, items),
        placed_at=parsed.placed_at or now,
        prices_include_tax=parsed.prices_include_tax,
        charges=tuple(_charge(charge) for charge in parsed.charges),
        payments=payments_of(parsed, channel),
        findings=tuple(_drafts_finding(finding, parsed) for finding in found),
        stated_total=parsed.totals.total,
        stated_tax=parsed.totals.tax,
        external_number=parsed.external_number[:80],
        customer_id=customer_id,
        email=parsed.customer.email,
        phone=parsed.customer.phone,
        shipping=_postal(parsed.shipping_address),
        billing=_postal(parsed.billing_address),
        language=language_of(parsed.customer.language),
        shipping_method=parsed.shipping_method[:80],
        is_gift=parsed.is_gift,
        gift_message=parsed.gift_message,
        is_test=parsed.is_test,
        tells_customer=is_news(parsed, found, now),
        note=parsed.note,
        tags=parsed.tags,
        requested_delivery_on=parsed.requested_delivery_on,
    )
    checked = check_draft(draft, learn(draft))
    draft = replace(draft, findings=(*draft.findings, *checked))
    return draft, [*found, *(own_finding(finding, parsed) for finding in checked)]


def is_news(parsed: ParsedOrder, found: list[Finding], now: datetime) -> bool:
    """Whether a confirmation makes sense: not for tests, for what was sent or refunded, or for old orders."""
    is_old = parsed.placed_at is not None and now - parsed.placed_at > NEWS
    return not is_old and not SILENT.intersection(finding.code for finding in found)


def _drafts_finding(finding: Finding, parsed: ParsedOrder) -> drafts.Finding:
    """A finding as drafts know it: by the hold it means and the part of the draft it is about."""
    code = finding.code
    if finding.severity == "error":
        code = HOLDS.get(code, HoldCode.ADDRESS if code.startswith("address") else HoldCode.OTHER)
    lines = {line.sku_place: f"lines/{at}" for at, line in enumerate(parsed.lines)}
    parts: dict[str, str] = {HoldCode.ADDRESS: "shipping", HoldCode.TOTALS: "total"}
    place = lines.get(finding.place) or parts.get(code) or finding.place
    return drafts.Finding(code, finding.severity, place, finding.message, finding.value)


def own_finding(finding: drafts.Finding, parsed: ParsedOrder) -> Finding:
    """A finding about the draft, at the place of the document it comes from."""
    head, _slash, rest = finding.place.partition("/")
    places = {
        "shipping": parsed.places.get("shipping_address", ""),
        "payments": parsed.places.get("payment", ""),
        "total": parsed.totals.places.get("total", ""),
        "currency": parsed.places.get("currency", ""),
    }
    number = rest.partition("/")[0]
    is_line = head == "lines" and number.isdecimal() and int(number) < len(parsed.lines)
    place = parsed.lines[int(number)].place if is_line else places.get(head, "")
    severity: Severity = "error" if finding.severity == "error" else "warning"
    return Finding(finding.code, severity, place, finding.message, finding.value)


def _unknown(parsed: ParsedOrder, items: Items) -> list[Finding]:
    found = []
    for line in parsed.lines:
        if is_service(line) or items.find(line)[0] is not None:
            continue
        code = codes_of(line)[0]
        message = _("Nobody knows the item “%(code)s” (%(name)s) yet. Map it once.")
        message %= {"code": code, "name": line.name}
        found.append(Finding("unknown_sku", "error", line.sku_place, message, code))
    return found


def _address(parsed: ParsedOrder) -> list[Finding]:
    if all(is_service(line) for line in parsed.lines):
        return []
    place = parsed.places.get("shipping_address", "")
    return address_findings(parsed.shipping_address, place)


def is_service(line: ParsedLine) -> bool:
    """Whether nothing of the line is sent."""
    return line.gift_card or not line.requires_shipping


# -- lines and charges


def _lines(parsed: ParsedOrder, items: Items) -> tuple[DraftLine, ...]:
    spread = _spread_tax(parsed)
    return tuple(_line(line, items, tax) for line, tax in zip(parsed.lines, spread, strict=True))


def _line(line: ParsedLine, items: Items, taxes: tuple[ParsedTax, ...]) -> DraftLine:
    sku, units = (None, 1) if is_service(line) else items.find(line)
    per_unit = line.unit_price / units
    return DraftLine(
        name=line.name[:300],
        quantity=line.quantity * units,
        cancelled=line.removed_quantity * units,
        unit_price=per_unit.quantize(FOUR, rounding=ROUND_HALF_UP),
        total=line.amount - line.discount,
        discount=line.discount,
        tax_rate=rate_of(taxes),
        tax=sum((tax.amount for tax in taxes), ZERO),
        tax_lines=tuple(_tax(tax) for tax in taxes),
        sku_id=sku.pk if sku else None,
        kind=LineKind.SERVICE if is_service(line) else LineKind.ITEM,
        external_id=line.external_id,
        external_code=codes_of(line)[0],
        properties=line.properties,
    )


def _spread_tax(parsed: ParsedOrder) -> list[tuple[ParsedTax, ...]]:
    """The taxes of each line; a tax stated only for the whole order is shared by what lines cost."""
    own = [line.taxes for line in parsed.lines]
    stated = parsed.totals.tax
    if not stated or any(own) or any(charge.taxes for charge in parsed.charges):
        return own
    parts = share(stated, [line.amount - line.discount for line in parsed.lines], parsed.currency)
    title = parsed.taxes[0].title if parsed.taxes else ""
    rate = parsed.taxes[0].rate if len(parsed.taxes) == 1 else None
    return [(ParsedTax(title, rate, part),) if part else () for part in parts]


def rate_of(taxes: tuple[ParsedTax, ...]) -> Decimal:
    """All rates of a line together; zero when one of them is not stated."""
    if any(tax.rate is None for tax in taxes):
        return ZERO
    return sum((tax.rate or ZERO for tax in taxes), ZERO).quantize(SIX, rounding=ROUND_HALF_UP)


def _tax(tax: ParsedTax) -> Mapping[str, Any]:
    return {"title": tax.title, "rate": str(tax.rate) if tax.rate is not None else "", "amount": str(tax.amount)}


def _charge(charge: ParsedCharge) -> DraftCharge:
    return DraftCharge(
        title=charge.title[:200] or _("Delivery"),
        amount=charge.amount,
        kind=charge.kind,
        discount=charge.discount,
        tax_rate=rate_of(charge.taxes),
        tax=charge.tax,
        tax_lines=tuple(_tax(tax) for tax in charge.taxes),
    )


def _postal(address: ParsedAddress | None) -> DraftAddress | None:
    return DraftAddress(**address.as_postal()) if address else None


def language_of(stated: str) -> str:
    """A language tag as we keep it: "de-DE" is "de-de"; none is our own."""
    return stated.replace("_", "-").lower()[:10] or "en-gb"


# -- payments


def payments_of(parsed: ParsedOrder, channel: Channel) -> tuple[DraftPayment, ...]:
    """The money the channel says has moved in all, by kind; each sum is named once by the order's id."""
    key, at = f"{channel.code}:{parsed.external_id}", parsed.placed_at
    total, status = parsed.totals.total, parsed.payment_status
    made = []
    if status == "authorised":
        made.append(DraftPayment(amount=total, effect_key=f"{key}:authorised", kind=PaymentKind.AUTHORISATION))
    elif captured := _captured(parsed):
        made.append(DraftPayment(amount=captured, effect_key=f"{key}:paid:{captured}"))
    refunded = parsed.totals.refunded or (total if status == "refunded" else ZERO)
    if refunded and status in ("part_refunded", "refunded"):
        made.append(DraftPayment(amount=refunded, effect_key=f"{key}:refunded:{refunded}", kind=PaymentKind.REFUND))
    return tuple(replace(payment, at=at) for payment in made if payment.amount > 0)


def _captured(parsed: ParsedOrder) -> Decimal:
    total, status = parsed.totals.total, parsed.payment_status
    if status in ("paid", "part_refunded", "refunded"):
        return total
    if status == "part_paid" and parsed.totals.outstanding is not None:
        return min(max(total - parsed.totals.outstanding, ZERO), total)
    return ZERO
