"""The data inside an invoice: valid by the official judges in every case, with the figures that were posted."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordermgmt.money import ZERO, round_money
from orders.billing_states import TaxTreatment
from orders.einvoice import CREDIT_NOTE, INVOICE, Bill, Row, xml
from orders.invoice_sums import Sums, by_rate
from orders.tests.einvoice_judge import findings
from orders.tests.einvoice_samples import read_xml

pytestmark = pytest.mark.once

SHOP = {
    "name": "Nordic Pantry AB", "brand": "Nordic Pantry", "street": "Storgatan 1", "postcode": "211 42",
    "city": "Malmö", "country": "SE", "vat_id": "SE556677889901", "iban": "SE45 5000 0000 0583 9825 7466",
    "phone": "+46 40 12 34 56", "email": "hello@nordicpantry.example",
}  # fmt: skip
MARIA = {
    "name": "Maria Lindqvist", "company": "", "line1": "Storgatan 12", "line2": "", "city": "Stockholm",
    "region": "", "postcode": "114 55", "country": "SE", "email": "maria@example.com", "number": "C-100", "vat_id": "",
}  # fmt: skip
CAFE = MARIA | {"company": "Kaffeehaus GmbH", "city": "Berlin", "country": "DE", "vat_id": "DE136695976"}
OSLO = MARIA | {"company": "Kaffe & Te <Oslo>", "city": "Tokyo", "country": "JP"}


def row(net: str, *, rate: str = "0.12", quantity: int = 1, is_charge: bool = False) -> Row:
    return Row(
        description="Coffee beans, 1 kg" if not is_charge else "Delivery",
        code="COF-1K",
        quantity=quantity,
        net=Decimal(net),
        rate=Decimal(rate),
        is_charge=is_charge,
    )


def bill(*rows: Row, buyer: dict[str, str] = MARIA, **facts: Any) -> Bill:
    currency = facts.get("currency", "EUR")
    taxed = [(r.rate, r.net, round_money(r.net * r.rate, currency)) for r in rows]
    charges = sum((r.net for r in rows if r.is_charge), ZERO)
    net, tax = sum((net for _r, net, _t in taxed), ZERO), sum((tax for _r, _n, tax in taxed), ZERO)
    sums = Sums(
        lines=net - charges, allowances=ZERO, charges=charges, net=net, tax=tax, gross=net + tax, rates=by_rate(taxed)
    )
    values: dict[str, Any] = {
        "kind": INVOICE, "number": "INV-2026-00001", "issued_on": date(2026, 11, 23), "due_on": date(2026, 12, 7),
        "currency": "EUR", "treatment": TaxTreatment.STANDARD, "seller": SHOP, "buyer": buyer, "deliver_to": buyer,
        "rows": rows, "sums": sums, "order": "SO-104999", "reference": "#1001", "despatch": "SH-77120",
    }  # fmt: skip
    return Bill(**(values | facts))


CASES = {
    "one line": bill(row("8.93")),
    "two rates and delivery": bill(row("43.04", quantity=3), row("9.60", rate="0.25"), row("3.92", is_charge=True)),
    "a price with more digits": bill(row("10.00", quantity=3)),
    "a price no digits are enough for": bill(row("100.00", quantity=301)),
    "in part paid": bill(row("100.00"), paid=Decimal("50.00")),
    "paid": bill(row("100.00"), paid=Decimal("112.00")),
    "a rate with three digits": bill(row("100.00", rate="0.255")),
    "food of Great Britain": bill(row("20.00", rate="0"), buyer=MARIA | {"country": "GB"}),
    "free of charge": bill(row("0.00"), row("5.00")),
    "credit for the old plan": bill(row("-30.00"), row("40.00")),
    "rounding below the lines": bill(row("10.00"), row("-0.01", rate="0", is_charge=True)),
    "whole yen": bill(row("1200", rate="0.10"), currency="JPY"),
    "kronor": bill(row("99.00"), currency="SEK"),
    "deliveries in advance": bill(row("75.00"), despatch="", period=(date(2026, 12, 1), date(2027, 2, 28))),
    "another member state": bill(row("50.00", rate="0"), buyer=CAFE, treatment=TaxTreatment.REVERSE_CHARGE),
    "out of the union": bill(
        row("50.00", rate="0"),
        row("9.00", rate="0", is_charge=True),
        buyer=OSLO,
        treatment=TaxTreatment.EXPORT,
    ),
    "credit note": bill(
        row("8.93"),
        row("3.92", is_charge=True),
        kind=CREDIT_NOTE,
        number="CN-2026-00001",
        due_on=None,
        corrects=("INV-2026-00001", date(2026, 11, 23)),
        note="Arrived broken",
    ),
    "part of a price given back": bill(
        row("2.00", quantity=0),
        kind=CREDIT_NOTE,
        due_on=None,
        corrects=("INV-2026-00001", date(2026, 11, 23)),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_official_judges_find_nothing(case: str) -> None:
    assert findings(xml(CASES[case])) == []


@pytest.mark.parametrize("case", CASES)
def test_the_figures_are_those_posted(case: str) -> None:
    posted, root = CASES[case], read_xml(xml(CASES[case]))
    total = root.find(".//SpecifiedTradeSettlementHeaderMonetarySummation")
    assert total is not None
    figures = {
        "LineTotalAmount": posted.sums.lines,
        "TaxBasisTotalAmount": posted.sums.net,
        "TaxTotalAmount": posted.sums.tax,
        "GrandTotalAmount": posted.sums.gross,
        "TotalPrepaidAmount": posted.paid,
        "DuePayableAmount": posted.to_pay,
    }
    assert {name: Decimal(total.findtext(name) or "") for name in figures} == figures
    lines = [Decimal(node.text or "") for node in root.findall(".//IncludedSupplyChainTradeLineItem//LineTotalAmount")]
    assert lines == [r.net for r in posted.rows if not r.is_charge]


@given(st.integers(1, 400), st.integers(0, 100_000))
def test_price_times_units_is_the_line(units: int, cents: int) -> None:
    net = Decimal(cents) / 100
    root = read_xml(xml(bill(row(str(net), quantity=units))))
    price, basis = root.find(".//NetPriceProductTradePrice/ChargeAmount"), root.findtext(".//BasisQuantity")
    assert price is not None
    assert round_money(Decimal(price.text or "") * units / Decimal(basis or ""), "EUR") == net


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5000, 50000), st.sampled_from(["0.06", "0.12", "0.25"])), min_size=1, max_size=9)
)
def test_any_mixture_of_lines_is_valid(lines: list[tuple[int, str]]) -> None:
    """Also with many lines whose tax is rounded one by one."""
    assert findings(xml(bill(*(row(str(Decimal(cents) / 100), rate=rate) for cents, rate in lines)))) == []


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"gross": Decimal("10.01")}, "BR-CO-15"),
        ({"lines": Decimal("8.94")}, "BR-CO-10"),
        ({"tax": Decimal("1.08"), "gross": Decimal("10.01")}, "BR-CO-14"),
    ],
)
def test_a_wrong_total_is_found(wrong: dict[str, Decimal], rule: str) -> None:
    right = CASES["one line"]
    found = findings(xml(replace(right, sums=replace(right.sums, **wrong))))
    assert any(rule in words for words in found), found


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"seller": SHOP | {"vat_id": ""}}, "BR-S-02"),
        ({"treatment": TaxTreatment.REVERSE_CHARGE}, "BR-IC-"),
        ({"number": ""}, "BT-1"),
    ],
)
def test_what_the_law_wants_cannot_be_missing(change: dict[str, Any], rule: str) -> None:
    with_change = replace(CASES["one line"], **change)
    try:
        found = findings(xml(with_change))
    except ValueError as problem:
        found = [str(problem)]
    assert any(rule in words for words in found), found


def test_the_same_bill_is_the_same_text() -> None:
    assert xml(CASES["one line"]) == xml(CASES["one line"])
