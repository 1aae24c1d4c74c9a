"""The orders export of the Shopify admin: one row per line, an order's own figures on its first.

`Subtotal` is after discounts. `Discount Amount` is the discount of the whole order; whether it
contains the `Lineitem discount` of the rows is told by the subtotal. The file does not say whether
prices include tax: the total does.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.intake import adding_up
from orders.intake.document import (
    ZERO,
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
from orders.intake.particulars import gift_message, is_gift, requested_day
from orders.intake.places import country_code
from orders.intake.shopify import PAYMENT
from orders.intake.splitting import kept, usable_id
from orders.intake.standing import fault_count, standing, unique
from orders.intake.strict_json import Unreadable
from orders.intake.tables import (
    Row,
    document,
    documents,
    first_filled,
    header_has,
    percent,
    read_table,
    rows_of,
)

NEEDED = ("Name", "Currency", "Total", "Lineitem quantity", "Lineitem name", "Lineitem price")
OTHERS = [
    "Id",
    "Email",
    "Financial Status",
    "Fulfillment Status",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Paid at",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem fulfillment status",
    "Lineitem discount",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Tags",
    "Phone",
    "Refunded Amount",
    "Outstanding Balance",
    "Duties",
    "Source",
    "Risk Level",
]
PEOPLE = tuple(
    f"{who} {what}"
    for who in ("Billing", "Shipping")
    for what in ["Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone"]
)
ADDRESS_PARTS = {"name": "Name", "city": "City", "postcode": "Zip", "region": "Province", "country": "Country"}
TAXES = tuple(f"Tax {number} {what}" for number in range(1, 6) for what in ("Name", "Value"))
KNOWN = (*NEEDED, *OTHERS, *PEOPLE, *TAXES)


class ShopifyCsv:
    def split(self, data: bytes, source_name: str) -> Iterable[Document]:
        try:
            table = read_table(data, KNOWN)
            if missing := [name for name in NEEDED if name not in table.header]:
                raise _no_export(missing)
        except Unreadable as error:
            yield Document(None, kept(data), findings=(error.finding,))
            return
        if not table.rows:
            message = _("The file has a header but no orders.")
            nothing = Finding("no_order", "error", "row 2", message)
            yield Document(None, kept(data), findings=(nothing,))
        for name, rows in documents(table, "Name"):
            external_id = first_filled(table, "Id", rows) or name
            yield document(table, usable_id(external_id), rows)

    def knows_header(self, data: bytes) -> bool:
        return header_has(data, NEEDED)

    def parse(self, document: Document) -> tuple[ParsedOrder | None, list[Finding]]:
        findings: list[Finding] = []
        try:
            rows = rows_of(document, KNOWN, findings)
            if missing := [name for name in NEEDED if rows and name not in rows[0].fields]:
                raise _no_export(missing)
        except Unreadable as error:
            return None, [error.finding]
        if not rows:
            return None, list(document.findings) or [_nothing()]
        order = _Export(rows, findings).order()
        return order, unique(findings)


def _nothing() -> Finding:
    return Finding("no_order", "error", "row 2", _("The file has a header but no orders."))


def _no_export(missing: list[str]) -> Unreadable:
    message = _("This is no Shopify orders export: row 1 lacks the columns %(columns)s.")
    return Unreadable("not_an_order", "row 1", message % {"columns": ", ".join(missing)})


class _Export:
    """The rows of one order being read."""

    def __init__(self, rows: list[Row], findings: list[Finding]) -> None:
        heads = [row for row in rows if row.has("Total") or row.has("Currency")]
        self.rows, self.findings, self.heads = rows, findings, heads
        self.head = heads[0] if heads else rows[0]
        self.currency = self.head.currency("Currency")

    def order(self) -> ParsedOrder | None:
        head = self.head
        name = head.text("Name", required=True, longest=64)
        external_id = head.text("Id", "Name", longest=64)
        if len(self.heads) > 1:
            message = _("%(place)s is a second order with the name %(name)s.")
            place = self.heads[1].place_of("Name")
            head.complain("doubled_order", place, message % {"place": place, "name": name}, name)
            return None
        lines = self._lines() if self.currency else None
        totals = self._totals() if self.currency else None
        bad_id = any(f.code == "shortened_number" and f.place == head.place_of("Id") for f in self.findings)
        if not name or not external_id or lines is None or totals is None or bad_id:
            return None
        order = self._assembled(external_id, name, lines, totals)
        self.findings += adding_up.check(order)
        self.findings += self._subtotal(order)
        self.findings += standing(order, self._standing_places())
        self._risk()
        return order

    def _risk(self) -> None:
        level, place = self.head.text("Risk Level", longest=40), self.head.place_of("Risk Level")
        if level.lower() == "high":
            message = _("%(place)s: Shopify says the risk of fraud is high.") % {"place": place}
            self.head.complain("risk", place, message, level)

    def _standing_places(self) -> dict[str, str]:
        return {
            "payment": self.head.place_of("Financial Status"),
            "fulfilment": self.head.place_of("Fulfillment Status"),
        }

    def _assembled(
        self, external_id: str, name: str, lines: tuple[ParsedLine, ...], totals: StatedTotals
    ) -> ParsedOrder:
        head = self.head
        charges, attributes = self._charges(), _attributes(head.text("Note Attributes", longest=5_000))
        lines = self._discounted(lines, totals)
        payment = head.text("Financial Status", longest=40)
        if payment and payment not in PAYMENT:
            place = head.place_of("Financial Status")
            head.wrong("unknown_status", place, _("a payment status Shopify has"), payment)
        order = ParsedOrder(
            external_id=external_id,
            external_number=name,
            currency=self.currency,
            prices_include_tax=False,
            placed_at=head.instant("Created at", "Paid at"),
            customer=self._customer(),
            lines=lines,
            totals=totals,
            shipping_address=self._address("Shipping"),
            billing_address=self._address("Billing"),
            charges=charges,
            taxes=self._taxes(),
            discount_codes=tuple(filter(None, [head.text("Discount Code")])),
            payment_status=PAYMENT.get(payment, "unpaid"),
            channel_payment_status=payment,
            channel_fulfilment_status=head.text("Fulfillment Status", longest=40).replace("unfulfilled", ""),
            cancelled_at=head.instant("Cancelled at"),
            note=head.text("Notes", longest=5_000),
            tags=tuple(filter(None, map(str.strip, head.text("Tags", longest=5_000).split(",")))),
            shipping_method=head.text("Shipping Method", longest=200),
            is_gift=is_gift(attributes),
            gift_message=gift_message(attributes),
            requested_delivery_on=requested_day(attributes),
            properties=attributes,
            places={
                "currency": head.place_of("Currency"),
                "shipping_address": head.place_of("Shipping Address1"),
                "payment": head.place_of("Financial Status"),
                "cancelled": head.place_of("Cancelled at"),
            },
        )
        inclusive = adding_up.computed_total(order) - totals.tax == totals.total
        return replace(order, prices_include_tax=inclusive and totals.tax != 0)

    def _lines(self) -> tuple[ParsedLine, ...] | None:
        lines = [self._line(row) for row in self.rows]
        return tuple(line for line in lines if line) if all(lines) else None

    def _line(self, row: Row) -> ParsedLine | None:
        quantity = row.quantity("Lineitem quantity")
        price = row.money("Lineitem price", currency=self.currency, required=True)
        seen = fault_count(self.findings)
        discount = row.amount("Lineitem discount", currency=self.currency)
        if quantity is None or price is None or fault_count(self.findings) > seen:
            return None
        amount = row.line_amount(price, quantity, "Lineitem price")
        if amount is None:
            return None
        sent = row.text("Lineitem fulfillment status", longest=40) == "fulfilled"
        return ParsedLine(
            external_id="",
            name=row.text("Lineitem name", required=True, longest=300),
            quantity=quantity,
            unit_price=price,
            amount=amount,
            place=row.place,
            sku_place=row.place_of("Lineitem sku"),
            sku=row.text("Lineitem sku", longest=100),
            discount=discount,
            requires_shipping=row.flag("Lineitem requires shipping", default=True),
            fulfilled_quantity=quantity if sent else 0,
        )

    def _discounted(self, lines: tuple[ParsedLine, ...], totals: StatedTotals) -> tuple[ParsedLine, ...]:
        """Share what the rows do not say, when the subtotal proves which reading is meant."""
        own = sum((line.discount for line in lines), ZERO)
        gross = sum((line.amount for line in lines), ZERO)
        whole, subtotal = totals.discount or ZERO, self._stated("Subtotal")
        for left in (ZERO, whole, whole - own):
            if left >= 0 and subtotal == gross - own - left:
                return adding_up.with_discount(lines, left, self.currency)
        return adding_up.with_discount(lines, whole, self.currency) if subtotal is None else lines

    def _stated(self, column: str) -> Decimal | None:
        return self.head.money(column, currency=self.currency)

    def _subtotal(self, order: ParsedOrder) -> list[Finding]:
        stated = self._stated("Subtotal")
        computed = sum((line.amount - line.discount for line in order.lines), ZERO)
        if stated is None or stated == computed:
            return []
        place = self.head.place_of("Subtotal")
        message = _("%(place)s states %(stated)s, but the lines come to %(computed)s after discounts.")
        message %= {"place": place, "stated": stated, "computed": computed}
        return [Finding("subtotal_differs", "error", place, message, f"{stated} ≠ {computed}")]

    def _charges(self) -> tuple[ParsedCharge, ...]:
        found = []
        shipping = self.head.amount("Shipping", currency=self.currency)
        if shipping or self.head.has("Shipping Method"):
            title = self.head.text("Shipping Method", longest=200)
            found.append(ParsedCharge("shipping", title, shipping, self.head.place_of("Shipping")))
        duties = self.head.amount("Duties", currency=self.currency)
        if duties:
            found.append(ParsedCharge("duty", _("Duties"), duties, self.head.place_of("Duties")))
        return tuple(found)

    def _taxes(self) -> tuple[ParsedTax, ...]:
        found = []
        for number in range(1, 6):
            title = self.head.text(f"Tax {number} Name", longest=100)
            amount = self.head.amount(f"Tax {number} Value", currency=self.currency)
            if title or amount:
                found.append(ParsedTax(title, percent(title), amount))
        return tuple(found)

    def _totals(self) -> StatedTotals | None:
        head, currency = self.head, self.currency
        total = head.money("Total", currency=currency, required=True)
        seen = fault_count(self.findings)
        tax = head.amount("Taxes", currency=currency)
        stated = StatedTotals(
            total=total or ZERO,
            tax=tax,
            discount=None,
            shipping=head.amount("Shipping", currency=currency),
            refunded=head.amount("Refunded Amount", currency=currency),
            outstanding=head.money("Outstanding Balance", currency=currency, negative=True),
            places={"total": head.place_of("Total"), "tax": head.place_of("Taxes")},
        )
        discount = head.amount("Discount Amount", currency=currency)
        head.amount("Subtotal", currency=currency)
        stated = replace(stated, discount=discount)
        return None if total is None or fault_count(self.findings) > seen else stated

    def _customer(self) -> ParsedCustomer:
        head = self.head
        return ParsedCustomer(
            name=head.text("Billing Name", "Shipping Name", longest=120),
            email=head.email("Email"),
            phone=head.text("Phone", "Billing Phone", "Shipping Phone", longest=40),
            company=head.text("Billing Company", longest=120),
        )

    def _address(self, who: str) -> ParsedAddress | None:
        head = self.head
        named = [f"{who} {part}" for part in ("Address1", "Street", "City", "Zip", "Country", "Name")]
        if not any(head.has(column) for column in named):
            return None
        country = head.text(f"{who} Country", longest=100)
        return ParsedAddress(
            name=head.text(f"{who} Name", longest=120),
            company=head.text(f"{who} Company", longest=120),
            line1=head.text(f"{who} Address1", f"{who} Street", longest=200),
            line2=head.text(f"{who} Address2", longest=200),
            city=head.text(f"{who} City", longest=120),
            region=head.text(f"{who} Province", longest=120),
            postcode=head.text(f"{who} Zip", longest=20).lstrip("'"),
            country=country_code(country, country),
            phone=head.text(f"{who} Phone", longest=40),
            place=head.place_of(f"{who} Address1"),
            places={part: head.place_of(f"{who} {name}") for part, name in ADDRESS_PARTS.items()},
        )


def _attributes(text: str) -> dict[str, str]:
    """`Note Attributes`: one "name: value" in each line of the cell."""
    split = (line.partition(":") for line in text.splitlines())
    return {name.strip()[:100]: value.strip()[:1000] for name, sign, value in split if sign}
