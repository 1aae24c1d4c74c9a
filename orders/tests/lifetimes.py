"""A subscription as simple as can be, against which the real one is held: numbers, days, states. Knows no code of ours."""

from calendar import monthrange
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Stockholm")
CUT_OFF = 3


@dataclass
class Stretch:
    first: int
    anchor: date
    day: int
    every: int
    unit: str

    def on(self, number: int) -> date:
        step = (number - self.first) * self.every
        if self.unit == "week":
            return self.anchor + timedelta(days=7 * step)
        year, month = self.anchor.year, self.anchor.month
        for _ in range(step):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return date(year, month, min(self.day, monthrange(year, month)[1]))


@dataclass
class Life:
    """`skipped` and `cancelled` are numbers; `moved` are days of single deliveries; `hurried` those made at once."""

    stretches: list[Stretch]
    status: str = "active"
    ordered: set[int] = field(default_factory=set)
    skipped: dict[int, str] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    moved: dict[int, date] = field(default_factory=dict)
    hurried: set[int] = field(default_factory=set)
    until: date | None = None

    def copy(self) -> "Life":
        return deepcopy(self)

    def planned(self, number: int) -> date:
        return [s for s in self.stretches if s.first <= number][-1].on(number)

    def leaves(self, number: int) -> date:
        return self.moved.get(number, self.planned(number))

    def is_open(self, number: int, now: datetime) -> bool:
        closes = datetime.combine(self.leaves(number) - timedelta(days=CUT_OFF), time(23, 59), ZONE)
        return closes > now and number not in self.hurried

    @property
    def last(self) -> int:
        return max(self.ordered, default=0)

    def is_free(self, number: int) -> bool:
        return number not in self.ordered and number not in self.skipped and number not in self.cancelled

    @property
    def next(self) -> int:
        number = 1
        while not self.is_free(number):
            number += 1
        return number

    @property
    def has_wishes(self) -> bool:
        """Something ahead is not just as the calendar says."""
        return any(n >= self.next for n in (*self.skipped, *self.moved, *self.cancelled))

    def coming(self, count: int) -> list[tuple[int, date]]:
        if self.status != "active":
            return []
        found = []
        number = 1
        while len(found) < count:
            if self.is_free(number):
                found.append((number, self.leaves(number)))
            number += 1
        return found

    def pause(self, until: date | None) -> None:
        number = self.next
        while until and self.planned(number) < until:
            if self.is_free(number):
                self.skipped[number] = "pause"
            number += 1
        self.status = "paused"

    def resume(self, now: datetime) -> None:
        first = self.last + 1
        while self.planned(first) < now.astimezone(ZONE).date() or not self.is_open(first, now):
            first += 1
        for number in range(self.last + 1, first):
            if self.is_free(number):
                self.skipped[number] = "pause"
        self.skipped = {n: why for n, why in self.skipped.items() if n < first or why != "pause"}
        self.status = "active"

    def cancel(self) -> None:
        """Rows that exist are cancelled; for the model only the next and what was moved."""
        self.status = "cancelled"

    def reactivate(self, now: datetime) -> None:
        self.moved = {n: day for n, day in self.moved.items() if n in self.ordered}
        self.hurried = set()
        first = self.last + 1
        while not self.is_open(first, now):
            first += 1
        self.cancelled |= {n for n in range(self.last + 1, first) if self.is_free(n)}
        self.cancelled = {n for n in self.cancelled if n < first}
        self.status = "active"
