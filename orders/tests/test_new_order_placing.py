"""P09: an order by phone is placed: its money, its address, what is refused, once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from customers.factories import AddressFactory
from customers.models import Customer
from inventory.models import Sku, SkuPrice
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.roles import Role
from orders.models import Hold, Order, Payment
from orders.states import HoldCode, PaymentStatus
from orders.tests.order_desk import URL, broken, filled, form, known, new_customer, open_shop, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
    return open_shop()


def test_place_on_invoice_is_not_held(support: Client, shop: Any) -> None:
    maria = known(shop)
    response = sent(support, "place", filled(support, maria, "4*oat", pay="invoice"))
    made = Order.objects.get()
    assert response.url == f"/orders/{made.number}/"
    assert (made.customer, made.channel.code, made.total, made.status) == (maria, "phone", Decimal("14.50"), "accepted")
    assert not Hold.objects.exists()
    line = made.lines.get()
    assert (line.ordered, line.promised, line.unit_price, line.tax_rate) == (4, 4, Decimal("2.40"), Decimal("0.06"))
    assert made.addresses.get(kind="shipping").line1 == "Storgatan 12"
    assert OutgoingMessage.objects.filter(kind="order_confirmation").count() == 1
    assert broken() == []


def test_place_and_pay_later_waits_for_the_money(support: Client, shop: Any) -> None:
    sent(support, "place", filled(support, known(shop), "oat", pay="later"))
    assert Hold.objects.get().code == HoldCode.PAYMENT


def test_paid_by_terminal_is_a_payment_with_its_reference(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "oat", pay="now", way="terminal", reference="R-881")
    sent(support, "place", fields)
    made = Order.objects.get()
    paid = Payment.objects.get()
    assert (paid.amount, paid.provider, paid.reference, paid.kind) == (made.total, "terminal", "R-881", "capture")
    assert made.payment_status == PaymentStatus.PAID
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"way": ""}, "way", "Choose how it was paid"),
        ({"way": "bank"}, "reference", "Enter the reference"),
        ({"way": "terminal", "reference": "4242 4242 4242 4242"}, "reference", "looks like a card number"),
    ],
)
def test_money_that_cannot_be_right(support: Client, shop: Any, given: Any, field: str, words: str) -> None:
    page = sent(support, "place", filled(support, known(shop), "oat", pay="now", **given))
    assert page.status_code == 422
    assert f'href="#{field}"' in page.content.decode()
    assert words in page.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"units": "0"}, "units-", "enter a whole number from 1 to 9999"),
        ({"units": "many"}, "units-", "enter a whole number from 1 to 9999"),
        ({"item": "NOPE"}, "item_q", "We do not know the item NOPE"),
        ({"item": [], "units": []}, "item_q", "Add at least one item"),
        ({"item_q": "cof"}, "item_q", "“cof” is not added yet"),
        ({"wish": "2020-01-01"}, "wish", "Choose a day from today"),
        ({"wish": "soon"}, "wish", "Enter the day like"),
        ({"customer": ""}, "q", "Find the customer"),
        ({"address": "new", "to_country": "SE", "to_line1": "Ny väg 1", "to_city": "Malmö", "to_postcode": "12"},
         "to_postcode", "Enter a postcode with 5 digits"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_lost(
    support: Client, shop: Any, given: Any, field: str, words: str
) -> None:
    fields = {**filled(support, known(shop), "oat", note="Ring twice"), **given}
    page = sent(support, "place", fields)
    text = page.content.decode()
    assert page.status_code == 422
    assert f'href="#{field}' in text
    assert words in text
    assert 'value="Ring twice"' in text
    assert not Order.objects.exists()


def test_a_new_customer_is_registered_with_the_order(support: Client, shop: Any) -> None:
    assert sent(support, "place", new_customer()).status_code == 302
    made = Order.objects.select_related("customer").get()
    assert made.customer
    assert (made.customer.name, made.customer.phone_digits) == ("Per Ek", "46701112233")
    assert made.customer.current_address
    assert made.customer.current_address.postcode == "114 55"
    assert made.addresses.get().name == "Per Ek"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"caller_name": ""}, "caller_name"),
        ({"caller_phone": ""}, "caller_phone"),
        ({"caller_phone": "12"}, "caller_phone"),
        ({"caller_email": "per@"}, "caller_email"),
        ({"to_country": ""}, "to_country"),
        ({"to_city": ""}, "to_city"),
    ],
)
def test_a_new_customer_that_is_not_complete(support: Client, shop: Any, given: Any, field: str) -> None:
    page = sent(support, "place", new_customer(**given))
    assert page.status_code == 422
    assert f'href="#{field}"' in page.content.decode()
    assert (Customer.objects.count(), Order.objects.count()) == (0, 0)


def test_another_address_is_kept_with_the_customer(support: Client, shop: Any) -> None:
    maria = known(shop)
    fields = filled(support, maria, "oat", pay="invoice", address="new", to_country="DK", to_postcode="1050",
                    to_city="København", to_line1="Nytorv 3")  # fmt: skip
    sent(support, "place", fields)
    assert Order.objects.get().ship_country == "DK"
    assert maria.addresses.count() == 2
    assert maria.addresses.get(is_default=True).country == "SE"


def test_repeat_takes_items_address_and_payment(support: Client, shop: Any) -> None:
    maria = known(shop)
    summer = AddressFactory(customer=maria, line1="Sommarvägen 2", is_default=False)
    first = filled(support, maria, "4*oat", "tea", pay="invoice", address=str(summer.pk))
    sent(support, "place", first)
    made = Order.objects.get()
    fields = form(support.get(f"{URL}?repeat={made.number}"))
    assert fields["customer"] == maria.number
    assert (fields["item"], fields["units"]) == (["OAT-1L", "TEA-100"], ["4", "1"])
    assert (fields["pay"], fields["address"]) == ("invoice", str(summer.pk))
    assert "Repeat" in support.get(f"{URL}?customer={maria.number}").content.decode()


def test_a_repeated_price_that_changed_is_said(support: Client, shop: Any) -> None:
    sent(support, "place", filled(support, known(shop), "oat", pay="invoice"))
    SkuPrice.objects.filter(sku=shop["OAT-1L"]).update(amount=Decimal("2.60"))
    page = support.get(f"{URL}?repeat={Order.objects.get().number}")
    assert "Oat drink 1 l: €2.60 now, €2.40 last time" in page.content.decode()


def test_what_is_not_sold_any_more_is_left_out_and_said(support: Client, shop: Any) -> None:
    sent(support, "place", filled(support, known(shop), "oat", "tea", pay="invoice"))
    shop["TEA-100"].status = "discontinued"
    shop["TEA-100"].save()
    page = support.get(f"{URL}?repeat={Order.objects.get().number}")
    assert "Green tea 100 g is not sold any more and was left out" in page.content.decode()
    assert form(page)["item"] == "OAT-1L"


def test_the_same_within_a_day_is_said_and_not_forbidden(support: Client, shop: Any) -> None:
    maria = known(shop)
    sent(support, "place", filled(support, maria, "oat", pay="invoice"))
    first = Order.objects.get()
    page = sent(support, "refresh", filled(support, maria, "oat", pay="invoice"))
    assert "The same was ordered less than a day ago" in page.content.decode()
    assert f'href="/orders/{first.number}/"' in page.content.decode()
    assert sent(support, "place", form(page)).status_code == 302
    assert Order.objects.count() == 2
    assert not Hold.objects.exists()


def test_a_form_places_once(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "oat", pay="now", way="cash")
    first, second = sent(support, "place", fields), sent(support, "place", fields)
    made = Order.objects.get()
    assert first.url == second.url == f"/orders/{made.number}/"
    assert Payment.objects.count() == 1
    assert Activity.objects.filter(verb="order.placed").count() == 1
