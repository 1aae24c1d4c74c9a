"""Races on the floor, with real transactions: one owner, one effect, and the books agree whoever was first."""

from datetime import timedelta

import pytest
from django.db import connection

from fulfilment.actions.auto_release import release_by_themselves
from fulfilment.actions.claiming import WaveTaken, claim_wave
from fulfilment.actions.planning import Choice
from fulfilment.actions.waves import NothingToRelease, release_waves
from fulfilment.factories import NOW, AutoReleaseFactory, item, released
from fulfilment.models import FulfilmentOrder, Label, PickTask, ScanEvent, Shipment, Wave
from fulfilment.states import ShipmentStatus, Verdict, WorkStatus
from fulfilment.tests.floor import Floor, Scanner, assert_books_hold, place_code, tote_code
from fulfilment.tests.test_races import at_once
from ordermgmt.each import Tally
from orders.actions.cancellation import cancel_order
from orders.actions.holds import place_hold
from orders.factories import order
from orders.models import Order, OrderLine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def floor() -> Floor:
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL: SQLite has one writer")
    return Floor()


def test_two_pickers_claim_one_wave(floor: Floor) -> None:
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    outcome = at_once([lambda p=p: claim_wave(wave.pk, by=p, now=NOW) for p in (floor.sam, floor.tom)])  # type: ignore[misc]
    assert sorted(type(one).__name__ for one in outcome) == ["Wave", "WaveTaken"]
    loser = next(one for one in outcome if isinstance(one, WaveTaken))
    assert "is picking" in str(loser)
    assert Wave.objects.get().picker in (floor.sam, floor.tom)


def test_cancelling_against_picking(floor: Floor) -> None:
    oat = item(floor.warehouse, 60)
    for _round in range(4):
        placed = order({oat: 2})
        (wave,) = release_waves(floor.warehouse, Choice(), by=floor.lead, now=NOW)
        sam = floor.pick(wave)
        sam.scan(place_code("A-01"))
        outcome = at_once(
            [
                lambda sam=sam: sam.scan(oat.barcode),  # type: ignore[misc]
                lambda placed=placed: cancel_order(placed.pk, by="Ana", reason="Late", now=NOW),  # type: ignore[misc]
            ]
        )
        assert not [one for one in outcome if isinstance(one, Exception)]
        assert sam.scan(oat.barcode)["verdict"] in (Verdict.STOP, Verdict.JOB_DONE)
        work = FulfilmentOrder.objects.get(order=placed)
        assert work.status == WorkStatus.CANCELLED
        assert Order.objects.get(pk=placed.pk).status == "cancelled"
        assert_books_hold()


def test_holding_against_packing_the_last_unit(floor: Floor) -> None:
    oat = item(floor.warehouse, 60)
    for _round in range(4):
        placed = order({oat: 1})
        (wave,) = release_waves(floor.warehouse, Choice(kind="singles"), by=floor.lead, now=NOW)
        floor.pick(wave).follow()
        tom = floor.bench()
        at_once(
            [
                lambda tom=tom: tom.scan(oat.barcode),  # type: ignore[misc]
                lambda placed=placed: place_hold(placed.pk, by="Ana", now=NOW, code="operator", reason="Wait"),  # type: ignore[misc]
            ]
        )
        labels = Label.objects.filter(carton__shipment__order=placed)
        if labels:
            assert tom.scan(labels[0].tracking_number)["verdict"] == Verdict.STOP
        assert not Shipment.objects.filter(order=placed, status=ShipmentStatus.DISPATCHED).exists()
        assert_books_hold()


def test_two_benches_scan_the_same_tote(floor: Floor) -> None:
    oat = item(floor.warehouse, 60)
    for _round in range(3):
        (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
        floor.pick(wave).follow()
        benches = [floor.bench(), floor.bench(by=floor.sam)]
        outcome = at_once([lambda b=b: b.scan(tote_code("A")) for b in benches])  # type: ignore[misc]
        assert sorted(one["verdict"] for one in outcome) == [Verdict.ACCEPTED, Verdict.WRONG]
        winner = next(bench for bench in benches if bench.task.startswith("FO"))
        winner.follow()
        work = wave.fulfilment_orders.get()
        assert Label.objects.filter(carton__shipment__work=work).count() == 1
        winner.scan(Label.objects.get(carton__shipment__work=work).tracking_number)
        assert_books_hold()


def test_one_scan_sent_by_two_connections_counts_once(floor: Floor) -> None:
    oat = item(floor.warehouse, 60)
    (wave,) = released(floor.warehouse, [{oat: 20}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    for number in range(2, 8):
        copies = [Scanner(floor.sam, "pick", wave.number, device=sam.device) for _ in range(3)]
        outcome = at_once([lambda c=c, n=number: c.send(oat.barcode, n) for c in copies])  # type: ignore[misc]
        assert [one for one in outcome if isinstance(one, Exception)] == []
        assert outcome[0] == outcome[1] == outcome[2]
    assert OrderLine.objects.get().picked == 6
    assert ScanEvent.objects.count() == 7
    assert_books_hold()


def test_two_leads_release_the_same_orders(floor: Floor) -> None:
    oat = item(floor.warehouse, 100)
    for _round in range(2):
        for units in (2, 3, 4):
            order({oat: units})
        outcome = at_once([lambda: release_waves(floor.warehouse, Choice(totes=10), by=floor.lead, now=NOW)] * 2)
        assert sorted(type(one).__name__ for one in outcome) == ["NothingToRelease", "list"]
        assert isinstance(next(one for one in outcome if isinstance(one, Exception)), NothingToRelease)
    assert FulfilmentOrder.objects.count() == 6
    assert_books_hold()


def test_two_pickers_report_the_same_bin_short(floor: Floor) -> None:
    oat = item(floor.warehouse, 12)
    waves = [released(floor.warehouse, [{oat: 3}, {oat: 2}], by=floor.lead)[0] for _ in range(2)]
    pickers = [floor.pick(waves[0]), floor.pick(waves[1], by=floor.tom)]
    for picker in pickers:
        picker.scan(place_code("A-01"))
    outcome = at_once([lambda p=p: p.command("SHORT", found=1) for p in pickers])  # type: ignore[misc]
    assert [one for one in outcome if isinstance(one, Exception)] == []
    assert not PickTask.objects.filter(picked__gt=0).exists()
    assert_books_hold()


def test_two_workers_release_by_themselves_and_by_hand_at_once(floor: Floor) -> None:
    """Each order is released once, whoever comes first."""
    AutoReleaseFactory(warehouse=floor.warehouse, released_at=NOW, orders=1)
    oat = item(floor.warehouse, 200)
    for turn in range(1, 6):
        for units in (1, 2, 2):
            order({oat: units})
        at = NOW + timedelta(hours=turn)
        answers = at_once(
            [
                lambda at=at: release_by_themselves(now=at),
                lambda at=at: release_by_themselves(now=at),
                lambda at=at: release_waves(floor.warehouse, Choice(), by=floor.lead, now=at),
            ]
        )
        failed = [one for one in answers if isinstance(one, Exception) and not isinstance(one, NothingToRelease)]
        assert failed == []
        assert not any(one.failed for one in answers if isinstance(one, Tally))
        Wave.objects.update(picker=floor.sam, status="picking")
    release_by_themselves(now=NOW + timedelta(hours=9))
    assert FulfilmentOrder.objects.count() == Order.objects.count() == 15
    assert not Wave.objects.filter(fulfilment_orders=None).exists()
    assert_books_hold()
