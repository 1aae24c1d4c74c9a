"""Parts of a price: by days, by deliveries, and per month for comparison. Pure: no database, no clock.

Periods are half-open [start, end) in local calendar days. An amount is rounded half up once, at the end;
credit of the old part and charge of the new one are lines of their own. Rules: subscriptions.md 2.3, 2.4, 2.12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from ordermgmt.money import ZERO, minor_unit, round_money
from orders.billing_states import IntervalUnit
from orders.periods import Interval


def prorate(amount: Decimal, days: int, of_days: int, currency: str) -> Decimal:
    """The part of `amount` that belongs to `days` of a period's `of_days`: never below nothing, never above all."""
    if of_days < 1:
        raise ValueError("A period has at least one day")
    return round_money(amount * min(max(days, 0), of_days) / of_days, currency)


@dataclass(frozen=True, slots=True)
class Running:
    """A price that is paid for a period [starts_on, ends_on)."""

    price: Decimal
    starts_on: date
    ends_on: date

    def days_from(self, day: date) -> int:
        """Its days on and after `day`; all of them before it starts, none after it ended."""
        return min(max((self.ends_on - day).days, 0), self.days)

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days

    def rest(self, day: date, currency: str) -> Decimal:
        return prorate(self.price, self.days_from(day), self.days, currency)


@dataclass(frozen=True, slots=True)
class ChangeLines:
    """What a change on a day costs: `credit` of the unused old part (never positive) and `charge` of the new."""

    credit: Decimal
    charge: Decimal

    @property
    def total(self) -> Decimal:
        return self.credit + self.charge


def change_lines(old: Running, new: Running, *, on: date, currency: str) -> ChangeLines:
    """Old price out, new price in, from `on` to the end of each one's own period."""
    return ChangeLines(-old.rest(on, currency), new.rest(on, currency))


def values_of_deliveries(amount: Decimal, count: int, currency: str) -> list[Decimal]:
    """What each of `count` deliveries paid together is worth: equal parts, the remainder to the last (W51)."""
    return share_to_last(amount, [1] * count, currency)


def share_to_last(amount: Decimal, weights: Sequence[int], currency: str) -> list[Decimal]:
    """Split by weights, each part cut to the minor unit and the last one given what remains."""
    unit, total = minor_unit(currency), sum(weights)
    first = [(amount * weight / total).quantize(unit, rounding=ROUND_DOWN) for weight in weights[:-1]]
    return [*first, amount - sum(first, ZERO)]


_MONTHS_PER_YEAR, _WEEKS_PER_YEAR, _DAYS_PER_YEAR = Decimal(12), Decimal(52), Decimal(365)
_PER_MONTH = {
    IntervalUnit.DAY: _DAYS_PER_YEAR / _MONTHS_PER_YEAR,
    IntervalUnit.WEEK: _WEEKS_PER_YEAR / _MONTHS_PER_YEAR,
    IntervalUnit.MONTH: Decimal(1),
    IntervalUnit.YEAR: Decimal(1) / _MONTHS_PER_YEAR,
}


def per_month(amount: Decimal, interval: Interval) -> Decimal:
    """A recurring price as a price per month, not rounded: weeks × 52/12, days × 365/12 (2.12)."""
    return amount * _PER_MONTH[IntervalUnit(interval.unit)] / interval.every


def is_downgrade(old: Decimal, old_every: Interval, new: Decimal, new_every: Interval) -> bool:
    """Whether the new terms cost less for the same time, whatever the sums (W45, W47)."""
    return per_month(new, new_every) < per_month(old, old_every)
