"""Hand-over: everything happens once, together, or not at all."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from fulfilment.actions.dispatching import AlreadyDispatched, NotLabelled, NotStaged, dispatch_many, dispatch_shipment
from fulfilment.actions.labelling import OrderHeld, void_label
from fulfilment.models import Label, Shipment
from fulfilment.states import ShipmentStatus, WorkStatus
from fulfilment.tests.parcels import COFFEE, NOW, OATS, make_order, pack, packed, pay, stage
from inventory.models import BinStock, StockLevel, StockMovement
from ordermgmt.models import Activity, OutgoingMessage, StoredDocument
from ordermgmt.proofs import in_order, prove
from orders.actions.billing_ahead import bill_ahead
from orders.models import Allocation, Hold, Invoice, OrderLine
from orders.states import FulfilmentStatus, InvoiceStatus

pytestmark = pytest.mark.django_db


def test_dispatch_moves_stock_bills_and_tells() -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="Ana", now=NOW, device="bench-1")
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.DISPATCHED
    assert shipment.dispatched_at == NOW
    assert shipment.work.status == WorkStatus.DISPATCHED
    assert {(level.on_hand, level.allocated) for level in StockLevel.objects.all()} == {(0, 0)}
    moves = StockMovement.objects.filter(kind="shipped", document=shipment.number)
    assert sorted(move.quantity for move in moves) == [-4, -2]
    assert not BinStock.objects.filter(quantity__gt=0).exists()
    assert not Allocation.objects.exists()
    assert {(line.packed, line.shipped) for line in shipment.order.lines.all()} == {(0, 4), (0, 2)}
    shipment.order.refresh_from_db()
    assert shipment.order.fulfilment_status == FulfilmentStatus.SHIPPED
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.cause) == ("INV-2026-00001", shipment.number)
    assert invoice.gross_total == Decimal("53.10") == shipment.order.total
    assert (invoice.status, invoice.paid) == (InvoiceStatus.PAID, invoice.gross_total)
    assert OutgoingMessage.objects.filter(kind="shipped", about=shipment.number).count() == 1
    verbs = set(Activity.objects.filter(thread=shipment.order.number).values_list("verb", flat=True))
    assert {"shipment.packed", "shipment.dispatched", "invoice.issued"} <= verbs
    kinds = set(StoredDocument.objects.values_list("kind", flat=True))
    assert kinds == {"packing_slip", "label", "invoice"}


def test_what_was_billed_when_it_was_placed_is_not_billed_again() -> None:
    shipment = packed()
    with transaction.atomic():
        billed = bill_ahead(shipment.order, due_at=NOW, by="Ana", now=NOW)
    assert billed is not None
    assert billed.gross_total == shipment.order.total
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    assert Invoice.objects.get() == billed
    assert prove(next(rule for rule in in_order() if rule.code == "I23"), now=NOW).holds


def test_a_parcel_travels_on_carrier_days_only() -> None:
    shipment = packed()
    Shipment.objects.filter(pk=shipment.pk).update(transit_days=2)
    friday = NOW + timedelta(days=(4 - NOW.weekday()) % 7)
    dispatch_shipment(shipment.pk, by="Ana", now=friday, device="bench-1")
    shipment.refresh_from_db()
    assert shipment.expected_on == friday.date() + timedelta(days=4)  # Tuesday, not Sunday


def test_the_second_hand_over_is_refused_and_changes_nothing() -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    before = StockMovement.objects.count(), Invoice.objects.count(), Activity.objects.count()
    with pytest.raises(AlreadyDispatched):
        dispatch_shipment(shipment.pk, by="Bo", now=NOW)
    assert before == (StockMovement.objects.count(), Invoice.objects.count(), Activity.objects.count())


def test_a_hold_stops_the_hand_over() -> None:
    shipment = packed()
    Hold.objects.create(
        order=shipment.order, code="operator", handle="h", reason="Wait", opened_at=NOW, opened_by="Eva"
    )
    with pytest.raises(OrderHeld, match="Wait"):
        dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.PACKED
    assert not Invoice.objects.exists()


def test_a_carton_without_label_stays() -> None:
    shipment = packed()
    void_label(Label.objects.get().pk, by="Ana", reason="torn", now=NOW)  # type: ignore[arg-type]
    with pytest.raises(NotLabelled):
        dispatch_shipment(shipment.pk, by="Ana", now=NOW)


def test_goods_that_are_not_staged_do_not_leave() -> None:
    shipment = packed()
    BinStock.objects.filter(sku__code="COF-1KG").update(quantity=1)
    with pytest.raises(NotStaged, match="COF-1KG"):
        dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    assert not StockMovement.objects.filter(kind="shipped").exists()


def test_part_shipments_add_up_to_the_order() -> None:
    order = make_order([OATS, COFFEE], paid=False)
    oats, coffee = order.lines.all()
    pay(order, "20.00")
    first = pack(stage(order, {oats.pk: 3}))
    dispatch_shipment(first.pk, by="Ana", now=NOW)
    order.refresh_from_db()
    assert order.fulfilment_status == FulfilmentStatus.PART_SHIPPED
    second = pack(stage(order, {oats.pk: 1, coffee.pk: 2}), now=NOW + timedelta(days=2))
    dispatch_shipment(second.pk, by="Ana", now=NOW + timedelta(days=2))
    invoices = list(Invoice.objects.order_by("sequence"))
    assert [i.number for i in invoices] == ["INV-2026-00001", "INV-2026-00002"]
    assert sum(i.gross_total for i in invoices) == order.total
    assert sum(i.tax_total for i in invoices) == sum(line.tax for line in order.lines.all()) + Decimal("0.98")
    assert invoices[0].gross_total == Decimal("7.20") + Decimal("4.90")
    assert [i.paid for i in invoices] == [Decimal("12.10"), Decimal("7.90")]
    assert [i.status for i in invoices] == [InvoiceStatus.PAID, InvoiceStatus.OPEN]


def test_a_truck_leaves_and_says_what_stayed() -> None:
    shipments = [packed() for _ in range(3)]
    Hold.objects.create(
        order=shipments[1].order, code="operator", handle="h", reason="Wait", opened_at=NOW, opened_by="Eva"
    )
    ids = [shipment.pk for shipment in shipments]
    result = dispatch_many(ids, by="Ana", now=NOW)
    again = dispatch_many(ids, by="Ana", now=NOW)
    assert result == again
    assert result.dispatched == [shipments[0].number, shipments[2].number]
    assert list(result.refused) == [shipments[1].number]
    assert Shipment.objects.filter(status=ShipmentStatus.DISPATCHED).count() == 2


def test_a_cent_the_channel_rounded_stands_on_the_last_invoice() -> None:
    order = make_order()
    order.total += Decimal("0.02")
    order.save()
    oats, coffee = order.lines.all()
    dispatch_shipment(pack(stage(order, {oats.pk: 4})).pk, by="Ana", now=NOW)
    dispatch_shipment(pack(stage(order, {coffee.pk: 2})).pk, by="Ana", now=NOW)
    first, last = Invoice.objects.order_by("sequence")
    assert not first.lines.filter(cause__startswith="rounding").exists()
    assert last.lines.get(cause__startswith="rounding").net == Decimal("0.02")
    assert first.gross_total + last.gross_total == order.total


def test_a_bundle_is_billed_once_with_its_first_part() -> None:
    order = make_order([OATS, COFFEE])
    oats, coffee = order.lines.all()
    bundle = OrderLine.objects.create(
        order=order,
        position=9,
        kind="bundle",
        name="Breakfast",
        ordered=1,
        total=Decimal("48.20"),
        tax=Decimal("5.16"),
        tax_rate=Decimal("0.12"),
    )
    order.lines.exclude(pk=bundle.pk).update(kind="component", bundle=bundle, total=0, tax=0)
    dispatch_shipment(pack(stage(order, {oats.pk: 4})).pk, by="Ana", now=NOW)
    dispatch_shipment(pack(stage(order, {coffee.pk: 2})).pk, by="Ana", now=NOW)
    (only,) = Invoice.objects.all()
    assert only.lines.get(order_line=bundle).gross == Decimal("48.20")
    assert only.gross_total == order.total
