"""Subscribers of the demo shop: who has what plan since when, with the deliveries they had as stories of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction

from customers.models import Customer
from fulfilment.demo.master import Master
from fulfilment.demo.places import LAND_BY_CODE
from fulfilment.demo.plans import OFFERS, Offer
from fulfilment.demo.stories import LineStory, Story, source
from ordermgmt.clock import business_day, business_zone
from ordermgmt.money import share, tax_in
from orders.actions.subscribing import NewSubscription, begin
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.models import PaymentMethod, Plan, Subscription
from orders.payments.demo import CARDS, Demo, kind_of
from orders.periods import Dates, Interval

SHARE, MOST = 0.1, 150
# Of so many cards in a row these do not pay (see orders/payments/demo.py).
EVERY, FAILING = 14, {0: "poor", 3: "broke", 6: "stolen", 9: "confirm", 12: "broke"}
# Nothing is told of days before this many.
OLDEST = 112


@dataclass
class Subscriber:
    """`past` are the days of the deliveries that were made, by number from 1."""

    subscription: Subscription
    offer: Offer
    customer: Customer
    calendar: SubscriptionCalendar
    past: list[Dates] = field(default_factory=list)


def load_subscribers(
    rng: Random, master: Master, customers: Sequence[Customer], plans: dict[str, Plan], *, now: datetime
) -> list[Subscriber]:
    count = min(MOST, max(5, round(len(customers) * SHARE)))
    people = rng.sample(list(customers), count)
    offers = rng.choices(OFFERS, [offer.share for offer in OFFERS], k=count)
    with transaction.atomic():
        return [
            _begin(rng, customer, offer, plans[offer.name], n, now)
            for n, (customer, offer) in enumerate(zip(people, offers, strict=True))
        ]


def _begin(rng: Random, customer: Customer, offer: Offer, plan: Plan, n: int, now: datetime) -> Subscriber:
    today, interval = business_day(now), Interval(offer.terms["deliver_every"], offer.terms["deliver_unit"])
    length = interval.days or 28
    # A few are due today: they are renewed at once, as the run would have done in the night.
    coming = today + timedelta(days=rng.randint(2, 3) if n % 9 == 0 else rng.randint(5, length))
    coming = coming.replace(day=min(coming.day, 28))
    most = 0 if offer.is_prepaid or "trial_days" in offer.terms else OLDEST // length
    made = rng.randint(0, most) if coming > today + timedelta(days=4) else min(2, most)
    first = interval.after(coming, coming.day, -made)
    began = datetime.combine(first - timedelta(days=rng.randint(9, 14)), time(rng.randint(8, 20), 15), business_zone())
    wanted = _wanted(rng, customer, plan, n, first, began)
    s = begin(wanted, by="Web shop", now=min(began, now))
    s = Subscription.objects.select_related("version__plan", "next_version__plan", "address", "customer", "method").get(
        pk=s.pk
    )
    calendar = load_calendars([s], now=now)[s.pk]
    return Subscriber(s, offer, customer, calendar, [calendar.dates(k) for k in range(1, made + 1)])


def _wanted(rng: Random, customer: Customer, plan: Plan, n: int, first: date, began: datetime) -> NewSubscription:
    address = customer.current_address
    assert address  # noqa: S101 - every demo customer has one
    return NewSubscription(
        customer_id=customer.pk, plan_id=plan.pk, currency=LAND_BY_CODE[address.country].currency,
        address_id=address.pk, starts_on=first, method_id=_card(rng, customer, n, began), payment_days=14,
        boxes=2 if rng.random() < 0.08 else 1, is_gift=rng.random() < 0.05, shipping_method="Parcel",
        note="Leave it with the neighbour on the left" if rng.random() < 0.05 else "",
    )  # fmt: skip


def _card(rng: Random, customer: Customer, n: int, began: datetime) -> int | None:
    """A saved card; some pay on invoice. One in twelve cards ends soon."""
    if rng.random() < 0.12:
        return None
    month = began + timedelta(days=200 if rng.random() < 0.08 else rng.randint(400, 1200))
    kind = FAILING.get(n % EVERY) or rng.choice(("visa", "visa", "master"))
    return PaymentMethod.objects.create(
        customer=customer, provider=Demo.name, reference=f"dm_{kind}_{n}", provider_customer=f"dc_{customer.number}",
        kind="card", brand=CARDS[kind].brand, last4=CARDS[kind].last4 if kind in FAILING.values() else f"{rng.randint(0, 9999):04d}",
        is_default=True, expires_on=month.date().replace(day=28), created_at=began,
    ).pk  # fmt: skip


def past_stories(rng: Random, master: Master, subscribers: Sequence[Subscriber]) -> list[Story]:
    """Every delivery that was made, as an order that left the warehouse."""
    return [_story(rng, master, one, number, dates) for one in subscribers for number, dates in enumerate(one.past, 1)]


def _story(rng: Random, master: Master, one: Subscriber, number: int, dates: Dates) -> Story:
    s = one.subscription
    assert s.address  # noqa: S101
    land = LAND_BY_CODE[s.address.country]
    code, days = source(rng, land.code)
    left = datetime.combine(dates.leaves_on, time(rng.randint(10, 14), rng.randint(0, 59)), business_zone())
    rate = Decimal(land.tax_rate)
    return Story(
        customer=one.customer, land=land, warehouse=master.warehouses[code], channel="subscriptions",
        currency=s.currency, tax_rate=rate, placed_at=dates.order_at, lines=_lines(master, one, rate),
        shipping=Decimal(0), is_cancelled=False, is_late=False, dispatched_at=left,
        delivered_at=left + timedelta(days=days, hours=1), promised_ship_on=dates.leaves_on,
        promised_on=dates.leaves_on + timedelta(days=days), transit_days=days, subscription=s, delivery_number=number,
        by_card=s.method is not None, is_unpaid=number == len(one.past) and _fails(s),
    )  # fmt: skip


def _fails(s: Subscription) -> bool:
    """The last box of a card that does not pay."""
    return s.method is not None and kind_of(s.method.reference) in FAILING.values()


def _lines(master: Master, one: Subscriber, rate: Decimal) -> list[LineStory]:
    """The box at the plan's price, shared over its items by list price, as a renewal does it."""
    s = one.subscription
    codes = {sku.pk: code for code, sku in master.skus.items()}
    held = [(master.items[codes[line.sku_id]], line.quantity * s.quantity) for line in s.lines.all()]
    price = s.version.prices.get(currency=s.currency).amount
    shares = share(price, [item.price * units for item, units in held], s.currency)
    return [
        LineStory(item, units, (total / units).quantize(Decimal("0.0001")), Decimal(0), total, tax_in(total, rate, s.currency))
        for (item, units), total in zip(held, shares, strict=True)
    ]  # fmt: skip
