import pytest

from customers.factories import AddressFactory, ConsentFactory, CustomerFactory

pytestmark = pytest.mark.django_db


def test_a_customer_comes_with_one_default_address() -> None:
    customer = CustomerFactory(address__city="Lund")
    assert customer.current_address.city == "Lund"
    assert CustomerFactory(address=False).current_address is None
    assert AddressFactory().customer.addresses.count() == 1
    assert ConsentFactory().customer.consents.count() == 1
