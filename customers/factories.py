"""Test records of customers."""

from datetime import UTC, date, datetime
from typing import Any

import factory

from customers import models
from ordermgmt.factories import UserFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class CustomerFactory(factory.django.DjangoModelFactory[models.Customer]):
    """A customer with a default address in Sweden: `address=False` leaves it out, `address__city=…` changes it."""

    class Meta:
        model = models.Customer
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"C-{900_000 + n}")
    name = factory.Sequence(lambda n: f"Maria Lindqvist {n}")
    email = factory.Sequence(lambda n: f"maria{n}@customer.example")
    phone = "+46701740605"
    phone_digits = "46701740605"
    created_at = NOW

    @factory.post_generation
    def address(self: Any, create: bool, extracted: bool | None, **facts: Any) -> None:
        if extracted is not False:
            AddressFactory(**{"customer": self, "name": self.name, **facts})


class AddressFactory(factory.django.DjangoModelFactory[models.Address]):
    class Meta:
        model = models.Address

    customer = factory.SubFactory(CustomerFactory, address=False)
    name = "Maria Lindqvist"
    line1 = "Storgatan 12"
    city = "Stockholm"
    postcode = "114 55"
    country = "SE"
    phone = "+46701740605"
    is_default = True
    created_at = NOW


class ConsentFactory(factory.django.DjangoModelFactory[models.Consent]):
    class Meta:
        model = models.Consent

    customer = factory.SubFactory(CustomerFactory)
    kind = models.ConsentKind.NEWSLETTER
    is_granted = True
    source = "Checkout"
    at = NOW


class ChannelIdentityFactory(factory.django.DjangoModelFactory[models.ChannelIdentity]):
    class Meta:
        model = models.ChannelIdentity

    customer = factory.SubFactory(CustomerFactory)
    channel = "shop"
    external_id = factory.Sequence(lambda n: str(7_000_000 + n))


class FollowUpFactory(factory.django.DjangoModelFactory[models.FollowUp]):
    class Meta:
        model = models.FollowUp

    customer = factory.SubFactory(CustomerFactory)
    person = factory.SubFactory(UserFactory)
    text = "Call back about the cup that broke"
    due_on = date(2026, 11, 23)
    created_at = NOW
    created_by = "Ana"
