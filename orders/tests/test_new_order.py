"""P09: a new order by phone, step by step as it works without a script: who, what, and what it says before."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.factories import CustomerFactory
from inventory.factories import SkuFactory
from inventory.models import Sku, SkuPrice
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.factories import order
from orders.models import Order
from orders.tests.order_desk import URL, filled, form, known, open_shop, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
    return open_shop()


def test_only_who_may_enter_orders_sees_it(client: Client) -> None:
    client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}customers/?q=maria").status_code == 403


def test_a_customer_is_found_by_phone_in_any_format(support: Client, shop: Any) -> None:
    maria = known(shop)
    page = sent(support, "next", q="070-174 06 05")
    assert form(page)["customer"] == maria.number
    assert "Storgatan 12" in page.content.decode()
    assert form(support.get(f"{URL}?phone=%2B46701740605"))["customer"] == maria.number


def test_of_several_customers_one_is_chosen(support: Client, shop: Any) -> None:
    first, second = CustomerFactory(name="Jon Smed"), CustomerFactory(name="Jon Smedberg")
    text = sent(support, "next", q="Jon Smed").content.decode()
    assert f"customer:{first.number}" in text
    assert f"customer:{second.number}" in text
    assert form(sent(support, f"customer:{second.number}", q="Jon Smed"))["customer"] == second.number


def test_nobody_found_offers_a_new_customer_with_what_was_typed(support: Client, shop: Any) -> None:
    page = sent(support, "next", q="+46 70 999 88 77")
    assert page.status_code == 422
    assert "No customer matches" in page.content.decode()
    fields = form(sent(support, "newcomer", form(page)))
    assert (fields["is_new"], fields["caller_phone"]) == ("1", "+46 70 999 88 77")
    assert fields["to_country"] == "SE"


def test_enter_adds_a_star_multiplies_and_the_same_again_grows(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "4*oat", "coffee", "OAT-1L")
    assert fields["item"] == ["OAT-1L", "COF-1K"]
    assert fields["units"] == ["5", "1"]
    assert fields["item_q"] == ""


def test_several_items_found_are_offered(support: Client, shop: Any) -> None:
    more = SkuFactory(code="OAT-2L", name="Oat drink 2 l")
    page = sent(support, "next", form(support.get(URL)), item_q="3*oat drink")
    assert f"add:{more.code}:1" in page.content.decode()
    added = form(sent(support, f"add:{more.code}:1", form(page)))
    assert (added["item"], added["units"]) == ("OAT-2L", "3")


def test_an_unknown_item_stays_in_the_field(support: Client, shop: Any) -> None:
    page = sent(support, "next", form(support.get(URL)), item_q="xylophone")
    assert page.status_code == 422
    assert form(page)["item_q"] == "xylophone"
    assert "We do not know the item “xylophone”" in page.content.decode()


def test_a_line_says_price_and_what_is_there(support: Client, shop: Any) -> None:
    page = sent(support, "refresh", filled(support, known(shop), "4*oat", "2*coffee", "tea"))
    text = page.content.decode()
    assert "84 available" in text
    assert "1 available, the rest waits" in text
    assert "none available, it waits" in text
    assert "€9.60" in text


def test_sums_tax_day_and_the_sentence_to_read(support: Client, shop: Any) -> None:
    page = sent(support, "refresh", filled(support, known(shop), "4*oat"))
    totals = page.context["totals"]
    assert (totals.items, totals.shipping, totals.total) == (Decimal("9.60"), Decimal("4.90"), Decimal("14.50"))
    assert totals.tax == Decimal("0.54") + Decimal("0.28")
    assert page.context["promise"].delivery_on > timezone.now().date()
    assert "4 × Oat drink 1 l. €14.50 in all. It should arrive on" in page.content.decode()


def test_delivery_is_free_from_forty(support: Client, shop: Any) -> None:
    assert sent(support, "refresh", filled(support, known(shop), "3*coffee")).context["totals"].shipping == 0


def test_an_item_without_a_price_in_the_currency(support: Client, shop: Any) -> None:
    SkuPrice.objects.filter(sku=shop["COF-1K"]).delete()
    page = sent(support, "place", filled(support, known(shop), "coffee"))
    assert "Coffee beans 1 kg has no price in EUR" in page.content.decode()


def test_prices_are_in_the_currency_of_the_country(support: Client, shop: Any) -> None:
    SkuPrice.objects.create(sku=shop["OAT-1L"], currency="SEK", amount=Decimal("26.90"))
    sent(support, "place", filled(support, known(shop), "2*oat", pay="invoice"))
    made = Order.objects.get()
    assert (made.currency, made.items_total, made.shipping_total) == ("SEK", Decimal("53.80"), Decimal(55))


def test_what_would_hold_it_is_said_before(support: Client, shop: Any) -> None:
    maria = known(shop, status="blocked", blocked_at=timezone.now() - timedelta(days=1), blocked_reason="Owes money")
    page = sent(support, "refresh", filled(support, maria, "oat"))
    assert "It will be held." in page.content.decode()
    assert "Owes money" in page.content.decode()


def test_a_bundle_shows_its_parts_and_what_can_be_built(support: Client, shop: Any) -> None:
    box = SkuFactory(code="BOX", name="Breakfast box", is_bundle=True)
    SkuPrice.objects.update_or_create(sku=box, currency="EUR", defaults={"amount": Decimal(20)})
    box.components.create(component=shop["OAT-1L"], quantity=10)
    page = sent(support, "refresh", filled(support, known(shop), "BOX", pay="invoice"))
    assert "10 × Oat drink 1 l" in page.content.decode()
    assert "8 available" in page.content.decode()
    sent(support, "place", form(page))
    assert Order.objects.get().units == 10


def test_rows_under_the_fields(support: Client, shop: Any) -> None:
    maria = known(shop)
    people = support.get(f"{URL}customers/?q=lindqvist").content.decode()
    assert f'value="customer:{maria.number}"' in people
    assert 'role="option"' in people
    items = support.get(f"{URL}items/?q=4*oat&customer={maria.number}").content.decode()
    assert 'value="add:OAT-1L:1"' in items
    assert "84 available" in items


def test_htmx_gets_the_form_alone(support: Client, shop: Any) -> None:
    page = support.post(URL, {"do": "next", "q": "nobody at all"}, headers={"HX-Request": "true"})
    assert page.content.decode().lstrip().startswith("<form")
    fields = filled(support, known(shop), "oat", pay="invoice")
    placed = support.post(URL, {**fields, "do": "place"}, headers={"HX-Request": "true"})
    assert placed.headers["HX-Redirect"] == f"/orders/{Order.objects.get().number}/"


def test_nonsense_is_no_server_error(support: Client, shop: Any) -> None:
    for do in ("", "x", "place", "add:", "add::", "remove:", "repeat:SO-0", "customer:C-0", "discard", "next"):
        answer = sent(
            support, do, {"units": ["1", "2"], "item": ["\x00", "A" * 5000], "wish": "2026-13-45", "token": "t"}
        )
        assert answer.status_code in (200, 302, 422), do
    assert support.get(f"{URL}?draft=SO-1").status_code == 404
    assert support.get(f"{URL}?repeat=SO-1").status_code == 422


def queries(client: Client, fields: dict[str, Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert sent(client, "refresh", fields).status_code == 200
    return len(seen)


def test_as_many_queries_for_one_line_as_for_three(support: Client, shop: Any) -> None:
    maria = known(shop)
    order({shop["OAT-1L"]: 1}, customer=maria)
    one, three = filled(support, maria, "oat"), filled(support, maria, "oat", "coffee", "tea")
    queries(support, one)
    counts = queries(support, one), queries(support, three)
    assert counts[0] == counts[1]
    assert counts[0] <= 25, counts
