"""People of one warehouse neither see nor touch the work of another: papers, search, scans, files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fulfilment.factories import NOW, item, released
from fulfilment.models import Label, Shipment, TrackingEvent
from fulfilment.tests.floor import Floor, Scanner, place_code
from ordermgmt.factories import RoleGrantFactory
from ordermgmt.finding import Asked, exact, find
from ordermgmt.models import User
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def stranger(floor: Floor) -> User:
    """An operator of another warehouse, with a floor of their own."""
    other = Floor()
    return other.sam


@pytest.fixture
def parcel(floor: Floor) -> Shipment:
    """Packed and labelled in the first warehouse."""
    oat = item(floor.warehouse, 10)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    floor.bench().scan(oat.barcode)
    return Shipment.objects.get()


@pytest.mark.parametrize("kind", ["packing_slip", "packing_slip_label", "label", "pick_list"])
def test_papers(floor: Floor, parcel: Shipment, stranger: User, kind: str, client: Client) -> None:
    wave = parcel.work.wave
    assert wave is not None
    number = wave.number if kind == "pick_list" else parcel.number
    client.force_login(stranger)
    assert client.get(f"/papers/{kind}/{number}/").status_code == 404
    client.force_login(floor.sam)
    assert client.get(f"/papers/{kind}/{number}/").status_code == 200


def test_a_label_by_its_tracking_number_or_sscc(floor: Floor, parcel: Shipment, stranger: User, client: Client) -> None:
    label = Label.objects.get()
    for number in (label.tracking_number, label.carton.sscc):
        client.force_login(stranger)
        assert client.get(f"/papers/label/{number}/").status_code == 404
        client.force_login(floor.sam)
        assert client.get(f"/papers/label/{number}/").status_code == 200


def test_search(floor: Floor, parcel: Shipment, stranger: User) -> None:
    label, wave = Label.objects.get(), parcel.work.wave
    assert wave is not None
    for word in (parcel.number, label.tracking_number, label.carton.sscc, wave.number, parcel.work.number):
        assert exact(Asked(word), floor.sam), word
        assert not exact(Asked(word), stranger), word
    for word in (parcel.number, label.tracking_number, wave.number):
        assert find(Asked(word), floor.sam, now=NOW), word
        assert not find(Asked(word), stranger, now=NOW), word


def test_a_label_scanned_in_another_warehouse_tells_nothing_of_it(parcel: Shipment, stranger: User) -> None:
    label = Label.objects.get()
    for _sent in range(2):
        answer = Scanner(stranger, "pack", "").scan(label.tracking_number)
        assert answer["verdict"] == "stop"
        assert parcel.order.number not in answer["message"]
        Shipment.objects.update(status="dispatched", dispatched_at=NOW)
    label.refresh_from_db()
    assert label.scanned_at is None


def test_events_from_a_file(floor: Floor, parcel: Shipment, stranger: User, client: Client) -> None:
    number = Label.objects.get().tracking_number
    RoleGrantFactory(user=stranger, role=Role.LEAD)
    rows = f"tracking_number,status,happened_at\n{number},DELIVERED,2026-11-16T09:00:00Z\n"
    client.force_login(stranger)
    answer = client.post("/shipments/events/", {"file": SimpleUploadedFile("events.csv", rows.encode())})
    assert answer.status_code == 422
    assert not TrackingEvent.objects.exists()
