"""What pages and papers say about money, taxes and places: in the words of where the goods go."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.test import Client

from customers.factories import AddressFactory, CustomerFactory
from inventory.factories import SkuFactory
from ordermgmt.blocking import blockers_of
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.actions.deliveries import AddOnce
from orders.came_by import came_by
from orders.documents.invoice import invoice_facts
from orders.factories import InvoiceFactory, order
from orders.factories.orders import NOW
from orders.models import Order
from orders.projecting import project
from orders.statements import Entry
from orders.tests.subscribed import do, fresh, item, plan, subscribe
from orders.upcoming_wording import why_amount

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.mark.parametrize(("country", "name"), [("US", "Sales tax"), ("SE", "VAT"), ("", "VAT")])
def test_the_tax_has_the_name_it_has_there(country: str, name: str) -> None:
    invoice = InvoiceFactory(deliver_to={"country": country}, buyer={"name": "Maria"})
    assert invoice_facts(invoice)["invoice"].tax_name == name


def test_the_page_of_an_invoice_to_the_states_says_sales_tax(manager: Client) -> None:
    invoice = InvoiceFactory(deliver_to={"country": "US"}, buyer={"name": "Maria"})
    page = manager.get(f"/invoices/{invoice.number}/").content.decode()
    assert "Total without Sales tax" in page
    assert "Total without VAT" not in page


def test_an_address_in_one_line_names_its_region() -> None:
    address = AddressFactory(
        line1="1 Main St", line2="", postcode="62701", city="Springfield", region="IL", country="US"
    )
    assert address.one_line == "1 Main St, 62701 Springfield, IL, US"


def test_numbers_of_a_statement_lead_to_their_pages() -> None:
    urls = [Entry(NOW.date(), 1, number, "", Decimal(1)).url for number in ("INV-1", "CN-2", "SO-3", "RC-4", "")]
    assert urls == ["/invoices/INV-1/", "/credit-notes/CN-2/", "/orders/SO-3/", "", ""]


def test_the_preview_on_the_command_line_says_cents(capsys: pytest.CaptureFixture[str]) -> None:
    s = subscribe(plan("147"))
    call_command("preview_subscription", s.number, months=1)
    assert "147.00 EUR" in capsys.readouterr().out
    call_command("preview_subscription", s.number, "--json", months=1)
    assert '"amount": "147.00"' in capsys.readouterr().out


def test_the_usual_price_leaves_out_what_is_paid_once() -> None:
    version = plan("30")
    version.prices.update(set_up_fee=Decimal(9))
    s = subscribe(version)
    do(s, AddOnce(item("5").pk))
    (coming,) = project(fresh(s), now=NOW, count=1)
    assert (coming.amount, coming.usual_amount) == (44, 30)


def test_beside_a_free_box_its_terms_add_up() -> None:
    s = subscribe(plan("30", trial_days=20))
    do(s, AddOnce(item("5").pk))
    (coming,) = project(fresh(s), now=NOW, count=1)
    assert [(term.words, term.amount) for term in why_amount(coming)] == [("Free trial", 0), ("Sent once", 5)]


def test_an_item_instead_of_another_once_is_a_swap(manager: Client) -> None:
    s = subscribe()
    tea = item("10")
    s.version.items.create(sku=tea, quantity=1, is_default=False)
    event = do(s, AddOnce(tea.pk, replaces=1))
    assert event.facts["old"] == s.lines.get(position=1).sku.name
    posted = {
        "line": "1",
        "sku": tea.code,
        "scope": "once",
        "number": "1",
        "confirm": "1",
        "seen": str(fresh(s).row_version),
    }
    page = manager.post(f"/subscriptions/{s.number}/change/swap/", posted, follow=True).content.decode()
    assert "Added once" not in page.split("<main")[0]


def test_where_no_warehouse_delivers_stock_is_not_blamed() -> None:
    made: Order = order({SkuFactory(): 1})
    Order.objects.filter(pk=made.pk).update(promised_ship_on=None, ship_country="BR", ship_city="Rio", ship_postcode="")
    made.refresh_from_db()
    words = [one.sentence for one in blockers_of([made], now=NOW)[made.pk]]
    assert "No warehouse delivers to Rio, BR" in words
    assert not any("stock" in one for one in words)


def test_history_says_sums_as_people_write_them() -> None:
    line = Activity(
        sentence="Invoice {number} over {total} {currency} issued",
        facts={"number": "INV-1", "total": "18.90", "currency": "EUR"},
    )
    assert line.text == "Invoice INV-1 over €18.90 issued"
    assert Activity(sentence="{total} {currency}", facts={"total": "half", "currency": "EUR"}).text == "half EUR"


def test_how_money_came_is_said_in_words() -> None:
    assert [came_by(name) for name in ("bank", "shop", "stripe", "klarna")] == [
        "Bank transfer",
        "The shop",
        "Stripe",
        "klarna",
    ]


def test_who_owes_nothing_owes_it_in_a_currency(manager: Client) -> None:
    customer = CustomerFactory()
    for url in ("/customers/", customer.get_absolute_url()):
        assert "€0.00" in manager.get(url).content.decode()


@pytest.mark.parametrize(("units", "words"), [(1, "1 unit is free again"), (3, "3 units are free again")])
def test_what_a_cancelled_order_frees_is_counted(units: int, words: str) -> None:
    made = order({SkuFactory(): units})
    cancel_order(made.pk, reason="Ordered twice", by="Ana", now=NOW)
    assert words in Activity.objects.get(verb="order.cancelled").text
