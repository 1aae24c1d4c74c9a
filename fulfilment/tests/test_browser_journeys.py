"""Journeys of support and managers in a real Chromium, each in the steps it is promised in (ux.md J2, J8, J9, J18, J19, J21, J23)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.factories import item, ready_to_ship
from fulfilment.tests.test_browser_flow import faults
from inventory.factories import MembershipFactory, WarehouseFactory
from ordermgmt.clock import business_day
from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.rollups import rebuild
from orders import factories
from orders.factories import HoldFactory
from orders.models import CreditNote, Order, Refund
from orders.tests.test_refunding_orders import paid_order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
SignIn = Callable[..., User]


def find(page: Any, live_server: Any, words: str) -> None:
    """One step: what the caller says and Enter; the cursor is in the search of the first page."""
    page.goto(live_server.url, wait_until="networkidle")
    page.focus("#global-search")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_why_is_it_stuck_is_answered_by_opening_it(page: Any, live_server: Any, sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT)
    made = factories.order({item(WarehouseFactory(), 5): 1})
    HoldFactory(order=made, code="address", reason="The carrier does not know the street.")
    find(page, live_server, made.number)
    page.wait_for_url(f"**/orders/{made.number}/")
    why = page.get_by_text("The carrier does not know the street.").first
    box = why.bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"]


def test_a_part_of_an_order_is_refunded_in_four_steps(page: Any, live_server: Any, sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT)
    made = paid_order()
    find(page, live_server, made.number)  # 1
    page.wait_for_url(f"**/orders/{made.number}/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("f")  # 2
    page.wait_for_url("**/refund/")
    assert faults(page) == []
    page.locator("input[name^=units_]").first.fill("2")
    page.get_by_label("Goodwill").check()
    page.get_by_role("button", name="Review").click()  # 3
    page.get_by_text("€40.00 stays paid").wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Refund €20.00").click()  # 4
    page.get_by_text("€20.00 go back to the customer").wait_for()
    assert (CreditNote.objects.get().gross_total, Refund.objects.get().status) == (20, "approved")


def test_a_charge_is_explained_in_two_steps(page: Any, live_server: Any, sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT)
    made = paid_order()
    assert made.customer
    find(page, live_server, made.customer.number)  # 1
    page.wait_for_url(f"**/customers/{made.customer.number}/**")
    page.get_by_role("link", name="Money").first.click()  # 2
    page.wait_for_url("**tab=money**")
    assert "€60.00" in page.inner_text("main")
    assert page.locator("main a[href^='/invoices/']").count() >= 1


def test_what_needs_attention_and_the_rows_behind_it(page: Any, live_server: Any, sign_in: SignIn) -> None:
    sign_in(Role.MANAGER)
    house, now = WarehouseFactory(), timezone.now()
    sku = item(house, 50)
    late = [factories.order({sku: 1}, now=now) for _number in range(3)]
    Order.objects.filter(pk__in=[one.pk for one in late]).update(promised_ship_on=business_day(now) - timedelta(days=1))
    rebuild(now=now)
    page.goto(live_server.url, wait_until="networkidle")
    # Nothing but looking: at most five sentences, and the first figure against its target.
    assert 1 <= page.locator("[data-page] li:has(a.btn:has-text('Open'))").count() <= 5
    assert "target 97.0\N{NO-BREAK SPACE}%" in page.inner_text("main")
    # One step from a figure to exactly its rows.
    tile = page.locator("main a[href*='/orders/?view=all&state=open']").first
    assert tile.inner_text().strip() == "3"
    tile.click()
    page.locator('[data-total="3"]').wait_for()


def test_whether_all_will_leave_today_is_seen(page: Any, live_server: Any, sign_in: SignIn) -> None:
    house = WarehouseFactory(code="MAL")
    MembershipFactory(user=sign_in(Role.LEAD), warehouse=house)
    ready_to_ship()
    made = factories.order({item(house, 5): 1}, now=timezone.now())
    Order.objects.filter(pk=made.pk).update(promised_ship_on=business_day(timezone.now()))
    page.goto(live_server.url, wait_until="networkidle")
    assert page.inner_text("[data-cell=left]") == "1"
    assert "no forecast" in page.inner_text("main")
