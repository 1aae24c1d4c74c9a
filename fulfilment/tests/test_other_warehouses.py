"""People of one warehouse neither see nor touch the work of another: papers, search, scans, files."""

import pytest
from django.test import Client

from fulfilment.factories import NOW, item, released
from fulfilment.models import Label, Shipment
from fulfilment.tests.floor import Floor, place_code
from ordermgmt.finding import Asked, exact, find
from ordermgmt.models import User

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
