"""The Shopify orders export, as exported and as Excel leaves it."""

import csv
import io
import json
from decimal import Decimal

import pytest

from orders.intake.adding_up import computed_total
from orders.tests.intake_samples import CHANNELS, codes, files, needs_samples, parsed

EXPORTS = files("shopify_csv/*.csv")
HEADER = [
    "Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes",
    "Total", "Discount Code", "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity",
    "Lineitem name", "Lineitem price", "Lineitem sku", "Shipping Name", "Shipping Address1", "Shipping City",
    "Shipping Zip", "Shipping Country", "Notes", "Id", "Lineitem discount", "Tax 1 Name", "Tax 1 Value",
]  # fmt: skip
HEAD = {
    "Name": "#1", "Email": "a@example.com", "Financial Status": "paid", "Currency": "EUR", "Subtotal": "20.00",
    "Shipping": "4.90", "Taxes": "0.00", "Total": "24.90", "Created at": "2026-03-01 10:00:00 +0100",
    "Lineitem quantity": "2", "Lineitem name": "Tea", "Lineitem price": "10.00", "Lineitem sku": "TEA",
    "Shipping Name": "Ann Tester", "Shipping Address1": "Weg 1", "Shipping City": "Berlin",
    "Shipping Zip": "'01067", "Shipping Country": "DE", "Id": "77",
}  # fmt: skip


def sheet(*rows: dict[str, str], delimiter: str = ",") -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADER, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@needs_samples
@pytest.mark.parametrize("path", EXPORTS, ids=lambda path: path.name)
def test_every_order_of_a_real_export_equals_its_rows(path) -> None:
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    names = list(dict.fromkeys(row["Name"] for row in rows))
    results = parsed("shopify_csv", path.read_bytes())
    assert [document.external_id for document, *_ in results] == [
        next(row["Id"] for row in rows if row["Name"] == name) for name in names
    ]
    for name, (_document, order, findings) in zip(names, results, strict=True):
        own = [row for row in rows if row["Name"] == name]
        assert order is not None
        assert not codes(findings)
        assert [line.quantity for line in order.lines] == [int(row["Lineitem quantity"]) for row in own]
        assert [line.unit_price for line in order.lines] == [Decimal(row["Lineitem price"]) for row in own]
        assert [line.sku for line in order.lines] == [row["Lineitem sku"] for row in own]
        assert order.totals.total == Decimal(own[0]["Total"]) == computed_total(order)
        assert order.totals.tax == Decimal(own[0]["Taxes"])
        assert sum(tax.amount for tax in order.taxes) == order.totals.tax
        assert order.totals.shipping == Decimal(own[0]["Shipping"])


@needs_samples
def test_the_sums_of_the_real_export_are_those_computed_by_others() -> None:
    facts = json.loads((CHANNELS / "shopify_csv" / "expected_devstore_extract.json").read_text())
    path = CHANNELS / "shopify_csv" / "orders_export_devstore_extract_deid.csv"
    orders = [order for _document, order, _found in parsed("shopify_csv", path.read_bytes()) if order]
    assert len(orders) == facts["orders"]
    assert sum(len(order.lines) for order in orders) == facts["rows"]
    assert sum(line.quantity for order in orders for line in order.lines) == facts["units"]
    assert sum(order.totals.total for order in orders) == Decimal(facts["total"])
    assert sum(order.totals.tax for order in orders) == Decimal(facts["taxes"])
    assert sum(line.amount for order in orders for line in order.lines) == Decimal(facts["gross_lines"])


@pytest.mark.parametrize(
    "data",
    [
        sheet(HEAD).encode(),
        sheet(HEAD).encode("utf-8-sig"),
        sheet(HEAD).encode("utf-16"),
        sheet(HEAD).encode("utf-16-le"),
        sheet(HEAD, delimiter=";").replace("24.90", "24,90").replace("4.90", "4,90").encode(),
        sheet(HEAD, delimiter="\t").encode(),
        ("sep=;\r\n" + sheet(HEAD, delimiter=";")).encode("utf-8-sig"),
        sheet(HEAD).replace("Lineitem quantity", "LINEITEM QUANTITY").encode(),
        sheet(HEAD).replace("\r\n", "\n").encode(),
    ],
    ids=["plain", "bom", "utf16", "utf16-no-bom", "semicolons", "tabs", "sep", "capitals", "lf"],
)
def test_whatever_the_spreadsheet_did_the_order_is_the_same(data: bytes) -> None:
    [(document, order, findings)] = parsed("shopify_csv", data)
    assert order is not None
    assert not findings
    assert document.external_id == "77"
    assert order.totals.total == Decimal("24.90")
    assert order.charged("shipping") == Decimal("4.90")
    assert order.shipping_address is not None
    assert order.shipping_address.postcode == "01067"


def test_windows_1252_is_read_with_a_warning() -> None:
    data = sheet(HEAD | {"Shipping City": "Zürich"}).encode("cp1252")
    [(_document, order, findings)] = parsed("shopify_csv", data)
    assert order is not None
    assert order.shipping_address is not None
    assert order.shipping_address.city == "Zürich"
    assert codes(findings, "warning") == {"encoding_guessed"}


def test_cells_with_newlines_quotes_and_formulas_are_text() -> None:
    note = 'Ring twice,\n"please"\n=HYPERLINK("http://x")'
    row = HEAD | {"Notes": note, "Shipping Name": "=cmd|' /C calc'!A0", "Shipping City": "'s-Hertogenbosch"}
    [(_document, order, findings)] = parsed("shopify_csv", sheet(row).encode())
    assert order is not None
    assert order.note == note
    assert order.shipping_address is not None
    assert order.shipping_address.name == "=cmd|' /C calc'!A0"
    assert order.shipping_address.city == "'s-Hertogenbosch"
    assert {(f.code, f.place) for f in findings} == {("formula", "row 2, column Shipping Name")}


def test_places_are_the_rows_of_the_source() -> None:
    second = {"Name": "#2", "Id": "78", "Lineitem quantity": "minus one"}
    data = sheet(HEAD, {**HEAD, **second}).encode()
    _first, (document, order, findings) = parsed("shopify_csv", data)
    assert document.place == "row 3"
    assert order is None
    assert {(f.code, f.place) for f in findings} == {("not_a_number", "row 3, column Lineitem quantity")}


def test_a_long_number_shortened_by_excel_is_refused() -> None:
    [(_document, order, findings)] = parsed("shopify_csv", sheet(HEAD | {"Id": "5.1E+12"}).encode())
    assert order is None
    assert ("shortened_number", "row 2, column Id") in {(f.code, f.place) for f in findings}


@pytest.mark.parametrize(
    ("changes", "discounts"),
    [
        ({"Discount Amount": "3.00", "Subtotal": "17.00", "Total": "21.90"}, [Decimal("3.00")]),
        ({"Lineitem discount": "3.00", "Subtotal": "17.00", "Total": "21.90"}, [Decimal("3.00")]),
        (
            {"Lineitem discount": "3.00", "Discount Amount": "3.00", "Subtotal": "17.00", "Total": "21.90"},
            [Decimal("3.00")],
        ),
        (
            {"Lineitem discount": "1.00", "Discount Amount": "3.00", "Subtotal": "17.00", "Total": "21.90"},
            [Decimal("3.00")],
        ),
        (
            {"Lineitem discount": "1.00", "Discount Amount": "2.00", "Subtotal": "17.00", "Total": "21.90"},
            [Decimal("3.00")],
        ),
    ],
)
def test_the_subtotal_tells_what_a_discount_means(changes: dict[str, str], discounts: list[Decimal]) -> None:
    [(_document, order, findings)] = parsed("shopify_csv", sheet(HEAD | changes).encode())
    assert order is not None
    assert [line.discount for line in order.lines] == discounts
    assert not codes(findings)


def test_tax_is_included_when_the_total_says_so() -> None:
    [(_document, order, findings)] = parsed("shopify_csv", sheet(HEAD | {"Taxes": "3.98"}).encode())
    assert order is not None
    assert order.prices_include_tax
    assert not codes(findings)


def test_a_total_that_does_not_add_up_is_an_error_at_its_cell() -> None:
    [(_document, order, findings)] = parsed("shopify_csv", sheet(HEAD | {"Total": "19.90"}).encode())
    assert order is not None
    assert order.totals.total == Decimal("19.90")
    assert ("totals_differ", "row 2, column Total") in {(f.code, f.place) for f in findings}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\x03", "not_an_order"),
        (b"a,b\n1,2\n", "not_an_order"),
        (b'{"order": {"id": 1}}', "not_an_order"),
        (b'Name,Name\n1,"2\n', "not_csv"),
        (b"Name,Name\n1,2\n", "doubled_column"),
        (sheet().encode(), "no_order"),
        (b"\x81\x8d\x8f,\xff\n", "wrong_encoding"),
    ],
)
def test_what_is_no_export_is_kept_and_refused(data: bytes, code: str) -> None:
    [(document, order, findings)] = parsed("shopify_csv", data)
    assert order is None
    assert {finding.code for finding in findings} == {code}
    assert document.external_id is None


def test_two_orders_of_one_name_are_not_mixed() -> None:
    [(_document, order, findings)] = parsed("shopify_csv", sheet(HEAD, HEAD | {"Id": "78"}).encode())
    assert order is None
    assert "doubled_order" in codes(findings)
