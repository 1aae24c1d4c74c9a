"""Pages of items, stock and warehouses: shown, refused, conflicting, and what they cost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from inventory.actions.holding import promise
from inventory.actions.transferring import move_stock
from inventory.factories import (
    BundleComponentFactory,
    ClosureFactory,
    LotFactory,
    MembershipFactory,
    SkuCodeFactory,
    SkuFactory,
    WarehouseFactory,
    bundle,
    stock,
)
from inventory.models import Bin, BinStock, Sku, StockLevel, StockMovement, Warehouse
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def warehouse() -> Warehouse:
    return WarehouseFactory(code="MAL", title="Malmö")


@pytest.fixture
def lead(warehouse: Warehouse) -> Client:
    user = UserFactory(role=Role.LEAD, name="Ana Lind")
    MembershipFactory(user=user, warehouse=warehouse)
    return signed_in(user)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def sku(warehouse: Warehouse) -> Sku:
    sku = SkuFactory(code="OAT-1L", name="Oat drink 1 l")
    stock(sku, warehouse, 84)
    return sku


def text(response: Any) -> str:
    return response.content.decode()


# Overview ----------------------------------------------------------------------------------------
def test_the_overview_explains_what_is_available(lead: Client, sku: Sku) -> None:
    promise({StockLevel.objects.get().pk: 61})
    page = text(lead.get("/inventory/"))
    assert "OAT-1L" in page
    assert "− 61 promised" in page
    assert "= 23 available" in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_overview_costs_the_same_for_many_items(
    lead: Client, warehouse: Warehouse, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        stock(SkuFactory(), warehouse, 5)
    with django_assert_num_queries(10):
        assert lead.get("/inventory/").status_code == 200


def test_people_of_the_floor_see_their_warehouses_only(lead: Client, sku: Sku) -> None:
    stock(sku, WarehouseFactory(code="ELSE"), 1000)
    assert "1,084" not in text(lead.get("/inventory/"))
    assert "1,084" in text(signed_in(UserFactory(role=Role.MANAGER)).get("/inventory/"))


def test_stock_states_and_their_views(lead: Client, warehouse: Warehouse, sku: Sku) -> None:
    SkuFactory(code="NONE-1")
    stock(SkuFactory(code="LOW-1"), warehouse, 5)
    StockLevel.objects.filter(sku__code="LOW-1").update(safety=3)
    short = text(lead.get("/inventory/?view=short"))
    assert "NONE-1" in short
    assert "OAT-1L" not in short
    assert "LOW-1" in text(lead.get("/inventory/?view=low"))


def test_one_warehouse_at_a_time(sku: Sku) -> None:
    stock(sku, WarehouseFactory(code="ELSE"), 1000)
    manager = signed_in(UserFactory(role=Role.MANAGER))
    assert "= 1,000 available" in text(manager.get("/inventory/?warehouse=ELSE"))
    assert "= 84 available" in text(manager.get("/inventory/?warehouse=MAL"))


def test_an_empty_house_says_what_to_do_first(lead: Client) -> None:
    assert "No items yet" in text(lead.get("/inventory/"))
    assert "Nothing matches" in text(lead.get("/inventory/?q=zzz"))


def test_the_peek_panel(lead: Client, sku: Sku) -> None:
    page = text(lead.get("/items/OAT-1L/peek/"))
    assert "A-01" in page
    assert "84" in page


# Item --------------------------------------------------------------------------------------------
def test_the_item_page(lead: Client, sku: Sku, warehouse: Warehouse) -> None:
    move_stock(
        sku=sku, units=3, origin=warehouse.bins.get(code="A-01"), target=warehouse.bins.get(code="QUAR"),
        key="q", by="Ana", now=NOW + timedelta(hours=1),
    )  # fmt: skip
    page = text(lead.get("/items/OAT-1L/"))
    assert "Quarantine" in page
    assert "does not add up" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_item_page_costs_the_same_however_long_its_history(
    lead: Client, sku: Sku, warehouse: Warehouse, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count):
        stock(sku, warehouse, 5, bin=warehouse.bins.get(code=f"A-0{number + 1}"))
    with django_assert_num_queries(16):
        assert lead.get("/items/OAT-1L/").status_code == 200


def test_an_unknown_item_is_not_found(lead: Client) -> None:
    assert lead.get("/items/NONE/").status_code == 404


def test_the_ledger_prints_its_balance(lead: Client, sku: Sku, warehouse: Warehouse) -> None:
    stock(sku, warehouse, 16, now=NOW + timedelta(days=1))
    page = text(lead.get("/items/OAT-1L/ledger/"))
    assert page.index("<strong>100</strong>") < page.index("<strong>84</strong>")
    filtered = text(lead.get("/items/OAT-1L/ledger/?kind=received&until=2026-11-23"))
    assert "<strong>84</strong>" in filtered
    assert "<strong>100</strong>" not in filtered
    assert "No line matches" in text(lead.get("/items/OAT-1L/ledger/?kind=picked"))


def test_ledger_pages_go_on_where_the_last_ended(lead: Client, sku: Sku, warehouse: Warehouse) -> None:
    for number in range(60):
        stock(sku, warehouse, 1, now=NOW + timedelta(minutes=number + 1))
    first = lead.get("/items/OAT-1L/ledger/")
    assert first.context["lines"][0].balance == 144
    second = lead.get(f"/items/OAT-1L/ledger/{first.context['next_url']}")
    assert second.context["lines"][0].balance == first.context["lines"][-1].balance - 1
    assert second.context["lines"][-1].balance == 84


@pytest.mark.parametrize("count", [1, 3])
def test_the_ledger_costs_the_same(
    lead: Client, sku: Sku, warehouse: Warehouse, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        stock(sku, warehouse, 5)
    with django_assert_num_queries(11):
        assert lead.get("/items/OAT-1L/ledger/").status_code == 200


def test_a_ledger_that_does_not_add_up_is_shouted(lead: Client, sku: Sku) -> None:
    StockLevel.objects.update(on_hand=85)
    assert "The ledger does not add up" in text(lead.get("/items/OAT-1L/"))
    assert "add up to 84, but 85 are on hand" in text(lead.get("/items/OAT-1L/ledger/"))


# Adjust, move, receive ----------------------------------------------------------------------------
def adjusting(sku: Sku, **facts: Any) -> tuple[str, dict[str, Any]]:
    row = BinStock.objects.get(sku=sku)
    given = {"units": 82, "reason": "Damaged", "note": "", "expected": 84, "key": "adjust:1"}
    return f"/items/OAT-1L/adjust/?bin={row.bin_id}", given | facts


def test_a_small_adjustment_is_booked_at_once(lead: Client, sku: Sku) -> None:
    url, data = adjusting(sku)
    assert "84" in text(lead.get(url))
    assert lead.post(url, data).status_code == 302
    assert StockLevel.objects.get().on_hand == 82
    assert StockMovement.objects.latest("pk").actor == "Ana Lind"


def test_a_large_adjustment_is_reviewed_first(lead: Client, sku: Sku) -> None:
    url, data = adjusting(sku, units=40)
    page = text(lead.post(url, data))
    assert "Book −44 units" in page
    assert StockLevel.objects.get().on_hand == 84
    lead.post(url, {**data, "reviewed": "1"})
    assert StockLevel.objects.get().on_hand == 40


def test_stock_that_moved_meanwhile_is_shown_as_conflict(lead: Client, sku: Sku) -> None:
    url, data = adjusting(sku, expected=83, units=82)
    response = lead.post(url, data)
    assert response.status_code == 409
    assert "holds 84 now" in text(response)
    assert StockLevel.objects.get().on_hand == 84


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"units": ""}, "Enter the units you counted"),
        ({"units": "x"}, "Enter a whole number"),
        ({"units": -1}, "cannot hold fewer than 0"),
        ({"units": 99_999_999}, "Check the quantity"),
        ({"reason": ""}, "Choose a reason"),
        ({"reason": "other"}, "Write the reason"),
    ],
)
def test_what_is_wrong_with_an_adjustment(lead: Client, sku: Sku, facts: dict[str, Any], words: str) -> None:
    url, data = adjusting(sku, **facts)
    response = lead.post(url, data)
    assert response.status_code == 422
    assert words in text(response)


def test_operators_may_move_but_not_adjust(sku: Sku, warehouse: Warehouse) -> None:
    user = UserFactory(role=Role.OPERATOR)
    MembershipFactory(user=user, warehouse=warehouse)
    client = signed_in(user)
    url, data = adjusting(sku)
    assert client.post(url, data).status_code == 403
    place, target = BinStock.objects.get().bin_id, warehouse.bins.get(code="A-02")
    move = {"units": 4, "target": target.pk, "reason": "", "key": "move:1"}
    assert client.post(f"/items/OAT-1L/move/?bin={place}", move).status_code == 302
    assert BinStock.objects.get(bin=target).quantity == 4


def test_a_place_of_another_house_is_not_found(lead: Client, sku: Sku) -> None:
    other = WarehouseFactory().bins.get(code="A-01")
    assert lead.get(f"/items/OAT-1L/adjust/?bin={other.pk}").status_code == 404
    assert lead.get("/items/OAT-1L/adjust/?bin=x").status_code == 404


def test_receiving_on_the_item_page(lead: Client, sku: Sku, warehouse: Warehouse) -> None:
    place = warehouse.bins.get(code="RECV")
    data = {"place": place.pk, "document": "DN-77", "units": 12}
    assert lead.get("/items/OAT-1L/receive/").status_code == 200
    assert lead.post("/items/OAT-1L/receive/", data).status_code == 302
    assert lead.post("/items/OAT-1L/receive/", {**data, "units": 13}).status_code == 422
    assert StockLevel.objects.get().on_hand == 96


# Items -------------------------------------------------------------------------------------------
ITEM = {"code": "tea-1", "name": "Tea", "barcode": "4006381333931", "tax_class": "food", "price_EUR": "4,50"}


def test_a_new_item_with_price_and_code(lead: Client) -> None:
    assert lead.post("/items/new/", ITEM).status_code == 302
    sku = Sku.objects.get(code="TEA-1")
    assert (sku.barcode, sku.product.tax_class, sku.prices.get().amount) == ("4006381333931", "food", 4.5)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"barcode": "4006381333932"}, "GTIN: check digit should be 1, not 2"),
        ({"barcode": "12"}, "8, 12, 13 or 14 digits; this one has 2"),
        ({"code": "tea 1"}, "Use capital letters, digits"),
        ({"code": ""}, "Enter a code"),
        ({"price_EUR": "abc"}, "Enter an amount like 48.20"),
        ({"price_EUR": "1.999"}, "EUR prices go down to 0.01"),
        ({"price_EUR": "-1"}, "cannot be below 0"),
        ({"origin_country": "1"}, "two letters"),
    ],
)
def test_what_is_wrong_with_an_item(lead: Client, facts: dict[str, str], words: str) -> None:
    response = lead.post("/items/new/", ITEM | facts)
    assert response.status_code == 422
    assert words in text(response)
    assert not Sku.objects.exists()


def test_a_code_in_use_is_named(lead: Client) -> None:
    SkuFactory(code="TEA-1")
    SkuFactory(code="OLD", barcode="4006381333931")
    assert "is in use" in text(lead.post("/items/new/", ITEM))
    assert "belongs to OLD" in text(lead.post("/items/new/", ITEM | {"code": "tea-2"}))


def test_changing_an_item_leaves_a_line_of_history(lead: Client, sku: Sku) -> None:
    assert lead.get("/items/OAT-1L/edit/").status_code == 200
    form = {"name": "Oat drink, 1 litre", "tax_class": "food", "weight_g": 1030, "price_EUR": "10.00"}
    assert lead.post("/items/OAT-1L/edit/", form).status_code == 302
    page = text(lead.get("/items/OAT-1L/changes/"))
    assert "weight (g) from 250 to 1030" in page
    assert "Field by field" in page
    assert "1030" in page[page.index("Field by field") :]


def test_discontinue_and_undo(lead: Client, sku: Sku) -> None:
    response = lead.post("/items/OAT-1L/actions/discontinue/", follow=True)
    assert "/items/OAT-1L/actions/bring-back/" in text(response)
    sku.refresh_from_db()
    assert sku.status == "discontinued"
    lead.post("/items/OAT-1L/actions/bring-back/")
    sku.refresh_from_db()
    assert sku.status == "active"


def test_codes_are_added_and_removed(lead: Client, sku: Sku) -> None:
    assert lead.post("/items/OAT-1L/codes/", {"code": "case-12", "units": 12}).status_code == 302
    row = sku.codes.get()
    assert (row.code, row.quantity) == ("CASE-12", 12)
    other = SkuCodeFactory(code="TAKEN")
    assert f"TAKEN belongs to {other.sku}" in text(lead.post("/items/OAT-1L/codes/", {"code": "taken", "units": 1}))
    assert "check digit" in text(lead.post("/items/OAT-1L/codes/", {"code": "4006381333932", "units": 1}))
    lead.post(f"/items/OAT-1L/codes/{row.pk}/remove/")
    assert not sku.codes.exists()


def test_parts_of_a_bundle(lead: Client, sku: Sku) -> None:
    made = bundle({sku: 1}, code="BOX")
    assert "1 OAT-1L" in text(lead.get("/items/BOX/parts/"))
    response = lead.post("/items/BOX/parts/", {"parts": "2 oat-1l\n1 NONE"})
    assert "We do not know NONE" in text(response)
    assert lead.post("/items/BOX/parts/", {"parts": "2 x OAT-1L"}).status_code == 302
    assert made.components.get().quantity == 2
    assert "is a bundle itself" in text(lead.post("/items/BOX/parts/", {"parts": "1 BOX"}))
    assert "OAT-1L" in text(lead.get("/items/BOX/"))


def test_the_label_is_a_pdf(lead: Client, sku: Sku) -> None:
    response = lead.get("/items/OAT-1L/label/")
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


def test_lots_and_bundles_are_named_on_the_page(lead: Client, warehouse: Warehouse, sku: Sku) -> None:
    lot = LotFactory(sku=sku, code="L-2026")
    stock(sku, warehouse, 3, lot=lot)
    BundleComponentFactory(component=sku, bundle__code="PACK")
    page = text(lead.get("/items/OAT-1L/"))
    assert "L-2026" in page
    assert "PACK" in page


# Warehouses --------------------------------------------------------------------------------------
def test_warehouse_pages(lead: Client, warehouse: Warehouse) -> None:
    ClosureFactory(warehouse=warehouse, day=NOW.date() + timedelta(days=365 * 30))
    assert "Malmö" in text(lead.get("/warehouses/"))
    page = text(lead.get("/warehouses/MAL/"))
    assert "A-01" in page
    assert "Stocktaking" in page
    assert lead.get(f"/warehouses/{WarehouseFactory().code}/").status_code == 404


def test_a_new_warehouse_gets_its_first_places() -> None:
    admin = signed_in(UserFactory(role=Role.ADMIN))
    form = {
        "code": "got", "title": "Göteborg", "country": "se", "time_zone": "Europe/Stockholm", "cut_off": "13:30",
        "work_days": ["1", "2"], "daily_capacity": 300, "priority": 20, "is_active": "on",
    }  # fmt: skip
    assert "time zone" in text(admin.post("/warehouses/new/", form | {"time_zone": "Mars/One"}))
    assert admin.post("/warehouses/new/", form).status_code == 302
    made = Warehouse.objects.get(code="GOT")
    assert (made.work_days, made.bins.count()) == ("12", 4)
    assert "is in use" in text(admin.post("/warehouses/new/", form))


def test_places_zones_and_closures(lead: Client, warehouse: Warehouse) -> None:
    lead.post("/warehouses/MAL/bins/", {"codes": "c-01\nC-02\nA-01\n", "kind": "pick", "first_sequence": 50})
    assert list(warehouse.bins.filter(code__startswith="C-").values_list("code", "pick_sequence")) == [
        ("C-01", 50),
        ("C-02", 60),
    ]
    zone = {"country": "PL", "postcode_prefix": "", "transit_days": 4, "distance_rank": 5}
    assert lead.post("/warehouses/MAL/zones/", zone).status_code == 302
    assert warehouse.zones.filter(country="PL").exists()
    assert lead.post("/warehouses/MAL/zones/", zone | {"country": "Poland"}).status_code == 422
    assert lead.post("/warehouses/MAL/closures/", {"day": "2026-12-24", "reason": "Eve"}).status_code == 302
    closure = warehouse.closures.get()
    lead.post(f"/warehouses/MAL/closures/{closure.pk}/remove/")
    assert not warehouse.closures.exists()


def test_a_place_with_goods_keeps_its_kind(lead: Client, warehouse: Warehouse, sku: Sku) -> None:
    place = Bin.objects.get(code="A-01")
    form = {"kind": "quarantine", "pick_sequence": 10, "is_active": "on"}
    assert "holds goods" in text(lead.post(f"/warehouses/MAL/bins/{place.pk}/", form))
    assert (
        lead.post(f"/warehouses/MAL/bins/{place.pk}/", form | {"kind": "pick", "pick_sequence": 7}).status_code == 302
    )
    place.refresh_from_db()
    assert place.pick_sequence == 7
