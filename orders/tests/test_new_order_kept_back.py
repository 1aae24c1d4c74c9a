"""Units are promised to a form for a quarter of an hour while it is written (ux.md P09)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from inventory.actions.adjusting import adjust_stock
from inventory.actions.holding import NotEnoughStock
from inventory.actions.reserving import release_lapsed, reserve
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import BinStock, Reservation, Sku, StockLevel
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from ordermgmt.tests.planting import found
from orders.actions.phone_orders import Entered, phone_channel, place_phone_order
from orders.factories import NOW, draft, order
from orders.models import Order
from orders.tests.order_desk import filled, form, known, open_shop, sent

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=16)


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
    return open_shop()


def free(sku: Sku) -> int:
    return sum(level.free for level in StockLevel.objects.filter(sku=sku))


def holds_i02() -> bool:
    return found("I02").holds


def test_what_is_typed_is_promised_and_said(support: Client, shop: Any) -> None:
    there, maria = free(shop["OAT-1L"]), known(shop)
    page = sent(support, "refresh", filled(support, maria, "4*oat"))
    assert "promised to this order until" in page.content.decode()
    assert f"{there} available" in page.content.decode()
    assert free(shop["OAT-1L"]) == there - 4
    assert holds_i02()


def test_another_step_keeps_what_is_there_now(support: Client, shop: Any) -> None:
    there, fields = free(shop["OAT-1L"]), filled(support, known(shop), "4*oat")
    sent(support, "refresh", fields | {"units": "9"})
    assert free(shop["OAT-1L"]) == there - 9
    sent(support, "remove:OAT-1L", fields)
    assert free(shop["OAT-1L"]) == there
    assert not Reservation.objects.exists()


def test_the_order_gets_what_was_kept_back_though_nothing_else_is_left(support: Client, shop: Any) -> None:
    there, maria = free(shop["OAT-1L"]), known(shop)
    fields = form(sent(support, "refresh", filled(support, maria, f"{there}*oat")))
    rival = order({shop["OAT-1L"]: 1})
    assert rival.lines.get().backordered == 1
    sent(support, "place", fields | {"pay": "invoice"})
    made = Order.objects.latest("pk")
    assert made.lines.get(sku=shop["OAT-1L"]).promised == there
    assert not Reservation.objects.exists()
    assert holds_i02()


def test_it_lapses_and_the_page_says_so(support: Client, shop: Any) -> None:
    there, fields = free(shop["OAT-1L"]), filled(support, known(shop), "4*oat")
    assert release_lapsed(now=timezone.now()) == 0
    assert release_lapsed(now=timezone.now() + SOON) == 1
    assert release_lapsed(now=timezone.now() + SOON) == 0
    assert free(shop["OAT-1L"]) == there
    answer = support.get("/orders/new/promised/", {"token": fields["token"]}).content.decode()
    assert "Promise them again" in answer
    sent(support, "next", fields)
    assert "until" in support.get("/orders/new/promised/", {"token": fields["token"]}).content.decode()


def test_a_discarded_draft_keeps_nothing(support: Client, shop: Any) -> None:
    there, fields = free(shop["OAT-1L"]), filled(support, known(shop), "4*oat")
    sent(support, "save", fields)
    assert free(shop["OAT-1L"]) == there - 4
    sent(support, "discard", fields)
    assert free(shop["OAT-1L"]) == there


def test_a_name_that_was_made_up_is_replaced(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "4*oat") | {"token": "x" * 2000}
    assert len(form(sent(support, "refresh", fields))["token"]) <= 64


def test_it_gives_way_to_what_is_missing_on_the_shelf() -> None:
    sku, house = SkuFactory(), WarehouseFactory()
    stock(sku, house, 5)
    level = StockLevel.objects.get(sku=sku)
    reserve("a-form", {level.pk: 4}, until=NOW + SOON)
    place = BinStock.objects.get(sku=sku).bin
    facts = {"reason": "Counted", "key": "k", "by": "Ana", "now": NOW}
    adjust_stock(place=place, sku=sku, units=2, expected=5, **facts)
    level.refresh_from_db()
    assert (level.on_hand, level.allocated) == (2, 0)
    assert not Reservation.objects.exists()


def test_more_than_is_there_is_refused_and_changes_nothing() -> None:
    sku = SkuFactory()
    stock(sku, WarehouseFactory(), 5)
    level = StockLevel.objects.get(sku=sku)
    reserve("a-form", {level.pk: 4}, until=NOW + SOON)
    with pytest.raises(NotEnoughStock):
        reserve("another", {level.pk: 2}, until=NOW + SOON)
    with pytest.raises(NotEnoughStock):
        reserve("a-form", {level.pk: 6}, until=NOW + SOON)
    assert [(row.key, row.units) for row in Reservation.objects.all()] == [("a-form", 4)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time")
def test_forms_that_keep_back_lapse_and_place_at_once_sell_what_is_there() -> None:
    skus, house = [SkuFactory() for _ in range(3)], WarehouseFactory()
    for sku in skus:
        stock(sku, house, 40)
    levels = {level.sku_id: level.pk for level in StockLevel.objects.all()}
    barrier, errors = threading.Barrier(8), list[BaseException]()

    def work(worker: int) -> None:
        try:
            barrier.wait()
            for turn in range(12):
                key, basket = f"form-{(worker + turn) % 5}-{worker % 2}", [skus[(worker + at) % 3] for at in range(2)]
                with suppress(NotEnoughStock):
                    reserve(key, {levels[sku.pk]: 1 + turn % 3 for sku in basket}, until=NOW)
                if turn % 3 == 0:
                    one = draft(dict.fromkeys(basket, 2), channel=channel)
                    place_phone_order(Entered(token=f"{key}-{worker}-{turn}", state={}, draft=one), by="Ana", now=NOW)
                if turn % 4 == 0:
                    release_lapsed(now=NOW)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    channel = phone_channel()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert errors == []
    assert holds_i02()
    release_lapsed(now=NOW)
    assert not Reservation.objects.exists()
    promised = StockLevel.objects.aggregate(n=Sum("allocated"))["n"]
    assert promised == Order.objects.aggregate(n=Sum("lines__promised"))["n"]
    assert all(level.free >= 0 for level in StockLevel.objects.all())
