"""When a price change reaches a subscriber and what they pay then. Pure: no database, no clock.

Told at least so many days before; at their own next billing date; no rise in the first year nor within twelve
months of the last one; never more than the cap at once; spread over months. Rules: subscriptions.md 2.11.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from zlib import crc32

from ordermgmt.money import minor_unit
from orders.periods import Interval

YEAR, MONTH = Interval(1, "year"), Interval(1, "month")


@dataclass(frozen=True, slots=True)
class RiseTerms:
    """`earliest_on`: no effect before it. `notice_days` between telling and effect."""

    earliest_on: date
    notice_days: int
    cap_percent: Decimal | None = None
    spread_months: int = 0
    protects_first_year: bool = True


@dataclass(frozen=True, slots=True)
class Subscriber:
    """`billing_from(day)` is their own first billing date on or after a day. `last_rise_on` None: never."""

    number: str
    started_on: date
    billing_from: Callable[[date], date]
    last_rise_on: date | None = None


def effective_on(subscriber: Subscriber, terms: RiseTerms, *, told_on: date, is_rise: bool = True) -> date:
    """The billing date from which the new price is charged, when they are told on a day."""
    bound = max(terms.earliest_on, told_on + timedelta(days=terms.notice_days))
    if is_rise:
        bound = max(bound, *_protected_until(subscriber, terms))
        bound = _after(bound, MONTH, months_of_spread(subscriber.number, terms.spread_months))
    return subscriber.billing_from(bound)


def _protected_until(subscriber: Subscriber, terms: RiseTerms) -> list[date]:
    """The days before which their price does not rise."""
    if not terms.protects_first_year:
        return [terms.earliest_on]
    since = [subscriber.started_on, *([subscriber.last_rise_on] if subscriber.last_rise_on else [])]
    return [_after(day, YEAR, 1) for day in since]


def _after(day: date, interval: Interval, count: int) -> date:
    return interval.after(day, day.day, count)


def months_of_spread(number: str, over: int) -> int:
    """0 to `over` months, by a stable hash of the subscription's number, so that not all call in one month."""
    return crc32(number.encode()) % (over + 1)


def charged_price(old: Decimal, new: Decimal, cap_percent: Decimal | None, currency: str) -> Decimal:
    """The new price, a rise cut to the cap; never above it by a cent."""
    if cap_percent is None or new <= old:
        return new
    most = (old * (1 + cap_percent / 100)).quantize(minor_unit(currency), rounding=ROUND_DOWN)
    return min(new, most)
