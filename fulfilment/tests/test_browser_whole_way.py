"""The whole way of one order in a real browser: a web shop's file, an unknown item, a wave, scans, a parcel, its customer."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fulfilment.factories import item, ready_to_ship
from fulfilment.models import FulfilmentOrder, Label, Shipment, Wave
from fulfilment.states import ShipmentStatus
from fulfilment.tests.floor import assert_books_hold, place_code, tote_code
from inventory.factories import MembershipFactory, WarehouseFactory
from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.tests.wedge import scan, settled
from orders.factories import ChannelFactory
from orders.models import Invoice, Order
from orders.states import ChannelKind, FulfilmentStatus, OrderStatus
from orders.tests.test_intake_verbs import payload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]

HOME = {
    "first_name": "Ann",
    "last_name": "Tester",
    "address1": "Storgatan 4",
    "zip": "114 55",
    "city": "Stockholm",
    "country_code": "SE",
}


def take_in(page: Any, address: str, order: dict[str, Any]) -> None:
    file = {"name": "order.json", "mimeType": "application/json", "buffer": json.dumps(order).encode()}
    page.goto(f"{address}/inbound/new/")
    page.get_by_label("Channel").select_option(label="Web shop")
    page.get_by_label("Files").set_input_files(file)
    page.get_by_role("button", name="Take in", exact=True).click()
    page.get_by_text("1 held").wait_for()


def map_the_item(page: Any, address: str, number: str, sku: str) -> None:
    """From the order's own sentence to the document and back: one code, once."""
    page.goto(f"{address}/orders/{number}/")
    page.locator(".why").get_by_role("link", name="Map items").click()
    page.get_by_label("Our SKU or barcode").fill(sku)
    page.get_by_role("button", name="Map it").click()
    page.get_by_text("1 order goes on").wait_for()
    page.goto(f"{address}/orders/{number}/")
    assert "waits for the next wave" in page.inner_text(".why")


def release(page: Any, address: str) -> Wave:
    page.goto(f"{address}/waves/new/")
    page.get_by_text("Several items", exact=True).click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Release 1 wave").wait_for()
    assert "csrf" not in page.url
    page.get_by_role("button", name="Release 1 wave").click()
    page.wait_for_url("**/waves/WV-*/")
    return Wave.objects.get()


def pick_and_pack(page: Any, address: str, wave: Wave, barcode: str) -> None:
    tote = tote_code(FulfilmentOrder.objects.get().tote)
    page.goto(f"{address}/scan/")
    page.wait_for_selector("body[data-scan=ready]")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(f"**/scan/pick/{wave.number}/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, place_code("A-01"), barcode, barcode, tote)
    settled(page)
    page.wait_for_selector("body[data-step=end]")
    page.goto(f"{address}/scan/pack/")
    page.wait_for_selector("body[data-scan=ready]")
    scan(page, tote, barcode, barcode)
    page.wait_for_selector("body[data-step=label]")
    scan(page, Label.objects.get().tracking_number)
    page.wait_for_selector("body[data-step=idle]")
    settled(page)


def deliver(page: Any, address: str, shipment: Shipment) -> None:
    page.goto(f"{address}/shipments/{shipment.number}/")
    page.get_by_label("What happened").select_option("delivered")
    page.get_by_role("button", name="Note event").click()
    page.wait_for_load_state()


def test_from_the_web_shop_to_the_door(page: Any, live_server: Any, sign_in: Callable[..., User]) -> None:
    person, address = sign_in(Role.SUPPORT, Role.LEAD, Role.OPERATOR), live_server.url
    warehouse = WarehouseFactory()
    MembershipFactory(user=person, warehouse=warehouse)
    ready_to_ship()
    ChannelFactory(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY)
    tea = item(warehouse, 10, name="Green tea")
    take_in(page, address, payload(shipping_address=HOME))
    order = Order.objects.get()
    map_the_item(page, address, order.number, tea.code)
    wave = release(page, address)
    pick_and_pack(page, address, wave, tea.barcode)
    shipment = Shipment.objects.get()
    assert shipment.status == ShipmentStatus.DISPATCHED
    assert Invoice.objects.get(order=order).gross_total == order.total
    deliver(page, address, shipment)
    order.refresh_from_db()
    assert (order.fulfilment_status, order.status) == (FulfilmentStatus.DELIVERED, OrderStatus.CLOSED)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}/o/{order.links.get().token}/")
    assert page.inner_text("h1").startswith("Delivered")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert_books_hold()
