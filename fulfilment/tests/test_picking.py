"""Picking by scan: place, item, tote; what is wrong, what is undone, and who may."""

from datetime import timedelta

import pytest

from fulfilment.actions.claiming import WaveTaken, claim_wave, reassign_wave, take_over
from fulfilment.actions.putting_back import put_back, withdraw_cancelled
from fulfilment.actions.waves import UnderWay, cancel_wave, remove_order, split_wave
from fulfilment.factories import NOW, item, released
from fulfilment.models import FulfilmentOrder, PickTask, ScanEvent, Wave
from fulfilment.states import Verdict, WaveStatus, WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold, place_code, tote_code
from inventory.factories import LotFactory, SkuCodeFactory, stock
from inventory.models import Bin, BinStock
from orders.factories import HoldFactory
from orders.models import Order, OrderLine
from orders.states import FulfilmentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_one_line_is_two_scans_and_a_tote(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    assert sam.scan(place_code("A-01"))["verdict"] == Verdict.ACCEPTED
    assert sam.scan(oat.barcode)["message"] == f"{oat.name}, 1 of 2"
    assert sam.scan(oat.barcode)["verdict"] == Verdict.LINE_DONE
    done = sam.scan(tote_code("A"))
    assert done["verdict"] == Verdict.JOB_DONE
    assert done["task"]["step"] == "end"
    line = OrderLine.objects.get()
    assert (line.allocated, line.picked) == (0, 2)
    work = FulfilmentOrder.objects.get()
    assert (work.status, work.picking_at is not None, work.picked_at is not None) == (WorkStatus.PICKED, True, True)
    wave.refresh_from_db()
    assert wave.status == WaveStatus.DONE
    assert_books_hold()


def test_wrong_scans_change_nothing_and_say_what_is_needed(floor: Floor) -> None:
    oat, tea = item(floor.warehouse, 10, name="Oat drink"), item(floor.warehouse, 10, name="Tea")
    (wave,) = released(floor.warehouse, [{oat: 2}, {tea: 2}], by=floor.lead)
    sam = floor.pick(wave)
    assert sam.scan(place_code("A-02"))["message"] == "This is A-02. Go to A-01"
    assert sam.scan(oat.barcode)["message"] == "Scan the place first: A-01"
    sam.scan(place_code("A-01"))
    assert sam.scan(tea.barcode)["message"] == "You scanned Tea. This line needs Oat drink"
    assert sam.scan(oat.barcode[2:])["message"] == "That scan was cut short. Scan again"
    assert sam.scan("4006381333931")["verdict"] == Verdict.UNKNOWN
    sam.scan(oat.barcode)
    sam.scan(oat.barcode)
    assert sam.scan(tote_code("B"))["message"] == "Tote B. This goes into tote A"
    assert sam.scan(tea.barcode)["message"] == "Scan tote A first"
    assert sum(PickTask.objects.values_list("picked", flat=True)) == 2
    assert_books_hold()


def test_a_case_counts_its_content_and_no_more_than_wanted(floor: Floor) -> None:
    oat = item(floor.warehouse, 50)
    SkuCodeFactory(sku=oat, code="CASE-6", quantity=6)
    (wave,) = released(floor.warehouse, [{oat: 8}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    assert sam.scan("CASE-6")["message"].endswith("6 of 8")
    extra = sam.scan("CASE-6")
    assert (extra["verdict"], extra["message"]) == (Verdict.EXTRA, "Only 2 left to pick. This counts 6")
    assert OrderLine.objects.get().picked == 6
    assert_books_hold()


def test_singles_of_one_item_are_one_stop_without_totes(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 1}, {oat: 1}, {oat: 1}], by=floor.lead, kind="singles")
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    verdicts = [sam.scan(oat.barcode)["verdict"] for _ in range(3)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.JOB_DONE]
    assert set(FulfilmentOrder.objects.values_list("status", flat=True)) == {WorkStatus.PICKED}
    assert_books_hold()


def test_the_same_scan_sent_twice_counts_once(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    first = sam.scan(oat.barcode)
    again = sam.send(oat.barcode, sam.sequence)
    assert again == first
    assert OrderLine.objects.get().picked == 1
    assert ScanEvent.objects.count() == 2


def test_undo_puts_the_last_scan_back(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    sam.scan(oat.barcode)
    assert sam.command("UNDO")["message"] == f"Undone. Put 1 {oat.name} back in A-01"
    assert_books_hold()
    sam.command("UNDO")
    assert sam.command("UNDO")["message"] == "There is no scan to undo"
    line = OrderLine.objects.get()
    assert (line.allocated, line.picked) == (2, 0)
    assert [sam.scan(oat.barcode)["verdict"] for _ in range(2)] == [Verdict.ACCEPTED, Verdict.LINE_DONE]
    assert_books_hold()


def test_a_skipped_line_comes_back_at_the_end(floor: Floor) -> None:
    oat, tea = item(floor.warehouse), item(floor.warehouse)
    stock(oat, floor.warehouse, 5, bin=Bin.objects.get(code="A-01"))
    stock(tea, floor.warehouse, 5, bin=Bin.objects.get(code="A-02"))
    (wave,) = released(floor.warehouse, [{oat: 1, tea: 1}], by=floor.lead)
    sam = floor.pick(wave)
    answer = sam.command("SKIP")
    assert answer["task"]["view"]["place"] == "A-02"
    sam.scan(place_code("A-02"))
    sam.scan(tea.barcode)
    sam.scan(tote_code("A"))
    assert sam.answers[-1]["task"]["view"]["place"] == "A-01"
    assert sam.command("SKIP")["message"] == "This is the last line. Pick it or report it short"


def test_a_cancelled_order_stops_at_the_next_scan_and_its_goods_go_back(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 3}, {oat: 2}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    work = FulfilmentOrder.objects.get(tote="A")
    cancel(work.order)
    stop = sam.scan(oat.barcode)
    assert stop["verdict"] == Verdict.STOP
    assert stop["message"] == f"Stop. {work.order.number} was cancelled. Leave its 1 in tote A"
    assert stop["task"]["view"]["tote"] == "B"
    work.refresh_from_db()
    assert work.status == WorkStatus.CANCELLED
    assert list(FulfilmentOrder.objects.to_put_back()) == [work]
    assert put_back(work.pk, by=floor.sam, now=NOW) == 1
    assert BinStock.objects.get(bin__code="A-01").quantity == 10
    assert not FulfilmentOrder.objects.to_put_back().exists()
    assert_books_hold()


def cancel(order: Order) -> None:
    from orders.actions.cancellation import cancel_order

    cancel_order(order.pk, by="Ana", reason="Changed her mind", now=NOW)


def test_a_cancelled_order_that_nobody_scans_is_withdrawn_by_the_run(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    released(floor.warehouse, [{oat: 3}], by=floor.lead)
    work = FulfilmentOrder.objects.get()
    cancel(work.order)
    assert withdraw_cancelled(now=NOW) == 1
    assert withdraw_cancelled(now=NOW) == 0
    assert BinStock.objects.get(bin__code="A-01").allocated == 0
    assert_books_hold()


def test_a_held_order_is_set_aside_and_comes_back(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    work = FulfilmentOrder.objects.get()
    hold = HoldFactory(order=work.order, reason="Address not complete")
    stop = sam.scan(oat.barcode)
    assert stop["verdict"] == Verdict.STOP
    assert "was put on hold at 10:00 (Address not complete). Put tote A on the hold shelf" in stop["message"]
    work.refresh_from_db()
    assert (work.wave, work.status) == (None, WorkStatus.PICKING)
    assert_books_hold()
    hold.released_at = NOW
    hold.save()
    (again,) = released(floor.warehouse, [], by=floor.lead)
    work.refresh_from_db()
    assert work.wave == again
    sam = floor.pick(again)
    sam.follow()
    work.refresh_from_db()
    assert work.status == WorkStatus.PICKED
    assert_books_hold()


def test_a_wave_belongs_to_one_picker(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    soon = sam.now + timedelta(minutes=1)
    with pytest.raises(WaveTaken, match="Sam Picker is picking"):
        claim_wave(wave.pk, by=floor.tom, now=soon)
    with pytest.raises(WaveTaken):
        take_over(wave.pk, by=floor.tom, now=soon)
    take_over(wave.pk, by=floor.lead, now=soon)
    assert sam.scan(oat.barcode)["message"] == f"Stop. Ana Lead has {wave.number} now"
    claim_wave(wave.pk, by=floor.tom, now=soon + timedelta(minutes=15))
    reassign_wave(wave.pk, to=None, by=floor.lead, now=soon)
    assert Wave.objects.get().picker is None


def test_waves_are_split_emptied_and_cancelled_until_something_is_picked(floor: Floor) -> None:
    oat = item(floor.warehouse, 20)
    (wave,) = released(floor.warehouse, [{oat: 2}, {oat: 3}, {oat: 4}], by=floor.lead)
    first, second, third = FulfilmentOrder.objects.order_by("pk")
    new = split_wave(wave.pk, [third.pk], by=floor.lead, now=NOW)
    assert [w.pk for w in new.fulfilment_orders.all()] == [third.pk]
    cancel_wave(new.pk, by=floor.lead, now=NOW)
    remove_order(second.pk, by=floor.lead, now=NOW)
    assert OrderLine.objects.get(order=second.order).promised == 3
    assert Order.objects.get(pk=third.order_id).fulfilment_status == FulfilmentStatus.UNFULFILLED
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    with pytest.raises(UnderWay):
        cancel_wave(wave.pk, by=floor.lead, now=NOW)
    with pytest.raises(UnderWay):
        remove_order(first.pk, by=floor.lead, now=NOW)
    assert_books_hold()


def test_people_of_another_warehouse_cannot_pick_it(floor: Floor) -> None:
    other = Floor()
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    stranger = floor.pick(wave, by=other.sam)
    assert stranger.scan(place_code("A-01"))["verdict"] == Verdict.STOP


def test_twenty_lines_take_two_scans_each_and_one_for_each_change_of_tote(floor: Floor) -> None:
    bins = Bin.objects.bulk_create(
        Bin(warehouse=floor.warehouse, code=f"C-{n:02d}", kind="pick", pick_sequence=100 + n) for n in range(20)
    )
    skus = [item(floor.warehouse) for _ in bins]
    for sku, place in zip(skus, bins, strict=True):
        stock(sku, floor.warehouse, 5, bin=place)
    wanted = [{skus[n]: 1 for n in range(at, at + 4 if at < 16 else 20)} for at in range(0, 20, 4)]
    (wave,) = released(floor.warehouse, wanted, by=floor.lead)
    sam = floor.pick(wave)
    verdicts = sam.follow()
    assert len(verdicts) == 20 * 2 + 5
    assert verdicts[-1] == Verdict.JOB_DONE
    assert Wave.objects.get().status == WaveStatus.DONE
    assert_books_hold()


def test_one_scan_and_a_number(floor: Floor) -> None:
    oat = item(floor.warehouse, 30)
    (wave,) = released(floor.warehouse, [{oat: 12}], by=floor.lead)
    sam = floor.pick(wave)
    assert sam.command("Q-12")["message"] == "Scan the place first: A-01"
    sam.scan(place_code("A-01"))
    assert sam.command("Q-12")["message"] == f"Scan one {oat.name} first, then say how many"
    sam.scan(oat.barcode)
    assert sam.command("Q-1")["verdict"] == Verdict.WRONG
    assert sam.command("Q-13")["message"] == "Only 11 left to pick. This counts 12"
    assert sam.command("Q-9")["message"] == f"{oat.name}, 9 of 12"
    assert sam.command("Q-12")["verdict"] == Verdict.LINE_DONE
    assert sam.command("UNDO")["message"] == f"Undone. Put 3 {oat.name} back in A-01"
    assert OrderLine.objects.get().picked == 9
    assert sam.command("Q-999999999")["verdict"] == Verdict.WRONG
    sam.command("Q-12")
    assert sam.command("Q-12")["message"] == "Scan tote A first"
    assert_books_hold()


def test_gs1_codes_name_item_lot_and_count(floor: Floor) -> None:
    oat = item(floor.warehouse)
    tea = item(floor.warehouse, 5, name="Tea")
    lot = LotFactory(sku=oat, code="L2611")
    stock(oat, floor.warehouse, 30, lot=lot)
    (wave,) = released(floor.warehouse, [{oat: 12}, {tea: 1}], by=floor.lead, kind="multi")[:1]
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    assert sam.scan(f"]C1010{oat.barcode}10L2611")["message"] == f"{oat.name}, 1 of 12"
    assert sam.scan(f"(01)0{oat.barcode}(30)6")["message"] == f"{oat.name}, 7 of 12"
    assert sam.scan(f"020{oat.barcode}376")["message"] == "Only 5 left to pick. This counts 6"
    assert sam.scan(f"]d2010{oat.barcode}10OLD")["message"] == "This is lot OLD. Take lot L2611"
    assert sam.scan(f"010{oat.barcode[:-1]}{(int(oat.barcode[-1]) + 1) % 10}")["verdict"] == Verdict.WRONG
    assert OrderLine.objects.get(sku=oat).picked == 7
    assert_books_hold()
