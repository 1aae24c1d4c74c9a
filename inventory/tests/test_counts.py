"""Counting places: blind, again by another person when far off, then decided (P18)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from inventory.actions.adjusting import StockChanged
from inventory.actions.count_rounds import (
    CountRefused,
    approve_count,
    count_again,
    enter_counts,
    newest_movement,
    open_counts,
    reject_count,
)
from inventory.actions.holding import promise
from inventory.actions.transferring import move_stock
from inventory.factories import (
    BinFactory,
    CountTaskFactory,
    LotFactory,
    MembershipFactory,
    SkuCodeFactory,
    SkuFactory,
    WarehouseFactory,
    stock,
)
from inventory.models import Bin, BinStock, CountEntry, CountTask, Sku, StockLevel, StockMovement, Warehouse
from inventory.states import MovementKind
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity, User
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def warehouse() -> Warehouse:
    return WarehouseFactory(code="MAL")


@pytest.fixture
def sku(warehouse: Warehouse) -> Sku:
    made = SkuFactory(code="OAT-1L", barcode="7350012345671")
    stock(made, warehouse, 84)
    return made


@pytest.fixture
def place(warehouse: Warehouse) -> Bin:
    return warehouse.bins.get(code="A-01")


@pytest.fixture
def people(warehouse: Warehouse) -> tuple[User, User, User]:
    made = [UserFactory(role=role) for role in (Role.OPERATOR, Role.OPERATOR, Role.LEAD)]
    for person in made:
        MembershipFactory(user=person, warehouse=warehouse)
    return made[0], made[1], made[2]


def counted(place: Bin, sku: Sku, units: int, by: User, **facts: Any) -> CountTask:
    (task,) = enter_counts(
        place=place, found={sku: {None: units}}, since=newest_movement(place), by=by, now=NOW, **facts
    )
    task.refresh_from_db()
    return task


def lying_there(place: Bin, sku: Sku) -> int:
    return sum(BinStock.objects.filter(bin=place, sku=sku).values_list("quantity", flat=True))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return client


# Verbs ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("units", [84, 80, 92])
def test_a_count_within_tolerance_is_booked_at_once(place: Bin, sku: Sku, people: Any, units: int) -> None:
    task = counted(place, sku, units, people[0])
    place.refresh_from_db()
    assert task.done_at == NOW
    assert lying_there(place, sku) == units == StockLevel.objects.get(sku=sku).on_hand
    assert not place.is_suspect


def test_far_off_another_person_counts_again_and_a_lead_decides(place: Bin, sku: Sku, people: Any) -> None:
    sam, tom, ana = people
    task = counted(place, sku, 60, sam)
    place.refresh_from_db()
    assert place.is_suspect
    assert task.done_at is None
    with pytest.raises(CountRefused, match="Somebody else"):
        counted(place, sku, 60, sam)
    with pytest.raises(CountRefused, match="already"):
        approve_count(task=task, reason="Lost", by=ana, now=NOW)
    counted(place, sku, 61, tom)
    assert lying_there(place, sku) == 84
    with pytest.raises(CountRefused, match="waits for a decision"):
        counted(place, sku, 61, ana)
    with pytest.raises(CountRefused, match="reason"):
        approve_count(task=task, reason=" ", by=ana, now=NOW)
    approve_count(task=task, reason="Lost", by=ana, now=NOW)
    place.refresh_from_db()
    assert lying_there(place, sku) == 61
    assert not place.is_suspect
    line = StockMovement.objects.filter(kind=MovementKind.ADJUSTED).get()
    assert (line.quantity, line.reason, line.actor_id) == (-23, f"Count {task.pk}: Lost", ana.pk)
    with pytest.raises(CountRefused, match="already"):
        approve_count(task=task, reason="Lost", by=ana, now=NOW)


def test_a_second_count_that_agrees_with_the_books_closes_it(place: Bin, sku: Sku, people: Any) -> None:
    counted(place, sku, 10, people[0])
    task = counted(place, sku, 84, people[1])
    assert task.done_at == NOW
    assert lying_there(place, sku) == 84


def test_leaving_the_books_and_counting_anew(place: Bin, sku: Sku, people: Any) -> None:
    sam, tom, ana = people
    counted(place, sku, 10, sam)
    task = counted(place, sku, 12, tom)
    count_again(task=task, reason="Both in a hurry", by=ana, now=NOW)
    assert list(task.entries.valid()) == []
    counted(place, sku, 13, sam)
    counted(place, sku, 13, tom)
    reject_count(task=task, reason="Found in A-02", by=ana, now=NOW)
    task.refresh_from_db()
    assert task.done_at == NOW
    assert task.entries.count() == 4
    assert lying_there(place, sku) == 84
    assert Activity.objects.filter(verb="reject_count").exists()


def test_goods_that_moved_meanwhile_are_counted_again(place: Bin, sku: Sku, people: Any, warehouse: Warehouse) -> None:
    since, other = newest_movement(place), BinFactory(warehouse=warehouse)
    move = {"sku": sku, "lot": None, "origin": place, "target": other, "by": "Ana", "now": NOW, "reason": "Move"}
    move_stock(units=4, key="m1", **move)
    with pytest.raises(CountRefused, match="were moved"):
        enter_counts(place=place, found={sku: {None: 84}}, since=since, by=people[0], now=NOW)
    assert not CountTask.objects.exists()
    counted(place, sku, 10, people[0])
    task = counted(place, sku, 10, people[1])
    move_stock(units=4, key="m2", **move)
    with pytest.raises(StockChanged):
        approve_count(task=task, reason="Lost", by=people[2], now=NOW)


def test_promised_goods_that_are_missing_are_for_a_lead(place: Bin, sku: Sku, people: Any) -> None:
    promise({StockLevel.objects.get(sku=sku).pk: 84})
    task = counted(place, sku, 83, people[0])
    assert task.done_at is None
    assert task.entries.count() == 1
    assert lying_there(place, sku) == 84


def test_lots_are_counted_one_by_one(place: Bin, warehouse: Warehouse, people: Any) -> None:
    lot = LotFactory(sku__tracks_lots=True)
    stock(lot.sku, warehouse, 6, lot=lot)
    other = LotFactory(sku=lot.sku)
    stock(lot.sku, warehouse, 3, lot=other)
    enter_counts(
        place=place, found={lot.sku: {lot.pk: 5, other.pk: 4}}, since=newest_movement(place), by=people[0], now=NOW
    )
    assert dict(BinStock.objects.values_list("lot_id", "quantity")) == {lot.pk: 5, other.pk: 4}


def test_nobody_counts_twice_even_past_the_verb(place: Bin, sku: Sku, people: Any) -> None:
    task = counted(place, sku, 10, people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        CountEntry.objects.create(task=task, by=people[0], counted_at=NOW, counted=[], expected=[])


def test_asking_twice_asks_once(place: Bin, sku: Sku, people: Any) -> None:
    for _time in range(2):
        (task,) = open_counts(places=[place], reason="Regular count", by=people[2], now=NOW)
    assert CountTask.objects.get() == task


# Pages ---------------------------------------------------------------------------------------------
def named_84(text: str) -> bool:
    """Whether a page says the units of the books; people, items and movements may be numbered so."""
    return bool(re.search(r"\b84\b", re.sub(r'Person 84|person84@|Item 84|name="since" value="84"', "", text)))


def test_the_way_over_the_pages(place: Bin, sku: Sku, people: Any) -> None:
    sam, tom, ana = map(signed_in, people)
    form = {"warehouse": "MAL", "places": "a-0*", "reason": "Regular count"}
    assert ana.post("/counts/new/", form).status_code == 302
    assert CountTask.objects.get().bin == place
    found = sam.get("/scan/count/?place=A-01")
    assert found.headers["Location"] == f"/counts/places/{place.pk}/"
    page = sam.get(f"/counts/places/{place.pk}/")
    assert "OAT-1L" in page.content.decode()
    assert not named_84(page.content.decode())
    name = f"u{sku.pk}_0"
    since = page.context["form"]["since"].value()
    assert "0 when there is none" in sam.post(page.request["PATH_INFO"], {"since": since}).content.decode()
    sam.post(page.request["PATH_INFO"], {"since": since, name: 60})
    assert "Somebody else counts again" in sam.get("/counts/").content.decode()
    assert "Count again" in tom.get("/counts/").content.decode()
    assert not named_84(tom.get(page.request["PATH_INFO"]).content.decode().replace(f"{sku.pk}", ""))
    tom.post(page.request["PATH_INFO"], {"since": since, name: 61})
    task = CountTask.objects.get()
    assert sam.get(f"/counts/{task.pk}/").status_code == 403
    decide = ana.get(f"/counts/{task.pk}/").content.decode()
    assert "Book −23 units" in decide
    assert ana.post(f"/counts/{task.pk}/", {"deed": "approve"}).status_code == 422
    assert ana.post(f"/counts/{task.pk}/", {"deed": "approve", "reason": "Lost"}).status_code == 302
    assert lying_there(place, sku) == 61
    assert "Finished" in ana.get(f"/counts/{task.pk}/").content.decode()
    assert "Counted in the last 7 days" in ana.get("/counts/").content.decode()


def test_a_stale_count_is_a_conflict_on_the_page(place: Bin, sku: Sku, people: Any, warehouse: Warehouse) -> None:
    client = signed_in(people[0])
    since = newest_movement(place)
    stock(sku, warehouse, 3)
    answer = client.post(f"/counts/places/{place.pk}/", {"since": since, f"u{sku.pk}_0": 84})
    assert answer.status_code == 409
    assert "were moved" in answer.content.decode()


@pytest.mark.parametrize(
    ("other", "units", "words"),
    [
        ("NOPE", 1, "no item with this code"),
        ("OAT-1L", 1, "field of its own"),
        ("TEA", "", "or neither"),
        ("", 3, "or neither"),
    ],
)
def test_another_item_must_be_whole(place: Bin, sku: Sku, people: Any, other: str, units: Any, words: str) -> None:
    SkuFactory(code="TEA")
    data = {"since": newest_movement(place), f"u{sku.pk}_0": 84, "other": other, "other_units": units}
    answer = signed_in(people[0]).post(f"/counts/places/{place.pk}/", data)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_an_item_found_where_none_should_be_is_booked(place: Bin, sku: Sku, people: Any) -> None:
    tea = SkuFactory(code="TEA")
    data = {"since": newest_movement(place), f"u{sku.pk}_0": 84, "other": "tea", "other_units": 3}
    assert signed_in(people[0]).post(f"/counts/places/{place.pk}/", data).status_code == 302
    assert lying_there(place, tea) == 3


def test_places_elsewhere_and_staging_are_not_counted(people: Any, warehouse: Warehouse) -> None:
    ana = signed_in(people[2])
    elsewhere = WarehouseFactory(code="ELSE").bins.get(code="A-01")
    assert ana.get(f"/counts/places/{elsewhere.pk}/").status_code == 404
    assert ana.get(f"/counts/{CountTaskFactory(bin=elsewhere).pk}/").status_code == 404
    assert "ELSE" not in ana.get("/counts/").content.decode()
    stage = warehouse.bins.get(code="STAGE")
    assert ana.get(f"/counts/places/{stage.pk}/").status_code == 404
    form = {"warehouse": "MAL", "places": "STAGE NOWHERE", "reason": "x"}
    page = ana.post("/counts/new/", form)
    assert page.status_code == 422
    assert "no place NOWHERE" in page.content.decode()


def test_nothing_to_count_says_what_to_do(people: Any) -> None:
    assert "Nothing is to be counted" in signed_in(people[0]).get("/counts/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_many(
    people: Any, warehouse: Warehouse, count: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(count):
        task = CountTaskFactory(bin=BinFactory(warehouse=warehouse))
        CountEntry.objects.create(task=task, by=people[0], counted_at=NOW, counted=[], expected=[])
        done = CountTaskFactory(bin=BinFactory(warehouse=warehouse), done_at=datetime.now(UTC) - timedelta(days=1))
        CountEntry.objects.create(task=done, by=people[0], counted_at=NOW, counted=[], expected=[])
    client = signed_in(people[2])
    with django_assert_max_num_queries(12):
        assert client.get("/counts/").status_code == 200


def test_case_codes_count_as_what_is_in_them(place: Bin, sku: Sku, people: Any) -> None:
    SkuCodeFactory(sku=sku, code="17350012345678", quantity=6)
    page = signed_in(people[0]).get(f"/counts/places/{place.pk}/").content.decode()
    assert "17350012345678=6" in page
    assert "7350012345671=1" in page
