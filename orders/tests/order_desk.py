"""The page for a new order by phone, as tests walk through it."""

import re
from decimal import Decimal
from typing import Any

from django.test import Client
from django.utils import timezone

from customers.factories import CustomerFactory
from customers.models import Customer
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, SkuPrice
from ordermgmt.proofs import in_order, prove

URL = "/orders/new/"


def open_shop() -> dict[str, Sku]:
    """Three priced items in one warehouse: oat drink, coffee, and tea nobody has."""
    house = WarehouseFactory()
    made = {}
    for code, name, price, units in (
        ("OAT-1L", "Oat drink 1 l", "2.40", 84),
        ("COF-1K", "Coffee beans 1 kg", "19.30", 1),
        ("TEA-100", "Green tea 100 g", "4.50", 0),
    ):
        sku = SkuFactory(code=code, name=name, product__tax_class="food")
        SkuPrice.objects.update_or_create(sku=sku, currency="EUR", defaults={"amount": Decimal(price)})
        if units:
            stock(sku, house, units)
        made[code] = sku
    return made


def sent(client: Client, do: str, given: dict[str, Any] | None = None, **more: Any) -> Any:
    return client.post(URL, {"do": do, **(given or {}), **more})


def form(page: Any) -> dict[str, Any]:
    """The fields of the form as a browser would send them, without buttons."""
    text = page.content.decode()
    text = text[text.index('id="order-form"') :]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checked" in tag or 'type="radio"' not in tag):
            found.setdefault(name[1], []).append(value[1] if value else "on")
    country = re.search(r'<option value="(\w+)" selected', text)
    found["to_country"] = [country[1] if country else ""]
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def known(shop: Any, **facts: Any) -> Customer:
    return CustomerFactory(name="Maria Lindqvist", **facts)


def filled(client: Client, customer: Customer, *items: str, **more: Any) -> dict[str, Any]:
    """A form with a customer and items, as after these steps."""
    page = client.get(f"{URL}?customer={customer.number}")
    for words in items:
        page = sent(client, "next", form(page), item_q=words)
    return {**form(page), **more}


def broken() -> list[str]:
    """Codes of invariants that do not hold; no schedules are written in tests (I46)."""
    return [rule.code for rule in in_order() if rule.code != "I46" and not prove(rule, now=timezone.now()).holds]


def new_customer(**more: Any) -> dict[str, Any]:
    return {
        "is_new": "1", "caller_name": "Per Ek", "caller_phone": "070 111 22 33", "caller_email": "", "address": "new",
        "to_postcode": "11455", "to_city": "Stockholm", "to_line1": "Ny väg 3", "to_country": "SE",
        "item": "OAT-1L", "units": "2", "pay": "invoice", "token": "a-token", **more,
    }  # fmt: skip
