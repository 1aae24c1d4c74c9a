"""Global search: exact codes go straight there, rows answer by themselves, and only to those who may see them."""

import pytest
from django.test import Client

from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from ordermgmt.finding import Asked
from ordermgmt.roles import Role
from orders import factories
from orders.models import Order

pytestmark = pytest.mark.django_db


def signed_in(client: Client, role: str) -> Client:
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


def rows(client: Client, text: str) -> str:
    return client.get("/search/", {"q": text, "fragment": "1"}).content.decode()


def test_exact_codes_go_straight_there(client: Client) -> None:
    sku = SkuFactory()
    order = factories.order({sku: 1})
    support = signed_in(client, Role.SUPPORT)
    for text in (order.number, order.number[3:], order.number.lower()):
        assert support.get("/search/", {"q": text}).url == f"/orders/{order.number}/"
    assert support.get("/search/", {"q": sku.code}).url == f"/items/{sku.code}/"
    assert support.get("/search/", {"q": order.customer.number}).url == f"/customers/{order.customer.number}/"


def test_rows_say_state_promise_and_last_event(client: Client) -> None:
    order = factories.order()
    Order.objects.filter(pk=order.pk).update(promised_delivery_on="2026-11-25")
    support = signed_in(client, Role.SUPPORT)
    for text in ("lindqvist", "maria lindq", order.email, "114 55", order.number[:6]):
        found = rows(support, text)
        assert order.number in found, text
        assert "promised 25" in found
        assert "&lt;time" not in found
    assert order.customer.number in rows(support, "+46 (0)70-174 06 05")
    assert "No order, customer or item matches" in rows(support, "zzyzx qqq")


def test_nobody_finds_what_they_may_not_see(client: Client) -> None:
    order = factories.order()
    found = rows(signed_in(client, Role.OPERATOR), "lindqvist")
    assert order.number not in found
    assert order.customer.number not in found


def test_prefixes_narrow_the_search(client: Client) -> None:
    order = factories.order()
    support = signed_in(client, Role.SUPPORT)
    assert order.number not in rows(support, "@lindqvist")
    assert order.number in rows(support, "#lindqvist")


@pytest.mark.parametrize(
    ("text", "digits"), [("070-174 06 05", "701740605"), ("+46 (0)70", ""), ("0046 70 17406", "467017406"), ("abc", "")]
)
def test_phone_in_any_format(text: str, digits: str) -> None:
    assert Asked(text).phone == digits
