"""Many running subscriptions at once, written as a start would leave them: for tests of runs and for benchmarks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from customers.models import Address, Customer
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, Warehouse
from orders.billing_states import EventKind, MovementKind, SubscriptionStatus
from orders.calendars import load_calendars, slot_of
from orders.factories.orders import ADDRESS, NOW, ChannelFactory
from orders.factories.subscriptions import PlanFactory, PlanItemFactory, PlanPriceFactory, PlanVersionFactory
from orders.models import (
    CalendarSegment,
    Delivery,
    MrrMovement,
    PlanVersion,
    Subscription,
    SubscriptionEvent,
    SubscriptionLine,
)
from orders.states import ChannelKind

STREET = {name: getattr(ADDRESS, name) for name in Address.POSTAL_NAMES}


def coffee_plan(*, units: int = 1_000_000, items: int = 2, price: str = "38.60", **terms: Any) -> PlanVersion:
    """A live plan whose items lie in a warehouse that serves Sweden."""
    house = Warehouse.objects.first() or WarehouseFactory()
    version = PlanVersionFactory(plan=PlanFactory(), **terms)
    PlanPriceFactory(version=version, amount=Decimal(price))
    for _ in range(items):
        sku = SkuFactory()
        if units:
            stock(sku, house, units)
        PlanItemFactory(version=version, sku=sku, quantity=1)
    return version


def running(
    version: PlanVersion, starts: Sequence[date], *, now: datetime = NOW, first_key: int = 1, **facts: Any
) -> list[Subscription]:
    """One active subscription for each first day, with its calendar, contents and next delivery."""
    facts.setdefault("mrr", Decimal("34.46"))
    channel = facts.pop("channel", None) or ChannelFactory(kind=ChannelKind.SUBSCRIPTION)
    numbers = [f"SUB-{900_000 + first_key + i}" for i in range(len(starts))]
    customers = _customers(len(starts), first_key, now)
    addresses = Address.objects.bulk_create(
        Address(customer=one, is_default=True, created_at=now, **STREET) for one in customers
    )
    made = Subscription.objects.bulk_create(
        Subscription(
            number=number,
            customer=customer,
            address=address,
            version=version,
            channel=channel,
            status=SubscriptionStatus.ACTIVE,
            currency="EUR",
            starts_on=day,
            slot=slot_of(number),
            created_at=now,
            started_at=now,
            **facts,
        )
        for number, customer, address, day in zip(numbers, customers, addresses, starts, strict=True)
    )
    _contents(made, [item.sku for item in version.items.select_related("sku").order_by("pk")])
    _calendar(made, version, now)
    MrrMovement.objects.bulk_create(_new_revenue(s, now) for s in made if s.mrr)
    return made


def _customers(count: int, first_key: int, now: datetime) -> list[Customer]:
    return Customer.objects.bulk_create(
        Customer(number=f"C-{900_000 + n}", name=f"Maria {n}", email=f"maria{n}@example.com", created_at=now)
        for n in range(first_key, first_key + count)
    )


def _contents(made: Sequence[Subscription], skus: Sequence[Sku]) -> None:
    SubscriptionLine.objects.bulk_create(
        SubscriptionLine(subscription=s, position=i, sku=sku, quantity=1)
        for s in made
        for i, sku in enumerate(skus, start=1)
    )


def _new_revenue(s: Subscription, now: datetime) -> MrrMovement:
    own = {"customer_id": s.customer_id, "amount": s.mrr, "currency": s.currency, "cause": f"start:{s.number}"}
    return MrrMovement(subscription=s, kind=MovementKind.NEW, at=now, on=now.date(), **own)


def _calendar(made: Sequence[Subscription], version: PlanVersion, now: datetime) -> None:
    CalendarSegment.objects.bulk_create(
        CalendarSegment(
            subscription=s,
            first_number=1,
            anchor_on=s.starts_on,
            anchor_day=s.starts_on.day,
            every=version.deliver_every,
            unit=version.deliver_unit,
            created_at=now,
        )
        for s in made
    )
    calendars = load_calendars(made, now=now)
    dates = {s.pk: calendars[s.pk].dates(1) for s in made}
    names = ("planned_on", "leaves_on", "lock_at", "order_at")
    Delivery.objects.bulk_create(
        Delivery(subscription=s, number=1, is_next=True, **{name: getattr(dates[s.pk], name) for name in names})
        for s in made
    )
    SubscriptionEvent.objects.bulk_create(
        SubscriptionEvent(subscription=s, kind=EventKind.STARTED, facts=_started(s, version), by="Test", at=now)
        for s in made
    )


def _started(s: Subscription, version: PlanVersion) -> dict[str, Any]:
    return {
        "first_number": 1,
        "anchor_on": s.starts_on.isoformat(),
        "anchor_day": s.starts_on.day,
        "every": version.deliver_every,
        "unit": version.deliver_unit,
    }


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=i) for i in range(count)]
