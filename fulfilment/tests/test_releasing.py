"""Release: what is ready, what is left out and why, which bin and lot, and taking it back."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfilment.actions import planning
from fulfilment.actions.choosing import not_ready, ready_to_release
from fulfilment.actions.planning import Choice, plan_waves
from fulfilment.actions.taking_back import NotReleased, take_back
from fulfilment.actions.walking import place_of
from fulfilment.actions.waves import NothingToRelease, release_waves
from fulfilment.factories import NOW, item
from fulfilment.models import FulfilmentOrder, PickTask
from fulfilment.states import WorkStatus
from fulfilment.tests.floor import Floor, assert_books_hold
from inventory.factories import LotFactory, stock
from inventory.models import Bin, BinStock
from ordermgmt.models import Activity
from orders.factories import HoldFactory, order
from orders.models import Order
from orders.states import FulfilmentStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def floor() -> Floor:
    return Floor()


def release(floor: Floor, **choice: Any) -> list[FulfilmentOrder]:
    waves = release_waves(floor.warehouse, Choice(**choice), by=floor.lead, now=NOW)
    return list(FulfilmentOrder.objects.filter(wave__in=waves).order_by("pk"))


def test_a_released_order_has_work_bins_and_counters(floor: Floor) -> None:
    oat, coffee = item(floor.warehouse, 10), item(floor.warehouse, 10)
    placed = order({oat: 2, coffee: 1})
    (work,) = release(floor)
    assert work.status == WorkStatus.RELEASED
    assert (work.order, work.tote, work.is_single) == (placed, "A", False)
    assert sorted(work.lines.values_list("quantity", flat=True)) == [1, 2]
    assert sum(PickTask.objects.values_list("quantity", flat=True)) == 3
    assert [line.allocated for line in placed.lines.all()] == [2, 1]
    placed.refresh_from_db()
    assert placed.fulfilment_status == FulfilmentStatus.IN_PROGRESS
    assert Activity.objects.of(placed.number).filter(verb="work.released").exists()
    assert_books_hold()


def test_what_is_held_or_short_is_left_out_with_its_reason(floor: Floor) -> None:
    oat, coffee = item(floor.warehouse, 10), item(floor.warehouse, 1)
    held, short, ready = order({oat: 1}), order({oat: 1, coffee: 3}), order({oat: 2})
    HoldFactory(order=held, reason="Address not complete")
    assert list(ready_to_release(floor.warehouse)) == [ready]
    reasons = {one.number: (one.code, one.reason) for one in not_ready(floor.warehouse)}
    assert reasons == {
        held.number: ("held", "On hold: Address not complete"),
        short.number: ("short", "Waits for stock: 2 units"),
    }
    plan = plan_waves(floor.warehouse, Choice())
    assert (plan.orders, plan.lines, len(plan.excluded)) == (1, 1, 2)
    assert [work.order for work in release(floor)] == [ready]


def test_what_is_short_goes_when_it_ships_in_parts(floor: Floor) -> None:
    here, short = item(floor.warehouse, 10), item(floor.warehouse, 1)
    placed = order({here: 1, short: 3})
    Order.objects.update(ships_in_parts=True)
    (work,) = release(floor)
    assert sorted(work.lines.values_list("order_line__position", "quantity")) == [(1, 1), (2, 1)]
    assert [line.backordered for line in placed.lines.all()] == [0, 2]


def test_a_hold_that_does_not_stop_release_is_no_reason(floor: Floor) -> None:
    placed = order({item(floor.warehouse, 10): 2})
    HoldFactory(order=placed, blocks="dispatch")
    assert list(ready_to_release(floor.warehouse)) == [placed]


def test_nothing_is_released_twice(floor: Floor) -> None:
    order({item(floor.warehouse, 10): 2})
    release(floor)
    with pytest.raises(NothingToRelease):
        release(floor)
    assert FulfilmentOrder.objects.count() == 1


def test_however_many_wait_only_the_most_urgent_are_looked_at(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two cannot be picked: two more are looked at, and no order is locked that is not released."""
    monkeypatch.setattr(planning, "AT_ONCE", 2)
    monkeypatch.setattr(planning, "MOST_NAMED", 1)
    tea, oat = item(floor.warehouse), item(floor.warehouse, 50)
    stock(tea, floor.warehouse, 50, bin=Bin.objects.get(warehouse=floor.warehouse, code="RECV"))
    for sku in (tea, tea, oat, oat, oat):
        order({sku: 2})
    for n in range(3):
        HoldFactory(order=order({oat: 2}), reason=f"Reason {n}")
    plan = plan_waves(floor.warehouse, Choice(max_orders=1, most_waves=1))
    assert (plan.orders, plan.ready, plan.left_out["held"]) == (1, 3, 3)
    assert [one.reason for one in plan.excluded if one.code == "held"] == ["On hold: Reason 0"]
    with CaptureQueriesContext(connection) as asked:
        (work,) = release(floor, max_orders=1, most_waves=1)
    assert work.order == Order.objects.order_by("pk")[2]
    if connection.vendor == "postgresql":
        locks = [query["sql"] for query in asked if '"orders_order"' in query["sql"] and "FOR UPDATE" in query["sql"]]
        assert f"IN ({work.order_id})" in locks[0]


def test_first_expired_goes_first_but_not_to_a_subscriber_who_cannot_use_it(floor: Floor) -> None:
    oat = item(floor.warehouse)
    soon = LotFactory(sku=oat, expires_on=date(2026, 12, 1))
    later = LotFactory(sku=oat, expires_on=date(2027, 6, 1))
    for lot in (later, soon):
        stock(oat, floor.warehouse, 5, lot=lot)
    once, renewal = order({oat: 2}), order({oat: 2}, is_renewal=True)
    release(floor)
    lots = dict(PickTask.objects.values_list("line__work__order", "lot"))
    assert lots == {once.pk: soon.pk, renewal.pk: later.pk}
    assert_books_hold()


def test_goods_that_expire_too_early_or_lie_elsewhere_are_named(floor: Floor) -> None:
    milk, tea, rice = (item(floor.warehouse) for _ in range(3))
    stock(milk, floor.warehouse, 5, lot=LotFactory(sku=milk, expires_on=date(2026, 11, 24)))
    stock(tea, floor.warehouse, 5, bin=Bin.objects.get(warehouse=floor.warehouse, code="RECV"))
    stock(rice, floor.warehouse, 5, bin=Bin.objects.get(warehouse=floor.warehouse, code="A-02"))
    late = {"requested_delivery_on": date(2026, 12, 20)}
    for sku in (milk, tea, rice):
        order({sku: 2}, **(late if sku is milk else {}))
    Bin.objects.filter(code="A-02").update(is_suspect=True)
    reasons = [one.reason for one in plan_waves(floor.warehouse, Choice()).excluded]
    assert f"{tea.code} is on RECV, not on a shelf yet" in reasons
    assert f"{rice.code}: A-02 must be counted first" in reasons


def test_singles_go_apart_and_totes_limit_a_cart(floor: Floor) -> None:
    oat = item(floor.warehouse, 50)
    for units in (1, 1, 2, 3, 2):
        order({oat: units})
    singles = release_waves(floor.warehouse, Choice(kind="singles"), by=floor.lead, now=NOW)
    assert [(wave.fulfilment_orders.count(), wave.kind) for wave in singles] == [(2, "singles")]
    multi = release_waves(floor.warehouse, Choice(totes=2), by=floor.lead, now=NOW)
    assert [sorted(w.fulfilment_orders.values_list("tote", flat=True)) for w in multi] == [["A", "B"], ["A"]]


def test_a_bulk_is_of_one_item_the_most_wanted_first(floor: Floor) -> None:
    oat, coffee, tea = item(floor.warehouse, 50), item(floor.warehouse, 50), item(floor.warehouse, 50)
    for sku in (coffee, oat, coffee, tea, oat, coffee):
        order({sku: 1})
    order({oat: 2})
    plan = plan_waves(floor.warehouse, Choice(kind="bulk", max_orders=2))
    assert [(wave.orders, wave.stops) for wave in plan.waves] == [(2, 1), (1, 1), (2, 1)]
    assert plan.left_over == 0
    waves = release_waves(floor.warehouse, Choice(kind="bulk"), by=floor.lead, now=NOW)
    skus = [set(wave.fulfilment_orders.values_list("lines__sku", flat=True)) for wave in waves]
    assert skus == [{coffee.pk}, {oat.pk}]
    assert not FulfilmentOrder.objects.exclude(tote="").exists()
    with pytest.raises(NothingToRelease):
        release_waves(floor.warehouse, Choice(kind="bulk"), by=floor.lead, now=NOW)
    assert_books_hold()


def test_a_bulk_is_picked_at_one_stop(floor: Floor) -> None:
    oat = item(floor.warehouse, 50)
    for _number in range(5):
        order({oat: 1})
    (wave,) = release_waves(floor.warehouse, Choice(kind="bulk"), by=floor.lead, now=NOW)
    place = place_of(wave)
    assert (place.pick.quantity, len(place.picks)) == (5, 1)


def test_the_most_urgent_go_first(floor: Floor) -> None:
    oat = item(floor.warehouse, 50)
    calm, late = order({oat: 2}), order({oat: 2})
    late.promised_ship_on = date(2026, 11, 20)
    late.save()
    (work,) = release(floor, totes=1, most_waves=1)
    assert work.order == late
    assert list(ready_to_release(floor.warehouse)) == [calm]


def test_many_orders_take_as_many_statements_as_few(floor: Floor) -> None:
    skus = [item(floor.warehouse, 200) for _ in range(4)]
    counts = []
    for size in (1, 3, 12):
        for number in range(size):
            order({skus[number % 4]: 2, skus[(number + 1) % 4]: 1})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            release(floor, totes=50, max_orders=50)
        counts.append(len(captured))
    assert counts[1] == counts[2]
    assert_books_hold()


def test_released_work_can_be_taken_back(floor: Floor) -> None:
    placed = order({item(floor.warehouse, 10): 2})
    (work,) = release(floor)
    take_back(work.pk, by=floor.lead, now=NOW + timedelta(minutes=1))
    line = placed.lines.get()
    assert (line.promised, line.allocated) == (2, 0)
    assert BinStock.objects.get(bin__code="A-01").allocated == 0
    assert list(ready_to_release(floor.warehouse)) == [placed]
    with pytest.raises(NotReleased, match="cancelled"):
        take_back(work.pk, by=floor.lead, now=NOW)
    assert_books_hold()
