"""Odd moments on the floor: work that is not at a bench, places that are missing, waves nobody finishes."""

import pytest

from fulfilment.actions.bench_overrides import NotPacked, override_packing
from fulfilment.actions.proving import NotAllLeft, hand_over_proved
from fulfilment.actions.putting_back import withdraw_cancelled
from fulfilment.factories import NOW, item, released
from fulfilment.models import FulfilmentOrder, Label, PackItem, ScanEvent, Shipment, Wave
from fulfilment.states import Verdict, WaveStatus, WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold, place_code, tote_code
from inventory.models import Bin, BinStock
from orders.actions.cancellation import cancel_order
from orders.models import OrderLine

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_only_work_at_a_bench_is_vouched_for(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    floor.pick(wave).follow()
    work = FulfilmentOrder.objects.get()
    with pytest.raises(NotPacked, match="is picked"):
        override_packing(work.pk, by=floor.lead, reason="Trust me", now=NOW)
    cancel_order(work.order_id, by="Ana", reason="Late", now=NOW)
    withdraw_cancelled(now=NOW)
    with pytest.raises(NotPacked, match="is cancelled"):
        override_packing(work.pk, by=floor.lead, reason="Trust me", now=NOW)
    assert not PackItem.objects.exists()


def test_a_lead_vouches_at_the_bench(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    floor.pick(wave).follow()
    tom = floor.bench()
    tom.scan(tote_code("A"))
    work = override_packing(FulfilmentOrder.objects.get().pk, by=floor.lead, reason="Sealed by the maker", now=NOW)
    assert work.lines.get().packed == 2
    assert tom.command("DONE")["task"]["step"] == "label"


def test_without_a_staging_place_the_screen_says_so_and_the_next_scan_goes_on(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    stages = Bin.objects.filter(warehouse=floor.warehouse, kind="stage")
    stages.update(is_active=False)
    answer = sam.scan(oat.barcode)
    assert (answer["verdict"], "staging" in answer["message"]) == (Verdict.STOP, True)
    assert OrderLine.objects.get().picked == 0
    stages.update(is_active=True)
    assert sam.scan(oat.barcode)["verdict"] == Verdict.JOB_DONE
    assert ScanEvent.objects.count() == 3
    assert_books_hold()


def test_goods_that_the_books_do_not_have_stop_the_scan(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    BinStock.objects.filter(sku=oat).update(quantity=0, allocated=0)
    answer = sam.scan(oat.barcode)
    assert answer["verdict"] == Verdict.STOP
    assert OrderLine.objects.get().picked == 0


def test_a_parcel_that_cannot_be_booked_holds_up_none_behind_it(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    released(floor.warehouse, [{oat: 1}, {oat: 1}], by=floor.lead, kind="singles")
    floor.pick(Wave.objects.get()).follow()
    for _parcel in range(2):
        floor.bench().scan(oat.barcode)
    Label.objects.update(scanned_at=NOW)
    first, second = Shipment.objects.order_by("pk")
    OrderLine.objects.filter(order=first.order).update(packed=0, picked=1)
    with pytest.raises(NotAllLeft, match=f"{first.number}: NotThatMany"):
        hand_over_proved(now=NOW)
    second.refresh_from_db()
    assert second.dispatched_at == NOW


def test_a_wave_whose_orders_were_all_cancelled_ends_by_itself(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}, {oat: 2}], by=floor.lead)
    for work in FulfilmentOrder.objects.all():
        cancel_order(work.order_id, by="Ana", reason="Late", now=NOW)
    assert withdraw_cancelled(now=NOW) == 2
    wave.refresh_from_db()
    assert wave.status == WaveStatus.CANCELLED
    assert set(FulfilmentOrder.objects.values_list("status", flat=True)) == {WorkStatus.CANCELLED}
    assert_books_hold()
