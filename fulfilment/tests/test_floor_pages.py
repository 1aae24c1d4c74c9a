"""The scan address and the floor's pages: what they show, to whom, and with how many queries."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.actions.bench_overrides import NotPacked, unpack
from fulfilment.actions.proving import hand_over_proved
from fulfilment.blockers import floor_blockers
from fulfilment.cards import barcode_svg, cards
from fulfilment.factories import NOW, BoxTypeFactory, ScanEventFactory, item, released
from fulfilment.models import FulfilmentOrder, Label, ScanEvent, Shipment, Wave
from fulfilment.reports import pick_list
from fulfilment.states import LabelState, ShipmentStatus, WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold, place_code, tote_code
from fulfilment.views.scanning import _today
from inventory.factories import BinFactory, stock
from ordermgmt import codes
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.factories import HoldFactory
from orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def as_person(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    return client


def send(client: Client, **facts: Any) -> Any:
    event = {"device": "h1", "sequence": 1, "station": "pick", "task": "", "code": "SO-1", "ms": 12, **facts}
    return client.post("/scan/events/", json.dumps(event), content_type="application/json")


def test_a_scan_is_answered_and_a_repeat_gets_the_same(floor: Floor) -> None:
    oat = item(floor.warehouse, 5)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    Wave.objects.update(picker=floor.sam)
    client = as_person(floor.sam)
    first = send(client, task=wave.number, code=place_code("A-01"))
    assert first.status_code == 200
    assert first.json()["verdict"] == "accepted"
    assert first.json()["task"]["step"] == "item"
    assert send(client, task=wave.number, code=place_code("A-01")).json() == first.json()
    assert ScanEvent.objects.count() == 1
    stranger = send(as_person(floor.tom), task=wave.number, code=place_code("A-01"))
    assert stranger.status_code == 409


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"device": ""}, "device"),
        ({"device": "x" * 41}, "device"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"station": "moon"}, "station"),
        ({"code": ""}, "code"),
        ({"code": "x" * 121}, "code"),
        ({"code": "a\x00b"}, "code"),
        ({"found": "many"}, "found"),
        ({"weight_g": -5}, "weight_g"),
        ({"weight_g": 10**12}, "weight_g"),
        ({"ms": 1.5}, "ms"),
        ({"reason": ["x"]}, "reason"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_kept(floor: Floor, facts: dict[str, Any], error: str) -> None:
    answer = send(as_person(floor.sam), **facts)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert not ScanEvent.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{", "null", "[" * 3000, '"x"'])
def test_what_is_not_an_event_is_refused(floor: Floor, body: str) -> None:
    answer = as_person(floor.sam).post("/scan/events/", body, content_type="application/json")
    assert answer.status_code == 400


def test_the_scan_address_refuses_strangers_and_other_roles(floor: Floor) -> None:
    assert send(Client()).status_code == 401
    assert send(as_person(UserFactory(role=Role.FINANCE))).status_code == 403
    assert as_person(floor.sam).get("/scan/events/").status_code == 405


def test_a_wave_scanned_at_the_start_opens_it(floor: Floor) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 2}], by=floor.lead)
    client = as_person(floor.sam)
    answer = send(client, station="home", code=codes.printed(codes.WAVE, wave.number)).json()
    assert answer["go"] == f"/scan/pick/{wave.number}/"
    assert send(client, station="home", code="WV-99999", sequence=2).json()["verdict"] == "unknown"
    assert send(client, station="home", code=f"{wave.number}-X"[:-3], sequence=3).json()["verdict"] != "stop"


def test_the_next_job_is_started_by_one_button(floor: Floor) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 2}], by=floor.lead)
    client = as_person(floor.sam)
    page = client.get("/scan/").content.decode()
    assert f"Pick {wave.number}" in page
    assert client.post(f"/scan/pick/{wave.number}/claim/").headers["Location"] == f"/scan/pick/{wave.number}/"
    assert "scan-task" in client.get(f"/scan/pick/{wave.number}/").content.decode()
    other = as_person(floor.tom).get(f"/scan/pick/{wave.number}/").content.decode()
    assert "Sam Picker has this since" in other


def test_an_empty_floor_says_so(floor: Floor) -> None:
    assert "No work is waiting" in as_person(floor.sam).get("/scan/").content.decode()
    assert "No warehouse yet" in as_person(UserFactory(role=Role.OPERATOR)).get("/scan/").content.decode()


def test_a_lead_previews_releases_and_changes_waves(floor: Floor) -> None:
    oat = item(floor.warehouse, 30)
    from orders.factories import order

    held = order({oat: 2})
    HoldFactory(order=held, reason="Address not complete")
    for units in (2, 3):
        order({oat: units})
    client = as_person(floor.lead)
    preview = client.get("/waves/new/").content.decode()
    assert "Release 1 wave" in preview
    assert held.number in preview
    form = {"kind": "multi", "max_orders": 24, "totes": 6, "most_waves": 4, "due_on": "", "country": ""}
    done = client.post("/waves/new/", form)
    wave = Wave.objects.get()
    assert done.headers["Location"] == f"/waves/{wave.number}/"
    page = client.get(f"/waves/{wave.number}/").content.decode()
    assert "Split chosen orders off" in page
    work = FulfilmentOrder.objects.order_by("pk").last()
    assert work is not None
    client.post(f"/waves/{wave.number}/reassign/", {"picker": floor.sam.pk})
    client.post(f"/waves/{wave.number}/split/", {"work": [work.pk]})
    assert Wave.objects.count() == 2
    client.post(f"/waves/works/{work.number}/remove/")
    assert client.get(f"/waves/{wave.number}/cancel/").status_code == 200
    client.post(f"/waves/{wave.number}/cancel/")
    wave.refresh_from_db()
    assert wave.status == "cancelled"
    assert "Enter a whole number" in client.post("/waves/new/", {**form, "totes": "x"}).content.decode()


def test_an_address_that_names_only_the_kind_shows_no_errors(floor: Floor) -> None:
    released(floor.warehouse, [{item(floor.warehouse, 5): 1}], by=floor.lead, kind="singles")
    page = as_person(floor.lead).get("/waves/new/?kind=singles")
    assert page.context["form"].errors == {}
    assert page.context["form"].choice.kind == "singles"
    assert "is required" not in page.content.decode()


def test_a_new_wave_opens_where_the_work_is_unless_another_warehouse_was_asked_for(floor: Floor) -> None:
    from orders.factories import order

    idle = Floor(lead=floor.lead)
    first, second = sorted([floor.warehouse, idle.warehouse], key=lambda one: one.code)
    order({item(second, 9): 2})
    client = as_person(floor.lead)
    assert client.get("/waves/new/").context["warehouse"] == second
    assert client.get("/waves/").context["warehouse"] == second
    assert client.get(f"/waves/new/?warehouse={first.code}").context["warehouse"] == first
    assert client.get("/waves/new/").context["plan"].orders == 1
    form = {"kind": "multi", "max_orders": 24, "totes": 6, "most_waves": 4}
    assert client.post("/waves/new/", {**form, "warehouse": "nowhere"}).context["form"].errors.keys() == {"warehouse"}
    client.post("/waves/new/", {**form, "warehouse": second.code})
    assert Wave.objects.get().warehouse == second


def test_a_zone_takes_only_orders_whose_goods_all_lie_there(floor: Floor) -> None:
    from orders.factories import order

    near, far = item(floor.warehouse, 9), item(floor.warehouse)
    stock(far, floor.warehouse, 9, BinFactory(warehouse=floor.warehouse, code="B-07"))
    order({near: 2})
    order({near: 1, far: 1})
    client = as_person(floor.lead)
    assert client.get("/waves/new/?zone=a").context["plan"].orders == 1
    assert client.get("/waves/new/?zone=B").context["plan"].orders == 0
    assert client.get("/waves/new/").context["plan"].orders == 2


def test_another_warehouse_is_not_seen(floor: Floor) -> None:
    (wave,) = released(floor.warehouse, [{item(floor.warehouse, 5): 2}], by=floor.lead)
    other = as_person(Floor().lead)
    assert other.get(f"/waves/{wave.number}/").status_code == 404
    assert other.get(f"/scan/pick/{wave.number}/").status_code == 404
    assert wave.number not in other.get("/waves/").content.decode()
    assert other.get(f"/waves/?warehouse={floor.warehouse.code}").context["warehouse"] != floor.warehouse


def test_pages_take_the_same_queries_for_one_wave_and_three(floor: Floor) -> None:
    client, counts = as_person(floor.lead), []
    for waves in (1, 2):
        for _wave in range(waves):
            oat = item(floor.warehouse, 20)
            (wave,) = released(floor.warehouse, [{oat: 2}, {oat: 3}], by=floor.lead)
        client.get("/waves/")
        for address in ("/waves/", "/waves/new/", "/scan/", f"/waves/{wave.number}/"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append((address.split("WV")[0], len(captured)))
    assert counts[:4] == counts[4:]


def test_the_pick_list_has_what_is_left_in_walking_order(floor: Floor) -> None:
    oat = item(floor.warehouse, 20, name="Oat drink")
    (wave,) = released(floor.warehouse, [{oat: 2}, {oat: 3}], by=floor.lead)
    shown = pick_list(wave)
    assert [(row.place, row.quantity, row.tote) for row in shown.rows] == [("A-01", 2, "A"), ("A-01", 3, "B")]
    assert [row.is_new_place for row in shown.rows] == [True, False]
    assert shown.units == 5
    floor.pick(wave).follow(3)
    assert [row.quantity for row in pick_list(wave).rows] == [3]


def test_cards_carry_codes_that_can_be_read(floor: Floor) -> None:
    groups = cards([BoxTypeFactory()])
    for _title, group in groups:
        for card in group:
            read = codes.read(card.code)
            assert read is not None
            assert read.kind == codes.COMMAND
    assert barcode_svg("CMD-OK-1").startswith(b"<?xml")
    client = as_person(floor.sam)
    assert "NEXT BOX" in client.get("/scan/cards/").content.decode()
    assert client.get("/scan/cards/CMD-OK-1.svg").headers["Content-Type"] == "image/svg+xml"


def packed(floor: Floor) -> FulfilmentOrder:
    oat = item(floor.warehouse, 20)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    floor.pick(wave).follow()
    floor.bench().scan(oat.barcode)
    return FulfilmentOrder.objects.get()


def test_a_packed_box_can_be_opened_again_and_then_cancelled(floor: Floor) -> None:
    work = packed(floor)
    with pytest.raises(TooLateToCancel):
        cancel_order(work.order_id, by="Ana", reason="Late", now=NOW)
    as_person(floor.tom).post(f"/scan/pack/{work.number}/open/", {"reason": "Cancelled"})
    work.refresh_from_db()
    assert work.status == WorkStatus.PICKED
    assert Shipment.objects.get().status == ShipmentStatus.CANCELLED
    assert Label.objects.get().state == LabelState.VOID
    assert_books_hold()
    with pytest.raises(NotPacked):
        unpack(work.pk, by=floor.tom, reason="Again", now=NOW)
    cancel_order(work.order_id, by="Ana", reason="Late", now=NOW)
    assert Order.objects.get().status == "cancelled"


def test_a_proved_parcel_that_was_cut_off_is_handed_over_by_the_job(floor: Floor) -> None:
    packed(floor)
    assert hand_over_proved(now=timezone.now()) == 0
    Label.objects.update(scanned_at=NOW)
    assert hand_over_proved(now=NOW) == 1
    assert hand_over_proved(now=NOW) == 0
    assert_books_hold()


def test_a_reprint_needs_a_reason(floor: Floor) -> None:
    packed(floor)
    label = Label.objects.get()
    client = as_person(floor.tom)
    client.post(f"/scan/labels/{label.pk}/reprint/", {"reason": ""})
    assert Label.objects.count() == 1
    client.post(f"/scan/labels/{label.pk}/reprint/", {"reason": "Torn"})
    assert sorted(Label.objects.values_list("state", flat=True)) == ["made", "void"]


def test_only_leads_override(floor: Floor) -> None:
    assert as_person(floor.tom).post("/scan/pack/FO-1/override/").status_code == 403


def test_short_and_set_aside_orders_say_why(floor: Floor) -> None:
    oat = item(floor.warehouse, 3)
    (wave,) = released(floor.warehouse, [{oat: 3}], by=floor.lead)
    sam = floor.pick(wave)
    sam.scan(place_code("A-01"))
    sam.scan(oat.barcode)
    sam.command("SHORT", found=1)
    order = Order.objects.with_state().get()
    (blocker,) = floor_blockers([order], NOW)[order.pk]
    assert blocker.sentence == f"1 × {oat.code} was not at A-01"
    HoldFactory(order=order, reason="Wait")
    sam.scan(oat.barcode)
    order = Order.objects.with_state().get()
    assert [one.code for one in floor_blockers([order], NOW)[order.pk]] == ["short_pick", "set_aside"]


def test_the_bench_goes_on_with_a_label_that_is_not_scanned_yet(floor: Floor) -> None:
    oat = item(floor.warehouse, 5)
    (wave,) = released(floor.warehouse, [{oat: 1}], by=floor.lead, kind="singles")
    floor.pick(wave).follow()
    tom = floor.bench()
    tom.scan(oat.barcode)
    page = as_person(floor.tom).get("/scan/pack/")
    assert page.context["task"]["step"] == "label"
    tom.scan(Label.objects.get().tracking_number)
    assert as_person(floor.tom).get("/scan/pack/").context["task"]["step"] == "idle"


def test_today_begins_at_midnight_of_the_office(floor: Floor) -> None:
    midnight = datetime(2026, 7, 1, 22, tzinfo=UTC)
    for minutes in (-1, 1):
        at = midnight + timedelta(minutes=minutes)
        ScanEventFactory(by=floor.sam, at=at, verdict="accepted", sequence=minutes + 5, device="h")
    assert _today(floor.sam, midnight + timedelta(hours=1))["scans"] == 1


def beat(client: Client, task: str) -> Any:
    return client.post("/scan/beat/", {"task": task}).json()["stop"]


def test_the_bench_hears_of_a_hold_and_a_cancellation_without_a_scan(floor: Floor) -> None:
    oat = item(floor.warehouse, 5)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    floor.pick(wave).follow()
    tom = floor.bench()
    tom.scan(tote_code("A"))
    client, work = as_person(floor.tom), FulfilmentOrder.objects.get()
    before = work.pack_beat_at
    assert beat(client, work.number) == ""
    work.refresh_from_db()
    assert work.pack_beat_at != before
    hold = HoldFactory(order=work.order, reason="Address unclear")
    assert "was put on hold at" in beat(client, work.number)
    assert beat(as_person(Floor().tom), work.number) == ""
    work.refresh_from_db()
    assert work.status == WorkStatus.PACKING
    hold.delete()
    cancel_order(work.order_id, by="Ana", reason="Late", now=timezone.now())
    assert beat(client, work.number) == f"Stop. {work.order} was cancelled. Leave its 2 in tote A"
    assert tom.scan(oat.barcode)["verdict"] == "stop"
    assert beat(client, work.number).startswith("Stop.")


def test_a_picker_hears_that_the_wave_was_taken(floor: Floor) -> None:
    oat = item(floor.warehouse, 5)
    (wave,) = released(floor.warehouse, [{oat: 2}], by=floor.lead)
    floor.pick(wave)
    client = as_person(floor.sam)
    assert beat(client, wave.number) == ""
    Wave.objects.update(picker=floor.tom)
    assert beat(client, wave.number) == f"Stop. {floor.tom} has {wave} now"
    Wave.objects.update(picker=None)
    assert beat(client, wave.number) == ""
