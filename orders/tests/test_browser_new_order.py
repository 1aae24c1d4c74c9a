"""P09 in a real Chromium: a repeat order in three steps (J3), a new one in eight (J4), keyboard alone."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from customers.factories import CustomerFactory
from customers.models import Customer
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import SkuPrice
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.factories import order
from orders.models import Order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COUNT_CLICKS = 'window.pointers = 0; addEventListener("pointerdown", () => { window.pointers += 1; }, true);'
ITEMS = (
    ("OAT-1L", "Oat drink 1 l", "2.40", 84),
    ("COF-1K", "Coffee beans 1 kg", "19.30", 1),
    ("TEA-100", "Green tea 100 g", "4.50", 9),
)


@pytest.fixture
def maria() -> Customer:
    """A customer, and a shop with three items."""
    house = WarehouseFactory()
    for code, name, price, units in ITEMS:
        sku = SkuFactory(code=code, name=name, product__tax_class="food")
        SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": Decimal(price)})
        stock(sku, house, units)
    made: Customer = CustomerFactory(name="Maria Lindqvist")
    return made


@pytest.fixture
def desk(page: Any, live_server: Any, sign_in: Callable[..., User]) -> Any:
    """The empty form, opened by somebody in support; counts what the pointer does."""
    sign_in(Role.SUPPORT)
    page.add_init_script(COUNT_CLICKS)
    page.goto(f"{live_server.url}/orders/new/", wait_until="networkidle")
    return page


def typed(page: Any, words: str) -> None:
    """One step: type and Enter."""
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def placed(page: Any) -> Order:
    page.wait_for_url("**/orders/SO-*/")
    return Order.objects.order_by("-pk")[0]


def test_a_repeat_order_takes_three_steps(desk: Any, maria: Customer) -> None:
    last = order(dict.fromkeys(maria_items(), 2), customer=maria)
    typed(desk, "070 174 06 05")
    desk.wait_for_selector("#repeat:focus")
    desk.keyboard.press("r")
    desk.wait_for_selector("text=Read back:")
    desk.keyboard.press("Control+Enter")
    made = placed(desk)
    assert made.pk != last.pk
    assert sorted(made.lines.values_list("sku__code", "ordered")) == [("COF-1K", 2), ("OAT-1L", 2)]
    assert made.addresses.get(kind="shipping").line1 == "Storgatan 12"


def maria_items() -> list[Any]:
    return list(SkuFactory._meta.model.objects.filter(code__in=["OAT-1L", "COF-1K"]))


def test_three_items_for_a_known_customer_take_five_steps_and_no_pointer(desk: Any, maria: Customer) -> None:
    order({maria_items()[0]: 1}, customer=maria)
    steps = 0
    typed(desk, "lindqvist")
    steps += 1
    desk.wait_for_selector("#repeat:focus")
    for words, code in (("4*oat", "OAT-1L"), ("cof", "COF-1K"), ("tea", "TEA-100")):
        typed(desk, words)
        steps += 1
        desk.wait_for_selector(f".order-line:has-text('{code}')")
        desk.wait_for_selector("#item_q:focus")
        assert desk.input_value("#item_q") == ""
    pointers = desk.evaluate("window.pointers")
    desk.keyboard.press("Control+Enter")
    steps += 1
    made = placed(desk)
    assert steps <= 8
    assert pointers == 0
    found = dict(made.lines.values_list("sku__code", "ordered"))
    assert found == {"OAT-1L": 4, "COF-1K": 1, "TEA-100": 1}


def test_the_arrows_choose_among_several_items(desk: Any, maria: Customer) -> None:
    SkuFactory(code="OAT-2L", name="Oat drink 2 l")
    desk.focus("#item_q")
    desk.keyboard.type("oat")
    desk.wait_for_selector("#item-results [role=option]")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".order-line:has-text('OAT-2L')")
    assert [code.strip() for code in desk.locator(".order-line-name .muted").all_inner_texts()] == ["OAT-2L"]


def test_a_changed_number_changes_the_sums_and_keeps_the_focus(desk: Any, maria: Customer) -> None:
    typed(desk, "lindqvist")
    desk.wait_for_selector("#item_q:focus")
    typed(desk, "oat")
    desk.wait_for_selector(".order-line")
    field = desk.locator("input[name=units]")
    field.fill("10")
    desk.keyboard.press("Tab")
    desk.wait_for_selector("#order-sums:has-text('€28.90')")
    assert "€24.00" in desk.inner_text(".order-line-facts")
    assert field.input_value() == "10"
    desk.keyboard.type("x")
    desk.get_by_label("Invoice, to pay within 14 days").check()
    desk.wait_for_timeout(400)
    assert not Order.objects.exists()


def test_a_double_press_places_once(desk: Any, maria: Customer) -> None:
    typed(desk, "lindqvist")
    desk.wait_for_selector("#item_q:focus")
    typed(desk, "oat")
    desk.wait_for_selector(".order-line")
    desk.keyboard.press("Control+Enter")
    desk.keyboard.press("Control+Enter")
    placed(desk)
    desk.wait_for_timeout(500)
    assert Order.objects.count() == 1


def test_a_wrong_form_says_what_and_keeps_all(desk: Any, maria: Customer) -> None:
    desk.click("text=New customer")
    desk.wait_for_selector("#caller_name:focus")
    desk.keyboard.type("Per Ek")
    desk.fill("#to_postcode", "12")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".error-summary")
    assert "Enter a phone number" in desk.inner_text(".error-summary")
    assert "Add at least one item" in desk.inner_text(".error-summary")
    assert desk.input_value("#caller_name") == "Per Ek"
    assert desk.input_value("#to_postcode") == "12"


def test_it_works_without_a_script(
    live_server: Any, browser: Any, context: Any, sign_in: Callable[..., User], maria: Customer
) -> None:
    sign_in(Role.SUPPORT)
    bare = browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = bare.new_page()
    page.goto(f"{live_server.url}/orders/new/")
    for field, words in (("#q", "lindqvist"), ("#item_q", "2*oat"), ("#item_q", "tea")):
        page.fill(field, words)
        page.press(field, "Enter")
    page.check("#pay-invoice")
    page.click("text=Place order")
    page.wait_for_url("**/orders/SO-*/")
    bare.close()
    assert dict(Order.objects.get().lines.values_list("sku__code", "ordered")) == {"OAT-1L": 2, "TEA-100": 1}


def faults(page: Any) -> list[str]:
    answer = Axe().run(page, options={"runOnly": TAGS})
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in answer.response["violations"] for node in fault["nodes"]
    ]


def test_every_state_is_for_everybody(desk: Any, maria: Customer, tmp_path: Path) -> None:
    """No accessibility fault and no sideways scroll: empty, filled, refused; light, dark, wide, narrow."""
    folder = Path(os.environ.get("SCREENSHOTS", "") or tmp_path)
    order({maria_items()[0]: 4}, customer=maria)
    wrong = look_at(desk, "empty", folder)
    typed(desk, "lindqvist")
    desk.wait_for_selector("#repeat:focus")
    for words, code in (("4*oat", "OAT-1L"), ("3*cof", "COF-1K")):
        typed(desk, words)
        desk.wait_for_selector(f".order-line:has-text('{code}')")
    wrong += look_at(desk, "filled", folder)
    desk.get_by_label("Another address").check()
    desk.get_by_label("Paid now").check()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_selector(".error-summary")
    wrong += look_at(desk, "refused", folder)
    desk.focus("#item_q")
    desk.keyboard.type("tea")
    desk.wait_for_selector("#item-results [role=option]")
    wrong += look_at(desk, "searching", folder)
    assert wrong == []


def look_at(page: Any, state: str, folder: Path) -> list[str]:
    wrong = []
    for theme, width in (("light", 1280), ("light", 360), ("dark", 1280), ("dark", 360)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"new-order-{state}-{theme}-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{state} {theme} {width}: scrolls sideways")
        wrong += [f"{state} {theme} {width}: {fault}" for fault in faults(page)]
    return wrong
