"""Short pick: the bin is suspect and counted, other bins and warehouses help, other orders are looked at again."""

import pytest

from fulfilment.factories import NOW, item, released
from fulfilment.models import FulfilmentOrder, PickTask
from fulfilment.states import Verdict, WaveStatus, WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold, place_code, tote_code
from inventory.factories import WarehouseFactory, stock
from inventory.models import Bin, BinStock, CountTask, StockLevel, StockMovement
from orders.models import Allocation, OrderLine
from orders.states import FulfilmentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_another_bin_is_offered_at_once(floor: Floor) -> None:
    oat = item(floor.warehouse)
    first, second = Bin.objects.get(code="A-01"), Bin.objects.get(code="A-02")
    stock(oat, floor.warehouse, 4, bin=first)
    stock(oat, floor.warehouse, 9, bin=second)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    answer = sam.command("SHORT", found=0, reason="not_found")
    assert answer["message"] == "2 short. Take 2 from A-02 instead"
    assert answer["task"]["view"]["place"] == "A-02"
    first.refresh_from_db()
    assert first.is_suspect
    assert CountTask.objects.get().bin == first
    assert StockMovement.objects.get(kind="adjusted").reason == "Short pick: not found"
    assert BinStock.objects.get(bin=first).quantity == 0
    assert_books_hold()
    sam.follow()
    line = OrderLine.objects.get()
    assert (line.picked, line.promised, line.backordered) == (3, 0, 0)
    assert_books_hold()


def test_what_no_bin_has_comes_from_another_warehouse(floor: Floor) -> None:
    oat = item(floor.warehouse, 2)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    other = WarehouseFactory()
    stock(oat, other, 5)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    answer = sam.command("SHORT", found=1)
    assert answer["message"] == "1 short. No other place has it; the order goes on without"
    line = OrderLine.objects.get()
    assert (line.allocated, line.promised, line.backordered) == (1, 1, 0)
    assert Allocation.objects.get(warehouse=other).quantity == 1
    assert StockLevel.objects.get(warehouse=floor.warehouse, sku=oat).on_hand == 1
    assert_books_hold()


def test_what_nobody_has_waits_for_stock_and_the_wave_ends(floor: Floor) -> None:
    oat = item(floor.warehouse, 2)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    answer = sam.command("SHORT", found=0, reason="wrong_item")
    assert answer["task"]["step"] == "end"
    line = OrderLine.objects.get()
    assert (line.allocated, line.backordered) == (0, 2)
    assert line.order.fulfilment_status == FulfilmentStatus.WAITING
    wave.refresh_from_db()
    assert wave.status == WaveStatus.CANCELLED
    assert FulfilmentOrder.objects.get().status == WorkStatus.CANCELLED
    assert_books_hold()


def test_orders_that_wanted_the_same_bin_are_looked_at_again(floor: Floor) -> None:
    oat = item(floor.warehouse, 6)
    (mine,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    (theirs,) = released(floor.warehouse, [{oat: 4}], by=floor.lead)
    stock(oat, floor.warehouse, 3, bin=Bin.objects.get(code="A-02"))
    sam = floor.pick(mine)
    sam.scan(place_code("A-01"))
    answer = sam.command("SHORT", found=0)
    assert answer["message"] == "2 short. Take 2 from A-02 instead"
    tasks = PickTask.objects.unpicked().filter(line__work__wave=theirs)
    assert [(task.bin.code, task.open_units) for task in tasks] == [("A-02", 1)]
    line = OrderLine.objects.get(order__fulfilment_orders__wave=theirs)
    assert (line.allocated, line.backordered) == (1, 3)
    assert_books_hold()


def test_damaged_units_go_to_their_place_and_the_bin_stays_in_use(floor: Floor) -> None:
    oat = item(floor.warehouse, 5)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.command("SHORT", found=2, reason="damaged")
    assert BinStock.objects.get(bin__code="DMG").quantity == 1
    assert StockLevel.objects.get(sku=oat).unsaleable == 1
    assert not Bin.objects.get(code="A-01").is_suspect
    line = OrderLine.objects.get()
    assert (line.allocated, line.promised) == (2, 1)
    assert_books_hold()
    sam.scan(oat.barcode)
    sam.scan(oat.barcode)
    assert sam.scan(tote_code("A"))["verdict"] == Verdict.JOB_DONE


def test_a_short_promise_to_others_is_not_robbed(floor: Floor) -> None:
    oat = item(floor.warehouse)
    stock(oat, floor.warehouse, 3, bin=Bin.objects.get(code="A-01"))
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    stock(oat, floor.warehouse, 5, bin=Bin.objects.get(code="A-02"))
    from orders.factories import order

    order({oat: 4}, now=NOW)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    answer = sam.command("SHORT", found=0)
    assert answer["message"] == "3 short. Take 1 from A-02 instead"
    assert_books_hold()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"found": 3}, "3 are wanted here. Say how many of them there are"),
        ({"found": -1}, "3 are wanted here. Say how many of them there are"),
        ({"found": 0, "reason": "magic"}, "Say why: not found, damaged or wrong item"),
    ],
)
def test_what_cannot_be_short_is_refused(floor: Floor, facts: dict[str, object], message: str) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 3}], by=floor.lead)
    sam = floor.pick(wave)
    assert sam.command("SHORT", **facts)["message"] == message
    assert not CountTask.objects.exists()
    assert_books_hold()


def test_the_card_asks_how_many_are_here(floor: Floor) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 3}], by=floor.lead)
    answer = floor.pick(wave).command("SHORT")
    assert (answer["ask"], answer["message"]) == ("short", "How many are here?")
    assert not CountTask.objects.exists()


def test_the_help_card_names_the_leads(floor: Floor) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 3}], by=floor.lead)
    assert floor.pick(wave).command("HELP")["message"] == "Call a lead: Ana Lead"
