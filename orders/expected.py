"""What should have happened to a subscription, from its anchors and its history alone. Pure.

Deliberately apart from the calendar the run uses: it never looks at deliveries or at the next one, and it counts
days in another way, so that a fault there is seen here.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from orders.billing_states import EventKind, IntervalUnit

DAYS = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}
# Enough for a daily box of three years.
MOST_NUMBERS = 1200


@dataclass(frozen=True, slots=True)
class Anchor:
    """From delivery `first_number` on: that day, then every so many units."""

    first_number: int
    day: date
    day_of_month: int
    every: int
    unit: str

    def planned_on(self, number: int) -> date:
        steps = (number - self.first_number) * self.every
        if self.unit in DAYS:
            return self.day + timedelta(days=DAYS[IntervalUnit(self.unit)] * steps)
        months = steps * (12 if self.unit == IntervalUnit.YEAR else 1)
        year, month = self.day.year, self.day.month
        # Month by month: slower than arithmetic, and wrong in other ways.
        for _step in range(abs(months)):
            month += 1 if months > 0 else -1
            year, month = (year + 1, 1) if month > 12 else (year - 1, 12) if month < 1 else (year, month)
        return date(year, month, min(self.day_of_month, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Told:
    """A line of history."""

    pk: int
    kind: str
    number: int | None
    facts: Mapping[str, Any]
    at: datetime
    undoes: int | None = None


@dataclass(slots=True)
class Expected:
    """What history says of each number; `orders` are the orders said to have been made for it."""

    anchors: Sequence[Anchor]
    orders: dict[int, list[str]] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    by_pause: set[int] = field(default_factory=set)
    moved: dict[int, date] = field(default_factory=dict)
    at_once: set[int] = field(default_factory=set)
    is_paused: bool = False

    def planned_on(self, number: int) -> date:
        return [anchor for anchor in self.anchors if anchor.first_number <= number][-1].planned_on(number)

    def leaves_on(self, number: int) -> date:
        """Before closed days are looked at."""
        return self.moved.get(number) or self.planned_on(number)

    @property
    def next_number(self) -> int | None:
        """The lowest number that neither was ordered nor left out; None while paused."""
        if self.is_paused or not self.anchors:
            return None
        first = self.anchors[0].first_number
        numbers = range(first, first + MOST_NUMBERS)
        return next((n for n in numbers if n not in self.orders and n not in self.left_out), None)


def expect(anchors: Sequence[Anchor], history: Iterable[Told]) -> Expected:
    """Play the history, without what was undone."""
    lines = sorted(history, key=lambda line: line.pk)
    undone = {line.undoes for line in lines if line.undoes}
    found = Expected(sorted(anchors, key=lambda anchor: anchor.first_number))
    for line in lines:
        if line.pk not in undone and found.anchors:
            _play(line, found)
    return found


def _play(line: Told, found: Expected) -> None:
    if act := _ACTS.get(line.kind):
        act(line, line.number or 0, found)


def _ordered(line: Told, number: int, found: Expected) -> None:
    found.orders.setdefault(number, []).append(str(line.facts.get("order", "")))


def _skipped(line: Told, number: int, found: Expected) -> None:
    found.left_out.add(number)


def _unskipped(line: Told, number: int, found: Expected) -> None:
    found.left_out.discard(number)


def _moved(line: Told, number: int, found: Expected) -> None:
    """Ordering at once is a move to today; collecting an unpaid one again moves nothing."""
    if number:
        found.moved[number] = date.fromisoformat(line.facts["leaves_on"])
    if line.kind == EventKind.ORDERED_NOW:
        found.at_once.add(number)


def _count_anew(line: Told, number: int, found: Expected) -> None:
    """Days that still fall on the calendar keep being left out; single moves are over."""
    kept = {date.fromisoformat(day) for day in line.facts.get("kept", ())}
    found.moved = {n: day for n, day in found.moved.items() if n < number}
    if line.kind == EventKind.FREQUENCY:
        later = range(number, number + MOST_NUMBERS if kept else number)
        found.left_out = {n for n in found.left_out if n < number} | {n for n in later if found.planned_on(n) in kept}


def _paused(line: Told, number: int, found: Expected) -> None:
    """Those of a dated pause are known beforehand."""
    found.is_paused, day = True, str(line.facts.get("until", ""))
    number = found.anchors[0].first_number
    while day and found.planned_on(number) < date.fromisoformat(day):
        if number not in found.orders and number not in found.left_out:
            found.by_pause.add(number)
            found.left_out.add(number)
        number += 1


def _go_on(line: Told, number: int, found: Expected) -> None:
    """From the first one on, what only the pause left out comes again; single skips stay."""
    found.is_paused, first = False, int(line.facts["number"])
    before = range(found.anchors[0].first_number, first)
    found.left_out -= {n for n in found.by_pause if n >= first}
    found.left_out |= {n for n in before if n not in found.orders}
    found.by_pause.clear()


def _begin_again(line: Told, number: int, found: Expected) -> None:
    """As after a pause, but by the calendar: single moves are over."""
    _go_on(line, number, found)
    found.moved = {n: day for n, day in found.moved.items() if n < int(line.facts["number"])}


_ACTS: dict[str, Callable[[Told, int, Expected], None]] = {
    EventKind.ORDERED: _ordered,
    EventKind.SKIPPED: _skipped,
    EventKind.UNSKIPPED: _unskipped,
    EventKind.MOVED: _moved,
    EventKind.ORDERED_NOW: _moved,
    EventKind.FREQUENCY: _count_anew,
    EventKind.REANCHORED: _count_anew,
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _go_on,
    EventKind.REACTIVATED: _begin_again,
}
