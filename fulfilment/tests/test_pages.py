"""The shipments board and one shipment, as staff use them."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.models import Label, Shipment, TrackingEvent
from fulfilment.states import ShipmentStatus
from fulfilment.tests.parcels import NOW, packed
from inventory.factories import WarehouseFactory
from inventory.models import Membership
from ordermgmt.models import RoleGrant, User
from orders.factories import HoldFactory

pytestmark = pytest.mark.django_db


def person(role: str) -> User:
    user = User.objects.create_user(f"{role}@example.se", name=role.title())
    RoleGrant.objects.create(user=user, role=role)
    return user


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(person(role), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return signed_in("manager")


@pytest.fixture
def lead() -> Client:
    return signed_in("lead")


def test_the_board_shows_parcels_by_stage(manager: Client) -> None:
    waiting, gone = packed(), packed()
    dispatch_shipment(gone.pk, by="Ana", now=timezone.now())
    page = manager.get("/shipments/").content.decode()
    assert waiting.number in page
    assert gone.number in page
    label = manager.get("/shipments/?view=label").content.decode()
    assert waiting.number in label
    assert gone.number not in label


def test_a_silent_parcel_is_a_problem(manager: Client) -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="Ana", now=timezone.now() - timedelta(hours=49))
    page = manager.get("/shipments/?view=problem").content.decode()
    assert shipment.number in page
    assert "No scan for 48 h" in page


@pytest.mark.parametrize("word", ["number", "order", "tracking", "sscc", "name"])
def test_search_finds_a_parcel_by_what_people_have(manager: Client, word: str) -> None:
    shipment, other = packed(), packed(recipient="Someone Else")
    carton = shipment.cartons.get()
    words = {
        "number": shipment.number.lower(),
        "order": shipment.order.number,
        "tracking": carton.labels.get().tracking_number,
        "sscc": f"(00) {carton.sscc}",
        "name": "maria",
    }
    page = manager.get("/shipments/", {"q": words[word]}).content.decode()
    assert shipment.number in page
    assert other.number not in page


def test_the_list_costs_the_same_for_one_and_for_many(manager: Client) -> None:
    counts = []
    for more in (1, 3):
        for _ in range(more):
            packed()
        manager.get("/shipments/")
        with CaptureQueriesContext(connection) as seen:
            manager.get("/shipments/")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_one_shipment_shows_boxes_labels_and_tracking(manager: Client) -> None:
    shipment = packed()
    page = manager.get(f"/shipments/{shipment.number}/").content.decode()
    label = Label.objects.get()
    for words in (label.tracking_number, "Oat drink 1 l", "L2611", "Box 1 of 1", "not reported anything"):
        assert words in page


def test_a_person_hands_over_and_notes_what_the_carrier_says(lead: Client) -> None:
    shipment = packed()
    Membership.objects.create(user=User.objects.get(email="lead@example.se"), warehouse=shipment.warehouse)
    assert lead.post(f"/shipments/{shipment.number}/dispatch/").status_code == 302
    when = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    data = {"status": "delivered", "happened_at": when, "place": "Door", "message": ""}
    assert lead.post(f"/shipments/{shipment.number}/events/", data).status_code == 302
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.DELIVERED
    page = lead.get(f"/shipments/{shipment.number}/").content.decode()
    assert "Entered by staff" in page


def test_a_wrong_event_is_shown_again_with_its_errors(manager: Client) -> None:
    shipment = packed()
    answer = manager.post(f"/shipments/{shipment.number}/events/", {"status": "flown", "happened_at": "soon"})
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert not TrackingEvent.objects.exists()


def test_a_label_is_made_again_only_with_a_reason() -> None:
    client = signed_in("operator")
    shipment = packed()
    Membership.objects.create(user=User.objects.get(email="operator@example.se"), warehouse=shipment.warehouse)
    old = Label.objects.get()
    url = f"/shipments/{shipment.number}/labels/{old.pk}/"
    client.post(url, {"do": "reprint", "reason": " "})
    assert Label.objects.get().state == "made"
    client.post(url, {"do": "reprint", "reason": "torn"})
    old.refresh_from_db()
    assert (old.state, old.void_reason) == ("void", "torn")
    assert Label.objects.filter(state="made").exclude(pk=old.pk).count() == 1


def test_operators_of_another_warehouse_see_nothing() -> None:
    shipment = packed()
    client = signed_in("operator")
    assert shipment.number not in client.get("/shipments/").content.decode()
    assert client.get(f"/shipments/{shipment.number}/").status_code == 404


@pytest.mark.parametrize("role", ["support", "finance", "operator"])
def test_only_some_may_hand_over(role: str) -> None:
    shipment = packed()
    assert signed_in(role).post(f"/shipments/{shipment.number}/dispatch/").status_code == 403


def test_many_leave_together(lead: Client) -> None:
    first, second = packed(), packed()
    Membership.objects.create(user=User.objects.get(email="lead@example.se"), warehouse=first.warehouse)
    answer = lead.post("/shipments/hand-over/", {"pk": [first.pk, second.pk]}, follow=True)
    assert "2 shipments handed over" in answer.content.decode()
    assert Shipment.objects.filter(status="dispatched").count() == 2


def test_a_file_of_events_is_taken_whole_or_not_at_all(manager: Client) -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    number = Label.objects.get().tracking_number
    head = "tracking_number;status;happened_at;message\n"
    bad = head + f"{number};Delivered;2026-11-22T10:00:00+01:00;\n{number};Delivered;yesterday;\n"
    answer = manager.post("/shipments/events/", {"file": SimpleUploadedFile("e.csv", bad.encode())})
    assert answer.status_code == 422
    assert "Row 3: happened_at must be" in answer.content.decode()
    assert not TrackingEvent.objects.exists()
    good = head + f"{number};Delivered;2026-11-22T10:00:00+01:00;=cmd()\n"
    for _ in range(2):
        manager.post("/shipments/events/", {"file": SimpleUploadedFile("e.csv", good.encode())})
    assert TrackingEvent.objects.count() == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        b"tracking_number,status,happened_at\n",
        b'tracking_number,status,happened_at\n"x',
    ],
)
def test_files_that_are_none_are_named(manager: Client, content: bytes) -> None:
    answer = manager.post("/shipments/events/", {"file": SimpleUploadedFile("e.csv", content)})
    assert answer.status_code == 422


def test_papers_open_inline(manager: Client) -> None:
    shipment = packed()
    for kind in ("packing_slip", "packing_slip_label", "label"):
        answer = manager.get(f"/papers/{kind}/{shipment.number}/")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("inline")
    assert manager.get("/papers/packing_slip/SH-1/").status_code == 404
    assert manager.get("/papers/nothing/SH-1/").status_code == 404


def test_invoices_are_for_those_who_may_see_them(manager: Client) -> None:
    shipment = packed()
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    number = shipment.order.invoices.get().number
    assert number in manager.get("/invoices/").content.decode()
    page = manager.get(f"/invoices/{number}/").content.decode()
    assert "€53.10" in page
    assert manager.get(f"/papers/invoice/{number}/").content[:5] == b"%PDF-"
    operator = signed_in("operator")
    assert operator.get(f"/invoices/{number}/").status_code == 403
    assert operator.get(f"/papers/invoice/{number}/").status_code == 404
    assert signed_in("support").get("/invoices/").status_code == 403


def test_the_manifest_hands_over_what_is_on_the_truck_and_names_what_stays(lead: Client) -> None:
    ready, held, bare, other = packed(), packed(), packed(), packed()
    place = ready.warehouse
    Shipment.objects.filter(pk=other.pk).update(warehouse=WarehouseFactory())
    Membership.objects.create(user=User.objects.get(email="lead@example.se"), warehouse=place)
    HoldFactory(order=held.order, blocks="dispatch", reason="Address unclear")
    Label.objects.filter(carton__shipment=bare).update(state="void")
    page = lead.get("/shipments/manifest/").content.decode()
    assert "On hold: Address unclear" in page
    assert "A box has no label" in page
    assert "Not scanned on its box" in page
    assert other.number not in page
    numbers = [ready.number, held.number, other.number]
    page = lead.post("/shipments/manifest/", {"parcel": numbers}, follow=True).content.decode()
    assert "1 parcel handed over. Print the list" in page
    assert f"{held.number}: " in page
    assert "Left with" in page
    states = dict(Shipment.objects.values_list("number", "status"))
    assert states == {ready.number: "dispatched", held.number: "packed", bare.number: "packed", other.number: "packed"}


def test_the_manifest_costs_the_same_for_one_and_for_many(lead: Client) -> None:
    first = packed()
    Membership.objects.create(user=User.objects.get(email="lead@example.se"), warehouse=first.warehouse)
    counts = []
    for more in (0, 3):
        for _ in range(more):
            packed()
        lead.get("/shipments/manifest/")
        with CaptureQueriesContext(connection) as seen:
            lead.get("/shipments/manifest/")
        counts.append(len(seen))
    assert counts[0] == counts[1]
