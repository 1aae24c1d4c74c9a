"""Released to dispatched with four scans, in a real Chromium with a simulated wedge scanner: no keys, no clicks."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.actions.scanning import take_scan
from fulfilment.factories import item, ready_to_ship, released
from fulfilment.models import FulfilmentOrder, Label, ScanEvent, Shipment, Wave
from fulfilment.states import ShipmentStatus, WaveStatus, WorkStatus
from fulfilment.tests.floor import Scanner, assert_books_hold, place_code, tote_code
from fulfilment.views import scanning
from inventory.factories import MembershipFactory, WarehouseFactory, stock
from inventory.models import Bin
from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.tests.wedge import scan, scan_at_once, settled
from orders.factories import HoldFactory
from orders.states import FulfilmentStatus

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
COUNTERS = """
window.clicks = 0; window.keys = 0;
addEventListener("pointerdown", () => { window.clicks += 1; }, true);
"""


@pytest.fixture
def shift(page: Any, live_server: Any, sign_in: Callable[..., User]) -> Any:
    """A signed-in operator in a warehouse that can ship; gives (page, address, person, warehouse)."""
    person = sign_in(Role.OPERATOR)
    warehouse = WarehouseFactory()
    MembershipFactory(user=person, warehouse=warehouse)
    ready_to_ship()
    page.add_init_script(COUNTERS)
    return page, live_server.url, person, warehouse


def start_picking(page: Any, address: str, wave: Wave, person: User) -> None:
    Wave.objects.filter(pk=wave.pk).update(picker=person, beat_at=timezone.now(), claimed_at=timezone.now())
    page.goto(f"{address}/scan/pick/{wave.number}/")
    page.wait_for_selector("body[data-scan=ready]")


def test_a_one_line_order_leaves_with_four_scans(shift: Any) -> None:
    page, address, person, warehouse = shift
    oat = item(warehouse, 10, name="Oat drink 1 l")
    (wave,) = released(warehouse, [{oat: 1}], by=person, now=timezone.now(), kind="singles")
    start_picking(page, address, wave, person)
    scans = 0
    for code in (place_code("A-01"), oat.barcode):
        scan(page, code)
        scans += 1
        settled(page)
    page.wait_for_selector("body[data-step=end]")
    picked_clicks = page.evaluate("window.clicks")
    # The bench is another screen that is always open.
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, oat.barcode)
    scans += 1
    page.wait_for_selector("body[data-step=label]")
    scan(page, Label.objects.get().tracking_number)
    scans += 1
    page.wait_for_selector("body[data-step=idle]")
    settled(page)
    assert scans == 4
    assert ScanEvent.objects.count() == 4
    assert picked_clicks + page.evaluate("window.clicks") == 0
    shipment = Shipment.objects.get()
    assert shipment.status == ShipmentStatus.DISPATCHED
    assert shipment.order.fulfilment_status == FulfilmentStatus.SHIPPED
    assert_books_hold()


def test_a_wave_of_twenty_lines_without_a_pointer(shift: Any) -> None:
    page, address, person, warehouse = shift
    bins = Bin.objects.bulk_create(
        Bin(warehouse=warehouse, code=f"C-{n:02d}", kind="pick", pick_sequence=100 + n) for n in range(20)
    )
    skus = [item(warehouse) for _ in bins]
    for sku, place in zip(skus, bins, strict=True):
        stock(sku, warehouse, 5, bin=place)
    wanted = [{skus[n]: 1 for n in range(at, min(at + 4, 20))} for at in range(0, 20, 4)]
    (wave,) = released(warehouse, wanted, by=person, now=timezone.now())
    start_picking(page, address, wave, person)
    totes = dict(FulfilmentOrder.objects.values_list("lines__sku", "tote"))
    started, scans, tote = timezone.now(), 0, ""
    for sku, place in zip(skus, bins, strict=True):
        codes = [place_code(place.code), sku.barcode]
        if totes[sku.pk] != tote:
            tote = totes[sku.pk]
            codes.append(tote_code(tote))
        for code in codes:
            scan(page, code)
            scans += 1
    settled(page)
    seconds = (timezone.now() - started).total_seconds()
    page.wait_for_selector("body[data-step=end]")
    assert scans == 45
    assert page.evaluate("window.clicks") == 0
    assert Wave.objects.get().status == WaveStatus.DONE
    assert set(ScanEvent.objects.values_list("verdict", flat=True)) <= {"accepted", "line_done", "job_done"}
    assert scans / seconds * 60 >= 60, f"{scans / seconds * 60:.0f} scans a minute"
    assert_books_hold()


def test_scans_that_come_quicker_than_answers_are_all_for_the_right_order(
    shift: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine scans of three orders in one go, then their labels in one go, the last box first, while each answer takes a third of a second."""
    page, address, person, warehouse = shift
    oat, tea = item(warehouse, 20), item(warehouse, 20)
    (wave,) = released(warehouse, [{oat: 2}, {oat: 1, tea: 1}, {tea: 2}], by=person, now=timezone.now())
    Wave.objects.update(picker=person)
    Scanner(person, "pick", wave.number, now=timezone.now()).follow()
    monkeypatch.setattr(scanning, "take_scan", lambda scan: (time.sleep(0.3), take_scan(scan))[1])
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    a, b, c = (tote_code(letter) for letter in "ABC")
    scan_at_once(page, a, oat.barcode, oat.barcode, b, oat.barcode)
    scan(page, tea.barcode, c)
    scan_at_once(page, tea.barcode, tea.barcode)
    settled(page)
    page.wait_for_selector("body[data-step=label]")
    assert set(FulfilmentOrder.objects.values_list("status", flat=True)) == {WorkStatus.PACKED}
    scan_at_once(page, *Label.objects.order_by("-pk").values_list("tracking_number", flat=True))
    settled(page)
    assert set(Shipment.objects.values_list("status", flat=True)) == {ShipmentStatus.DISPATCHED}
    kept = list(ScanEvent.objects.filter(station="pack").order_by("sequence").values_list("verdict", flat=True))
    assert (len(kept), set(kept) & {"wrong", "unknown", "extra", "stop"}) == (12, set())
    assert_books_hold()


def test_a_wrong_label_stays_until_ok_and_ships_nothing(shift: Any) -> None:
    page, address, person, warehouse = shift
    oat, tea = item(warehouse, 5), item(warehouse, 5)
    (wave,) = released(warehouse, [{oat: 1}, {tea: 1}], by=person, now=timezone.now(), kind="singles")
    Wave.objects.update(picker=person)
    Scanner(person, "pick", wave.number, now=timezone.now()).follow()
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, oat.barcode)
    page.wait_for_selector("body[data-step=label]")
    first = Label.objects.get()
    scan(page, tea.barcode)
    second = FulfilmentOrder.objects.get(lines__sku=tea).order.number
    page.locator("[data-bind=order]", has_text=second).wait_for()
    scan(page, first.tracking_number)
    page.wait_for_selector(".flood[data-verdict=stop]")
    page.wait_for_timeout(600)
    assert page.locator(".flood[data-verdict=stop]").is_visible()
    assert "Take it off this box" in page.inner_text(".flood")
    assert set(Shipment.objects.values_list("status", flat=True)) == {ShipmentStatus.PACKED}
    page.keyboard.press("Enter")
    page.wait_for_selector(".flood", state="detached")


def test_an_order_held_at_the_bench_stops_at_the_next_scan(shift: Any) -> None:
    page, address, person, warehouse = shift
    oat = item(warehouse, 5)
    (wave,) = released(warehouse, [{oat: 2}], by=person, now=timezone.now())
    Wave.objects.update(picker=person)
    Scanner(person, "pick", wave.number, now=timezone.now()).follow()
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, tote_code("A"))
    page.wait_for_selector("body[data-step=item]")
    HoldFactory(order=FulfilmentOrder.objects.get().order, reason="Address not complete")
    scan(page, oat.barcode)
    page.wait_for_selector(".flood[data-verdict=stop]")
    assert "put on hold" in page.inner_text(".flood")
    assert FulfilmentOrder.objects.get().status == WorkStatus.PICKED


def test_screens_hold_on_a_small_handheld(shift: Any, tmp_path: Path) -> None:
    page, address, person, warehouse = shift
    oat = item(warehouse, 10, name="Oat drink 1 l with a long name that wraps")
    (wave,) = released(warehouse, [{oat: 4}], by=person, now=timezone.now())
    page.set_viewport_size({"width": 320, "height": 640})
    start_picking(page, address, wave, person)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        "[...document.querySelectorAll('.scan-foot .btn')].filter((b) => b.getBoundingClientRect().height < 56).length"
    )
    assert small == 0
    assert page.inner_text("[data-bind=place]") == "A-01"


def test_twelve_units_with_one_scan_and_the_keypad(shift: Any) -> None:
    page, address, person, warehouse = shift
    oat = item(warehouse, 20, name="Oat drink 1 l")
    (wave,) = released(warehouse, [{oat: 12}], by=person, now=timezone.now())
    start_picking(page, address, wave, person)
    scan(page, place_code("A-01"))
    settled(page)
    assert page.locator("[data-count-open]").is_hidden()
    scan(page, oat.barcode)
    settled(page)
    page.click("[data-count-open]")
    for digit in "12":
        page.click(f"[data-count] [data-key-digit='{digit}']")
    page.click("[data-count] .btn-main")
    page.wait_for_selector("[data-pick][data-step=tote]")
    settled(page)
    assert FulfilmentOrder.objects.get().lines.get().picked == 12


def test_a_hold_shows_at_the_bench_within_five_seconds(shift: Any) -> None:
    page, address, person, warehouse = shift
    oat = item(warehouse, 10)
    (wave,) = released(warehouse, [{oat: 2}], by=person, now=timezone.now())
    Wave.objects.update(picker=person)
    Scanner(person, "pick", wave.number, now=timezone.now()).follow()
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, tote_code("A"))
    page.wait_for_selector("body[data-step=item]")
    settled(page)
    HoldFactory(order=FulfilmentOrder.objects.get().order, reason="Address unclear")
    page.wait_for_selector(".flood[data-verdict=stop]", timeout=5_000)
    assert "put on hold" in page.text_content(".flood h2")


def test_a_tote_and_its_items_before_any_answer(shift: Any) -> None:
    """Scans that outrun the server are for the order that the tote before them stands for."""
    page, address, person, warehouse = shift
    oat, tea = item(warehouse, 5), item(warehouse, 5)
    (wave,) = released(warehouse, [{oat: 2}, {tea: 2}], by=person, now=timezone.now())
    Wave.objects.update(picker=person)
    Scanner(person, "pick", wave.number, now=timezone.now()).follow()
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    totes = [tote_code(FulfilmentOrder.objects.get(lines__sku=sku).tote) for sku in (oat, tea)]
    scan_at_once(page, totes[0], oat.barcode, oat.barcode, totes[1], tea.barcode, tea.barcode)
    settled(page)
    page.wait_for_selector("body[data-step=label]")
    assert list(ScanEvent.objects.filter(station="pack").order_by("sequence").values_list("code", flat=True)) == [
        totes[0], oat.barcode, oat.barcode, totes[1], tea.barcode, tea.barcode,
    ]  # fmt: skip
    assert set(FulfilmentOrder.objects.values_list("status", flat=True)) == {WorkStatus.PACKED}
    assert page.locator(".flood").count() == 0
    assert_books_hold()


def test_the_bench_is_opened_before_the_last_pick_was_answered(shift: Any) -> None:
    """The waiting scan is still sent, for its wave; its answer does not draw a wave on the bench."""
    page, address, person, warehouse = shift
    oat = item(warehouse, 5)
    (wave,) = released(warehouse, [{oat: 1}], by=person, now=timezone.now(), kind="singles")
    start_picking(page, address, wave, person)
    page.route("**/scan/events/", lambda route: route.abort("internetdisconnected"))
    scan_at_once(page, place_code("A-01"), oat.barcode)
    page.wait_for_selector("body[data-step=end]")
    page.wait_for_selector("body[data-waiting='2']")
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.unroute("**/scan/events/")
    scan(page, oat.barcode)
    page.wait_for_selector("body[data-step=label]")
    settled(page)
    assert Wave.objects.get().status == WaveStatus.DONE
    assert list(ScanEvent.objects.order_by("sequence").values_list("station", flat=True)) == ["pick", "pick", "pack"]
    assert faults == []
    assert_books_hold()


def test_the_sound_is_checked_once_a_day_by_each_person(shift: Any) -> None:
    """Two notes are played and asked about; whoever heard them is asked again tomorrow."""
    page, address, person, _warehouse = shift
    page.add_init_script(
        "window.notes = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...at) { window.notes += 1; return start.apply(this, at); };"
    )
    page.goto(f"{address}/scan/")
    page.wait_for_selector("body[data-scan=ready]")
    check = page.locator("[data-sound-check]")
    assert page.get_by_role("button", name="I hear them").is_hidden()
    page.get_by_role("button", name="Play two notes").click()
    assert page.evaluate("window.notes") == 2
    page.get_by_role("button", name="I hear nothing").click()
    assert "Turn the volume of the device up" in check.inner_text()
    page.get_by_role("button", name="Play two notes").click()
    page.get_by_role("button", name="I hear them").click()
    assert check.is_hidden()
    assert page.evaluate("document.activeElement.id") == "scan-field"
    page.reload()
    page.wait_for_selector("body[data-scan=ready]")
    assert check.is_hidden()
    page.evaluate(f"localStorage.setItem('scan-heard', '{person.pk} 2026-01-01')")
    page.reload()
    check.wait_for()
