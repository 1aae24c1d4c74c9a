"""WooCommerce orders: REST v1 to v3 (`billing`, `discount_total`) and the older legacy API
(`billing_address`, `total_discount`).

All amounts of lines, fees and shipping are without tax, whatever `prices_include_tax` says of the
shop's pages; tax stands beside them. A line's `subtotal` is before coupons, its `total` after.
"""

import html
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.money import round_money
from orders.intake import adding_up
from orders.intake.document import (
    ZERO,
    ChargeKind,
    ParsedAddress,
    ParsedCharge,
    ParsedCustomer,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
    StatedTotals,
)
from orders.intake.fields import Record
from orders.intake.json_orders import JsonOrders
from orders.intake.particulars import gift_message, is_gift, requested_day
from orders.intake.places import country_code, full_name
from orders.intake.shopify_kinds import identify
from orders.intake.splitting import Dialect
from orders.intake.standing import fault_count, standing
from orders.intake.strict_json import pointer

KINDS = {
    "customer": "a customer",
    "coupon": "a coupon",
    "product": "a product",
    "variation": "a product variation",
    "order_note": "an order note",
    "order_refund": "a refund",
    "refund": "a refund",
    "webhook": "a webhook",
    "webhook_delivery": "a webhook delivery",
    "report": "a report",
    "sale": "a sales report",
    "top_seller": "a list of best sellers",
    "subscription": "a subscription",
}
LIVE = frozenset(["pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed"])
UNFINISHED = frozenset(["checkout-draft", "auto-draft", "draft", "trash"])
REFUND_MARKS = ("refunded_by", "refunded_payment", "reason")

ADDRESS_PARTS = {
    "name": "first_name",
    "line1": "address_1",
    "city": "city",
    "postcode": "postcode",
    "region": "state",
    "country": "country",
}


def judge(tree: dict[str, Any]) -> str:
    """What a record is by fields only one kind has."""
    if "billing_period" in tree:
        return "subscription"
    if "line_items" in tree and any(mark in tree for mark in REFUND_MARKS) and "total" not in tree:
        return "refund"
    if "line_items" in tree and ("order_key" in tree or ("total" in tree and "status" in tree)):
        return "order"
    for kind, mark in (
        ("coupon", "usage_count"),
        ("webhook", "delivery_url"),
        ("customer", "avatar_url"),
        ("product", "catalog_visibility"),
        ("order_note", "customer_note"),
    ):
        if mark in tree:
            return kind
    return ""


DIALECT = Dialect(judge, KINDS, identify)


class _Reading:
    """One order being read. The legacy shape is known by its own names for the same things."""

    def __init__(self, record: Record) -> None:
        self.record, self.findings = record, record.findings
        self.legacy = "billing_address" in record.fields or "total_shipping" in record.fields
        self.currency = record.currency("currency")
        self.rates = self._rates()

    def order(self) -> ParsedOrder | None:
        record = self.record
        external_id = record.text("id", required=True, longest=64)
        status = record.text("status", required=True, longest=40).removeprefix("wc-")
        if status in UNFINISHED:
            message = _("This order was never placed: it is “%(status)s”.") % {"status": status}
            record.complain("not_placed", record.place_of("status"), message, status)
            return None
        lines = self._lines() if self.currency else None
        totals = self._totals() if self.currency else None
        if not external_id or lines is None or totals is None:
            return None
        order = self._assembled(external_id, status, lines, totals)
        self._remarks(order, status)
        self.findings += adding_up.check(order)
        return order

    def _assembled(
        self, external_id: str, status: str, lines: tuple[ParsedLine, ...], totals: StatedTotals
    ) -> ParsedOrder:
        record = self.record
        charges = (*self._charges("shipping_lines", "shipping"), *self._charges("fee_lines", "fee"))
        attributes = record.pairs("meta_data", "key")
        return ParsedOrder(
            external_id=external_id,
            external_number=record.text("number", "order_number", longest=64) or external_id,
            currency=self.currency,
            prices_include_tax=False,
            placed_at=self._instant("date_created", "created_at"),
            customer=self._customer(attributes),
            lines=lines,
            totals=totals,
            shipping_address=self._delivery(),
            billing_address=self._address("billing", "billing_address"),
            charges=charges,
            taxes=self._taxes(),
            discount_codes=self._codes(),
            payment_status=self._payment(status, totals),
            channel_payment_status="failed" if status == "failed" else "",
            channel_fulfilment_status="completed" if status == "completed" else "",
            changed_at=self._instant("date_modified", "updated_at"),
            cancelled_at=self._cancelled(status),
            note=html.unescape(record.text("customer_note", "note", longest=5_000)),
            shipping_method=next((c.title for c in charges if c.kind == "shipping"), ""),
            is_gift=is_gift(attributes),
            gift_message=gift_message(attributes),
            requested_delivery_on=requested_day(attributes),
            properties={key: text for key, text in attributes.items() if not key.startswith("_")},
            places={
                "currency": record.place_of("currency"),
                "shipping_address": record.place_of("shipping_address" if self.legacy else "shipping"),
                "payment": record.place_of("payment_details" if self.legacy else "date_paid"),
                "cancelled": record.place_of("status"),
            },
        )

    # -- lines

    def _lines(self) -> tuple[ParsedLine, ...] | None:
        """All lines, or None when one of them has no usable quantity or amounts."""
        records = self.record.every_child("line_items")
        lines = [self._line(record) for record in records or ()]
        return tuple(line for line in lines if line) if records and all(lines) else None

    def _line(self, record: Record) -> ParsedLine | None:
        quantity = record.quantity("quantity")
        seen = fault_count(self.findings)
        after = record.money("total", currency=self.currency, required=True)
        before = record.money("subtotal", currency=self.currency) if record.has("subtotal") else after
        taxes = self._line_taxes(record)
        if quantity is None or after is None or before is None or fault_count(self.findings) > seen:
            return None
        amount = max(before, after)
        attributes = record.pairs("meta_data", "key") or record.pairs("meta", "key")
        variation = record.text("variation_id", longest=64)
        return ParsedLine(
            external_id=record.text("id", longest=64),
            name=html.unescape(record.text("name", longest=300)) or _("Unnamed item"),
            quantity=quantity,
            unit_price=self._unit_price(record, amount, quantity),
            amount=amount,
            place=record.place,
            sku_place=record.place_of("sku"),
            sku=record.text("sku", longest=100),
            barcode=record.text("global_unique_id", longest=64),
            product_id=record.text("product_id", longest=64),
            variant_id="" if variation == "0" else variation,
            discount=amount - after,
            taxes=taxes,
            removed_quantity=0,
            properties={key: text for key, text in attributes.items() if not key.startswith("_")},
        )

    def _unit_price(self, record: Record, amount: Decimal, quantity: int) -> Decimal:
        """To four places: Woo divides a line's amount, so a unit may cost 3.3333."""
        return (amount / quantity).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)

    def _line_taxes(self, record: Record) -> tuple[ParsedTax, ...]:
        """The line's tax as stated, split by rate where the parts come to it."""
        stated = record.money("total_tax", currency=self.currency, negative=True) or ZERO
        parts = []
        for tax in record.children("taxes"):
            title, rate = self.rates.get(tax.text("id", longest=64), ("", None))
            parts.append((title, rate, tax.number("total") or ZERO))
        precise = [self._rounded(amount) for _title, _rate, amount in parts]
        if not parts or sum(precise, ZERO) != stated:
            title, rate = parts[0][:2] if len(parts) == 1 else ("", None)
            return (ParsedTax(title, rate, stated),) if stated else ()
        named = zip(parts, precise, strict=True)
        return tuple(ParsedTax(title, rate, amount) for (title, rate, _raw), amount in named)

    def _rounded(self, amount: Decimal) -> Decimal:
        return round_money(amount, self.currency)

    def _rates(self) -> dict[str, tuple[str, Decimal | None]]:
        """Tax titles and rates by the id lines name them with (`rate_percent` since Woo 3.7)."""
        found: dict[str, tuple[str, Decimal | None]] = {}
        for tax in self.record.children("tax_lines"):
            percent = tax.number("rate_percent")
            rate = percent / 100 if percent is not None and 0 <= percent < 100 else None
            title = tax.text("label", "title", longest=100)
            found[tax.text("rate_id", longest=64)] = (title, rate)
        return found

    # -- money beside the lines

    def _charges(self, key: str, kind: ChargeKind) -> Iterator[ParsedCharge]:
        for record in self.record.children(key):
            negative = kind == "fee"
            amount = record.amount("total", currency=self.currency, negative=negative)
            title = html.unescape(record.text("method_title", "name", "title", longest=200))
            yield ParsedCharge(kind, title, amount, record.place, taxes=self._line_taxes(record))

    def _taxes(self) -> tuple[ParsedTax, ...]:
        found = []
        for record in self.record.children("tax_lines"):
            title, rate = self.rates[record.text("rate_id", longest=64)]
            amount = record.number("tax_total", "total") or ZERO
            shipping = record.number("shipping_tax_total") or ZERO
            found.append(ParsedTax(title, rate, self._rounded(amount + shipping)))
        return tuple(found)

    def _totals(self) -> StatedTotals | None:
        record, currency = self.record, self.currency
        seen = fault_count(self.findings)
        names = {
            "total": "total",
            "tax": "total_tax",
            "shipping": "total_shipping" if self.legacy else "shipping_total",
            "discount": "total_discount" if self.legacy else "discount_total",
        }
        total = record.money("total", currency=currency, required=True)
        read = {name: record.money(key, currency=currency) for name, key in names.items()}
        places = {name: record.place_of(key) for name, key in names.items()}
        places["items"] = record.place_of("subtotal")
        refunded = self._refunded()
        if total is None or fault_count(self.findings) > seen:
            return None
        return StatedTotals(
            total=total,
            tax=read["tax"] or ZERO,
            items=record.money("subtotal", currency=currency) if self.legacy else None,
            discount=read["discount"],
            shipping=read["shipping"],
            refunded=refunded,
            places=places,
        )

    def _refunded(self) -> Decimal:
        refunds = self.record.children("refunds")
        amounts = [refund.money("total", "amount", currency=self.currency, negative=True) for refund in refunds]
        return sum((abs(amount) for amount in amounts if amount), ZERO)

    def _payment(self, status: str, totals: StatedTotals) -> str:
        record = self.record
        legacy = record.child("payment_details")
        paid = any(record.has(key) for key in ("date_paid", "date_paid_gmt"))
        paid = paid or bool(legacy and legacy.flag("paid"))
        if status == "refunded" or (totals.refunded and totals.refunded >= totals.total):
            return "refunded"
        if totals.refunded:
            return "part_refunded"
        return "paid" if paid else "unpaid"

    # -- people, places, times

    def _instant(self, *names: str) -> datetime | None:
        """`…_gmt` is UTC without saying so; the shop's own local time is only used without it."""
        for name in names:
            if self.record.has(f"{name}_gmt"):
                return self.record.instant(f"{name}_gmt", naive_is_utc=True)
        return self.record.instant(*names, naive_is_utc=True)

    def _cancelled(self, status: str) -> datetime | None:
        if status != "cancelled":
            return None
        return self._instant("date_modified", "updated_at") or self._instant("date_created", "created_at")

    def _customer(self, attributes: dict[str, str]) -> ParsedCustomer:
        record = self.record
        billing = self._address("billing", "billing_address") or ParsedAddress()
        shipping = self._address("shipping", "shipping_address") or ParsedAddress()
        number = record.text("customer_id", longest=64)
        return ParsedCustomer(
            external_id="" if number == "0" else number,
            name=billing.name or shipping.name,
            email=billing.email,
            phone=billing.phone or shipping.phone,
            company=billing.company,
            language=attributes.get("wpml_language", "")[:20],
        )

    def _delivery(self) -> ParsedAddress | None:
        """Shops that only deliver to the billing address leave the other one blank."""
        shipping = self._address("shipping", "shipping_address")
        billing = self._address("billing", "billing_address")
        if billing is None or (shipping and (shipping.line1 or shipping.city)):
            return shipping
        place = self.record.place_of("shipping_address" if self.legacy else "shipping")
        message = _("%(place)s is blank; the billing address is used, as the shop does.") % {"place": place}
        self.record.complain("billing_address_used", place, message, "", "warning")
        return billing

    def _address(self, *keys: str) -> ParsedAddress | None:
        record = next((child for key in keys if (child := self.record.child(key))), None)
        if record is None or not any(record.has(name) for name in record.fields):
            return None
        first, last = record.text("first_name", longest=60), record.text("last_name", longest=59)
        return ParsedAddress(
            name=html.unescape(full_name("", first, last)),
            company=html.unescape(record.text("company", longest=120)),
            line1=html.unescape(record.text("address_1", longest=200)),
            line2=html.unescape(record.text("address_2", longest=200)),
            city=html.unescape(record.text("city", longest=120)),
            region=record.text("state", longest=120),
            postcode=record.text("postcode", longest=20),
            country=country_code(record.text("country", longest=100)),
            phone=record.text("phone", longest=40),
            email=record.email("email"),
            place=record.place,
            places={part: record.place_of(name) for part, name in ADDRESS_PARTS.items()},
        )

    def _codes(self) -> tuple[str, ...]:
        codes = (entry.text("code", longest=200) for entry in self.record.children("coupon_lines"))
        return tuple(code for code in codes if code)

    def _remarks(self, order: ParsedOrder, status: str) -> None:
        record, at = self.record, self.record.place_of("status")
        if status not in LIVE:
            record.wrong("unknown_status", at, _("an order status WooCommerce has"), status)
        if status == "on-hold":
            message = _("The shop waits for the payment of this order: it is on hold there.")
            record.complain("on_hold_at_channel", at, message, status, "warning")
        self.findings += standing(
            order,
            {"payment": pointer(record.place, "refunds"), "fulfilment": at, "test": at},
        )


WOOCOMMERCE = JsonOrders(DIALECT, lambda record: _Reading(record).order())
