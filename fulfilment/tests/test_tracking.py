"""Events of carriers: once, in any order, to one end."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.actions.tracking import FromTheFuture, UnknownParcel, by_hand, hear_reports, record_event, shipment_of
from fulfilment.carriers.messages import NotUnderstood, Report, read_message
from fulfilment.carriers.outcome import outcome_of
from fulfilment.carriers.statuses import status_of
from fulfilment.models import Label, Shipment, TrackingEvent
from fulfilment.states import CarrierStatus, ShipmentStatus
from fulfilment.tests.parcels import NOW, packed
from ordermgmt.models import OutgoingMessage
from ordermgmt.tests.planting import found
from orders.states import FulfilmentStatus, OrderStatus

LATER = NOW + timedelta(days=9)


def event(status: str, hours: int, event_id: str = "", incident: str = "") -> Report:
    return Report(
        tracking_number="",
        event_id=event_id or f"{status}-{hours}",
        status=status,
        happened_at=NOW + timedelta(hours=hours),
        incident=incident,
    )


_events = st.lists(
    st.builds(
        event,
        st.sampled_from(CarrierStatus.values),
        st.integers(0, 6),
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from(["", "consignee_refused"]),
    ),
    max_size=8,
    unique_by=lambda report: report.event_id,
)


@given(_events, st.randoms(use_true_random=False))
def test_any_order_of_events_ends_the_same(events: list[Report], random: object) -> None:
    mixed = list(events)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert outcome_of(mixed) == outcome_of(events)


@given(_events)
def test_delivered_stays_unless_the_parcel_turned_back(events: list[Report]) -> None:
    first = [*events, event("delivered", 3, "zz")]
    if not any(e.status == "return_to_sender" for e in first):
        assert outcome_of(first).status == CarrierStatus.DELIVERED


@pytest.fixture
def shipment(db: None) -> Shipment:
    made = packed()
    return dispatch_shipment(made.pk, by="Ana", now=NOW)


def tell(shipment: Shipment, *reports: Report) -> Shipment:
    for report in reports:
        record_event(shipment.pk, report, source="house", by="house", now=LATER)
    return Shipment.objects.get(pk=shipment.pk)


def test_delivered_closes_the_order_and_tells_once(shipment: Shipment) -> None:
    told = tell(shipment, event("in_transit", 2), event("delivered", 20), event("delivered", 20))
    assert told.status == ShipmentStatus.DELIVERED
    assert told.delivered_at == NOW + timedelta(hours=20)
    assert told.order.fulfilment_status == FulfilmentStatus.DELIVERED
    assert told.order.status == OrderStatus.CLOSED
    assert OutgoingMessage.objects.filter(kind="delivered", about=shipment.number).count() == 1
    assert TrackingEvent.objects.count() == 2


def test_reordered_and_repeated_events_end_the_same(shipment: Shipment) -> None:
    told = tell(
        shipment, event("delivered", 20), event("out_for_delivery", 10), event("in_transit", 2), event("delivered", 20)
    )
    assert (told.status, told.carrier_status) == (ShipmentStatus.DELIVERED, CarrierStatus.DELIVERED)
    assert told.problem == ""
    assert told.last_event_at == NOW + timedelta(hours=20)


def test_a_problem_shows_and_goes(shipment: Shipment) -> None:
    told = tell(shipment, event("delivery_failed", 8, incident="consignee_not_home"))
    assert told.problem == "delivery_failed:consignee_not_home"
    assert tell(shipment, event("out_for_delivery", 30)).problem == ""


def test_a_parcel_that_turned_back_is_returned_whatever_comes_later(shipment: Shipment) -> None:
    told = tell(shipment, event("delivered", 50), event("return_to_sender", 30), event("in_transit", 40))
    assert told.status == ShipmentStatus.RETURNED
    assert told.carrier_status == CarrierStatus.RETURN_TO_SENDER
    assert told.delivered_at is None


def test_an_order_whose_parcel_turned_back_is_not_delivered(shipment: Shipment) -> None:
    order = tell(shipment, event("return_to_sender", 30), event("in_transit", 40)).order
    assert (order.fulfilment_status, order.status) == (FulfilmentStatus.SHIPPED, OrderStatus.ACCEPTED)
    assert all(found(code, now=LATER).holds for code in ("I34", "I52"))


def test_events_before_the_hand_over_wait_for_it(db: None) -> None:
    made = packed()
    early = tell(made, event("delivered", 1))
    assert (early.status, early.carrier_status) == (ShipmentStatus.PACKED, CarrierStatus.DELIVERED)
    dispatch_shipment(made.pk, by="Ana", now=NOW)
    assert Shipment.objects.get(pk=made.pk).status == ShipmentStatus.DELIVERED


def test_the_future_is_refused(shipment: Shipment) -> None:
    with pytest.raises(FromTheFuture):
        record_event(shipment.pk, event("delivered", 300), source="house", by="house", now=NOW)
    assert not TrackingEvent.objects.exists()


def test_a_person_notes_an_event_once(shipment: Shipment, django_user_model: object) -> None:
    user = django_user_model.objects.create_user("eva@example.se", name="Eva")  # type: ignore[attr-defined]
    facts = {
        "status": "delivered",
        "happened_at": NOW,
        "place": "Door",
        "message": "Neighbour",
        "by": user,
        "now": LATER,
    }
    assert by_hand(shipment.pk, **facts)
    assert not by_hand(shipment.pk, **facts)


def test_unknown_parcels_are_named(db: None) -> None:
    with pytest.raises(UnknownParcel, match="NP1"):
        shipment_of("NP1", Shipment.objects.all())
    heard = hear_reports([event("delivered", 1)], among=Shipment.objects.all(), source="house", by="house", now=LATER)
    assert (heard.new, len(heard.refused)) == (0, 1)


def test_an_easypost_message_is_read(samples: Path, shipment: Shipment) -> None:
    message = json.loads((samples / "carriers/easypost/webhook_event_body.json").read_text())
    Label.objects.update(tracking_number=message["result"]["tracking_code"])
    reports = read_message(message, carrier="house")
    assert len(reports) == len(message["result"]["tracking_details"])
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert hear_reports(reports, among=Shipment.objects.all(), source="house", by="house", now=now).new == len(reports)
    assert hear_reports(reports, among=Shipment.objects.all(), source="house", by="house", now=now).known == len(
        reports
    )
    assert Shipment.objects.get().carrier_status == message["result"]["status"]


def test_parsed_trackings_of_many_carriers_are_read(samples: Path) -> None:
    read = 0
    for path in sorted((samples / "carriers/karrio").glob("*/*ParsedTrackingResponse*.json")):
        for tracking in json.loads(path.read_text())[0]:
            events = [
                e for e in tracking.get("events", []) if e.get("timestamp") and (e.get("status") or e.get("code"))
            ]
            if not events:
                continue
            reports = read_message({"tracking_number": tracking["tracking_number"], "events": events}, carrier="x")
            assert [r.status for r in reports if r.raw_status in CarrierStatus.values] == [
                e["status"] for e in events if e.get("status") in CarrierStatus.values
            ]
            read += len(reports)
    assert read > 20


def test_vocabularies_of_vendors_map_to_ours(samples: Path) -> None:
    vendors = json.loads((samples / "carriers/status_vocabularies.json").read_text())
    words = [*vendors["easypost"]["status"], *vendors["shippo"]["status"], *vendors["aftership"]["tag"]]
    unknown = {word for word in words if status_of(word) == CarrierStatus.UNKNOWN}
    assert unknown == {"unknown", "UNKNOWN", "error", "Expired"}


def test_shared_status_words_agree_with_the_maps_of_carriers(samples: Path) -> None:
    maps = json.loads((samples / "carriers/karrio_status_map_shared.json").read_text())
    known = disagree = 0
    for carrier in maps.values():
        for ours, raws in carrier.get("TrackingStatus", {}).items():
            for raw in raws:
                status = status_of(raw)
                assert status in CarrierStatus.values
                known += status != CarrierStatus.UNKNOWN
                disagree += status not in (CarrierStatus.UNKNOWN, ours)
    assert known >= 60
    assert disagree <= known // 10


@pytest.mark.parametrize("raw", ["", "??", "B04", "500", "delivered maybe", "\x00"])
def test_what_we_do_not_know_stays_unknown(raw: str) -> None:
    assert status_of(raw) == CarrierStatus.UNKNOWN


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ([], "JSON object"),
        ({}, "tracking_number is missing"),
        ({"tracking_number": "X", "events": {}}, "events must be a list"),
        ({"tracking_number": "X", "events": []}, "no event"),
        ({"tracking_number": "X", "events": [1]}, r"events\[0\] must be an object"),
        ({"tracking_number": "X", "status": "delivered"}, "happened_at must be"),
        ({"tracking_number": "X", "status": "delivered", "happened_at": "2026-11-22T10:00:00"}, "with its zone"),
        ({"tracking_number": "X", "status": "delivered", "happened_at": 5}, "happened_at must be"),
        ({"tracking_number": "X", "status": {"a": 1}, "happened_at": "2026-11-22T10:00:00Z"}, "status is missing"),
        ({"tracking_number": True, "status": "x", "happened_at": "2026-11-22T10:00:00Z"}, "tracking_number is missing"),
        ({"object": "Event", "result": {"tracking_code": "1", "tracking_details": [{"status": "x"}]}}, "datetime"),
        ({"tracking_number": "X", "events": [{}] * 201}, "more than 200"),
        (
            {"tracking_number": "X", "status": "x", "happened_at": "2026-11-22T10:00:00Z", "event_id": "e" * 121},
            "event_id",
        ),
    ],
)
def test_bad_messages_name_what_and_where(message: object, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read_message(message, carrier="house")
