"""The shift board: each number opens as many rows, other warehouses stay out, and polling costs little."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.factories import CarrierRateFactory, PickupFactory, ShipmentFactory, item, ready_to_ship, released
from fulfilment.models import FulfilmentOrder, Shipment, Wave
from fulfilment.shift import PARTS, Shift
from fulfilment.shift_board import Board
from fulfilment.states import ShipmentStatus, WaveStatus, WorkStatus
from inventory.factories import MembershipFactory, WarehouseFactory
from inventory.models import Warehouse
from ordermgmt.clock import business_day
from ordermgmt.factories import UserFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders import factories
from orders.actions.holds import hold
from orders.models import Order

pytestmark = pytest.mark.django_db
DRILL = re.compile(r'<a data-drill data-cell="([^"]+)" href="([^"]+)">([\d,]+)\+?</a>')


@pytest.fixture
def here(client: Client) -> Warehouse:
    """A warehouse whose lead is signed in; boxes and a carrier are set up."""
    warehouse: Warehouse = WarehouseFactory(code="MAL", cut_off=time(23, 59))
    ready_to_ship()
    lead = UserFactory(role=Role.LEAD)
    MembershipFactory(user=lead, warehouse=warehouse)
    client.force_login(lead, backend="ordermgmt.access.RoleBackend")
    return warehouse


def today_s(warehouse: Warehouse, count: int, **facts: Any) -> list[Order]:
    """Promised orders that must leave today."""
    sku, now = item(warehouse, 50), timezone.now()
    made = [factories.order({sku: 1}, now=now) for _ in range(count)]
    Order.objects.filter(pk__in=[order.pk for order in made]).update(promised_ship_on=business_day(now), **facts)
    return made


def on_the_floor(warehouse: Warehouse, by: User) -> list[FulfilmentOrder]:
    """Five orders due today, one in each stage from pick to gone, two of them handed over."""
    now = timezone.now()
    released(warehouse, [{item(warehouse, 9): 1, item(warehouse, 9): 1} for _ in range(5)], by=by, now=now)
    works = list(FulfilmentOrder.objects.filter(warehouse=warehouse).order_by("pk"))
    Order.objects.filter(fulfilment_orders__in=works).update(promised_ship_on=business_day(now))
    moves: list[tuple[str, dict[str, Any]]] = [
        (WorkStatus.RELEASED, {}),
        (WorkStatus.PICKED, {"picked_at": now - timedelta(minutes=50)}),
        (WorkStatus.PACKED, {"packed_at": now}),
        (WorkStatus.DISPATCHED, {"dispatched_at": now}),
        (WorkStatus.DISPATCHED, {"dispatched_at": now}),
    ]
    for work, (status, facts) in zip(works, moves, strict=True):
        FulfilmentOrder.objects.filter(pk=work.pk).update(status=status, **facts)
    ShipmentFactory(work=works[2], packed_at=now)
    for work in works[3:]:
        ShipmentFactory(work=work, packed_at=now, dispatched_at=now, status=ShipmentStatus.DISPATCHED)
    return works


def drills(client: Client, path: str = "/") -> dict[str, tuple[str, int]]:
    page = client.get(path).content.decode()
    found = DRILL.findall(page)
    return {name: (url.replace("&amp;", "&"), int(count.replace(",", ""))) for name, url, count in found}


def test_every_number_opens_as_many_rows(client: Client, here: Warehouse) -> None:
    on_the_floor(here, UserFactory(role=Role.LEAD))
    waiting = today_s(here, 3)
    hold(waiting[0], code="address", reason="Postcode not known", by="Ana", now=timezone.now())
    found = drills(client)
    for url, count in found.values():
        assert f'data-total="{count}"' in client.get(url).content.decode(), url
    numbers = {name: count for name, (_url, count) in found.items()}
    assert (numbers["all"], numbers["done"], numbers["left"], numbers["stopped"]) == (7, 2, 5, 1)
    assert (numbers["release"], numbers["pick"], numbers["pack"], numbers["hand_over"]) == (2, 1, 1, 1)
    assert numbers["hour"] == 3
    assert numbers["all"] == numbers["done"] + numbers["left"]


def test_what_left_before_its_day_is_not_todays_work(client: Client, here: Warehouse) -> None:
    works = on_the_floor(here, UserFactory(role=Role.LEAD))
    tomorrow = business_day(timezone.now()) + timedelta(days=1)
    Order.objects.filter(pk=works[4].order_id).update(promised_ship_on=tomorrow)
    found = drills(client)
    assert (found["done"][1], found["early"][1], found["all"][1]) == (1, 1, 4)
    assert 'data-total="1"' in client.get(found["early"][0]).content.decode()


def test_a_truck_that_has_left_leaves_everything_at_risk(client: Client, here: Warehouse) -> None:
    CarrierRateFactory(carrier__code="express", carrier__name="Express", service="Express", price=50)
    on_the_floor(here, UserFactory(role=Role.LEAD))
    PickupFactory(warehouse=here, carrier=Shipment.objects.earliest("pk").carrier, leaves_at=time(0))
    found = drills(client)
    assert found["risk"][1] == found["risk-house"][1] == found["left-house"][1] == 3
    for name in ("risk", "risk-house", "left-house"):
        assert 'data-total="3"' in client.get(found[name][0]).content.decode()


def test_the_wished_service_decides_the_truck(client: Client, here: Warehouse) -> None:
    CarrierRateFactory(carrier__code="express", carrier__name="Express", service="Express", price=50)
    today_s(here, 1, shipping_method="express")
    today_s(here, 2)
    found = drills(client)
    assert (found["left-express"][1], found["left-house"][1]) == (1, 2)
    assert 'data-total="1"' in client.get(found["left-express"][0]).content.decode()


def test_people_at_work_are_named(client: Client, here: Warehouse) -> None:
    on_the_floor(here, UserFactory(role=Role.LEAD))
    sam, ines = UserFactory(name="Sam Holm"), UserFactory(name="Ines Moreau")
    beat = timezone.now() - timedelta(minutes=2)
    Wave.objects.update(status=WaveStatus.PICKING, picker=sam, beat_at=beat)
    packing = FulfilmentOrder.objects.filter(status=WorkStatus.PICKED)
    packing.update(status=WorkStatus.PACKING, packer=ines, pack_beat_at=beat - timedelta(minutes=14))
    page = client.get("/").content.decode()
    assert ">Sam</a>" in page
    assert ">Ines</a>" not in page


def test_other_warehouses_stay_out(client: Client, here: Warehouse) -> None:
    other = WarehouseFactory(code="HAM", title="Hamburg")
    on_the_floor(other, UserFactory(role=Role.LEAD))
    page = client.get("/?warehouse=HAM").content.decode()
    assert "Hamburg" not in page
    assert drills(client, "/?warehouse=HAM")["all"][1] == 0
    assert 'data-total="0"' in client.get("/floor/orders/?warehouse=HAM&part=all").content.decode()


def test_a_lead_without_a_warehouse_is_told(client: Client) -> None:
    client.force_login(UserFactory(role=Role.LEAD), backend="ordermgmt.access.RoleBackend")
    assert "No warehouse to see" in client.get("/").content.decode()
    assert client.get("/floor/orders/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_a_constant_number_of_queries(
    client: Client, here: Warehouse, count: int, django_assert_num_queries: Any
) -> None:
    today_s(here, count)
    for _ in range(count):
        released(here, [{item(here, 9): 1, item(here, 9): 1}], by=UserFactory(role=Role.LEAD), now=timezone.now())
    Order.objects.update(promised_ship_on=business_day(timezone.now()))
    client.get("/")
    with django_assert_num_queries(16):
        client.get("/home/parts/")


def test_the_same_board_costs_no_bytes(client: Client, here: Warehouse) -> None:
    first = client.get("/home/parts/")
    assert client.get("/home/parts/", headers={"If-None-Match": first["ETag"]}).status_code == 304
    today_s(here, 1)
    again = client.get("/home/parts/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200


def test_the_wall_has_nothing_to_press(client: Client, here: Warehouse) -> None:
    page = client.get("/?wall=1").content.decode()
    assert 'data-theme="dark"' in page
    assert "New wave" not in page
    assert "<button" not in page


def test_each_part_of_a_shift_is_a_set_of_orders(here: Warehouse) -> None:
    on_the_floor(here, UserFactory(role=Role.LEAD))
    shift = Shift(here, timezone.now())
    stages = [set(shift.part(name).values_list("pk", flat=True)) for name in ("release", "pick", "pack", "hand_over")]
    assert set().union(*stages) == set(shift.part("left").values_list("pk", flat=True))
    assert sum(map(len, stages)) == shift.part("left").count() == Board(shift).left
    assert set(PARTS) >= {"risk", "early", "hour"}


def test_today_is_the_day_at_the_warehouse(client: Client, here: Warehouse) -> None:
    """What leaves today is not late because the office has tomorrow already."""
    now = timezone.now()
    far = next(zone for zone in ("Pacific/Kiritimati", "Etc/GMT+12") if business_day(now, zone) != business_day(now))
    Warehouse.objects.filter(pk=here.pk).update(time_zone=far)
    today_s(here, 1)
    for late, words in ((0, "today"), (2, "2 d late")):
        Order.objects.update(promised_ship_on=business_day(now, far) - timedelta(days=late))
        page = client.get("/floor/orders/?warehouse=MAL&part=left").content.decode()
        assert words in page.partition("<tbody")[2]
