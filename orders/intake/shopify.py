"""Shopify orders as the Admin REST API and its webhooks write them (2008 to 2026-07).

Figures are in the shop's currency. `total_price` and `quantity` are the order as placed; the
`current_*` fields are what is left of it after refunds and edits. `total_discounts` includes
discounts on shipping.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders.intake import adding_up
from orders.intake.document import (
    ZERO,
    ChargeKind,
    Document,
    Finding,
    ParsedAddress,
    ParsedCharge,
    ParsedCustomer,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
    StatedTotals,
)
from orders.intake.fields import Record
from orders.intake.particulars import gift_message, is_gift, requested_day
from orders.intake.places import country_code, full_name
from orders.intake.splitting import Dialect, order_in, split, usable_id
from orders.intake.standing import fault_count, standing, unique

KINDS = {
    "draft_order": "a draft order",
    "checkout": "an abandoned checkout",
    "customer": "a customer",
    "fulfillment": "a fulfilment",
    "fulfillment_order": "a fulfilment order",
    "fulfillment_event": "a fulfilment event",
    "fulfillment_service": "a fulfilment service",
    "fulfillment_request": "a fulfilment request",
    "cancellation_request": "a cancellation request",
    "draft_order_invoice": "an invoice for a draft order",
    "refund": "a refund",
    "transaction": "a payment transaction",
    "tender_transaction": "a tender transaction",
    "gift_card": "a gift card",
    "product": "a product",
    "variant": "a product variant",
    "inventory_item": "an inventory item",
    "inventory_level": "an inventory level",
    "location": "a location",
    "payout": "a payout",
    "dispute": "a dispute",
    "risk": "a risk assessment",
    "webhook": "a webhook subscription",
    "collection": "a collection",
    "price_rule": "a price rule",
    "discount_code": "a discount code",
    "event": "an event",
    "metafield": "a metafield",
    "shop": "a shop",
    "return": "a return",
}
GIDS = {
    "DraftOrder": "draft_order",
    "AbandonedCheckout": "checkout",
    "Customer": "customer",
    "Fulfillment": "fulfillment",
    "FulfillmentOrder": "fulfillment_order",
    "FulfillmentEvent": "fulfillment_event",
    "Refund": "refund",
    "OrderTransaction": "transaction",
    "GiftCard": "gift_card",
    "Product": "product",
    "ProductVariant": "variant",
    "InventoryItem": "inventory_item",
    "InventoryLevel": "inventory_level",
    "Location": "location",
    "ShopifyPaymentsPayout": "payout",
    "Return": "return",
}
MARKS = {
    "draft_order": {"invoice_sent_at", "invoice_url"},
    "checkout": {"abandoned_checkout_url"},
    "refund": {"refund_line_items"},
    "fulfillment_order": {"assigned_location_id", "destination"},
    "fulfillment": {"tracking_numbers", "tracking_number", "tracking_company"},
}
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

ADDRESS_PARTS = {
    "name": "name",
    "line1": "address1",
    "city": "city",
    "postcode": "zip",
    "region": "province",
    "country": "country_code",
}


def judge(tree: dict[str, Any]) -> str:
    """What a record is by its own marks: its global id, else fields only one kind has."""
    gid = str(tree.get("admin_graphql_api_id") or "")
    if gid.startswith("gid://shopify/"):
        kind = gid.removeprefix("gid://shopify/").partition("/")[0]
        return "order" if kind == "Order" else GIDS.get(kind, kind)
    for kind, marks in MARKS.items():
        if any(mark in tree for mark in marks):
            return kind
    placed = ("total_price", "financial_status", "order_number")
    return "order" if "line_items" in tree and any(mark in tree for mark in placed) else ""


def identify(tree: dict[str, Any]) -> str | None:
    return usable_id(tree.get("id"))


DIALECT = Dialect(judge, KINDS, identify)


class Shopify:
    def split(self, data: bytes, source_name: str) -> Iterable[Document]:
        return split(data, DIALECT)

    def parse(self, document: Document) -> tuple[ParsedOrder | None, list[Finding]]:
        tree, place, found = order_in(document, DIALECT)
        if not tree:
            return None, found
        order, found = _Reading(Record(tree, place, found)).order()
        return order, unique(found)


class _Reading:
    """One order being read; an order is made only when identity, currency, lines and total are."""

    def __init__(self, record: Record) -> None:
        self.record, self.findings = record, record.findings
        self.currency = record.currency("currency")
        self.refunded_units = self._refunded_units()

    def order(self) -> tuple[ParsedOrder | None, list[Finding]]:
        record = self.record
        external_id = record.text("id", required=True, longest=64)
        read = self._lines() if self.currency else None
        totals = self._totals() if self.currency else None
        if not external_id or read is None or totals is None:
            return None, self.findings
        order = self._assembled(external_id, read, totals)
        self._remarks(order)
        self.findings += adding_up.check(order)
        return order, self.findings

    def _assembled(self, external_id: str, lines: tuple[ParsedLine, ...], totals: StatedTotals) -> ParsedOrder:
        record = self.record
        lines = self._without_tip(lines)
        charges = (*self._shipping(), *self._extras())
        lines, charges = self._discounted(lines, charges, totals)
        notes = record.pairs("note_attributes")
        payment = record.text("financial_status", longest=40)
        return ParsedOrder(
            external_id=external_id,
            external_number=record.text("name", "order_number", longest=64) or external_id,
            currency=self.currency,
            prices_include_tax=record.flag("taxes_included"),
            placed_at=record.instant("processed_at", "created_at"),
            customer=self._customer(),
            lines=lines,
            totals=totals,
            shipping_address=self._address("shipping_address"),
            billing_address=self._address("billing_address"),
            charges=charges,
            taxes=self._taxes(record),
            discount_codes=self._codes(),
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
        taxes = self._taxes(record)
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
        allocated = self._allocated(record)
        return allocated or record.amount("total_discount", currency=self.currency)

    def _allocated(self, record: Record) -> Decimal:
        parts = record.children("discount_allocations")
        return sum((part.amount("amount", currency=self.currency) for part in parts), ZERO)

    def _taxes(self, record: Record) -> tuple[ParsedTax, ...]:
        return tuple(
            ParsedTax(
                tax.text("title", longest=100),
                tax.rate("rate"),
                tax.amount("price", currency=self.currency),
            )
            for tax in record.children("tax_lines")
        )

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

    # -- money beside the lines

    def _shipping(self) -> Iterator[ParsedCharge]:
        for record in self.record.children("shipping_lines"):
            if record.flag("is_removed"):
                continue
            price = record.amount("price", currency=self.currency)
            left = record.money("discounted_price", currency=self.currency)
            allocated = self._allocated(record)
            discount = allocated or (ZERO if left is None else max(price - left, ZERO))
            title = record.text("title", "code", longest=200)
            taxes = self._taxes(record)
            yield ParsedCharge("shipping", title, price, record.place, discount, taxes)

    def _extras(self) -> Iterator[ParsedCharge]:
        for kind, title, keys in (
            ("duty", _("Duties"), ("original_total_duties_set", "current_total_duties_set")),
            ("fee", _("Additional fees"), _FEES),
        ):
            amount, place = self._shop_money(*keys)
            if amount:
                named: ChargeKind = "duty" if kind == "duty" else "fee"
                yield ParsedCharge(named, title, amount, place)
        tip = self.record.amount("total_tip_received", currency=self.currency)
        if tip:
            place = self.record.place_of("total_tip_received")
            yield ParsedCharge("tip", _("Tip"), tip, place)

    def _shop_money(self, *keys: str) -> tuple[Decimal, str]:
        for key in keys:
            holder = self.record.child(key)
            shop = holder.child("shop_money") if holder else None
            if shop:
                return shop.amount("amount", currency=self.currency), shop.place_of("amount")
        return ZERO, ""

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
        shipping, shipping_place = self._shop_money("total_shipping_price_set")
        stated = StatedTotals(
            total=total or ZERO,
            tax=tax or ZERO,
            items=record.money("total_line_items_price", currency=currency),
            discount=record.money("total_discounts", currency=currency),
            shipping=shipping if shipping_place else None,
            refunded=self._refunded(),
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

    def _refunded(self) -> Decimal:
        total = ZERO
        for refund in self.record.children("refunds"):
            for transaction in refund.children("transactions"):
                kind = transaction.text("kind", longest=40), transaction.text("status", longest=40)
                if kind == ("refund", "success"):
                    total += transaction.amount("amount", currency=self.currency)
        return total

    # -- people and places

    def _customer(self) -> ParsedCustomer:
        record, customer = self.record, self.record.child("customer")
        own = customer or Record({}, record.place_of("customer"), self.findings)
        first, last = own.text("first_name", longest=60), own.text("last_name", longest=59)
        named = self._address("billing_address") or self._address("shipping_address")
        address = named or ParsedAddress()
        return ParsedCustomer(
            external_id=own.text("id", longest=64),
            name=full_name("", first, last) or address.name,
            email=record.email("email", "contact_email") or own.email("email"),
            phone=record.text("phone", longest=40) or own.text("phone", longest=40) or address.phone,
            company=address.company,
            language=record.text("customer_locale", longest=20),
        )

    def _address(self, key: str) -> ParsedAddress | None:
        record = self.record.child(key)
        if record is None or not any(record.has(name) for name in record.fields):
            return None
        code, country = record.text("country_code", longest=10), record.text("country", longest=100)
        first, last = record.text("first_name", longest=60), record.text("last_name", longest=59)
        return ParsedAddress(
            name=full_name(record.text("name", longest=120), first, last),
            company=record.text("company", longest=120),
            line1=record.text("address1", longest=200),
            line2=record.text("address2", longest=200),
            city=record.text("city", longest=120),
            region=record.text("province_code", "province", longest=120),
            postcode=record.text("zip", longest=20),
            country=country_code(code, country) or country_code(country),
            phone=record.text("phone", longest=40),
            place=record.place,
            places={part: record.place_of(name) for part, name in ADDRESS_PARTS.items()},
        )

    def _codes(self) -> tuple[str, ...]:
        codes = (entry.text("code", longest=200) for entry in self.record.children("discount_codes"))
        return tuple(code for code in codes if code)

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
        amount, place = self._shop_money("total_price_set")
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


_FEES = ("original_total_additional_fees_set", "current_total_additional_fees_set")
