"""Customers of the demo shop with their addresses and consents."""

from datetime import datetime, timedelta
from random import Random

from customers.models import Address, ChannelIdentity, Consent, ConsentKind, Customer
from fulfilment.demo.places import person
from ordermgmt.numbering import next_numbers


def load_customers(rng: Random, count: int, *, now: datetime) -> list[Customer]:
    people = [person(rng, index) for index in range(count)]
    customers = Customer.objects.bulk_create(
        [
            Customer(
                number=f"C-{number}",
                name=who.name,
                email=who.email,
                phone=who.phone,
                phone_digits="".join(c for c in who.phone if c.isdigit()),
                language=who.land.language,
                created_at=now - timedelta(days=rng.randint(125, 900)),
                tags=["VIP"] if rng.random() < 0.03 else [],
            )
            for number, who in zip(next_numbers("C", count), people, strict=True)
        ],
        batch_size=1000,
    )
    pairs = list(zip(customers, people, strict=True))
    addresses = Address.objects.bulk_create(
        [
            Address(
                customer=customer,
                label="Home",
                name=who.name,
                line1=who.line1,
                city=who.city,
                postcode=who.postcode,
                country=who.land.code,
                phone=who.phone,
                is_default=True,
                created_at=customer.created_at,
            )
            for customer, who in pairs
        ],
        batch_size=1000,
    )
    for customer, address in zip(customers, addresses, strict=True):
        vars(customer)["_prefetched_objects_cache"] = {"addresses": [address]}
    Consent.objects.bulk_create(
        [
            Consent(
                customer=c,
                kind=ConsentKind.NEWSLETTER,
                is_granted=rng.random() < 0.6,
                source="checkout",
                at=c.created_at,
            )
            for c in customers
        ],
        batch_size=1000,
    )
    ChannelIdentity.objects.bulk_create(
        [
            ChannelIdentity(customer=c, channel="shop", external_id=str(7_000_000_000 + i))
            for i, c in enumerate(customers)
        ],
        batch_size=1000,
    )
    return customers
