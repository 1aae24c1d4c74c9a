"""P09: a new order by phone, step by step as it works without a script."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.factories import AddressFactory, CustomerFactory
from customers.models import Customer
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, SkuPrice
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.proofs import in_order, prove
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.factories import order
from orders.models import Hold, Order, OrderInWork, Payment
from orders.states import HoldCode, OrderStatus, PaymentStatus

pytestmark = pytest.mark.django_db
URL = "/orders/new/"


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
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


def test_an_item_without_a_price_in_the_currency(support: Client, shop: Any) -> None:
    SkuPrice.objects.filter(sku=shop["COF-1K"]).delete()
    page = sent(support, "place", filled(support, known(shop), "coffee"))
    assert "Coffee beans 1 kg has no price in EUR" in page.content.decode()


def test_prices_are_in_the_currency_of_the_country(support: Client, shop: Any) -> None:
    SkuPrice.objects.create(sku=shop["OAT-1L"], currency="SEK", amount=Decimal("26.90"))
    sent(support, "place", filled(support, known(shop), "2*oat", pay="invoice"))
    made = Order.objects.get()
    assert (made.currency, made.items_total, made.shipping_total) == ("SEK", Decimal("53.80"), Decimal(55))


def new_customer(**more: Any) -> dict[str, Any]:
    return {
        "is_new": "1", "caller_name": "Per Ek", "caller_phone": "070 111 22 33", "caller_email": "", "address": "new",
        "to_postcode": "11455", "to_city": "Stockholm", "to_line1": "Ny väg 3", "to_country": "SE",
        "item": "OAT-1L", "units": "2", "pay": "invoice", "token": "a-token", **more,
    }  # fmt: skip


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


def test_a_draft_is_listed_opened_again_and_placed_under_its_number(support: Client, shop: Any) -> None:
    maria = known(shop)
    sent(support, "save", filled(support, maria, "4*oat", note="Ring twice", pay="invoice"))
    kept = Order.objects.get()
    assert (kept.status, kept.total, kept.units, kept.recipient) == ("draft", Decimal("14.50"), 4, "Maria Lindqvist")
    assert kept.number in support.get("/orders/?view=draft").content.decode()
    assert support.get(f"/orders/{kept.number}/").url == f"{URL}?draft={kept.number}"
    assert broken() == []
    page = support.get(f"{URL}?draft={kept.number}")
    fields = form(page)
    assert (fields["item"], fields["units"], fields["note"]) == ("OAT-1L", "4", "Ring twice")
    assert "The same was ordered" not in page.content.decode()
    assert sent(support, "place", fields).url == f"/orders/{kept.number}/"
    made = Order.objects.get()
    assert (made.pk, made.number, made.status) == (kept.pk, kept.number, OrderStatus.ACCEPTED)
    assert made.lines.get().promised == 4
    assert broken() == []


def test_a_draft_may_lack_everything_but_something(support: Client, shop: Any) -> None:
    assert sent(support, "save", {}).status_code == 422
    sent(support, "save", new_customer(caller_name="", to_country="", to_postcode="x"))
    assert Order.objects.get().status == "draft"
    assert not Customer.objects.exists()


def test_a_discarded_draft_comes_back(support: Client, shop: Any) -> None:
    sent(support, "save", filled(support, known(shop), "4*oat"))
    kept = Order.objects.get()
    fields = form(support.get(f"{URL}?draft={kept.number}"))
    page = support.post(URL, {**fields, "do": "discard"}, follow=True)
    assert not Order.objects.exists()
    undo = f"/orders/new/restore/{fields['token']}/"
    assert undo in page.content.decode()
    support.post(undo)
    assert Order.objects.get().number == kept.number
    assert form(support.get(f"{URL}?draft={kept.number}"))["units"] == "4"


def test_a_draft_placed_while_it_is_restored_is_shown(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "4*oat")
    sent(support, "save", fields)
    sent(support, "discard", fields)
    other = order()

    def place(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Somebody places it just before it is claimed."""
        if sql.startswith("INSERT") and "orders_orderinwork" in sql:
            OrderInWork.objects.filter(token=fields["token"]).update(
                order=other, placed_at=timezone.now(), discarded_at=None
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(place):
        answer = support.post(f"/orders/new/restore/{fields['token']}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/orders/{other.number}/")


def test_a_placed_draft_is_not_discarded(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "oat", pay="invoice")
    sent(support, "place", fields)
    sent(support, "discard", fields)
    assert Order.objects.get().status == "accepted"
    assert OrderInWork.objects.get().discarded_at is None


def test_a_draft_that_was_cancelled_stays_cancelled(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "OAT-1L")
    sent(support, "save", fields)
    draft = Order.objects.get()
    cancel_order(draft.pk, by="Ana", reason="Not wanted", now=timezone.now())
    sent(support, "place", fields)
    placed = Order.objects.exclude(pk=draft.pk).get()
    draft.refresh_from_db()
    assert (draft.status, placed.status) == (OrderStatus.CANCELLED, OrderStatus.ACCEPTED)
    assert placed.number != draft.number


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
