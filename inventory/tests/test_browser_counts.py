"""Counting a place with a scanner in a real browser, on a handheld: blind, again by another, no accessibility fault."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from inventory.factories import MembershipFactory, SkuFactory, WarehouseFactory, stock
from inventory.models import BinStock, CountTask
from ordermgmt import codes
from ordermgmt.models import User
from ordermgmt.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BARCODE = "7350012345671"


def scan(page: Any, code: str) -> None:
    page.keyboard.type(code, delay=8)
    page.keyboard.press("Enter")


def faults(page: Any) -> list[str]:
    wrong = [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else ["scrolls sideways"]
    answer = Axe().run(page, options={"runOnly": TAGS})
    return wrong + [f"{f['id']}: {n['html'][:120]}" for f in answer.response["violations"] for n in f["nodes"]]


def test_a_place_is_counted_by_scans_and_far_off_by_another_person(
    page: Any, live_server: Any, sign_in: Callable[..., User]
) -> None:
    warehouse = WarehouseFactory()
    sku = SkuFactory(code="OAT-1L", barcode=BARCODE, name="Oat drink 1 l")
    stock(sku, warehouse, 10)
    page.set_viewport_size({"width": 360, "height": 740})
    for name, scans in (("Sam Berg", 2), ("Tom Lind", 3)):
        MembershipFactory(user=sign_in(Role.OPERATOR, name=name), warehouse=warehouse)
        page.goto(f"{live_server.url}/counts/")
        assert faults(page) == []
        scan(page, codes.printed(codes.BIN, "A-01"))
        page.wait_for_url("**/counts/places/*/")
        assert faults(page) == []
        for expected in range(1, scans + 1):
            scan(page, BARCODE)
            assert page.get_by_label("OAT-1L").input_value() == str(expected)
        page.get_by_role("button", name="Done").click()
        page.wait_for_url("**/counts/")
    task = CountTask.objects.get()
    MembershipFactory(user=sign_in(Role.LEAD, name="Ana Lead"), warehouse=warehouse)
    page.goto(f"{live_server.url}/counts/")
    page.get_by_role("link", name="OAT-1L").click()
    page.wait_for_url(f"**/counts/{task.pk}/")
    assert faults(page) == []
    page.get_by_label("Reason").select_option("Lost")
    page.get_by_role("button", name="Book −7 units").click()
    page.wait_for_url("**/counts/")
    assert BinStock.objects.get().quantity == 3
