"""P11 in a real Chromium: repeat, skip and a new address in the fewest steps (J3, J5, J6); problems seen at once."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from customers.factories import FollowUpFactory
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import SkuPrice
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.factories import DunningFactory, HoldFactory, InvoiceFactory, OrderFactory
from orders.models import Order, Subscription
from orders.tests.subscribed import days, fresh, subscribe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def s() -> Subscription:
    """Maria's coffee, which leaves in twenty days."""
    house = WarehouseFactory()
    made = subscribe(starts_on=timezone.localdate() + timedelta(days=20), now=timezone.now())
    sku = SkuFactory(code="OAT-1L", name="Oat drink 1 l")
    SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": "2.40"})
    stock(sku, house, 84)
    OrderFactory(customer=made.customer, units={sku: 2})
    return made


def find(page: Any, live_server: Any, words: str) -> None:
    """Step 1: what the caller says, typed into the search that is focused anyway, and Enter."""
    page.goto(f"{live_server.url}/", wait_until="networkidle")
    page.focus("#global-search")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-page=customer], [data-page=search]")


def test_a_repeat_order_takes_three_steps(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription) -> None:  # fmt: skip
    sign_in(Role.SUPPORT)
    find(page, live_server, s.customer.number)
    page.keyboard.press("r")
    page.wait_for_selector("#order-form")
    page.wait_for_load_state()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/SO-*/")
    made = Order.objects.order_by("-pk")[0]
    assert [(line.sku.code, line.ordered) for line in made.lines.all()] == [("OAT-1L", 2)]
    assert made.customer == s.customer
    assert Order.objects.count() == 2


def test_skipping_the_next_takes_two_steps_and_comes_back(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription) -> None:  # fmt: skip
    sign_in(Role.SUPPORT)
    before = days(s, now=timezone.now())
    find(page, live_server, s.customer.number)
    page.keyboard.press("k")
    page.wait_for_selector(".toast")
    assert days(s, now=timezone.now())[0] == f"({before[0]})"
    assert page.url.endswith(f"/customers/{s.customer.number}/")
    page.keyboard.press("u")
    page.wait_for_selector("text=is as it was")
    assert days(s, now=timezone.now()) == before


def test_skipping_on_a_phone_is_one_tap(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription) -> None:  # fmt: skip
    sign_in(Role.SUPPORT)
    page.set_viewport_size({"width": 360, "height": 740})
    before = days(s, now=timezone.now())
    page.goto(f"{live_server.url}/customers/{s.customer.number}/", wait_until="networkidle")
    page.click("text=Skip next")
    page.wait_for_selector(".toast")
    assert days(s, now=timezone.now())[0] == f"({before[0]})"


def test_a_new_address_takes_four_steps(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription) -> None:  # fmt: skip
    sign_in(Role.SUPPORT)
    find(page, live_server, s.customer.number)
    page.keyboard.press("e")
    page.wait_for_selector("#id_line1")
    page.fill("#id_line1", "Nya gatan 5")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".toast")
    assert fresh(s).address.line1 == "Nya gatan 5"
    assert Order.objects.get().addresses.get(kind="shipping").line1 == "Nya gatan 5"


def faults(page: Any) -> list[str]:
    answer = Axe().run(page, options={"runOnly": TAGS})
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in answer.response["violations"] for node in fault["nodes"]
    ]


def test_for_everybody(page: Any, live_server: Any, sign_in: Callable[..., User], s: Subscription, tmp_path: Path) -> None:  # fmt: skip
    """No accessibility fault, no sideways scroll, and what is wrong is seen without scrolling."""
    sign_in(Role.SUPPORT, Role.MANAGER)
    HoldFactory(order=Order.objects.get(), code="address", reason="The carrier does not know the street.")
    DunningFactory(invoice=InvoiceFactory(customer=s.customer), reason="insufficient_funds")
    FollowUpFactory(customer=s.customer)
    folder = Path(os.environ.get("SCREENSHOTS", "") or tmp_path)
    wrong = []
    for name, rest in (
        ("overview", ""),
        ("money", "?tab=money"),
        ("move", "move/"),
        ("credit", "give-credit/"),
        ("erase", "erase/"),
    ):
        page.goto(f"{live_server.url}/customers/{s.customer.number}/{rest}", wait_until="networkidle")
        for theme, width, height in (("light", 1280, 800), ("light", 360, 800), ("dark", 1280, 800)):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"customer-{name}-{theme}-{width}.png", full_page=True)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name} {theme} {width}: scrolls sideways")
            wrong += [f"{name} {theme} {width}: {fault}" for fault in faults(page)]
            for row in page.query_selector_all(".open-row")[:2] if name == "overview" else ():
                box = row.bounding_box()
                if box["y"] + box["height"] > height:
                    wrong.append(f"{width}: a problem ends at {box['y'] + box['height']}")
    assert wrong == []
