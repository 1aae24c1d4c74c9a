from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from customers.factories import CustomerFactory
from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import StockLevel
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.placing import DraftRefused, place_order
from orders.drafts import DraftAddress, DraftCharge
from orders.factories import ADDRESS, NOW, ChannelFactory, draft, draft_line
from orders.models import Allocation, Order
from orders.states import FulfilmentStatus, HoldCode, LineKind, PaymentStatus

pytestmark = pytest.mark.django_db


def test_an_order_is_promised_stock_and_days() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 5)
    order = place_order(draft({sku: 3}), by="Ana", now=NOW)
    line = order.lines.get()
    assert (line.ordered, line.promised, line.backordered) == (3, 3, 0)
    assert StockLevel.objects.get(sku=sku).allocated == 3
    allocation = Allocation.objects.get()
    assert (allocation.line, allocation.warehouse, allocation.quantity) == (line, house, 3)
    assert order.number.startswith("SO-")
    assert order.total == Decimal("30.00")
    assert order.payment_status == PaymentStatus.PAID
    assert order.fulfilment_status == FulfilmentStatus.UNFULFILLED
    assert str(order.promised_ship_on) == "2026-11-23"
    assert str(order.promised_delivery_on) == "2026-11-24"
    assert order.first_promised_delivery_on == order.promised_delivery_on
    assert order.ship_from == house
    assert order.units == 3
    assert Activity.objects.of(order.number).get().verb == "order.placed"
    message = OutgoingMessage.objects.get(about=order.number)
    assert message.kind == "order_confirmation"
    assert order.links.get().token in message.text
    assert not order.holds.exists()


def test_what_cannot_be_promised_waits() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    order = place_order(draft({sku: 3}), by="Ana", now=NOW)
    line = order.lines.get()
    assert (line.promised, line.backordered) == (2, 1)
    assert order.fulfilment_status == FulfilmentStatus.WAITING
    assert str(order.promised_ship_on) == "2026-12-07"


def test_bundles_become_their_parts() -> None:
    house, oat, coffee = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(oat, house, 10)
    stock(coffee, house, 10)
    box = bundle({oat: 4, coffee: 1})
    order = place_order(draft({box: 2, oat: 1}), by="Ana", now=NOW)
    rows = [(line.kind, line.sku_id, line.ordered, line.promised) for line in order.lines.all()]
    assert rows == [
        (LineKind.BUNDLE, box.pk, 2, 0),
        (LineKind.COMPONENT, oat.pk, 8, 8),
        (LineKind.COMPONENT, coffee.pk, 2, 2),
        (LineKind.ITEM, oat.pk, 1, 1),
    ]
    assert StockLevel.objects.get(sku=oat).allocated == 9
    assert order.units == 11


def test_errors_hold_the_order() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    unknown = draft_line(sku, sku_id=None, external_code="XYZ")
    order = place_order(draft({sku: 1}, lines=(draft_line(sku), unknown)), by="Ana", now=NOW)
    held = order.holds.get()
    assert held.code == HoldCode.UNKNOWN_SKU
    assert "XYZ" in held.reason
    assert [line.promised for line in order.lines.all()] == [1, 0]


def test_an_empty_draft_is_refused_and_nothing_written() -> None:
    with pytest.raises(DraftRefused) as refused:
        place_order(draft({}), by="Ana", now=NOW)
    assert [finding.code for finding in refused.value.findings] == ["no_lines"]
    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_three_line_order_takes_25_statements_at_most(django_assert_max_num_queries: Any) -> None:
    house = WarehouseFactory(daily_capacity=100)
    skus = [SkuFactory() for _ in range(3)]
    for sku in skus:
        stock(sku, house, 5)
    shipping = DraftCharge(title="Standard", amount=Decimal("4.90"))
    wanted = draft(dict.fromkeys(skus, 1), channel=ChannelFactory(checks_prices=True), charges=(shipping,))
    place_order(draft({skus[0]: 1}), by="Ana", now=NOW)
    with django_assert_max_num_queries(25):
        order = place_order(wanted, by="Ana", now=NOW)
    assert (order.total, order.units, order.promised_delivery_on) == (Decimal("34.90"), 3, date(2026, 11, 24))
    assert Allocation.objects.filter(line__order=order).count() == 3


def test_warnings_are_kept_in_the_history_and_hold_nothing() -> None:
    house, sku = WarehouseFactory(), SkuFactory(status="discontinued")
    stock(sku, house, 1)
    wished = draft({sku: 2}, requested_delivery_on=date(2026, 11, 20))
    order = place_order(wished, by="Ana", now=NOW)
    facts = Activity.objects.of(order.number).get(verb="order.placed").facts
    assert [finding["code"] for finding in facts["findings"]] == ["discontinued", "stock", "promise"]
    assert not order.holds.exists()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"shipping": None}, HoldCode.ADDRESS),
        ({"shipping": DraftAddress(name="M", line1="Rua 1", city="Lisboa", postcode="1", country="PT")}, "address"),
        ({"stated_total": Decimal("31.00")}, HoldCode.TOTALS),
        (
            {"shipping": DraftAddress(name="M", line1="1 Rue X", city="Paris", postcode="75001", country="FR")},
            "undeliverable",
        ),
    ],
)
def test_what_holds_an_order(facts: dict[str, Any], code: str) -> None:
    house, sku = WarehouseFactory(), SkuFactory(max_per_order=5)
    stock(sku, house, 3)
    order = place_order(draft({sku: 3}, **facts), by="Ana", now=NOW)
    assert code in [held.code for held in order.holds.open()]


def test_a_blocked_buyer_an_unusual_quantity_and_an_unpaid_order_are_held() -> None:
    house, sku = WarehouseFactory(), SkuFactory(max_per_order=5)
    stock(sku, house, 9)
    blocked = CustomerFactory(status="blocked", blocked_at=NOW, blocked_reason="Owes us")
    channel = ChannelFactory(requires_payment=True, checks_prices=True, currency="SEK")
    wanted = draft({sku: 6}, customer=blocked, channel=channel, is_paid=False)
    order = place_order(replace(wanted, lines=(replace(wanted.lines[0], unit_price=Decimal(9)),)), by="Ana", now=NOW)
    assert {held.code for held in order.holds.open()} == {"customer", "quantity", "payment", "price"}
    assert order.lines.get().promised == 0


def test_a_level_made_while_an_order_is_decided_is_used() -> None:
    sku = SkuFactory()
    abroad = WarehouseFactory(zones=[("DK", 2, 1)])
    house, late = WarehouseFactory(zones=[("SE", 2, 1)]), WarehouseFactory(zones=[("SE", 2, 2)])
    place_order(draft({sku: 1}, shipping=replace(ADDRESS, postcode="1050", country="DK")), by="Ana", now=NOW)
    stock(sku, house, 1)
    assert not StockLevel.objects.filter(warehouse=abroad).exists()

    def receive(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Goods arrive elsewhere just before the queue is read."""
        if "backordered" in sql and not StockLevel.objects.filter(warehouse=late).exists():
            StockLevel.objects.create(warehouse=late, sku=sku, on_hand=5)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(receive):
        made = place_order(draft({sku: 3}), by="Ana", now=NOW)
    assert made.lines.get().promised == 3
    assert set(Allocation.objects.values_list("warehouse_id", flat=True)) <= {house.pk, late.pk}
