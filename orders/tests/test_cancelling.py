from decimal import Decimal

import pytest

from inventory.factories import SkuFactory, WarehouseFactory, bundle, stock
from inventory.models import StockLevel
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.models.messages import MessageState
from orders.actions.cancellation import TooLateToCancel, cancel_order, cancel_units
from orders.actions.holds import place_hold
from orders.actions.progress import advance
from orders.factories import NOW, InboundOrderFactory, order
from orders.models import Allocation, OrderLine
from orders.states import FulfilmentStatus, HoldCode, InboundState, OrderStatus

pytestmark = pytest.mark.django_db


def test_all_of_it_is_cancelled_and_free_again() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    made = order({sku: 3})
    inbound = InboundOrderFactory(order=made)
    place_hold(made.pk, code=HoldCode.OPERATOR, reason="Ask", by="Ana", now=NOW)
    cancelled = cancel_order(made.pk, by="Ana", reason="Ordered twice", now=NOW)
    assert (cancelled.status, cancelled.cancel_reason, cancelled.units) == (OrderStatus.CANCELLED, "Ordered twice", 0)
    line = cancelled.lines.get()
    assert (line.cancelled, line.promised, line.backordered) == (3, 0, 0)
    assert StockLevel.objects.get(sku=sku).allocated == 0
    assert not Allocation.objects.exists()
    assert not cancelled.holds.open().exists()
    inbound.refresh_from_db()
    assert inbound.state == InboundState.CANCELLED
    states = dict(OutgoingMessage.objects.filter(thread=made.number).values_list("kind", "state"))
    assert states == {"order_confirmation": MessageState.WITHDRAWN, "order_cancelled": MessageState.WAITING}
    assert Activity.objects.of(made.number)[0].text == "Cancelled: Ordered twice. 3 units are free again"
    assert cancelled.balance == Decimal("-30.00")


def test_picking_has_begun_yet_it_is_cancelled() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    made = order({sku: 2})
    advance(made, {made.lines.get().pk: 2}, source="promised", target="allocated")
    cancel_order(made.pk, by="Ana", reason="Changed her mind", now=NOW)
    assert made.lines.get().cancelled == 2


def test_what_has_left_cannot_be_cancelled() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    made = order({sku: 2})
    OrderLine.objects.filter(order=made).update(promised=1, shipped=1)
    with pytest.raises(TooLateToCancel, match="has left already"):
        cancel_order(made.pk, by="Ana", reason="Late", now=NOW)
    made.refresh_from_db()
    assert made.status == OrderStatus.ACCEPTED
    assert Activity.objects.of(made.number).count() == 1


def test_twice_is_refused() -> None:
    made = order()
    cancel_order(made.pk, by="Ana", reason="x", now=NOW)
    with pytest.raises(TooLateToCancel, match="is cancelled already"):
        cancel_order(made.pk, by="Ana", reason="x", now=NOW)


def test_part_of_it_takes_its_money_along() -> None:
    house, oat, coffee = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(oat, house, 2)
    stock(coffee, house, 1)
    made = order({oat: 3, coffee: 1})
    first, second = made.lines.all()
    after = cancel_units(made.pk, {first.pk: 2}, by="Ana", reason="Too many", now=NOW)
    first.refresh_from_db()
    assert (first.ordered, first.cancelled, first.backordered, first.promised) == (3, 2, 0, 1)
    assert (first.total, first.tax) == (Decimal("10.00"), Decimal("1.07"))
    assert (after.total, after.tax_total, after.units, after.version) == (Decimal("20.00"), Decimal("2.14"), 2, 1)
    assert after.fulfilment_status == FulfilmentStatus.UNFULFILLED
    assert StockLevel.objects.get(sku=oat).allocated == 1
    assert Allocation.objects.get(line=first).quantity == 1
    cancel_units(made.pk, {first.pk: 1}, by="Ana", reason="None", now=NOW)
    assert not Allocation.objects.filter(line=first).exists()
    last = cancel_units(made.pk, {second.pk: 1}, by="Ana", reason="None", now=NOW)
    assert last.status == OrderStatus.ACCEPTED or last.lines.filter(cancelled=0).count() == 0


def test_part_of_a_bundle_takes_its_parts_along() -> None:
    house, oat = WarehouseFactory(), SkuFactory()
    stock(oat, house, 20)
    box = bundle({oat: 4})
    made = order({box: 3})
    sold, part = made.lines.all()
    cancel_units(made.pk, {sold.pk: 1}, by="Ana", reason="One less", now=NOW)
    part.refresh_from_db()
    sold.refresh_from_db()
    assert (sold.cancelled, part.cancelled, part.promised) == (1, 4, 8)
    assert sold.total == Decimal("20.00")
    assert StockLevel.objects.get(sku=oat).allocated == 8


def test_units_on_the_floor_are_too_late_and_nothing_changes() -> None:
    house, sku, other = WarehouseFactory(), SkuFactory(), SkuFactory()
    stock(sku, house, 3)
    made = order({sku: 3, other: 1})
    line = made.lines.get(sku=sku)
    Allocation.objects.update(released=2)
    advance(made, {line.pk: 2}, source="promised", target="allocated")
    with pytest.raises(TooLateToCancel, match="only 1 can still be cancelled"):
        cancel_units(made.pk, {line.pk: 2}, by="Ana", reason="x", now=NOW)
    line.refresh_from_db()
    assert (line.cancelled, line.promised, line.allocated) == (0, 1, 2)
