"""Our own CSV and JSON."""

import json
from decimal import Decimal
from typing import Any

import pytest

from orders.intake.own_csv import KNOWN
from orders.tests.intake_samples import codes, one, parsed

CSV = """order_id,placed_at,currency,email,name,ship_line1,ship_city,ship_postcode,ship_country,sku,quantity,unit_price,tax_rate,shipping,shipping_tax_rate,discount,total
A-1,2026-03-01T10:00:00+01:00,EUR,ann@example.com,Ann Tester,Weg 1,Berlin,01067,Germany,TEA,2,10.00,19,4.90,19,1.00,28.44
A-1,,,,,,,,,MUG,1,0.00,,,,,
A-2,,JPY,,,,,,,TEA,1,1200,,,,,
"""
BODY: dict[str, Any] = {
    "external_id": "A-1",
    "currency": "EUR",
    "prices_include_tax": True,
    "placed_at": "2026-03-01T10:00:00Z",
    "customer": {"email": "ann@example.com", "name": "Ann"},
    "shipping_address": {"name": "Ann", "line1": "Weg 1", "city": "Berlin", "postcode": "10115", "country": "DE"},
    "lines": [{"sku": "TEA", "quantity": 2, "unit_price": "11.90", "tax_rate": "0.19"}],
    "shipping": {"method": "Parcel", "price": "4.90", "tax_rate": "0.19"},
    "fees": [{"title": "Gift wrap", "amount": "1.00"}],
    "totals": {"total": "29.70"},
}


def test_our_csv_becomes_orders() -> None:
    first, second = parsed("csv", CSV.encode())
    assert [document.external_id for document, *_ in (first, second)] == ["A-1", "A-2"]
    order = first[1]
    assert order is not None
    assert not first[2]
    assert [(line.sku, line.quantity, line.unit_price, line.discount) for line in order.lines] == [
        ("TEA", 2, Decimal("10.00"), Decimal("1.00")),
        ("MUG", 1, Decimal("0.00"), Decimal("0.00")),
    ]
    assert order.lines[0].tax == Decimal("3.61")
    assert order.charges[0].tax == Decimal("0.93")
    assert order.totals.tax == Decimal("4.54")
    assert order.totals.total == Decimal("28.44")
    assert order.shipping_address is not None
    assert order.shipping_address.country == "DE"
    assert second[1] is not None
    assert second[1].totals.total == 1200


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("28.44", "28.45", "totals_differ", "row 2, column total"),
        (",2,10.00", ",-2,10.00", "quantity_out_of_range", "row 2, column quantity"),
        (",2,10.00", ",2,ten", "not_a_number", "row 2, column unit_price"),
        (",2,10.00,19", ",2,10.00,0.19", "rate_out_of_range", "row 2, column tax_rate"),
        ("A-1,,,,", "A-1,,USD,,", "rows_disagree", "row 3, column currency"),
        (",EUR,", ",EURO,", "unknown_currency", "row 2, column currency"),
        ("2026-03-01T10:00:00+01:00", "1 March", "bad_date", "row 2, column placed_at"),
        ("2026-03-01T10:00:00+01:00", "2026-03-01 10:00", "no_time_zone", "row 2, column placed_at"),
        ("A-2,", ",", "missing", "row 4, column order_id"),
    ],
)
def test_each_fault_is_named_at_its_cell(old: str, new: str, code: str, place: str) -> None:
    results = parsed("csv", CSV.replace(old, new, 1).encode())
    found = {(finding.code, finding.place) for _d, _o, findings in results for finding in findings}
    assert (code, place) in found


def test_a_column_nobody_knows_is_named() -> None:
    data = CSV.replace("discount,", "discont,", 1).encode()
    found = {(finding.code, finding.place) for _d, _o, findings in parsed("csv", data) for finding in findings}
    assert ("unknown_column", "row 1, column discont") in found


def test_the_description_names_every_column(settings) -> None:
    page = (settings.BASE_DIR / "docs" / "intake-csv.md").read_text(encoding="utf-8")
    assert [column for column in KNOWN if f"`{column}`" not in page] == []


def test_our_json_becomes_an_order() -> None:
    order, findings = one("api", BODY)
    assert order is not None
    assert not findings
    assert order.totals.total == Decimal("29.70")
    assert order.totals.tax == Decimal("4.58")
    assert order.shipping_method == "Parcel"


def test_a_list_of_orders_is_one_document_each() -> None:
    data = json.dumps({"orders": [BODY, {**BODY, "external_id": "A-2"}]}).encode()
    assert [document.external_id for document, *_ in parsed("api", data)] == ["A-1", "A-2"]


def test_misspelt_fields_are_not_lost_silently() -> None:
    line = {**BODY["lines"][0], "discont": "1.00"}
    _order, findings = one("api", {**BODY, "lines": [line]})
    assert ("unknown_field", "/lines/0/discont") in {(f.code, f.place) for f in findings}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": "TEA"}, "/lines"),
        ({"lines": [None]}, "/lines/0"),
        ({"external_id": None}, "/external_id"),
        ({"currency": "ZZZ"}, "/currency"),
        ({"totals": {"total": -1}}, "/totals/total"),
        ({"lines": [{"quantity": 1, "unit_price": "1", "discount": "2"}]}, "/lines/0/discount"),
    ],
)
def test_a_body_without_an_order_says_where(changes: dict[str, Any], place: str) -> None:
    order, findings = one("api", {**BODY, **changes})
    assert order is None
    assert place in {finding.place for finding in findings}
    assert codes(findings)
