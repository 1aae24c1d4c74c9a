from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import StockLevel, Warehouse
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import run_now
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from ordermgmt.tests.planting import found
from orders.actions.cancellation import cancel_order
from orders.actions.holds import (
    AlreadyReleased,
    NotOpen,
    expire_holds,
    place_hold,
    release_hold,
    stops,
    undo_release,
)
from orders.factories import ADDRESS, NOW, order
from orders.models import Allocation, Hold
from orders.states import FulfilmentStatus, HoldCode, Stage

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
ABROAD = replace(ADDRESS, postcode="1050", country="DK")


def test_a_hold_stops_what_it_reaches() -> None:
    made = order()
    held = place_hold(
        made.pk, code=HoldCode.RISK, reason="Odd address", by="Ana", now=NOW, blocks=[Stage.LABEL, Stage.DISPATCH]
    )
    assert held.blocks == "label,dispatch"
    assert stops(made, Stage.LABEL) == held
    assert stops(made, Stage.PICK) is None
    assert Activity.objects.of(made.number)[0].text == "Held: Odd address"


def test_the_same_handle_is_one_hold() -> None:
    made = order()
    first = place_hold(made.pk, code=HoldCode.OPERATOR, reason="Ask", by="Ana", now=NOW)
    assert place_hold(made.pk, code=HoldCode.OPERATOR, reason="Ask again", by="Tom", now=NOW) == first
    assert Hold.objects.count() == 1


def test_stock_is_kept_or_given_back_and_taken_again() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    made = order({sku: 2})
    place_hold(made.pk, code=HoldCode.OPERATOR, reason="Keeps", by="Ana", now=NOW)
    assert StockLevel.objects.get(sku=sku).allocated == 2
    given = place_hold(made.pk, code=HoldCode.REQUEST, reason="Next month", by="Ana", now=NOW, keeps_stock=False)
    assert StockLevel.objects.get(sku=sku).allocated == 0
    assert not Allocation.objects.exists()
    assert made.lines.get().backordered == 2
    release_hold(given.pk, by="Ana", now=LATER)
    assert made.lines.get().promised == 2
    assert StockLevel.objects.get(sku=sku).allocated == 2


def test_releasing_the_last_one_restarts_work_and_says_so() -> None:
    made = order()
    one = place_hold(made.pk, code=HoldCode.OPERATOR, reason="One", by="Ana", now=NOW)
    two = place_hold(made.pk, code=HoldCode.RISK, reason="Two", by="Ana", now=NOW)
    release_hold(one.pk, by="Ana", now=LATER)
    assert Activity.objects.of(made.number)[0].text == "Released: One"
    release_hold(two.pk, by="Ana", now=LATER)
    assert Activity.objects.of(made.number)[0].text == "Released: Two. Work goes on"
    with pytest.raises(AlreadyReleased, match="Ana released this hold already"):
        release_hold(two.pk, by="Tom", now=LATER)


def test_a_release_is_undone() -> None:
    made = order()
    held = place_hold(made.pk, code=HoldCode.OPERATOR, reason="One", by="Ana", now=NOW, blocks=[Stage.PACK])
    release_hold(held.pk, by="Ana", now=LATER)
    again = undo_release(held.pk, by="Ana", now=LATER)
    assert (again.reason, again.blocks, again.released_at) == ("One", "pack", None)
    assert stops(made, Stage.PACK) == again


def test_its_time_is_up() -> None:
    made = order()
    place_hold(made.pk, code=HoldCode.REQUEST, reason="Until noon", by="Ana", now=NOW, expires_at=LATER)
    assert expire_holds(now=LATER - timedelta(seconds=1)).done == 0
    assert expire_holds(now=LATER).done == 1
    assert expire_holds(now=LATER).done == 0
    assert made.holds.get().released_by == "Timer"


def test_an_order_that_cannot_be_released_does_not_keep_the_others_waiting(client: Client) -> None:
    abroad, sku = WarehouseFactory(zones=[("DK", 2, 1)]), SkuFactory()
    WarehouseFactory(zones=[("SE", 2, 1)])
    bad, good = order({sku: 1}, shipping=ABROAD), order({sku: 1})
    for soon, made in ((1, bad), (2, good)):
        until = LATER - timedelta(hours=1 / soon)
        place_hold(made.pk, code=HoldCode.REQUEST, reason="Later", by="Ana", now=NOW, expires_at=until)
    Warehouse.objects.filter(pk=abroad.pk).update(time_zone="No/Where")
    run = run_now("expire_holds", as_of=LATER)
    assert (run.summary["released"], run.summary["failed"]) == (1, 1)
    assert bad.number in run.summary["failed_rows"][0]
    assert not good.holds.open().exists()
    assert bad.holds.open().exists()
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    page = client.get("/jobs/").content.decode()
    assert "1 released" in page
    assert "1 failed" in page
    assert f"{bad.number}: " in page
    assert f"{bad.number}: " in client.get(f"/jobs/runs/{run.pk}/").content.decode()


def test_a_finished_order_takes_no_hold() -> None:
    made = order()
    cancel_order(made.pk, by="Ana", reason="x", now=NOW)
    with pytest.raises(NotOpen, match="nothing left to hold"):
        place_hold(made.pk, code=HoldCode.OPERATOR, reason="Ask", by="Ana", now=NOW)


def test_who_comes_back_too_late_waits_in_the_queue() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 2)
    made = order({sku: 2})
    given = place_hold(made.pk, code=HoldCode.REQUEST, reason="Next month", by="Ana", now=NOW, keeps_stock=False)
    made.refresh_from_db()
    assert made.fulfilment_status == FulfilmentStatus.WAITING
    order({sku: 2})
    release_hold(given.pk, by="Ana", now=LATER)
    assert made.lines.get().backordered == 2
    assert found("I34").holds
    assert found("I52").holds


def test_a_second_hold_for_the_same_reason_is_said(client: Client) -> None:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    made = order()
    given = {"code": "operator", "reach": "release", "keeps_stock": "on", "owner_role": "support"}
    url = f"/orders/{made.number}/hold/"
    assert client.post(url, given | {"reason": "Ask for the size."}).status_code == 302
    again = client.post(url, given | {"reason": "Count it first"})
    assert again.status_code == 409
    assert "It is held for that already: Ask for the size. Choose another reason" in again.content.decode()
    assert made.holds.open().count() == 1
