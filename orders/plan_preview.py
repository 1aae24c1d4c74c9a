"""What a plan would mean for a new subscriber: the first deliveries and charges. Pure; by the rules of the renewal run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ordermgmt.clock import business_day, business_zone
from ordermgmt.money import ZERO
from orders.billing_terms import period_from
from orders.calendars import SubscriptionCalendar, every_day
from orders.models import PlanVersion
from orders.periods import Interval, Segment, Terms
from orders.plan_pricing import TierError, box_price
from orders.plan_rules import PriceFacts

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Coming:
    """A delivery, and what is charged with it (None: it is paid by an earlier charge)."""

    leaves_on: date
    changes_until: date
    charge_on: date
    amount: Decimal | None
    deliveries: int


def first_deliveries(
    terms: Mapping[str, Any], price: PriceFacts | None, *, now: datetime, count: int = SHOWN
) -> list[Coming]:
    """For one box, when somebody subscribes now; without amounts while the price cannot be worked out."""
    return list(_walk(PlanVersion(**terms), _amounts(price), now=now, count=count))


def _amounts(price: PriceFacts | None) -> tuple[Decimal, Decimal] | None:
    try:
        return (box_price(price, 1), price.set_up_fee) if price else None
    except TierError:
        return None


def _walk(
    version: PlanVersion, amounts: tuple[Decimal, Decimal] | None, *, now: datetime, count: int
) -> Iterator[Coming]:
    calendar = _calendar(version, now)
    owed, is_first = 0, True
    free_until = business_day(now) + timedelta(days=version.trial_days)
    for number in range(1, min(count, version.ends_after or count) + 1):
        dates = calendar.dates(number)
        is_free = dates.leaves_on < free_until
        deliveries = 1 if is_free else period_from(calendar, number, version).deliveries
        amount, starts = None, owed == 0
        if starts and amounts:
            fee = ZERO if is_free or not is_first else amounts[1]
            amount = ZERO if is_free else amounts[0] * deliveries + fee
        owed = (deliveries if starts else owed) - 1
        is_first = is_first and is_free
        until = dates.leaves_on - timedelta(days=version.cut_off_days)
        yield Coming(dates.leaves_on, until, dates.charge_on, amount, deliveries if starts else 0)


def _calendar(version: PlanVersion, now: datetime) -> SubscriptionCalendar:
    first_on = business_day(now) + timedelta(days=version.cut_off_days + 1)
    segment = Segment(1, first_on, first_on.day, Interval(version.deliver_every, version.deliver_unit))
    terms = Terms(version.cut_off_days, version.charge_days, 0, business_zone())
    return SubscriptionCalendar((segment,), terms, every_day)


def first_price(prices: Sequence[PriceFacts]) -> PriceFacts | None:
    return prices[0] if prices else None
