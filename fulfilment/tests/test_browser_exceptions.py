"""The inbox by keys alone in a real browser: one cause that keeps several orders waiting is mended and closes by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from inventory.factories import MembershipFactory, SkuFactory, WarehouseFactory
from ordermgmt import jobs
from ordermgmt.exception_refresh import look
from ordermgmt.exceptions import REGISTRY
from ordermgmt.models import ExceptionItem, ExceptionState, User
from ordermgmt.roles import Role
from orders import factories as sold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Any) -> list[str]:
    wrong = [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else ["scrolls sideways"]
    answer = Axe().run(page, options={"runOnly": TAGS})
    return wrong + [f"{f['id']}: {n['html'][:120]}" for f in answer.response["violations"] for n in f["nodes"]]


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.counts_exceptions
def test_three_orders_of_one_cause_are_mended_by_keys(
    page: Any, live_server: Any, sign_in: Callable[..., User]
) -> None:
    house, sku = WarehouseFactory(), SkuFactory(code="OAT-1L")
    MembershipFactory(user=sign_in(Role.MANAGER, Role.LEAD, Role.ADMIN), warehouse=house)
    for _ in range(3):
        sold.order({sku: 2}, now=timezone.now())
    sold.HoldFactory(reason="Ask the customer", opened_at=timezone.now())
    for rule in ("stock.short", "order.held"):
        look(REGISTRY[rule], now=timezone.now())

    page.goto(f"{live_server.url}/exceptions/?view=all")
    assert faults(page) == []
    title = page.locator("#item-title")
    first = title.inner_text()
    press(page, "j")
    expect(title).not_to_have_text(first)
    press(page, "k")
    expect(title).to_have_text(first)
    if "OAT-1L" not in first:
        press(page, "j")
    expect(title).to_contain_text("OAT-1L is short by 6 · 3 orders wait")

    # Put off, and that taken back.
    press(page, "h")
    expect(page.get_by_role("button", name="1 hour")).to_be_focused()
    press(page, "Enter")
    page.locator("[data-toast]", has_text="Snoozed.").wait_for()
    press(page, "z")
    page.locator("#item-title", has_text="OAT-1L").wait_for()

    # The first suggestion: receive it.
    press(page, "1")
    page.wait_for_url("**/items/OAT-1L/receive/")
    page.get_by_label("Delivery note").focus()
    page.keyboard.type("PO-551")
    press(page, "Tab")
    page.keyboard.type("6")
    page.get_by_label("Into").select_option(index=1)
    press(page, "Control+Enter")
    page.wait_for_url("**/items/OAT-1L/")

    # The jobs of the next minute.
    for name in ("allocate", "exceptions"):
        jobs.run_now(name, as_of=timezone.now() + timedelta(minutes=1))
    item = ExceptionItem.objects.get(rule="stock.short", cause="OAT-1L")
    assert item.state == ExceptionState.CLOSED
    page.goto(f"{live_server.url}/exceptions/?view=solved")
    page.locator("#item-title", has_text="OAT-1L").wait_for()
    assert "Closed by itself: stock received" in page.locator(".inbox-item").inner_text()
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{live_server.url}/exceptions/{item.pk}/")
    assert faults(page) == []
