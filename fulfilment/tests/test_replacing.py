"""Goods that are sent again take the whole way: stock, wave, bench, carrier; nothing is to be paid and the books hold."""

from datetime import timedelta

import pytest

from fulfilment.actions.planning import Choice
from fulfilment.actions.waves import release_waves
from fulfilment.factories import NOW, item, released
from fulfilment.models import Shipment
from fulfilment.states import ShipmentStatus
from fulfilment.tests.floor import Floor, assert_books_hold
from inventory.models import Sku, StockLevel
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.sending_again import replace_goods
from orders.models import Invoice, Order
from orders.states import FulfilmentStatus, InvoiceStatus
from orders.tests.order_desk import broken

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def through_the_door(floor: Floor, sku: Sku) -> None:
    tom = floor.bench(now=LATER)
    packed = tom.scan(sku.barcode)
    tom.scan(packed["task"]["view"]["labels"][0]["number"])


def test_from_stock_to_the_door() -> None:
    floor = Floor()
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    floor.pick(wave).follow()
    through_the_door(floor, oat)
    made = Order.objects.get()
    new = replace_goods(made.pk, {made.lines.get().pk: 1}, reason="damaged", key="form", by="Ana", now=LATER)
    (again,) = release_waves(floor.warehouse, Choice(kind="singles"), by=floor.lead, now=LATER)
    floor.pick(again, now=LATER).follow()
    through_the_door(floor, oat)
    new.refresh_from_db()
    assert new.fulfilment_status == FulfilmentStatus.SHIPPED
    assert Shipment.objects.get(order=new).status == ShipmentStatus.DISPATCHED
    invoice = Invoice.objects.get(order=new)
    assert (invoice.gross_total, invoice.balance, invoice.status) == (0, 0, InvoiceStatus.PAID)
    assert StockLevel.objects.get(sku=oat).on_hand == 8
    assert_books_hold()
    assert broken() == []
    with pytest.raises(TooLateToCancel):
        cancel_order(new.pk, by="Ana", reason="x", now=LATER)
