"""Orders in our own JSON: the body of POST /api/v1/orders/, one, or a list under "orders"."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from orders.intake import adding_up, own
from orders.intake.document import (
    ZERO,
    ParsedAddress,
    ParsedCharge,
    ParsedCustomer,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
)
from orders.intake.fields import Record
from orders.intake.json_orders import JsonOrders
from orders.intake.places import country_code
from orders.intake.splitting import Dialect, usable_id
from orders.intake.standing import fault_count, standing
from orders.intake.strict_json import pointer

ORDER_FIELDS = frozenset(
    [
        "external_id",
        "number",
        "placed_at",
        "currency",
        "prices_include_tax",
        "customer",
        "shipping_address",
        "billing_address",
        "lines",
        "shipping",
        "fees",
        "discount",
        "discount_codes",
        "payment_status",
        "note",
        "tags",
        "gift",
        "gift_message",
        "requested_delivery_on",
        "cancelled_at",
        "cancel_reason",
        "test",
        "totals",
        "properties",
    ]
)
LINE_FIELDS = frozenset(
    [
        "external_id",
        "sku",
        "barcode",
        "name",
        "quantity",
        "unit_price",
        "discount",
        "tax_rate",
        "tax",
        "requires_shipping",
        "properties",
    ]
)

ADDRESS_PARTS = {
    "name": "name",
    "line1": "line1",
    "city": "city",
    "postcode": "postcode",
    "region": "region",
    "country": "country",
}


def judge(tree: dict[str, Any]) -> str:
    return "order" if "lines" in tree and ("external_id" in tree or "currency" in tree) else ""


def identify(tree: dict[str, Any]) -> str | None:
    return usable_id(tree.get("external_id"))


DIALECT = Dialect(judge, {}, identify)


class _Body:
    """One order being read."""

    def __init__(self, record: Record) -> None:
        self.record, self.findings = record, record.findings
        self.currency = record.currency("currency")
        self.included = record.flag("prices_include_tax")
        self.stated_tax: dict[str, Decimal | None] = {}

    def order(self) -> ParsedOrder | None:
        record = self.record
        _refuse_strangers(record, ORDER_FIELDS)
        external_id = record.text("external_id", required=True, longest=64)
        lines = self._lines() if self.currency else None
        seen = fault_count(self.findings)
        totals = record.child("totals")
        stated = self._stated(totals) if self.currency else {}
        if not external_id or not lines or fault_count(self.findings) > seen:
            return None
        order = own.totalled(self._assembled(external_id, lines, totals), stated)
        self.findings += adding_up.check(order)
        self.findings += standing(order, {"test": record.place_of("test")})
        return order

    def _stated(self, totals: Record | None) -> dict[str, Decimal | None]:
        if totals is None:
            return {}
        _refuse_strangers(totals, frozenset({"tax", "total"}))
        return {name: totals.money(name, currency=self.currency) for name in ("tax", "total")}

    def _assembled(self, external_id: str, lines: tuple[ParsedLine, ...], totals: Record | None) -> ParsedOrder:
        record, currency = self.record, self.currency
        lines = own.discounted(lines, record.amount("discount", currency=currency), currency)
        payment = record.text("payment_status", longest=40)
        if payment and payment not in own.PAYMENT_STATUSES:
            wanted = ", ".join(sorted(own.PAYMENT_STATUSES))
            record.wrong("unknown_status", record.place_of("payment_status"), wanted, payment)
            payment = ""
        at = totals.place if totals else record.place_of("totals")
        charges = (*self._shipping(), *self._fees())
        return ParsedOrder(
            external_id=external_id,
            external_number=record.text("number", longest=64) or external_id,
            currency=currency,
            prices_include_tax=self.included,
            placed_at=record.instant("placed_at"),
            customer=self._customer(),
            lines=tuple(own.retaxed(line, self.stated_tax[line.place], self.included, currency) for line in lines),
            totals=own.empty_totals({"total": pointer(at, "total"), "tax": pointer(at, "tax")}),
            shipping_address=self._address("shipping_address"),
            billing_address=self._address("billing_address"),
            charges=charges,
            discount_codes=self._texts("discount_codes"),
            payment_status=payment or "unpaid",
            channel_payment_status=payment,
            cancelled_at=record.instant("cancelled_at"),
            cancel_reason=record.text("cancel_reason", longest=100),
            is_test=record.flag("test"),
            note=record.text("note", longest=5_000),
            tags=self._texts("tags"),
            shipping_method=next((c.title for c in charges if c.kind == "shipping"), ""),
            is_gift=record.flag("gift") or record.has("gift_message"),
            gift_message=record.text("gift_message", longest=1_000),
            requested_delivery_on=record.day("requested_delivery_on"),
            properties=self._properties(record),
            places={
                "currency": record.place_of("currency"),
                "shipping_address": record.place_of("shipping_address"),
                "payment": record.place_of("payment_status"),
                "cancelled": record.place_of("cancelled_at"),
            },
        )

    def _lines(self) -> tuple[ParsedLine, ...] | None:
        records = self.record.every_child("lines")
        lines = [self._line(record) for record in records or ()]
        return tuple(line for line in lines if line) if records and all(lines) else None

    def _line(self, record: Record) -> ParsedLine | None:
        _refuse_strangers(record, LINE_FIELDS)
        quantity = record.quantity("quantity")
        price = record.money("unit_price", currency=self.currency, required=True)
        seen = fault_count(self.findings)
        discount = record.amount("discount", currency=self.currency)
        rate, tax = record.rate("tax_rate"), record.money("tax", currency=self.currency)
        if quantity is None or price is None or fault_count(self.findings) > seen:
            return None
        amount = record.line_amount(price, quantity, "unit_price")
        if amount is None:
            return None
        if discount > amount:
            record.wrong("discount_too_big", record.place_of("discount"), _("at most the line"), discount)
            return None
        self.stated_tax[record.place] = tax
        sku = record.text("sku", longest=100)
        return ParsedLine(
            external_id=record.text("external_id", longest=64),
            name=record.text("name", longest=300) or sku or _("Unnamed item"),
            quantity=quantity,
            unit_price=price,
            amount=amount,
            place=record.place,
            sku_place=record.place_of("sku"),
            sku=sku,
            barcode=record.text("barcode", longest=64),
            discount=discount,
            taxes=(ParsedTax("", rate, ZERO),) if rate is not None else (),
            requires_shipping=record.flag("requires_shipping", default=True),
            properties=self._properties(record),
        )

    def _shipping(self) -> tuple[ParsedCharge, ...]:
        record = self.record.child("shipping")
        if record is None:
            return ()
        _refuse_strangers(record, frozenset(["method", "price", "discount", "tax_rate", "tax"]))
        return own.shipping_charge(
            record.text("method", longest=200),
            record.amount("price", currency=self.currency),
            record.place,
            discount=record.amount("discount", currency=self.currency),
            tax=record.money("tax", currency=self.currency),
            rate=record.rate("tax_rate"),
            included=self.included,
            currency=self.currency,
        )

    def _fees(self) -> Iterable[ParsedCharge]:
        for record in self.record.children("fees"):
            _refuse_strangers(record, frozenset(["title", "amount", "tax_rate", "tax"]))
            amount = record.amount("amount", currency=self.currency, negative=True)
            tax, rate = record.money("tax", currency=self.currency), record.rate("tax_rate")
            taxes = own.taxed(amount, tax, rate, self.included, self.currency)
            title = record.text("title", longest=200) or _("Fee")
            yield ParsedCharge("fee", title, amount, record.place, taxes=taxes)

    def _customer(self) -> ParsedCustomer:
        record = self.record.child("customer")
        if record is None:
            return ParsedCustomer()
        _refuse_strangers(record, frozenset(["external_id", "name", "email", "phone", "company", "language"]))
        return ParsedCustomer(
            external_id=record.text("external_id", longest=64),
            name=record.text("name", longest=120),
            email=record.email("email"),
            phone=record.text("phone", longest=40),
            company=record.text("company", longest=120),
            language=record.text("language", longest=20),
        )

    def _address(self, key: str) -> ParsedAddress | None:
        record = self.record.child(key)
        if record is None:
            return None
        parts = "name company line1 line2 city region postcode country phone email"
        _refuse_strangers(record, frozenset(parts.split()))
        country = record.text("country", longest=100)
        return ParsedAddress(
            name=record.text("name", longest=120),
            company=record.text("company", longest=120),
            line1=record.text("line1", longest=200),
            line2=record.text("line2", longest=200),
            city=record.text("city", longest=120),
            region=record.text("region", longest=120),
            postcode=record.text("postcode", longest=20),
            country=country_code(country, country),
            phone=record.text("phone", longest=40),
            email=record.email("email"),
            place=record.place,
            places={part: record.place_of(name) for part, name in ADDRESS_PARTS.items()},
        )

    def _texts(self, key: str) -> tuple[str, ...]:
        raw = self.record.fields.get(key)
        if raw is None:
            return ()
        place = self.record.place_of(key)
        if not isinstance(raw, list) or not all(isinstance(entry, str) for entry in raw):
            self.record.wrong("wrong_type", place, _("a list of texts"), raw)
            return ()
        return tuple(entry[:200] for entry in raw if entry)

    def _properties(self, record: Record) -> dict[str, str]:
        found = record.child("properties")
        return {key[:100]: found.text(key, longest=1_000) for key in found.fields} if found else {}


def _refuse_strangers(record: Record, known: frozenset[str]) -> None:
    """A field nobody knows is a misspelt one: silently ignoring it would lose what was meant."""
    for key in record.fields:
        if key not in known:
            place = record.place_of(key)
            message = _("%(place)s is not a field of ours; it was not used.") % {"place": place}
            record.complain("unknown_field", place, message, "", "warning")


OWN_JSON = JsonOrders(DIALECT, lambda record: _Body(record).order())
