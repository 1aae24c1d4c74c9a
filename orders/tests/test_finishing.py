"""Orders of which nothing is shipped are billed and closed by themselves."""

from dataclasses import replace
from decimal import Decimal

import pytest

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.tests.planting import found
from orders.actions.cancellation import cancel_units
from orders.actions.changes import apply_change, propose_change
from orders.actions.paying import record_payment
from orders.actions.placing import place
from orders.drafts import OrderDraft
from orders.factories import NOW, ChannelFactory, draft
from orders.models import Invoice, Order
from orders.states import FulfilmentStatus, LineKind, OrderStatus
from orders.wanted import Wanted

pytestmark = pytest.mark.django_db


def with_card(made: OrderDraft, *, alone: bool = False) -> OrderDraft:
    card = replace(made.lines[0], kind=LineKind.SERVICE, sku_id=None, name="Gift card")
    return replace(made, lines=(card,) if alone else (*made.lines, card), payments=())


@pytest.fixture
def mixed() -> Order:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 5)
    return place(with_card(draft({sku: 1})), by="Ana", now=NOW)


def is_finished(order: Order) -> bool:
    order.refresh_from_db()
    invoice = Invoice.objects.filter(order=order, cause=order.number).first()
    proved = all(found(code, now=NOW).holds for code in ("I34", "I52"))
    return proved and order.status == OrderStatus.CLOSED and invoice is not None and invoice.gross_total == order.total


def test_a_gift_card_is_there_at_once() -> None:
    order = place(with_card(draft({SkuFactory(): 1}), alone=True), by="Ana", now=NOW)
    assert is_finished(order)
    assert order.fulfilment_status == FulfilmentStatus.DELIVERED


def test_it_waits_for_its_money() -> None:
    unpaid = with_card(draft({SkuFactory(): 1}, channel=ChannelFactory(requires_payment=True)), alone=True)
    order = place(unpaid, by="Ana", now=NOW)
    assert order.status == OrderStatus.ACCEPTED
    assert not Invoice.objects.exists()
    record_payment(order.pk, amount=Decimal(10), provider="card", effect_key="p-1", by="Web", now=NOW)
    assert is_finished(order)


def test_what_was_to_be_shipped_was_cancelled(mixed: Order) -> None:
    cancel_units(mixed.pk, {mixed.lines.get(position=1).pk: 1}, by="Ana", reason="Not wanted", now=NOW)
    assert is_finished(mixed)


def test_what_was_to_be_shipped_was_taken_out(mixed: Order) -> None:
    change = propose_change(mixed.pk, Wanted(units={mixed.lines.get(position=1).pk: 0}), by="Ana", now=NOW)
    apply_change(change.pk, by="Ana", now=NOW)
    assert is_finished(mixed)


def test_with_a_parcel_it_is_billed_with_the_parcel(mixed: Order) -> None:
    assert mixed.status == OrderStatus.ACCEPTED
    assert not Invoice.objects.exists()
