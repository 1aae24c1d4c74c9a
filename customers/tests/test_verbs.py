from datetime import UTC, datetime
from typing import Any

import pytest

from customers.actions.addresses import (
    AddressChanged,
    AddressRefused,
    add_address,
    prefer_address,
    replace_address,
    retire_address,
)
from customers.actions.consents import current_consents, set_consent
from customers.actions.customers import (
    CustomerRefused,
    block_customer,
    change_customer,
    note_customer,
    register_customer,
    unblock_customer,
)
from customers.factories import CustomerFactory
from customers.models import Address, Customer
from customers.states import CustomerStatus
from ordermgmt.changes import ChangedMeanwhile
from ordermgmt.models import Activity

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LUND = {"name": "Maria", "line1": "Bredgatan 3", "city": "Lund", "postcode": "22221", "country": "SE"}
BY: Any = {"by": "Ana", "now": NOW}


def test_registering_tidies_what_was_typed() -> None:
    facts = {"name": " Maria   Lindqvist ", "email": "maria@Customer.Example", "phone": "070-174 06 05", "vat_id": ""}
    customer = register_customer(address=LUND, **facts, **BY)
    assert customer.number.startswith("C-")
    assert (customer.name, customer.email) == ("Maria Lindqvist", "maria@customer.example")
    assert (customer.phone, customer.phone_digits) == ("+46701740605", "46701740605")
    assert customer.current_address.postcode == "222 21"
    assert Activity.objects.get(subject=customer.number).verb == "register_customer"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "M", "email": "maria"}, "email"),
        ({"name": "M", "phone": "12"}, "phone"),
        ({"name": "M", "vat_id": "DE1"}, "vat_id"),
    ],
)
def test_what_cannot_be_right_is_refused(facts: dict[str, str], field: str) -> None:
    with pytest.raises(CustomerRefused) as caught:
        register_customer(**facts, **BY)
    assert caught.value.field == field
    assert not Customer.objects.exists()


def test_a_bad_address_registers_nobody() -> None:
    with pytest.raises(AddressRefused, match="5 digits"):
        register_customer(name="Maria", address={**LUND, "postcode": "1"}, **BY)
    assert not Customer.objects.exists()
    assert not Activity.objects.exists()


def test_changing_says_what_changed_and_raises_the_version() -> None:
    customer = CustomerFactory(name="Maria")
    change_customer(customer=customer, version=0, name="Maria L", **BY)
    customer.refresh_from_db()
    assert customer.version == 1
    assert "name from Maria to Maria L" in Activity.objects.get().text


def test_a_change_made_on_an_old_version_is_refused() -> None:
    customer = CustomerFactory(name="Maria")
    change_customer(customer=customer, version=0, name="Maria L", **BY)
    with pytest.raises(ChangedMeanwhile):
        change_customer(customer=customer, version=0, name="M", **BY)


def test_changing_nothing_leaves_no_line() -> None:
    customer = CustomerFactory(name="Maria")
    assert change_customer(customer=customer, version=0, name="Maria", **BY) == {}
    assert not Activity.objects.exists()


def test_block_and_unblock() -> None:
    customer = CustomerFactory()
    with pytest.raises(CustomerRefused, match="Say why"):
        block_customer(customer=customer, reason=" ", **BY)
    block_customer(customer=customer, reason="Fraud", **BY)
    customer.refresh_from_db()
    assert (customer.status, customer.blocked_reason, customer.blocked_at) == ("blocked", "Fraud", NOW)
    unblock_customer(customer=customer, **BY)
    customer.refresh_from_db()
    assert (customer.status, customer.blocked_reason, customer.blocked_at) == ("active", "", None)


def test_an_address_is_replaced_never_edited() -> None:
    customer = CustomerFactory()
    old = customer.current_address
    new = replace_address(address=old, fields=LUND, **BY)
    old.refresh_from_db()
    assert (old.city, old.replaced_at) == ("Stockholm", NOW)
    assert (new.city, new.is_default) == ("Lund", True)
    with pytest.raises(AddressRefused, match="Someone else"):
        replace_address(address=old, fields={**LUND, "city": "Ystad"}, **BY)


def test_replacing_with_the_same_address_changes_nothing() -> None:
    old = CustomerFactory().current_address
    assert replace_address(address=old, fields=old.as_postal(), **BY) == old


def test_only_one_address_is_the_default() -> None:
    customer = CustomerFactory()
    second = add_address(customer=customer, fields=LUND, **BY)
    assert not second.is_default
    prefer_address(address=second, **BY)
    assert customer.addresses.get(is_default=True) == second
    second.refresh_from_db()
    retire_address(address=second, **BY)
    assert customer.addresses.get(is_default=True).city == "Stockholm"


def test_consents_are_a_history() -> None:
    customer = CustomerFactory()
    for granted in (True, True, False):
        set_consent(customer=customer, kind="newsletter", is_granted=granted, source="Phone", **BY)
    assert [row.is_granted for row in customer.consents.order_by("pk")] == [True, False]
    assert current_consents(customer)["newsletter"].is_granted is False


def test_notes_are_lines_of_history() -> None:
    customer = CustomerFactory()
    note_customer(customer=customer, text="Called {about} the parcel", **BY)
    assert Activity.objects.get().text == "Called {about} the parcel"
    with pytest.raises(CustomerRefused, match="2,000"):
        note_customer(customer=customer, text="x" * 2001, **BY)


def test_ended_customers_are_not_changed() -> None:
    other = CustomerFactory()
    customer = CustomerFactory(status=CustomerStatus.MERGED, merged_into=other, merged_at=NOW)
    with pytest.raises(CustomerRefused, match="was merged into"):
        change_customer(customer=customer, version=0, name="X", **BY)


def test_an_address_replaced_by_someone_else_is_not_made_the_default() -> None:
    customer = CustomerFactory()
    first = add_address(customer=customer, fields=LUND, is_default=True, **BY)
    stale = Address.objects.get(pk=first.pk)
    new = replace_address(address=first, fields={**LUND, "line1": "Bredgatan 5"}, **BY)
    for verb in (prefer_address, retire_address):
        with pytest.raises(AddressChanged, match="replaced this address meanwhile"):
            verb(address=stale, **BY)
    assert customer.addresses.get(is_default=True, replaced_at=None) == new


def test_a_default_that_was_passed_on_is_replaced_as_it_is_now() -> None:
    customer = CustomerFactory()
    first = add_address(customer=customer, fields=LUND, is_default=True, **BY)
    other = add_address(customer=customer, fields={**LUND, "line1": "Bredgatan 5"}, **BY)
    prefer_address(address=other, **BY)
    retire_address(address=first, **BY)
    assert customer.addresses.get(is_default=True, replaced_at=None) == other
