"""Which deliveries one charge pays for, and when a subscription is over. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orders.calendars import SubscriptionCalendar
from orders.models import PlanVersion, Subscription
from orders.periods import Interval, segment_of
from orders.proration import per_month


@dataclass(frozen=True, slots=True)
class Period:
    """The deliveries planned in [starts_on, ends_on) are paid together."""

    starts_on: date
    ends_on: date
    deliveries: int


def is_prepaid(version: PlanVersion, deliver: Interval) -> bool:
    """Whether a charge pays for more than one delivery: billed less often than delivered.

    A plan that is charged with each delivery stays so, whatever cadence is chosen.
    """
    bill = Interval(version.bill_every, version.bill_unit)
    usual = Interval(version.deliver_every, version.deliver_unit)
    return all(_is_longer(bill, than) for than in (usual, deliver))


def _is_longer(one: Interval, than: Interval) -> bool:
    return per_month(Decimal(1), one) < per_month(Decimal(1), than)


def period_from(calendar: SubscriptionCalendar, number: int, version: PlanVersion) -> Period:
    """What a charge made with delivery `number` pays for; every planned day counts, also one left out later."""
    segment = segment_of(calendar.segments, number)
    starts_on = calendar.planned_on(number)
    if not is_prepaid(version, segment.interval):
        return Period(starts_on, calendar.planned_on(number + 1), 1)
    bill = Interval(version.bill_every, version.bill_unit)
    day = segment.anchor_day if segment.interval.days is None else starts_on.day
    ends_on = bill.after(starts_on, day, 1)
    count = 1
    while calendar.planned_on(number + count) < ends_on:
        count += 1
    return Period(starts_on, ends_on, count)


def is_free(subscription: Subscription, leaves_on: date) -> bool:
    return subscription.trial_ends_on is not None and leaves_on < subscription.trial_ends_on


def is_over(subscription: Subscription, planned_on: date, sent: int) -> bool:
    """Whether a delivery on this day comes no more; `sent` are those ordered before it."""
    if subscription.ends_on is not None and planned_on >= subscription.ends_on:
        return True
    most = subscription.version.ends_after
    return most is not None and sent >= most
