"""What shops really send beyond the documentation's examples."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from orders.intake.adding_up import computed_total
from orders.tests.intake_samples import codes, one, parsed

ORDER: dict[str, Any] = {
    "id": 1,
    "name": "#1",
    "currency": "EUR",
    "created_at": "2026-03-01T10:00:00+01:00",
    "financial_status": "paid",
    "fulfillment_status": None,
    "taxes_included": True,
    "total_price": "24.90",
    "total_tax": "3.98",
    "total_discounts": "0.00",
    "total_line_items_price": "20.00",
    "line_items": [{"id": 11, "sku": "TEA", "name": "Tea", "quantity": 2, "price": "10.00", "requires_shipping": True}],
    "shipping_lines": [{"title": "Parcel", "price": "4.90"}],
}


def shopify(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ORDER), **changes}


def line(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(ORDER["line_items"][0]), **changes}


def test_an_order_needs_neither_customer_nor_address_nor_sku() -> None:
    order, findings = one("shopify", shopify(line_items=[line(sku=None)], customer=None, shipping_address=None))
    assert order is not None
    assert order.customer.email == ""
    assert order.shipping_address is None
    assert order.lines[0].sku == ""
    assert not codes(findings)


@pytest.mark.parametrize(
    ("currency", "price", "tax", "total"),
    [
        ("RSD", "600.25", "200.08", "1200.50"),
        ("JPY", "1200", "218", "2400"),
        ("JPY", "1200.00", "218.0", "2400"),
        ("KWD", "1.255", "0.228", "2.510"),
    ],
)
def test_currencies_have_their_own_decimals(currency: str, price: str, tax: str, total: str) -> None:
    order, findings = one(
        "shopify",
        shopify(
            currency=currency,
            line_items=[line(price=price)],
            shipping_lines=[],
            total_price=total,
            total_tax=tax,
            total_line_items_price=total,
        ),
    )
    assert order is not None
    assert not findings
    assert order.totals.total == Decimal(total) == computed_total(order)


@pytest.mark.parametrize(("currency", "price"), [("EUR", "10.005"), ("JPY", "10.5"), ("KWD", "1.2345")])
def test_an_amount_finer_than_its_currency_is_refused(currency: str, price: str) -> None:
    order, findings = one("shopify", shopify(currency=currency, line_items=[line(price=price)]))
    assert order is None
    assert ("money_precision", "/line_items/0/price") in {(f.code, f.place) for f in findings}


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 10**6, "many", None, True, [1], 10**40])
def test_absurd_quantities_are_refused_at_their_place(quantity: Any) -> None:
    order, findings = one("shopify", shopify(line_items=[line(), line(quantity=quantity)]))
    assert order is None
    assert "/line_items/1/quantity" in {finding.place for finding in findings}


@pytest.mark.parametrize("currency", ["", None, "EURO", "XXX", 978, "€"])
def test_unknown_currencies_are_refused(currency: Any) -> None:
    order, findings = one("shopify", shopify(currency=currency))
    assert order is None
    assert "/currency" in {finding.place for finding in findings}


def test_a_discount_on_shipping_is_part_of_the_discount() -> None:
    shipping = {"title": "Parcel", "price": "4.90", "discounted_price": "0.00"}
    shipping["discount_allocations"] = [{"amount": "4.90", "discount_application_index": 0}]
    order, findings = one("shopify", shopify(shipping_lines=[shipping], total_discounts="4.90", total_price="20.00"))
    assert order is not None
    assert not findings
    assert order.charged("shipping") == 0
    assert order.charges[0].discount == Decimal("4.90")


def test_an_old_order_wide_discount_is_shared_to_the_last_cent() -> None:
    lines = [line(quantity=1, price="3.33"), line(quantity=1, price="3.33"), line(quantity=1, price="3.34")]
    order, findings = one(
        "shopify",
        shopify(
            line_items=lines,
            shipping_lines=[],
            total_discounts="1.00",
            total_line_items_price="10.00",
            total_price="9.00",
            total_tax="0.00",
        ),
    )
    assert order is not None
    assert not findings
    assert sum(entry.discount for entry in order.lines) == Decimal("1.00")


def test_a_tip_written_twice_counts_once() -> None:
    tip = {"id": 12, "name": "Tip", "title": "Tip", "quantity": 1, "price": "2.00", "product_id": None}
    order, findings = one("shopify", shopify(line_items=[line(), tip], total_tip_received="2.00", total_price="26.90"))
    assert order is not None
    assert not codes(findings)
    assert [charge.kind for charge in order.charges] == ["shipping", "tip"]
    assert len(order.lines) == 1


def test_duties_and_fees_belong_to_the_total() -> None:
    def amount(text: str) -> dict[str, Any]:
        return {"shop_money": {"amount": text, "currency_code": "EUR"}}

    order, findings = one(
        "shopify",
        shopify(
            original_total_duties_set=amount("5.00"),
            original_total_additional_fees_set=amount("1.00"),
            total_price="30.90",
        ),
    )
    assert order is not None
    assert not findings
    assert order.charged("duty") == 5
    assert order.charged("fee") == 1


def test_a_price_set_that_contradicts_the_total_is_an_error() -> None:
    price_set = {"shop_money": {"amount": "34.90", "currency_code": "EUR"}}
    _order, findings = one("shopify", shopify(total_price_set=price_set))
    assert ("totals_differ", "/total_price_set/shop_money/amount") in {(f.code, f.place) for f in findings}


def test_the_customer_may_have_paid_in_another_currency() -> None:
    order, findings = one("shopify", shopify(presentment_currency="CHF"))
    assert order is not None
    assert order.currency == "EUR"
    assert codes(findings, "warning") == {"paid_in_other_currency"}


@pytest.mark.parametrize(
    ("changes", "code", "place"),
    [
        ({"test": True}, "test_order", "/test"),
        ({"fulfillment_status": "fulfilled"}, "already_fulfilled", "/fulfillment_status"),
        ({"fulfillment_status": "partial"}, "part_fulfilled", "/fulfillment_status"),
        ({"financial_status": "refunded"}, "refunded", "/financial_status"),
        ({"financial_status": "voided"}, "payment_failed", "/financial_status"),
        ({"financial_status": "dancing"}, "unknown_status", "/financial_status"),
    ],
)
def test_what_must_not_be_sent_again_is_an_error(changes: dict[str, Any], code: str, place: str) -> None:
    order, findings = one("shopify", shopify(**changes))
    assert order is not None
    assert (code, place) in {(f.code, f.place) for f in findings if f.severity == "error"}


def test_units_taken_out_by_refunds_are_removed_without_current_quantity() -> None:
    refunds = [{"refund_line_items": [{"line_item_id": 11, "quantity": 1}], "transactions": []}]
    order, _findings = one("shopify", shopify(refunds=refunds))
    assert order is not None
    assert order.lines[0].removed_quantity == 1


def test_attributes_carry_gift_and_wished_day() -> None:
    notes = [{"name": "Delivery-Date", "value": "2026/03/09"}, {"name": "gift_message", "value": "For you"}]
    order, _findings = one("shopify", shopify(note_attributes=notes))
    assert order is not None
    assert str(order.requested_delivery_on) == "2026-03-09"
    assert (order.is_gift, order.gift_message) == (True, "For you")


def test_one_bad_order_does_not_take_its_page_with_it() -> None:
    data = b'{"orders": [%s, {"id": 2, "name": "#2", "line_items": [], "total_price": NaN}]}'
    import json

    good, bad = parsed("shopify", data % json.dumps(ORDER).encode())
    assert good[1] is not None
    assert bad[1] is None
    assert ("not_a_number", "/total_price") in {(f.code, f.place) for f in bad[2]}


WOO: dict[str, Any] = {
    "id": 5,
    "number": "5",
    "order_key": "wc_order_x",
    "status": "processing",
    "currency": "EUR",
    "date_created_gmt": "2026-03-01T09:00:00",
    "date_paid_gmt": "2026-03-01T09:01:00",
    "prices_include_tax": True,
    "discount_total": "1.00",
    "shipping_total": "4.12",
    "total_tax": "3.76",
    "total": "23.88",
    "line_items": [
        {
            "id": 1, "name": "Tea &amp; Co", "sku": "TEA", "quantity": 3, "subtotal": "20.00", "total": "19.00",
            "total_tax": "2.98", "taxes": [{"id": 7, "total": "2.9800001", "subtotal": "3.1"}],
        }
    ],
    "shipping_lines": [{"method_title": "Parcel", "total": "4.12", "total_tax": "0.78", "taxes": []}],
    "fee_lines": [{"name": "Loyal", "total": "-3.00", "total_tax": "0.00", "taxes": []}],
    "tax_lines": [{"rate_id": 7, "label": "VAT", "tax_total": "2.98", "shipping_tax_total": "0.78", "rate_percent": 19}],
    "coupon_lines": [{"code": "spring", "discount": "1.00"}],
    "billing": {"first_name": "Ann", "last_name": "T", "email": "ann@example.com"},
}  # fmt: skip


def test_woo_coupons_fees_and_taxes_add_up() -> None:
    order, findings = one("woocommerce", WOO)
    assert order is not None
    assert not codes(findings)
    [entry] = order.lines
    assert (entry.amount, entry.discount, entry.tax) == (Decimal("20.00"), Decimal("1.00"), Decimal("2.98"))
    assert entry.unit_price == Decimal("6.6667")
    assert entry.taxes[0].rate == Decimal("0.19")
    assert entry.name == "Tea & Co"
    assert order.charged("fee") == Decimal("-3.00")
    assert order.discount_codes == ("spring",)
    assert order.payment_status == "paid"


@pytest.mark.parametrize("status", ["checkout-draft", "trash", "auto-draft"])
def test_woo_drafts_are_no_orders(status: str) -> None:
    order, findings = one("woocommerce", {**WOO, "status": status})
    assert order is None
    assert codes(findings) == {"not_placed"}


def test_woo_cancelled_orders_say_when() -> None:
    order, _findings = one("woocommerce", {**WOO, "status": "cancelled", "date_modified_gmt": "2026-03-02T08:00:00"})
    assert order is not None
    assert order.cancelled_at is not None
    assert order.cancelled_at.isoformat() == "2026-03-02T08:00:00+00:00"


def test_woo_delivers_to_the_billing_address_when_the_other_is_blank() -> None:
    billing = {"first_name": "Ann", "address_1": "Weg 1", "city": "Berlin", "postcode": "10115", "country": "DE"}
    blank = dict.fromkeys(billing, "")
    order, findings = one("woocommerce", {**WOO, "billing": billing, "shipping": blank})
    assert order is not None
    assert order.shipping_address is not None
    assert order.shipping_address.line1 == "Weg 1"
    assert codes(findings, "warning") == {"billing_address_used"}
    other = {**billing, "address_1": "Gasse 2"}
    order, findings = one("woocommerce", {**WOO, "billing": billing, "shipping": other})
    assert order is not None
    assert order.shipping_address is not None
    assert order.shipping_address.line1 == "Gasse 2"
    assert not findings
