"""Customer pages: shown, refused, conflicting, and what they cost."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from customers.factories import AddressFactory, ConsentFactory, CustomerFactory
from customers.models import Customer
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
FORM = {"name": "Maria", "company": "", "email": "m@customer.example", "phone": "", "vat_id": "", "language": "en-gb"}


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def support() -> Client:
    return signed_in(Role.SUPPORT)


def text(response: Any) -> str:
    return response.content.decode()


def test_the_list(support: Client) -> None:
    assert "No customers yet" in text(support.get("/customers/"))
    CustomerFactory(name="Maria Lindqvist", number="C-20117")
    page = text(support.get("/customers/"))
    assert "C-20117" in page
    assert "Stockholm, SE" in page


@pytest.mark.parametrize("words", ["C-20117", "lindq", "maria@customer", "0701740605", "114 55"])
def test_customers_are_found_by_what_a_caller_says(support: Client, words: str) -> None:
    CustomerFactory(name="Maria Lindqvist", number="C-20117", email="maria@customer.example")
    other = CustomerFactory(
        name="Tom Okafor", phone_digits="447700900123", address__postcode="9999", email="tom@x.example"
    )
    page = text(support.get("/customers/", {"q": words}))
    assert "C-20117" in page
    assert other.number not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same(
    support: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    CustomerFactory.create_batch(count)
    with django_assert_num_queries(15):
        support.get("/customers/")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(
    support: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    customer = CustomerFactory()
    for _ in range(count):
        AddressFactory(customer=customer, is_default=False)
        ConsentFactory(customer=customer)
    with django_assert_num_queries(35):
        assert support.get(f"/customers/{customer.number}/").status_code == 200


def test_a_new_customer_with_address(support: Client) -> None:
    address = {"line1": "Bredgatan 3", "city": "Lund", "postcode": "22221", "country": "SE"}
    posted = FORM | {f"address-{name}": value for name, value in address.items()}
    response = support.post("/customers/new/", posted)
    customer = Customer.objects.get()
    assert response["Location"] == f"/customers/{customer.number}/"
    assert (customer.current_address.name, customer.current_address.postcode) == ("Maria", "222 21")


def test_an_address_is_optional_but_not_half(support: Client) -> None:
    assert support.post("/customers/new/", FORM | {"address-country": "SE"}).status_code == 302
    response = support.post("/customers/new/", FORM | {"address-country": "SE", "address-line1": "Bredgatan 3"})
    assert response.status_code == 422
    assert "Enter a postcode with 5 digits, like 114 55" in text(response)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"name": ""}, "Enter a name"),
        ({"email": "x"}, "Enter an e-mail address like"),
        ({"phone": "1"}, "with its country"),
    ],
)
def test_what_is_wrong_stands_at_its_field(support: Client, facts: dict[str, str], words: str) -> None:
    response = support.post("/customers/new/", FORM | facts)
    assert response.status_code == 422
    assert words in text(response)


def test_two_people_change_a_customer(support: Client) -> None:
    customer = CustomerFactory(name="Maria")
    url = f"/customers/{customer.number}/edit/"
    assert 'value="0"' in text(support.get(url))
    assert support.post(url, FORM | {"name": "Maria A", "version": 0}).status_code == 302
    response = support.post(url, FORM | {"name": "Maria B", "version": 0})
    assert response.status_code == 409
    assert "Maria A" in text(response)
    assert "Keep mine" in text(response)
    assert support.post(url, FORM | {"name": "Maria B", "version": 1}).status_code == 302
    customer.refresh_from_db()
    assert customer.name == "Maria B"


def test_addresses_consents_notes_and_block(support: Client) -> None:
    customer = CustomerFactory()
    base = f"/customers/{customer.number}"
    address = customer.current_address
    new = {"name": "Maria", "line1": "Bredgatan 3", "city": "Lund", "postcode": "222 21", "country": "SE"}
    assert support.get(f"{base}/addresses/{address.pk}/").status_code == 200
    assert support.post(f"{base}/addresses/{address.pk}/", new | {"postcode": "1"}).status_code == 422
    assert support.post(f"{base}/addresses/{address.pk}/", new).status_code == 302
    late = support.post(f"{base}/addresses/{address.pk}/", new | {"line1": "Bredgatan 9"})
    assert late.status_code == 409
    assert "Someone else replaced this address meanwhile" in late.content.decode()
    assert support.post(f"{base}/addresses/new/", new | {"line1": "Bredgatan 4"}).status_code == 302
    support.post(f"{base}/actions/consent/", {"kind": "newsletter", "granted": "1"})
    assert customer.consents.get().is_granted
    assert support.post(f"{base}/actions/note/", {"text": ""}).status_code == 422
    support.post(f"{base}/actions/note/", {"text": "Rang twice"})
    assert support.post(f"{base}/actions/block/", {"reason": ""}).status_code == 422
    response = support.post(f"{base}/actions/block/", {"reason": "Chargebacks"}, follow=True)
    page = text(response)
    assert f"{base}/actions/unblock/" in page
    assert "Chargebacks" in page
    assert "Rang twice" in page
    support.post(f"{base}/actions/unblock/")
    customer.refresh_from_db()
    assert customer.status == "active"


def test_operators_see_no_customers() -> None:
    client = signed_in(Role.OPERATOR)
    assert client.get("/customers/").status_code == 403
    assert client.get(f"/customers/{CustomerFactory().number}/").status_code == 403


def test_finance_looks_but_does_not_change() -> None:
    client = signed_in(Role.FINANCE)
    customer = CustomerFactory()
    page = text(client.get(f"/customers/{customer.number}/"))
    assert "/edit/" not in page
    assert client.post(f"/customers/{customer.number}/actions/note/", {"text": "x"}).status_code == 403


def test_export_is_for_those_who_may(support: Client) -> None:
    CustomerFactory(name="=cmd|calc")
    assert support.post("/customers/", {"do": "export"}).status_code == 403
    response = signed_in(Role.MANAGER).post("/customers/", {"do": "export"})
    assert "'=cmd|calc" in b"".join(response.streaming_content).decode()


def test_an_unknown_customer_is_not_found(support: Client) -> None:
    assert support.get("/customers/C-1/").status_code == 404
