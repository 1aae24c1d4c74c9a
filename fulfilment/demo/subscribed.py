"""What became of the demo's subscriptions: past deliveries tied to their orders, then changes by the real verbs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils.translation import gettext_noop

from fulfilment.demo.subscribers import Subscriber
from fulfilment.demo.told import Told
from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.deliveries import Move, Skip
from orders.actions.ending import Cancel
from orders.actions.parking import park
from orders.actions.pausing import Pause
from orders.actions.renewing import renew_due
from orders.actions.subscription_changes import Change, change_subscription
from orders.actions.subscription_work import NotAllowed, TooLate, load_work
from orders.billing_states import DeliveryStatus, EventKind
from orders.catching_up import CannotRenew
from orders.models import BillingCycle, Delivery, Invoice, SubscriptionEvent


@transaction.atomic
def tie_deliveries(subscribers: Sequence[Subscriber], told: Sequence[Told], *, now: datetime) -> None:
    """Past deliveries as the renewal run would have written them; then the next one."""
    orders = {(one.story.subscription.pk, one.story.delivery_number): one for one in told if one.story.subscription}
    invoices = {i.cause: i for i in Invoice.objects.filter(subscription__in=[x.subscription for x in subscribers])}
    for subscriber in subscribers:
        if subscriber.past:
            _tie(subscriber, orders, invoices, now)


def _tie(one: Subscriber, orders: dict[tuple[int, int], Told], invoices: dict[str, Invoice], now: datetime) -> None:
    s = one.subscription
    Delivery.objects.filter(subscription=s).delete()
    for number, dates in enumerate(one.past, 1):
        order, at = orders[s.pk, number].order, dates.order_at
        cycle = BillingCycle.objects.create(
            subscription=s, number=number, starts_on=dates.planned_on, ends_on=one.calendar.planned_on(number + 1),
            deliveries=1, invoice=invoices[f"cycle:{s.number}:{number}"], created_at=at,
        )  # fmt: skip
        Delivery.objects.create(
            subscription=s, number=number, status=DeliveryStatus.ORDERED, planned_on=dates.planned_on,
            leaves_on=dates.leaves_on, lock_at=dates.lock_at, order_at=at, cycle=cycle, part=1, order=order, ordered_at=at,
        )  # fmt: skip
        days = {"planned_on": dates.planned_on.isoformat(), "leaves_on": dates.leaves_on.isoformat()}
        facts = {"order": order.number, "cycle": number, "owed": 0, "next": number + 1, **days}
        SubscriptionEvent.objects.create(
            subscription=s, kind=EventKind.ORDERED, delivery_number=number, facts=facts, by="Renewals", at=at
        )
        record(
            "delivery.ordered", gettext_noop("Delivery {number} of {day} ordered: {order}"), subject=s.number,
            by="Renewals", now=at, thread=order.number, number=number, day=weekday_words(dates.leaves_on), order=order.number,
        )  # fmt: skip
    load_work([s], by="Renewals", now=now)[0].settle_next()


def live_with_it(rng: Random, subscribers: Sequence[Subscriber], support: User, *, now: datetime) -> None:
    """What is due is renewed; some skip, move, pause, cancel, and one delivery needs a decision."""
    renew_due(now=now)
    for n, one in enumerate(subscribers):
        if change := _wish(rng, n, one, now):
            try:
                at = now - timedelta(hours=rng.randint(1, 40))
                change_subscription(one.subscription.pk, change, by=support, now=at, tell=False)
            except (NotAllowed, TooLate):
                continue
    _park(now)


def _wish(rng: Random, n: int, one: Subscriber, now: datetime) -> Change | None:
    today = business_day(now)
    following = one.calendar.dates(len(one.past) + 1).leaves_on
    wishes: dict[int, Change | None] = {
        1: Skip(),
        2: Move(following + timedelta(days=3)),
        3: Pause(following + timedelta(days=rng.randint(1, 40))),
        4: Cancel("price", following + timedelta(days=33), "Too expensive for us now"),
        5: Cancel("moves", "now", "Moving abroad") if rng.random() < 0.5 else None,
        6: Pause(today + timedelta(days=60)) if rng.random() < 0.5 else None,
    }
    return wishes.get(n % 14)


def _park(now: datetime) -> None:
    rows = Delivery.objects.filter(is_next=True, parked_at=None).exclude(order_at__lte=now).order_by("order_at")
    last = rows.last()
    if last:
        with transaction.atomic():
            park({last.pk: CannotRenew("address", "The street number is missing.")}, by="Renewals", now=now)
