"""Races at the bench, with real transactions: everything happens once, numbers stay gapless."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from fulfilment.actions.dispatching import AlreadyDispatched, dispatch_shipment
from fulfilment.actions.labelling import LabelGone, OrderHeld, reprint_label
from fulfilment.actions.tracking import record_event
from fulfilment.carriers.messages import Report
from fulfilment.models import Label, Shipment, TrackingEvent
from fulfilment.sscc import is_sscc, next_ssccs
from fulfilment.tests.parcels import NOW, packed
from inventory.factories import WarehouseFactory
from inventory.models import StockLevel, StockMovement
from ordermgmt.models import OutgoingMessage
from ordermgmt.proofs import REGISTRY, prove
from orders.actions.holds import place_hold
from orders.models import Invoice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def _only_where_rows_lock() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL: SQLite has one writer")


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """All deeds start together on connections of their own; answers or exceptions, in order."""
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return deed()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def books_hold() -> bool:
    return not any(
        prove(REGISTRY[code], now=NOW).count
        for code in ("I01", "I06", "I19", "I20", "I21", "I22", "I23", "I30", "I31", "I32")
    )


def test_two_benches_hand_over_the_same_parcel() -> None:
    for _round in range(5):
        shipment = packed()
        answers = at_once([lambda pk=shipment.pk: dispatch_shipment(pk, by="A", now=NOW) for _ in range(4)])
        assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyDispatched"] * 3 + ["Shipment"]
    assert Invoice.objects.count() == OutgoingMessage.objects.filter(kind="shipped").count() == 5
    assert books_hold()


def test_eight_writers_leave_no_gap_in_the_numbers() -> None:
    WarehouseFactory()
    shipments = [packed() for _ in range(24)]
    batches = [shipments[i::8] for i in range(8)]

    def work(batch: list[Shipment]) -> None:
        for i, shipment in enumerate(batch):
            dispatch_shipment(shipment.pk, by="A", now=NOW + timedelta(minutes=i))

    answers = at_once([lambda batch=batch: work(batch) for batch in batches])
    assert answers == [None] * 8
    assert list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 25))
    assert not StockLevel.objects.exclude(on_hand=0, allocated=0).exists()
    assert books_hold()


def test_a_failed_hand_over_gives_its_number_back() -> None:
    good, bad = packed(), packed()
    place_hold(bad.order_id, **_hold(), now=NOW)
    answers = at_once(
        [lambda: dispatch_shipment(good.pk, by="A", now=NOW), lambda: dispatch_shipment(bad.pk, by="B", now=NOW)]
    )
    assert isinstance(answers[1], OrderHeld)
    assert Invoice.objects.get().sequence == 1


def _hold() -> dict[str, Any]:
    return {"code": "operator", "reason": "Wait", "by": "Eva"}


def test_a_hold_and_a_hand_over_have_one_winner() -> None:
    for _round in range(5):
        shipment = packed()
        answers = at_once(
            [
                lambda pk=shipment.pk: dispatch_shipment(pk, by="A", now=NOW),
                lambda pk=shipment.order_id: place_hold(pk, **_hold(), now=NOW),
            ]
        )
        gone = Shipment.objects.get(pk=shipment.pk).status == "dispatched"
        assert gone != isinstance(answers[0], OrderHeld)
    assert books_hold()


def test_a_reprint_and_a_hand_over_never_leave_a_box_without_label() -> None:
    for _round in range(5):
        shipment = packed()
        label = Label.objects.get(carton__shipment=shipment)
        answers = at_once(
            [
                lambda pk=shipment.pk: dispatch_shipment(pk, by="A", now=NOW),
                lambda pk=label.pk: reprint_label(pk, by="B", reason="torn", now=NOW),  # type: ignore[arg-type]
            ]
        )
        assert isinstance(answers[0], Shipment)
        assert isinstance(answers[1], Label | LabelGone)
    assert books_hold()


def test_the_same_event_from_many_deliveries_is_one() -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="A", now=NOW)
    reports = [
        Report(tracking_number="", event_id=f"e{n}", status=status, happened_at=NOW + timedelta(hours=n))
        for n, status in enumerate(["in_transit", "out_for_delivery", "delivered"], start=1)
    ]
    later = NOW + timedelta(days=1)
    deeds = [
        lambda report=report: record_event(shipment.pk, report, source="house", by="house", now=later)
        for report in reports * 3
    ]
    answers = at_once(deeds)
    assert sorted(answers) == [False] * 6 + [True] * 3
    assert TrackingEvent.objects.count() == 3
    assert Shipment.objects.get().status == "delivered"
    assert OutgoingMessage.objects.filter(kind="delivered").count() == 1


def test_boxes_never_share_a_number() -> None:
    given = at_once([lambda: next_ssccs(50) for _ in range(4)])
    codes = [code for codes in given for code in codes]
    assert len(set(codes)) == 200
    assert all(map(is_sscc, codes))


def test_a_dispatch_that_was_refused_can_be_tried_again() -> None:
    shipment = packed()
    moved = StockMovement.objects.count()
    dispatch_shipment(shipment.pk, by="A", now=NOW)
    with pytest.raises(AlreadyDispatched):
        dispatch_shipment(shipment.pk, by="A", now=NOW)
    assert StockMovement.objects.count() == moved + 2
