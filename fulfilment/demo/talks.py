"""What support said to callers of the demo shop, and what it promised them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from customers.actions.customers import note_customer
from customers.actions.follow_ups import add_follow_up
from customers.models import Customer
from ordermgmt.clock import business_day
from ordermgmt.models import User
from orders.actions.goodwill import give_credit

# What is promised, in days from today, at which hour.
PROMISES = (
    ("Call back when the carrier has answered", 0, 11),
    ("Ask whether the new coffee tastes better", 0, None),
    ("Send the recipe for the oat bread", -1, None),
    ("Call about the cup that broke", 1, 9),
    ("Check that the new address works", 3, None),
)
NOTES = (
    "Rings before noon, works nights",
    "Wants no calls, only mails",
    "Collects for the whole house",
    "Allergic to nuts",
)


def talk(rng: Random, customers: Sequence[Customer], support: User, *, now: datetime) -> None:
    """Notes, follow-ups and a little credit for a few customers."""
    today = business_day(now)
    some = rng.sample(list(customers), min(len(customers), len(PROMISES) + len(NOTES) + 1))
    for customer, (words, days, hour) in zip(some, PROMISES, strict=False):
        add_follow_up(
            customer=customer, text=words, person=support, due_on=today + timedelta(days=days),
            due_time=time(hour) if hour else None, by=support, now=now - timedelta(days=2),
        )  # fmt: skip
    for customer, words in zip(some[len(PROMISES) :], NOTES, strict=False):
        note_customer(customer=customer, text=words, by=support, now=now - timedelta(days=rng.randint(1, 40)))
    address = some[-1].current_address
    if address is not None and address.country in ("DE", "FI", "FR"):
        give_credit(some[-1].pk, amount=Decimal(5), currency="EUR", reason="The parcel came late", key="demo", by=support,
                    now=now)  # fmt: skip
