"""Calendars of subscriptions: anchors, intervals, cut-offs. Pure: no database, no clock.

The day of delivery n is worked out from the anchor of its segment, never from the delivery before, and
a day a month lacks becomes its last (31 Jan, 28 Feb, 31 Mar). Rules: subscriptions.md 2.1, 2.2, 2.5.
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.billing_states import IntervalUnit

DAYS_IN = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
MONTHS_IN = {IntervalUnit.MONTH: 1, IntervalUnit.YEAR: 12}
# No delivery is looked for in vain further back than this many days before its planned day.
LONGEST_CLOSURE = 31


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many days, weeks, months or years."""

    every: int
    unit: str

    @property
    def days(self) -> int | None:
        """Its length in days where that is fixed."""
        per = DAYS_IN.get(IntervalUnit(self.unit))
        return per * self.every if per else None

    def after(self, anchor_on: date, anchor_day: int, count: int) -> date:
        """`count` intervals after the anchor (before it: negative), on the day of the month that is meant."""
        if self.days is not None:
            return anchor_on + timedelta(days=self.days * count)
        return _months_after(anchor_on, anchor_day, MONTHS_IN[IntervalUnit(self.unit)] * self.every * count)


def _months_after(anchor_on: date, anchor_day: int, months: int) -> date:
    index = anchor_on.year * 12 + anchor_on.month - 1 + months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_day, last))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a calendar: from delivery `first_number` on, counted from `anchor_on`."""

    first_number: int
    anchor_on: date
    anchor_day: int
    interval: Interval

    def day_of(self, number: int) -> date:
        return self.interval.after(self.anchor_on, self.anchor_day, number - self.first_number)


def segment_of(segments: Sequence[Segment], number: int) -> Segment:
    """The segment a delivery belongs to; `segments` by rising first number. Raises ValueError before the first."""
    found = [segment for segment in segments if segment.first_number <= number]
    if not found:
        raise ValueError(f"Delivery {number} is before the calendar begins")
    return found[-1]


def planned_on(segments: Sequence[Segment], number: int) -> date:
    """The day of delivery `number` by the calendar alone: no move, no closed day."""
    return segment_of(segments, number).day_of(number)


def first_number_from(segments: Sequence[Segment], day: date, *, after: int = 0) -> int:
    """The first delivery after number `after` whose planned day is on or after `day`."""
    number = max(after + 1, segments[0].first_number)
    while planned_on(segments, number) < day:
        number += 1
    return number


def working_day_before(day: date, works_on: Callable[[date], bool]) -> date:
    """`day` itself, or the last working day before it; unchanged when none is near."""
    for back in range(LONGEST_CLOSURE + 1):
        if works_on(day - timedelta(days=back)):
            return day - timedelta(days=back)
    return day


def local_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) of a local time: in a gap the first valid one after it, repeated the first (W21, W22)."""
    naive = datetime.combine(day, at)
    local = naive.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == naive:
        return instant
    before = local.utcoffset() or timedelta(0)
    after = naive.replace(tzinfo=zone, fold=1).utcoffset() or timedelta(0)
    return instant if before == after else _end_of_gap(naive, zone)


def _end_of_gap(naive: datetime, zone: ZoneInfo) -> datetime:
    """The clocks jump within the hours around `naive`: the first instant that has the new offset."""
    low = int((naive.replace(tzinfo=zone, fold=1).astimezone(UTC)).timestamp()) - 7200
    high = low + 4 * 3600
    offset = datetime.fromtimestamp(high, UTC).astimezone(zone).utcoffset()
    while low < high:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle + 1
    return datetime.fromtimestamp(high, UTC)


# Changes close at the end of the local day.
CLOSING_TIME = time(23, 59)


@dataclass(frozen=True, slots=True)
class Dates:
    """When one delivery leaves, when changes to it close, when it is charged and when the run orders it."""

    planned_on: date
    leaves_on: date
    lock_at: datetime
    charge_on: date
    order_at: datetime


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan version and the office say about dates. `slot` is in seconds after the cut-off."""

    cut_off_days: int
    charge_days: int
    slot: int
    zone: ZoneInfo


def dates_for(planned: date, terms: Terms, works_on: Callable[[date], bool], *, moved_to: date | None = None) -> Dates:
    """All moments of one delivery; on a closed day it leaves on the working day before."""
    leaves_on = working_day_before(moved_to or planned, works_on)
    lock_at = local_instant(leaves_on - timedelta(days=terms.cut_off_days), CLOSING_TIME, terms.zone)
    order_at = lock_at + timedelta(seconds=60 + terms.slot)
    return Dates(planned, leaves_on, lock_at, leaves_on - timedelta(days=terms.charge_days), order_at)
