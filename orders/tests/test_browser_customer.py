"""Customers' pages in a real browser on a small phone: no accessibility fault, the answer without scrolling, no script."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import brotli
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.utils import timezone

from ordermgmt.clock import business_day
from orders.actions.holds import hold
from orders.models import Order
from orders.states import HoldCode
from orders.tests.customer_orders import event, in_stock, shipment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 360, "height": 740}
NEW = {"Name": "Maria Lindqvist", "Street and number": "Sveavägen 4", "Postcode": "111 57", "Town": "Stockholm"}


def promised(days: int = 2, *, first: int = 2) -> Order:
    order, today = in_stock(lines=2), business_day(timezone.now())
    Order.objects.filter(pk=order.pk).update(
        promised_ship_on=today + timedelta(days=1), promised_delivery_on=today + timedelta(days=days),
        first_promised_delivery_on=today + timedelta(days=first),
    )  # fmt: skip
    return Order.objects.get(pk=order.pk)


def _state(order: Order, value: str) -> Order:
    Order.objects.filter(pk=order.pk).update(fulfilment_status=value)
    return order


def _held(code: str) -> Order:
    order = promised()
    with transaction.atomic():
        hold(order, code=code, reason="Test", by="Test", now=timezone.now())
    return order


def _parcel(order: Order, status: str, says: str, **facts: Any) -> Order:
    now, today = timezone.now(), business_day(timezone.now())
    facts = {"expected_on": today + timedelta(days=2), "last_event_at": now, "dispatched_at": now, **facts}
    event(shipment(order, status, carrier_status=says, **facts), says, place="Malmö", at=now)
    return order


def _problem() -> Order:
    order = _parcel(promised(), "delivered", "delivered", delivered_at=timezone.now())
    return _state(
        _parcel(order, "dispatched", "delivery_failed", problem="delivery_failed:consignee_not_home"), "shipped"
    )


STATES: dict[str, Callable[[], Order]] = {
    "ready": promised,
    "late": lambda: promised(4),
    "awaiting_payment": lambda: _held(HoldCode.PAYMENT),
    "address": lambda: _held(HoldCode.ADDRESS),
    "on_hold": lambda: _held(HoldCode.RISK),
    "backordered": lambda: _state(promised(), "waiting"),
    "shipped": lambda: _state(_parcel(promised(), "dispatched", "in_transit"), "shipped"),
    "out_for_delivery": lambda: _state(_parcel(promised(), "dispatched", "out_for_delivery"), "shipped"),
    "part_shipped": lambda: _state(_parcel(promised(), "dispatched", "in_transit"), "part_shipped"),
    "problem": _problem,
    "delivered": lambda: _state(
        _parcel(promised(), "delivered", "delivered", delivered_at=timezone.now()), "delivered"
    ),
    "returned": lambda: _state(promised(), "returned"),
}
UNDATED = {"returned"}


def faults(page: Any) -> list[str]:
    answer = Axe().run(page, options={"runOnly": TAGS})
    return [f"{f['id']}: {n['target']} {n['html'][:120]}" for f in answer.response["violations"] for n in f["nodes"]]


def look_at(page: Any, address: str) -> list[str]:
    wrong: list[str] = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (360, 320):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto(address)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{theme} {width}: scrolls sideways")
        wrong += [f"{theme}: {fault}" for fault in faults(page)]
    return wrong


def address_of(order: Order, path: str = "") -> str:
    return f"/o/{order.links.order_by('-expires_at').first().token}/{path}"


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_answered_in_the_first_screen(name: str, page: Any, live_server: Any) -> None:
    address = live_server.url + address_of(STATES[name]())
    assert look_at(page, address) == []
    page.set_viewport_size(PHONE)
    page.goto(address)
    lead = page.locator(".lead").bounding_box()
    assert lead["y"] + lead["height"] < PHONE["height"]
    dates = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s\d{1,2}\s\w{3}"
    assert (
        page.evaluate("(re) => new RegExp(re).test(document.querySelector('.lead').innerText)", dates)
        or name in UNDATED
    )


@pytest.mark.parametrize("path", ["address/", "cancel/", "code/"])
def test_what_customers_fill_in_has_no_faults(path: str, page: Any, live_server: Any) -> None:
    assert look_at(page, live_server.url + address_of(promised(), path)) == []


@pytest.mark.parametrize("path", ["/find/", "/o/unknown/"])
def test_finding_has_no_faults(path: str, page: Any, live_server: Any) -> None:
    assert look_at(page, live_server.url + path) == []


def test_both_buttons_of_cancelling_are_alike_and_in_the_first_screen(page: Any, live_server: Any) -> None:
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + address_of(promised(), "cancel/"))
    boxes = [page.get_by_text(words, exact=True).bounding_box() for words in ("Cancel order", "Keep order")]
    assert boxes[0]["width"] == boxes[1]["width"]
    assert max(box["y"] + box["height"] for box in boxes) < PHONE["height"]


@pytest.mark.parametrize("path", ["/o/", "/find/"])
def test_the_page_weighs_little_and_asks_nobody_else(path: str, page: Any, live_server: Any) -> None:
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it is given
    path = address_of(STATES["shipped"]()) if path == "/o/" else path
    page.goto(live_server.url + path, wait_until="networkidle")
    asked = [answer for answer in answers if not answer.url.startswith("data:")]
    assert [answer.url for answer in asked if not answer.url.startswith(live_server.url)] == []
    assert len(asked) <= 6
    assert sum(map(weight, asked)) <= 40_000


def weight(answer: Any) -> int:
    """Bytes on the way: production keeps static files compressed; the page itself is counted as it is."""
    body = answer.body()
    return len(brotli.compress(body) if "/static/" in answer.url else body)


def test_the_whole_way_without_script(browser: Any, live_server: Any) -> None:
    """Find, look, change the address, cancel: as a person would, with scripts switched off."""
    order = promised()
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{live_server.url}/find/")
    page.get_by_role("textbox", name="Order number").fill(f" {order.number.lower().replace('-', '')} ")
    page.get_by_role("textbox", name="Postcode it goes to").fill("11455")
    page.get_by_role("button", name="Show my order").click()
    page.get_by_role("link", name="Change delivery address").click()
    for label, words in NEW.items():
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_label("E-mail of this order").fill(order.email)
    page.get_by_label("Postcode this order goes to now").fill("114 55")
    page.get_by_role("button", name="Save address").click()
    page.get_by_text("Saved. It goes to the new address.").wait_for()
    assert "Sveavägen 4" in page.inner_text("address")
    page.get_by_role("link", name="Cancel this order").click()
    page.get_by_role("button", name="Cancel order").click()
    assert page.locator("h1").inner_text().startswith("Cancelled")
    cookies = {cookie["name"] for cookie in context.cookies()}
    context.close()
    assert cookies == {"proof"}


def test_nothing_is_told_to_other_sites(page: Any, live_server: Any) -> None:
    order = STATES["shipped"]()
    seen: list[Any] = []
    page.route("https://track.example/**", lambda route: (seen.append(route.request.headers), route.fulfill(body="ok")))
    page.goto(live_server.url + address_of(order))
    page.get_by_role("link", name="Track with Nordic Parcel").click()
    page.wait_for_url("https://track.example/**")
    assert seen
    assert "referer" not in seen[0]
