"""First pages in a real Chromium: a caller is answered in one action (J1), boards refresh in place, nothing for axe."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from customers.factories import FollowUpFactory
from fulfilment.factories import ShipmentFactory, item, ready_to_ship
from fulfilment.states import ShipmentStatus
from inventory.factories import MembershipFactory, WarehouseFactory
from ordermgmt.clock import business_day
from ordermgmt.factories import ExceptionItemFactory, KnownProblemFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders import factories
from orders.models import Order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def assert_clean(page: Any) -> None:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert not found, json.dumps([(one["id"], [node["target"] for node in one["nodes"]]) for one in found])


def test_a_caller_is_answered_in_one_action(page: Any, live_server: Any, sign_in: Callable[..., User]) -> None:
    person = sign_in(Role.SUPPORT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    order, now = factories.order({item(WarehouseFactory(), 9): 1}), timezone.now()
    Order.objects.filter(pk=order.pk).update(fulfilment_status="shipped")
    order.lines.update(promised=0, shipped=1)
    ShipmentFactory(
        work__order=order, status=ShipmentStatus.DISPATCHED, dispatched_at=now, expected_on=date(2026, 11, 25)
    )
    FollowUpFactory(person=person, due_on=business_day(now))
    KnownProblemFactory()
    ExceptionItemFactory()
    page.goto(live_server.url)
    page.keyboard.type(order.number)  # the one action: the cursor was there
    page.wait_for_selector("#home-say:not([hidden])")
    row = page.inner_text("#home-results")
    assert "Shipped" in row
    assert "arrives" in row
    words = page.inner_text("#home-say q")
    assert words.startswith("It left us on")
    page.keyboard.press("Control+c")
    page.wait_for_selector(".toast")
    assert page.evaluate("navigator.clipboard.readText()") == words
    assert_clean(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{order.number}/")


def test_the_board_refreshes_in_place_and_on_the_wall(
    page: Any, live_server: Any, sign_in: Callable[..., User]
) -> None:
    warehouse = WarehouseFactory()
    ready_to_ship()
    MembershipFactory(user=sign_in(Role.LEAD), warehouse=warehouse)
    page.goto(live_server.url)
    assert page.inner_text("[data-cell=left]") == "0"
    assert_clean(page)
    page.clock.install()
    page.goto(f"{live_server.url}/?wall=1")
    sku = item(warehouse, 9)
    factories.order({sku: 1}, now=timezone.now())
    Order.objects.update(promised_ship_on=business_day(timezone.now()) - timedelta(days=1))
    page.clock.fast_forward(11_000)
    page.locator("[data-cell=left].is-changed", has_text="1").wait_for()
    assert page.evaluate("getComputedStyle(document.querySelector('main')).fontSize") == "28px"
    assert_clean(page)


@pytest.mark.parametrize(("role", "path"), [(Role.MANAGER, "/"), (Role.ADMIN, "/"), (Role.ADMIN, "/audit/")])
def test_nothing_for_axe(page: Any, live_server: Any, sign_in: Callable[..., User], role: str, path: str) -> None:
    sign_in(role)
    KnownProblemFactory()
    ExceptionItemFactory()
    factories.order()
    page.goto(f"{live_server.url}{path}")
    assert_clean(page)
