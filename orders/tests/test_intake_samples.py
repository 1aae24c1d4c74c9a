"""Every real payload becomes its order to the minor unit, or is refused with what and where."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.intake.adding_up import computed_total
from orders.intake.document import ParsedAddress, ParsedOrder
from orders.tests.intake_samples import CHANNELS, codes, files, needs_samples, parsed, raw_orders

pytestmark = needs_samples

SHOPIFY = [*files("shopify_rest/*.json"), *files("shopify_py_fixtures/*.json")]
WOO = files("woocommerce/*.json")
FACTS = json.loads((CHANNELS / "expected_order_facts.json").read_text()) if CHANNELS.is_dir() else {}


def kind_of(path: Path) -> str:
    return "woocommerce" if path.parent.name == "woocommerce" else "shopify"


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def money(raw: object) -> Decimal:
    return Decimal(str(raw or 0))


@pytest.mark.parametrize("path", [*SHOPIFY, *WOO], ids=name)
def test_a_payload_without_orders_is_refused_with_a_reason(path: Path) -> None:
    if raw_orders(path):
        return
    results = parsed(kind_of(path), path.read_bytes())
    assert results, "nothing may vanish"
    for document, order, findings in results:
        assert order is None
        assert document.external_id is None
        [finding] = findings
        assert finding.code in ("not_an_order", "no_order")
        assert finding.place.startswith("/")
        assert finding.place in finding.message


@pytest.mark.parametrize("path", SHOPIFY, ids=name)
def test_shopify_orders_equal_their_payload(path: Path) -> None:
    raws = raw_orders(path)
    results = [entry for entry in parsed("shopify", path.read_bytes()) if raws]
    assert len(results) == len(raws)
    for raw, (document, order, findings) in zip(raws, results, strict=True):
        assert document.external_id == str(raw["id"])
        if "currency" not in raw:
            assert order is None
            assert "/currency" in {finding.place for finding in findings}
            continue
        assert order is not None
        shopify_equal(order, raw)


def shopify_equal(order: ParsedOrder, raw: dict[str, Any]) -> None:
    lines = raw["line_items"]
    assert [line.external_id for line in order.lines] == [str(line["id"]) for line in lines]
    assert [line.quantity for line in order.lines] == [line["quantity"] for line in lines]
    assert [line.unit_price for line in order.lines] == [money(line["price"]) for line in lines]
    assert [line.sku for line in order.lines] == [line["sku"] or "" for line in lines]
    assert [line.variant_id for line in order.lines] == [str(line["variant_id"] or "") for line in lines]
    left = [line.get("current_quantity", line["quantity"]) for line in lines]
    assert [line.quantity - line.removed_quantity for line in order.lines] == left
    for line, source in zip(order.lines, lines, strict=True):
        assert line.tax == sum(money(tax["price"]) for tax in source.get("tax_lines", []))
        assert line.discount == sum(money(part["amount"]) for part in source.get("discount_allocations", []))
    assert order.totals.total == money(raw["total_price"])
    assert order.totals.tax == money(raw["total_tax"])
    assert order.totals.discount == money(raw["total_discounts"])
    assert sum(line.discount for line in order.lines) == money(raw["total_discounts"])
    assert order.charged("shipping") == sum(money(line["price"]) for line in raw["shipping_lines"])
    address_equal(order.shipping_address, raw["shipping_address"])
    address_equal(order.billing_address, raw["billing_address"])
    assert order.placed_at is not None
    assert order.placed_at.isoformat()[:4] == raw["created_at"][:4]
    assert bool(order.cancelled_at) == bool(raw["cancelled_at"])


def address_equal(address: ParsedAddress | None, raw: dict[str, Any] | None) -> None:
    if raw is None:
        assert address is None
        return
    assert address is not None
    assert (address.line1, address.line2) == (raw["address1"] or "", raw["address2"] or "")
    assert (address.city, address.postcode) == (raw["city"], raw["zip"])
    assert (address.region, address.country) == (raw["province_code"], raw["country_code"])
    assert (address.name, address.phone) == (raw["name"], raw["phone"])


@pytest.mark.parametrize("path", WOO, ids=name)
def test_woocommerce_orders_equal_their_payload(path: Path) -> None:
    raws = raw_orders(path)
    results = [entry for entry in parsed("woocommerce", path.read_bytes()) if raws]
    assert len(results) == len(raws)
    for raw, (document, order, _findings) in zip(raws, results, strict=True):
        assert order is not None
        assert document.external_id == order.external_id == str(raw["id"])
        woo_equal(order, raw)


def woo_equal(order: ParsedOrder, raw: dict[str, Any]) -> None:
    lines = raw["line_items"]
    assert [line.quantity for line in order.lines] == [line["quantity"] for line in lines]
    assert [line.amount for line in order.lines] == [money(line["subtotal"]) for line in lines]
    assert [line.amount - line.discount for line in order.lines] == [money(line["total"]) for line in lines]
    assert [line.tax for line in order.lines] == [money(line["total_tax"]) for line in lines]
    assert [line.unit_price for line in order.lines] == [money(line["price"]) for line in lines]
    assert [line.sku for line in order.lines] == [line["sku"] for line in lines]
    assert order.totals.total == money(raw["total"]) == computed_total(order)
    assert order.totals.tax == money(raw["total_tax"])
    assert order.totals.shipping == money(raw.get("shipping_total", raw.get("total_shipping")))
    assert order.charged("shipping") == order.totals.shipping
    assert order.totals.discount == money(raw.get("discount_total", raw.get("total_discount")))
    source = raw.get("shipping", raw.get("shipping_address"))
    address = order.shipping_address
    assert address is not None
    assert address.name == f"{source['first_name']} {source['last_name']}"
    assert (address.line1, address.city) == (source["address_1"], source["city"])
    assert (address.postcode, address.country) == (source["postcode"], source["country"])


@pytest.mark.parametrize("source", sorted(key for key in FACTS if key.startswith(("shopify", "woo"))))
def test_the_figures_are_those_computed_by_others(source: str) -> None:
    path = CHANNELS / source
    orders = [order for _document, order, _found in parsed(kind_of(path), path.read_bytes()) if order]
    for order, facts in zip(orders, FACTS[source], strict=True):
        assert order.external_number == facts["number"]
        assert order.currency == facts["currency"]
        assert len(order.lines) == facts["lines"]
        assert sum(line.quantity for line in order.lines) == int(facts["units"])
        assert order.totals.total == Decimal(facts["total"])
        assert order.totals.tax == Decimal(facts["tax"])
        assert order.totals.discount == Decimal(facts["discount"])
        assert order.charged("shipping") == Decimal(facts["shipping"])
        assert order.totals.refunded == Decimal(facts["refunded"])
        assert (computed_total(order) == order.totals.total) is facts["adds_up"]
        assert order.prices_include_tax is facts.get("taxes_included", False)


def test_an_order_that_does_not_add_up_keeps_its_stated_total_and_is_flagged() -> None:
    path = CHANNELS / "shopify_py_fixtures" / "order.json"
    [(_document, order, findings)] = parsed("shopify", path.read_bytes())
    assert order is not None
    assert order.totals.total == Decimal("409.94")
    [error] = [finding for finding in findings if finding.severity == "error"]
    assert (error.code, error.place) == ("totals_differ", "/total_price")
    assert "409.94" in error.message
    assert "608.94" in error.message


def test_clean_orders_have_no_errors() -> None:
    clean = [path for path in files("shopify_rest/order_*.json") if path.name in ("order_03.json", "order_46.json")]
    for path in clean:
        for _document, order, findings in parsed("shopify", path.read_bytes()):
            assert order is not None
            assert not codes(findings)


def test_the_same_order_in_any_envelope_is_the_same_document() -> None:
    path = CHANNELS / "shopify_rest" / "order_46.json"
    [(first, _order, _found)] = parsed("shopify", path.read_bytes())
    [raw] = raw_orders(path)
    bare = json.dumps(raw, default=float).encode()
    page = json.dumps({"orders": [raw]}, default=float, indent=3).encode()
    assert {doc.payload_text for doc, *_ in (*parsed("shopify", bare), *parsed("shopify", page))} == {
        first.payload_text
    }
