"""Our own CSV (docs/intake-csv.md): one row per line, the order's own columns on its first row."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.intake import adding_up, own
from orders.intake.document import (
    Document,
    Finding,
    ParsedAddress,
    ParsedCustomer,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
)
from orders.intake.places import country_code
from orders.intake.splitting import kept, usable_id
from orders.intake.standing import fault_count, standing, unique
from orders.intake.strict_json import Unreadable
from orders.intake.tables import Row, document, documents, header_has, read_table, rows_of

NEEDED = ("order_id", "currency", "quantity", "unit_price")
LINE_COLUMNS = [
    "line_id",
    "sku",
    "barcode",
    "item_name",
    "quantity",
    "unit_price",
    "line_discount",
    "tax_rate",
    "tax",
    "requires_shipping",
]
ORDER_COLUMNS = [
    "order_id",
    "order_number",
    "placed_at",
    "currency",
    "prices_include_tax",
    "customer_id",
    "email",
    "name",
    "phone",
    "company",
    "language",
    "shipping_method",
    "shipping",
    "shipping_tax_rate",
    "shipping_tax",
    "discount",
    "discount_code",
    "tax_total",
    "total",
    "payment_status",
    "note",
    "tags",
    "gift_message",
    "requested_delivery_on",
    "cancelled_at",
    "test",
]
ADDRESS_PARTS = ["name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone"]
ADDRESS_COLUMNS = [f"{who}_{part}" for who in ("ship", "bill") for part in ADDRESS_PARTS]
KNOWN = (*ORDER_COLUMNS, *ADDRESS_COLUMNS, *LINE_COLUMNS)


class OwnCsv:
    def split(self, data: bytes, source_name: str) -> Iterable[Document]:
        try:
            table = read_table(data, KNOWN)
            _require(table.header)
        except Unreadable as error:
            yield Document(None, kept(data), findings=(error.finding,))
            return
        if not table.rows:
            yield Document(None, kept(data), findings=(_nothing(),))
        for name, rows in documents(table, "order_id"):
            yield document(table, usable_id(name), rows)

    def knows_header(self, data: bytes) -> bool:
        return header_has(data, NEEDED)

    def parse(self, document: Document) -> tuple[ParsedOrder | None, list[Finding]]:
        findings: list[Finding] = []
        try:
            rows = rows_of(document, KNOWN, findings)
            _require(tuple(rows[0].fields) if rows else NEEDED)
        except Unreadable as error:
            return None, [error.finding]
        if not rows:
            return None, [_nothing()]
        findings += _strangers(tuple(rows[0].fields))
        order = _Sheet(rows, findings).order()
        return order, unique(findings)


def _nothing() -> Finding:
    return Finding("no_order", "error", "row 2", _("The file has a header but no orders."))


def _require(header: tuple[str, ...]) -> None:
    """The needed columns must be there."""
    if missing := [name for name in NEEDED if name not in header]:
        message = _("Row 1 lacks the columns %(columns)s; see the description of our CSV.")
        message %= {"columns": ", ".join(missing)}
        raise Unreadable("not_an_order", "row 1", message)


def _strangers(header: tuple[str, ...]) -> list[Finding]:
    """A column nobody knows is a misspelt one: ignoring it silently would lose what was meant."""
    found = []
    for column in header:
        if column not in KNOWN:
            place = f"row 1, column {column}"
            message = _("%(place)s is not a column of ours; it was not used.") % {"place": place}
            found.append(Finding("unknown_column", "warning", place, message))
    return found


class _Sheet:
    """The rows of one order being read."""

    def __init__(self, rows: list[Row], findings: list[Finding]) -> None:
        self.rows, self.findings = rows, findings
        self.head = self._head()
        self.currency = self.head.currency("currency")
        self.included = self.head.flag("prices_include_tax")
        self.stated_tax: dict[str, Decimal | None] = {}

    def _head(self) -> Row:
        """The first row, filled up from the others; rows that contradict each other are findings."""
        first = self.rows[0]
        for row in self.rows[1:]:
            for column in (*ORDER_COLUMNS, *ADDRESS_COLUMNS):
                if not row.has(column):
                    continue
                if not first.has(column):
                    first.fields = {**first.fields, column: row.fields[column]}
                elif first.fields[column].strip() != row.fields[column].strip():
                    place, said = row.place_of(column), first.fields[column][:60]
                    message = _("%(place)s says something else than row %(first)d (“%(said)s”).")
                    message %= {"place": place, "first": first.row_number, "said": said}
                    row.complain("rows_disagree", place, message, row.fields[column])
        return first

    def order(self) -> ParsedOrder | None:
        head = self.head
        external_id = head.text("order_id", required=True, longest=64)
        lines = self._lines() if self.currency else None
        seen = fault_count(self.findings)
        stated = self._stated() if self.currency else {}
        shortened = any(finding.code == "shortened_number" for finding in self.findings)
        if not external_id or not lines or fault_count(self.findings) > seen or shortened:
            return None
        order = own.totalled(self._assembled(external_id, lines), stated)
        self.findings += adding_up.check(order)
        self.findings += standing(order, {"test": head.place_of("test")})
        return order

    def _stated(self) -> dict[str, Decimal | None]:
        columns = {"tax": "tax_total", "total": "total"}
        read = {name: self.head.money(col, currency=self.currency) for name, col in columns.items()}
        for column in ("shipping", "shipping_tax", "discount"):
            self.head.money(column, currency=self.currency)
        return read

    def _assembled(self, external_id: str, lines: tuple[ParsedLine, ...]) -> ParsedOrder:
        head, currency = self.head, self.currency
        lines = own.discounted(lines, head.amount("discount", currency=currency), currency)
        payment = head.text("payment_status", longest=40).lower()
        if payment and payment not in own.PAYMENT_STATUSES:
            wanted = ", ".join(sorted(own.PAYMENT_STATUSES))
            head.wrong("unknown_status", head.place_of("payment_status"), wanted, payment)
            payment = ""
        return ParsedOrder(
            external_id=external_id,
            external_number=head.text("order_number", "order_id", longest=64),
            currency=currency,
            prices_include_tax=self.included,
            placed_at=head.instant("placed_at"),
            customer=self._customer(),
            lines=tuple(own.retaxed(line, self.stated_tax[line.place], self.included, currency) for line in lines),
            totals=own.empty_totals({"total": head.place_of("total"), "tax": head.place_of("tax_total")}),
            shipping_address=self._address("ship"),
            billing_address=self._address("bill"),
            charges=own.shipping_charge(
                head.text("shipping_method", longest=200),
                head.amount("shipping", currency=currency),
                head.place_of("shipping"),
                tax=head.money("shipping_tax", currency=currency),
                rate=_percent(head, "shipping_tax_rate"),
                included=self.included,
                currency=currency,
            ),
            discount_codes=tuple(filter(None, [head.text("discount_code")])),
            payment_status=payment or "unpaid",
            channel_payment_status=payment,
            cancelled_at=head.instant("cancelled_at"),
            is_test=head.flag("test"),
            note=head.text("note", longest=5_000),
            tags=tuple(filter(None, map(str.strip, head.text("tags", longest=5_000).split(",")))),
            shipping_method=head.text("shipping_method", longest=200),
            is_gift=head.has("gift_message"),
            gift_message=head.text("gift_message", longest=1_000),
            requested_delivery_on=head.day("requested_delivery_on"),
            places={
                "currency": head.place_of("currency"),
                "shipping_address": head.place_of("ship_line1"),
                "payment": head.place_of("payment_status"),
                "cancelled": head.place_of("cancelled_at"),
            },
        )

    def _lines(self) -> tuple[ParsedLine, ...] | None:
        lines = [self._line(row) for row in self.rows]
        return tuple(line for line in lines if line) if all(lines) else None

    def _line(self, row: Row) -> ParsedLine | None:
        quantity = row.quantity("quantity")
        price = row.money("unit_price", currency=self.currency, required=True)
        seen = fault_count(self.findings)
        discount = row.amount("line_discount", currency=self.currency)
        rate, tax = _percent(row, "tax_rate"), row.money("tax", currency=self.currency)
        if quantity is None or price is None or fault_count(self.findings) > seen:
            return None
        amount = row.line_amount(price, quantity, "unit_price")
        if amount is None:
            return None
        if discount > amount:
            row.wrong("discount_too_big", row.place_of("line_discount"), _("at most the line"), discount)
            return None
        self.stated_tax[row.place] = tax
        sku = row.text("sku", longest=100)
        return ParsedLine(
            external_id=row.text("line_id", longest=64),
            name=row.text("item_name", longest=300) or sku or _("Unnamed item"),
            quantity=quantity,
            unit_price=price,
            amount=amount,
            place=row.place,
            sku_place=row.place_of("sku"),
            sku=sku,
            barcode=row.text("barcode", longest=64),
            discount=discount,
            taxes=(ParsedTax("", rate, Decimal(0)),) if rate is not None else (),
            requires_shipping=row.flag("requires_shipping", default=True),
        )

    def _customer(self) -> ParsedCustomer:
        head = self.head
        return ParsedCustomer(
            external_id=head.text("customer_id", longest=64),
            name=head.text("name", "bill_name", "ship_name", longest=120),
            email=head.email("email"),
            phone=head.text("phone", longest=40),
            company=head.text("company", longest=120),
            language=head.text("language", longest=20),
        )

    def _address(self, who: str) -> ParsedAddress | None:
        head = self.head
        if not any(head.has(f"{who}_{part}") for part in ADDRESS_PARTS):
            return None
        country = head.text(f"{who}_country", longest=100)
        return ParsedAddress(
            name=head.text(f"{who}_name", longest=120) or head.text("name", longest=120),
            company=head.text(f"{who}_company", longest=120),
            line1=head.text(f"{who}_line1", longest=200),
            line2=head.text(f"{who}_line2", longest=200),
            city=head.text(f"{who}_city", longest=120),
            region=head.text(f"{who}_region", longest=120),
            postcode=head.text(f"{who}_postcode", longest=20),
            country=country_code(country, country),
            phone=head.text(f"{who}_phone", longest=40),
            place=head.place_of(f"{who}_line1"),
            places={part: head.place_of(f"{who}_{part}") for part in ADDRESS_PARTS},
        )


def _percent(row: Row, column: str) -> Decimal | None:
    """A rate written in per cent. Between 0 and 1 nobody can tell 0.2 % from 20 %: a finding."""
    raw, place = row.raw(column)
    value = row.number(column)
    if value is None:
        return None
    if not (value == 0 or 1 <= value < 100):
        row.wrong("rate_out_of_range", place, _("per cent, 20 for 20 %"), raw)
        return None
    return value / 100
