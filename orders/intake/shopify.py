"""Shopify orders as the Admin REST API and its webhooks write them (2008 to 2026-07).

Figures are in the shop's currency. `total_price` and `quantity` are the order as placed; the
`current_*` fields are what is left of it after refunds and edits. `total_discounts` includes
discounts on shipping.
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from orders.intake import adding_up
from orders.intake.document import (
    ZERO,
    ParsedCharge,
    ParsedLine,
    ParsedOrder,
    StatedTotals,
)
from orders.intake.fields import Record
from orders.intake.json_orders import JsonOrders
from orders.intake.particulars import gift_message, is_gift, requested_day
from orders.intake.shopify_charges import (
    allocated,
    extra_charges,
    refunded,
    shipping_charges,
    shop_money,
    taxes_of,
)
from orders.intake.shopify_kinds import DIALECT
from orders.intake.shopify_people import address, customer, discount_codes
from orders.intake.standing import fault_count, standing

PAYMENT = {
    "pending": "unpaid",
    "unpaid": "unpaid",
    "expired": "unpaid",
    "voided": "unpaid",
    "authorized": "authorised",
    "partially_paid": "part_paid",
    "paid": "paid",
    "partially_refunded": "part_refunded",
    "refunded": "refunded",
}


class _Reading:
    """One order being read; an order is made only when identity, currency, lines and total are."""

    def __init__(self, record: Record) -> None:
        self.record, self.findings = record, record.findings
        self.currency = record.currency("currency")
        self.refunded_units = self._refunded_units()

    def order(self) -> ParsedOrder | None:
        record = self.record
        external_id = record.text("id", required=True, longest=64)
        read = self._lines() if self.currency else None
        totals = self._totals() if self.currency else None
        if not external_id or read is None or totals is None:
            return None
        order = self._assembled(external_id, read, totals)
        self._remarks(order)
        self.findings += adding_up.check(order)
        return order

    def _assembled(self, external_id: str, lines: tuple[ParsedLine, ...], totals: StatedTotals) -> ParsedOrder:
        record = self.record
        lines = self._without_tip(lines)
        charges = (*shipping_charges(record, self.currency), *extra_charges(record, self.currency))
        lines, charges = self._discounted(lines, charges, totals)
        notes = record.pairs("note_attributes")
        payment = record.text("financial_status", longest=40)
        return ParsedOrder(
            external_id=external_id,
            external_number=record.text("name", "order_number", longest=64) or external_id,
            currency=self.currency,
            prices_include_tax=record.flag("taxes_included"),
            placed_at=record.instant("processed_at", "created_at"),
            customer=customer(record),
            lines=lines,
            totals=totals,
            shipping_address=address(record, "shipping_address"),
            billing_address=address(record, "billing_address"),
            charges=charges,
            taxes=taxes_of(record, self.currency),
            discount_codes=discount_codes(record),
            payment_status=PAYMENT.get(payment, "unpaid"),
            channel_payment_status=payment,
            channel_fulfilment_status=record.text("fulfillment_status", longest=40),
            changed_at=record.instant("updated_at"),
            cancelled_at=record.instant("cancelled_at"),
            cancel_reason=record.text("cancel_reason", longest=100),
            is_test=record.flag("test"),
            note=record.text("note", longest=5_000),
            tags=tuple(tag for tag in map(str.strip, self._tags().split(",")) if tag),
            shipping_method=next((c.title for c in charges if c.kind == "shipping"), ""),
            is_gift=is_gift(notes),
            gift_message=gift_message(notes),
            requested_delivery_on=requested_day(notes),
            properties=notes,
            places={
                "currency": record.place_of("currency"),
                "shipping_address": record.place_of("shipping_address"),
                "payment": record.place_of("financial_status"),
                "cancelled": record.place_of("cancelled_at"),
            },
        )

    def _tags(self) -> str:
        raw = self.record.fields.get("tags")
        if isinstance(raw, list):
            return ",".join(str(tag) for tag in raw)
        return self.record.text("tags", longest=5_000)

    # -- lines

    def _lines(self) -> tuple[ParsedLine, ...] | None:
        """All lines, or None when one of them has no usable quantity or price."""
        records = self.record.every_child("line_items")
        lines = [self._line(record) for record in records or ()]
        return tuple(line for line in lines if line) if records and all(lines) else None

    def findings_at(self, key: str) -> bool:
        place = self.record.place_of(key)
        return any(finding.place == place for finding in self.findings)

    def _line(self, record: Record) -> ParsedLine | None:
        quantity = record.quantity("quantity")
        price = record.money("price", currency=self.currency, required=True)
        seen = fault_count(self.findings)
        discount = self._line_discount(record)
        taxes = taxes_of(record, self.currency)
        if quantity is None or price is None or fault_count(self.findings) > seen:
            return None
        amount = record.line_amount(price, quantity, "price")
        if amount is None:
            return None
        external_id = record.text("id", longest=64)
        return ParsedLine(
            external_id=external_id,
            name=record.text("name", "title", longest=300) or _("Unnamed item"),
            quantity=quantity,
            unit_price=price,
            amount=amount,
            place=record.place,
            sku_place=record.place_of("sku"),
            sku=record.text("sku", longest=100),
            barcode=record.text("barcode", longest=64),
            product_id=record.text("product_id", longest=64),
            variant_id=record.text("variant_id", longest=64),
            discount=discount,
            taxes=taxes,
            requires_shipping=record.flag("requires_shipping", default=True),
            gift_card=record.flag("gift_card"),
            removed_quantity=self._removed(record, external_id, quantity),
            fulfilled_quantity=self._fulfilled(record, quantity),
            properties=record.pairs("properties"),
        )

    def _line_discount(self, record: Record) -> Decimal:
        return allocated(record, self.currency) or record.amount("total_discount", currency=self.currency)

    def _refunded_units(self) -> dict[str, int]:
        """Units taken out by refunds, by line id: what older payloads have for `current_quantity`."""
        units: dict[str, int] = {}
        for refund in self.record.children("refunds"):
            for line in refund.children("refund_line_items"):
                key = line.text("line_item_id", longest=64)
                units[key] = units.get(key, 0) + (line.quantity("quantity", least=0) or 0)
        return units

    def _removed(self, record: Record, external_id: str, quantity: int) -> int:
        left = record.quantity("current_quantity", least=0, required=False)
        gone = self.refunded_units.get(external_id, 0) if left is None else quantity - left
        return min(max(gone, 0), quantity)

    def _fulfilled(self, record: Record, quantity: int) -> int:
        return quantity if record.text("fulfillment_status", longest=40) == "fulfilled" else 0

    # -- money of the whole

    def _without_tip(self, lines: tuple[ParsedLine, ...]) -> tuple[ParsedLine, ...]:
        """Checkout writes a tip twice: as a line without a product and as the total of tips."""
        tip = self.record.amount("total_tip_received", currency=self.currency)
        if not tip or len(lines) < 2:
            return lines
        bare = [line for line in lines if not (line.sku or line.product_id or line.variant_id)]
        twice = [line for line in bare if line.amount == tip and line.name.lower() == "tip"]
        return tuple(line for line in lines if line not in twice[:1])

    def _discounted(
        self,
        lines: tuple[ParsedLine, ...],
        charges: tuple[ParsedCharge, ...],
        totals: StatedTotals,
    ) -> tuple[tuple[ParsedLine, ...], tuple[ParsedCharge, ...]]:
        """Payloads older than allocations state the order's discount only as a whole."""
        given = sum((line.discount for line in lines), ZERO)
        given += sum((charge.discount for charge in charges), ZERO)
        left = (totals.discount or ZERO) - given
        if left <= 0 or given:
            return lines, charges
        return adding_up.with_discount(lines, left, self.currency), charges

    def _totals(self) -> StatedTotals | None:
        record, currency = self.record, self.currency
        total = record.money("total_price", currency=currency, required=True)
        tax = record.money("total_tax", currency=currency)
        seen = fault_count(self.findings)
        shipping, shipping_place = shop_money(record, self.currency, "total_shipping_price_set")
        stated = StatedTotals(
            total=total or ZERO,
            tax=tax or ZERO,
            items=record.money("total_line_items_price", currency=currency),
            discount=record.money("total_discounts", currency=currency),
            shipping=shipping if shipping_place else None,
            refunded=refunded(record, currency),
            outstanding=record.money("total_outstanding", currency=currency, negative=True),
            places={
                "total": record.place_of("total_price"),
                "tax": record.place_of("total_tax"),
                "items": record.place_of("total_line_items_price"),
                "discount": record.place_of("total_discounts"),
                "shipping": shipping_place,
            },
        )
        bad_tax = tax is None and self.findings_at("total_tax")
        return None if total is None or bad_tax or fault_count(self.findings) > seen else stated

    # -- what a person should know

    def _remarks(self, order: ParsedOrder) -> None:
        record = self.record
        payment = order.channel_payment_status
        if payment and payment not in PAYMENT:
            place = record.place_of("financial_status")
            record.wrong("unknown_status", place, _("a payment status Shopify has"), payment)
        shown = record.text("presentment_currency", longest=10)
        if shown and shown != order.currency:
            place = record.place_of("presentment_currency")
            message = _("The customer paid in %(shown)s; this order is kept in %(currency)s.")
            message %= {"shown": shown, "currency": order.currency}
            record.complain("paid_in_other_currency", place, message, shown, "warning")
        amount, place = shop_money(record, self.currency, "total_price_set")
        if place and amount != order.totals.total:
            message = _("%(place)s states %(amount)s, but total_price states %(total)s.")
            message %= {"place": place, "amount": amount, "total": order.totals.total}
            record.complain("totals_differ", place, message, amount)
        self.findings += standing(
            order,
            {
                "test": record.place_of("test"),
                "payment": record.place_of("financial_status"),
                "fulfilment": record.place_of("fulfillment_status"),
            },
        )


SHOPIFY = JsonOrders(DIALECT, lambda record: _Reading(record).order())
