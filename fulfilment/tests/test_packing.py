"""Packing: nothing without a scan, no label before, the right label proved, one bench at a time."""

from datetime import timedelta

import pytest

from fulfilment.actions.bench_overrides import ReasonNeeded, override_packing
from fulfilment.factories import NOW, item, released
from fulfilment.models import Carton, FulfilmentOrder, Label, Shipment, ShipmentLine
from fulfilment.states import ShipmentStatus, Verdict, WorkStatus
from fulfilment.tests.floor import Floor, Scanner, assert_books_hold, place_code, tote_code
from inventory.factories import LotFactory, stock
from inventory.models import Bin, Sku, StockLevel
from ordermgmt import codes
from ordermgmt.models import Activity
from orders.factories import HoldFactory
from orders.models import Order, OrderLine
from orders.states import FulfilmentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def picked(floor: Floor, *wanted: dict[Sku, int], **choice: object) -> list[FulfilmentOrder]:
    waves = released(floor.warehouse, list(wanted), by=floor.lead, **choice)
    for wave in waves:
        floor.pick(wave).follow()
    return list(FulfilmentOrder.objects.order_by("pk"))


def test_a_single_is_one_scan_at_the_bench_and_one_of_the_label(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 1}, kind="singles")
    tom = floor.bench()
    packed = tom.scan(oat.barcode)
    assert packed["verdict"] == Verdict.LINE_DONE
    assert packed["task"]["step"] == "label"
    label = Label.objects.get()
    assert [row["number"] for row in packed["task"]["view"]["labels"]] == [label.tracking_number]
    done = tom.scan(label.tracking_number)
    assert done["verdict"] == Verdict.JOB_DONE
    order = Order.objects.get()
    assert order.fulfilment_status == FulfilmentStatus.SHIPPED
    assert FulfilmentOrder.objects.get().status == WorkStatus.DISPATCHED
    assert Shipment.objects.get().status == ShipmentStatus.DISPATCHED
    level = StockLevel.objects.get(sku=oat)
    assert (level.on_hand, level.allocated) == (9, 0)
    assert_books_hold()


def test_the_most_urgent_order_of_that_item_is_taken(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    works = picked(floor, {oat: 1}, {oat: 1}, kind="singles")
    works[1].ship_by = works[1].ship_by - timedelta(days=1)
    works[1].save()
    tom = floor.bench()
    assert tom.scan(oat.barcode)["task"]["id"] == works[1].number


def test_an_item_nobody_needs_alone_is_named(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 2})
    answer = floor.bench().scan(oat.barcode)
    assert answer["verdict"] == Verdict.UNKNOWN
    assert "Scan its tote or order" in answer["message"]


def test_every_unit_is_scanned_before_there_is_a_label(floor: Floor) -> None:
    oat, tea = item(floor.warehouse, 10, name="Oat drink"), item(floor.warehouse, 10, name="Tea")
    picked(floor, {oat: 2, tea: 1})
    tom = floor.bench()
    assert tom.scan(tote_code("A"))["task"]["step"] == "item"
    tom.scan(oat.barcode)
    refused = tom.command("DONE")
    assert refused["message"] == "Not packed yet: scan Oat drink, 1 more"
    assert not Label.objects.exists()
    tom.scan(oat.barcode)
    extra = tom.scan(oat.barcode)
    assert (extra["verdict"], extra["message"]) == (Verdict.EXTRA, "Already 2 of 2. Put it back")
    assert tom.scan(item(floor.warehouse).barcode)["verdict"] == Verdict.WRONG
    assert tom.scan(tea.barcode)["task"]["step"] == "label"
    assert OrderLine.objects.get(sku=oat).packed == 2
    assert_books_hold()


def test_an_order_number_starts_it_and_undo_takes_a_unit_out(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (work,) = picked(floor, {oat: 2})
    tom = floor.bench()
    tom.scan(codes.printed(codes.ORDER, work.order.number))
    tom.scan(oat.barcode)
    assert tom.command("UNDO")["message"] == f"Undone. Take 1 {oat.name} out"
    assert tom.command("UNDO")["message"] == "There is no scan to undo"
    tom.scan(oat.barcode)
    assert tom.scan(oat.barcode)["task"]["step"] == "label"


def test_a_wrong_label_stops_and_moves_nothing(floor: Floor) -> None:
    oat, tea = item(floor.warehouse, 10), item(floor.warehouse, 10)
    picked(floor, {oat: 1}, {tea: 1}, kind="singles")
    tom = floor.bench()
    tom.scan(oat.barcode)
    first = Label.objects.get()
    tom.scan(tea.barcode)
    wrong = tom.scan(first.tracking_number)
    assert wrong["verdict"] == Verdict.STOP
    assert "This label belongs to" in wrong["message"]
    assert set(Shipment.objects.values_list("status", flat=True)) == {ShipmentStatus.PACKED}
    tom.task = ""
    assert tom.scan(first.tracking_number)["verdict"] == Verdict.JOB_DONE
    again = tom.scan(first.tracking_number)
    assert (again["verdict"], "Do not send this box" in again["message"]) == (Verdict.STOP, True)


def test_a_hold_and_a_cancellation_stop_the_bench_at_the_next_scan(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (work,) = picked(floor, {oat: 2})
    tom = floor.bench()
    tom.scan(tote_code("A"))
    tom.scan(oat.barcode)
    HoldFactory(order=work.order, reason="Address not complete")
    stop = tom.scan(oat.barcode)
    assert stop["verdict"] == Verdict.STOP
    assert "was put on hold" in stop["message"]
    assert not Label.objects.exists()
    work.refresh_from_db()
    assert (work.status, work.packer) == (WorkStatus.PICKED, None)
    assert_books_hold()


def test_a_hold_after_packing_stops_the_label(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (work,) = picked(floor, {oat: 1}, kind="singles")
    tom = floor.bench()
    tom.scan(oat.barcode)
    HoldFactory(order=work.order, reason="Fraud check")
    stop = tom.scan(Label.objects.get().tracking_number)
    assert stop["verdict"] == Verdict.STOP
    assert Shipment.objects.get().status == ShipmentStatus.PACKED


def test_the_second_bench_sees_who_packs_it(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 2})
    tom, sam = floor.bench(), floor.bench(by=floor.sam)
    tom.scan(tote_code("A"))
    refused = sam.scan(tote_code("A"))
    assert refused["verdict"] == Verdict.WRONG
    assert refused["message"].startswith("Tom Packer has been packing this since")
    tom.scan(oat.barcode)
    tom.scan(oat.barcode)
    assert Label.objects.count() == 1


def test_an_idle_bench_loses_its_claim(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 2})
    tom, sam = floor.bench(), floor.bench(by=floor.sam, now=NOW + timedelta(minutes=20))
    tom.scan(tote_code("A"))
    assert sam.scan(tote_code("A"))["verdict"] == Verdict.ACCEPTED
    assert tom.scan(oat.barcode)["verdict"] == Verdict.UNKNOWN
    assert OrderLine.objects.get().packed == 0


def test_the_scale_must_agree_or_a_reason_is_given(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 2})
    tom = floor.bench(has_scale=True)
    tom.scan(tote_code("A"))
    tom.scan(oat.barcode)
    assert tom.scan(oat.barcode)["task"]["step"] == "weigh"
    heavy = tom.command("DONE", weight_g=980)
    assert (heavy["verdict"], heavy["message"]) == (
        Verdict.EXTRA,
        "0.4 kg too heavy. Check for an extra item, then weigh again",
    )
    assert tom.command("DONE", weight_g=600)["task"]["step"] == "label"
    assert Carton.objects.get().weight_g == 600


def test_a_strange_weight_is_accepted_with_a_reason(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    picked(floor, {oat: 1}, kind="singles")
    tom = floor.bench(has_scale=True)
    tom.scan(oat.barcode)
    assert tom.command("DONE", weight_g=900, reason="Ice packs added")["task"]["step"] == "label"


def test_more_cartons_make_more_labels_and_lots_stay_known(floor: Floor) -> None:
    oat = item(floor.warehouse)
    lots = [LotFactory(sku=oat), LotFactory(sku=oat)]
    for lot in lots:
        stock(oat, floor.warehouse, 2, lot=lot, bin=Bin.objects.get(code="A-01"))
    picked(floor, {oat: 4})
    tom = floor.bench()
    tom.scan(tote_code("A"))
    for _unit in range(3):
        tom.scan(oat.barcode)
    assert tom.command("NEXTBOX")["message"] == "Carton 2"
    tom.command("BOX-M")
    assert tom.scan(oat.barcode)["task"]["step"] == "label"
    assert Carton.objects.order_by("position").last().box.code == "M"
    units = list(ShipmentLine.objects.order_by("pk").values_list("carton__position", "lot", "quantity"))
    assert sum(quantity for _c, _l, quantity in units) == 4
    assert {lot for _c, lot, _q in units} == {lot.pk for lot in lots}
    first, second = Label.objects.order_by("pk")
    assert tom.scan(first.tracking_number)["message"] == "Label right. 1 more to scan"
    assert tom.scan(second.carton.sscc)["verdict"] == Verdict.JOB_DONE
    assert_books_hold()


def test_only_a_lead_with_a_reason_vouches_for_units_that_were_not_scanned(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (work,) = picked(floor, {oat: 2})
    tom = floor.bench()
    tom.scan(tote_code("A"))
    with pytest.raises(ReasonNeeded):
        override_packing(work.pk, by=floor.lead, reason=" ", now=NOW)
    override_packing(work.pk, by=floor.lead, reason="Label torn off the bag", now=NOW)
    assert Activity.objects.get(verb="pack.overridden").facts["reason"] == "Label torn off the bag"
    assert tom.command("DONE")["task"]["step"] == "label"
    assert_books_hold()


def test_a_problem_holds_the_order_and_frees_the_bench(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (work,) = picked(floor, {oat: 2})
    tom = floor.bench()
    tom.scan(tote_code("A"))
    answer = tom.command("PROBLEM", reason="damaged")
    assert "is on hold. Put it on the problem shelf" in answer["message"]
    assert work.order.holds.get().reason == "A unit is damaged at the bench"
    assert answer["task"]["step"] == "idle"


def test_an_order_that_is_not_picked_is_not_packed(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    released(floor.warehouse, [{oat: 2}], by=floor.lead)
    work = FulfilmentOrder.objects.get()
    answer = floor.bench().scan(work.order.number)
    assert answer["message"] == f"{work.order.number} cannot be packed: it is released"


def test_a_tote_on_two_carts_asks_which(floor: Floor) -> None:
    oat = item(floor.warehouse, 20)
    _first, second = picked(floor, {oat: 2}, {oat: 3}, totes=1)
    tom: Scanner = floor.bench()
    assert "is on several carts" in tom.scan(tote_code("A"))["message"]
    tom.scan(codes.printed(codes.WAVE, second.wave.number))  # type: ignore[union-attr]
    assert tom.scan(tote_code("A"))["task"]["id"] == second.number
    assert place_code("A-01").startswith("B-")
