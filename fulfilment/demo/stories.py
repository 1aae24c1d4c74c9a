"""What happened to one order of the past, as plain facts: who bought what, when it went where."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from customers.models import Customer
from fulfilment.demo.catalogue import RATE, Item
from fulfilment.demo.master import ZONES, Master
from fulfilment.demo.places import LAND_BY_CODE, Land
from inventory.models import Warehouse
from ordermgmt.money import ZERO, round_money, share, tax_in
from orders.models import Subscription

WEEKEND = (5, 6)


@dataclass
class LineStory:
    item: Item
    quantity: int
    unit_price: Decimal
    discount: Decimal
    total: Decimal
    tax: Decimal


@dataclass
class Story:
    """An order that left the warehouse (or was cancelled) in the past. Money in its currency, tax included."""

    customer: Customer
    land: Land
    warehouse: Warehouse
    channel: str
    currency: str
    tax_rate: Decimal
    placed_at: datetime
    lines: list[LineStory]
    shipping: Decimal
    is_cancelled: bool
    is_late: bool
    dispatched_at: datetime
    delivered_at: datetime | None
    promised_ship_on: date
    promised_on: date
    transit_days: int
    has_problem: bool = False
    refunded: Decimal = field(default=ZERO)
    subscription: Subscription | None = None
    delivery_number: int = 0
    by_card: bool = False
    is_unpaid: bool = False

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), self.shipping)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), tax_in(self.shipping, self.tax_rate, self.currency))


def stories(rng: Random, master: Master, customers: list[Customer], count: int, *, now: datetime) -> Iterator[Story]:
    """`count` orders of the 120 days that ended two days ago, oldest first."""
    countries = {customer.pk: customer.current_address.country for customer in customers if customer.current_address}
    items = list(master.items.values())
    weights = [1 / (1 + index % 29) for index in range(len(items))]
    age = sorted((rng.uniform(2.2, 120) for _ in range(count)), reverse=True)
    for days in age:
        customer = rng.choice(customers)
        placed = _office_hours(now - timedelta(days=days), rng)
        yield _story(rng, master, customer, LAND_BY_CODE[countries[customer.pk]], placed, items, weights, now)


def _story(
    rng: Random,
    master: Master,
    customer: Customer,
    land: Land,
    placed: datetime,
    items: list[Item],
    weights: list[float],
    now: datetime,
) -> Story:
    code, days = source(rng, land.code)
    rate = Decimal(land.tax_rate)
    lines = basket(rng, items, weights, land.currency, rate)
    goods = sum((line.total for line in lines), ZERO)
    is_late = rng.random() < 0.04
    ship_on = _working(placed.date() + timedelta(days=0 if placed.hour < 12 else 1))
    left = _at(_working(ship_on + timedelta(days=rng.randint(1, 3))) if is_late else ship_on, rng, placed)
    arrived = _at(_working(left.date() + timedelta(days=days)), rng, left)
    has_problem = rng.random() < 0.006
    return Story(
        customer=customer,
        land=land,
        warehouse=master.warehouses[code],
        channel=rng.choices(("shop", "woo", "phone", "api"), (70, 15, 10, 5))[0],
        currency=land.currency,
        tax_rate=rate,
        placed_at=placed,
        lines=lines,
        shipping=delivery(goods, land.currency),
        is_cancelled=rng.random() < 0.025,
        is_late=is_late,
        dispatched_at=left,
        delivered_at=arrived if arrived < now and not has_problem else None,
        promised_ship_on=ship_on,
        promised_on=_working(ship_on + timedelta(days=days)),
        transit_days=days,
        has_problem=has_problem,
    )


def source(rng: Random, country: str) -> tuple[str, int]:
    near = sorted((zone for zone in ZONES if zone[1] == country), key=lambda zone: (zone[3], zone[2]))
    zone = near[0] if rng.random() < 0.9 or len(near) == 1 else near[1]
    return zone[0], zone[2]


def basket(rng: Random, items: list[Item], weights: list[float], currency: str, rate: Decimal) -> list[LineStory]:
    chosen = {
        item.code: item for item in rng.choices(items, weights, k=rng.choices((1, 2, 3, 4, 6), (34, 28, 20, 12, 6))[0])
    }
    amounts = []
    for item in chosen.values():
        price = (item.price * RATE[currency]).quantize(Decimal("0.1"))
        amounts.append((item, rng.choices((1, 2, 3, 4, 6), (58, 24, 8, 6, 4))[0], price))
    gross = [price * quantity for _, quantity, price in amounts]
    off = round_money(sum(gross) * Decimal("0.1"), currency) if rng.random() < 0.12 else ZERO
    return [
        LineStory(item, quantity, price, discount, full - discount, tax_in(full - discount, rate, currency))
        for (item, quantity, price), full, discount in zip(amounts, gross, share(off, gross, currency), strict=True)
    ]


def delivery(goods: Decimal, currency: str) -> Decimal:
    return ZERO if goods >= 40 * RATE[currency] else (Decimal("4.9") * RATE[currency]).quantize(Decimal("0.1"))


def _working(day: date) -> date:
    while day.weekday() in WEEKEND:
        day += timedelta(days=1)
    return day


def _office_hours(moment: datetime, rng: Random) -> datetime:
    return moment.replace(
        hour=rng.choices(range(24), (1,) * 6 + (3,) * 4 + (6,) * 12 + (2,) * 2)[0],
        minute=rng.randint(0, 59),
        second=rng.randint(0, 59),
        microsecond=0,
    )


def _at(day: date, rng: Random, after: datetime) -> datetime:
    moment = after.replace(
        year=day.year, month=day.month, day=day.day, hour=rng.randint(10, 15), minute=rng.randint(0, 59)
    )
    return max(moment, after + timedelta(hours=2))
