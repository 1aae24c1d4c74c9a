"""When the floor will be done today, and which parcels miss their truck. Pure.

The pace is what was packed in the last 60 minutes. It is a count of independent events, so that its own root is how
far it may be off: the range runs from the pace with one root more to the pace with one root less.
The floor is taken to work for the truck that leaves first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import floor, sqrt

# Further ahead nobody forecasts from one hour.
FARTHEST = timedelta(days=7)


@dataclass(frozen=True)
class Pace:
    """Orders packed in the last hour."""

    per_hour: int

    def done_at(self, left: int, now: datetime) -> datetime | None:
        """The likely end of `left` orders; None while nothing moves."""
        return _after(left, self.per_hour, now)

    def earliest(self, left: int, now: datetime) -> datetime | None:
        return _after(left, self.per_hour + sqrt(self.per_hour), now)

    def latest(self, left: int, now: datetime) -> datetime | None:
        """None when the hour was too quiet to name an end."""
        return _after(left, self.per_hour - sqrt(self.per_hour), now)

    def by(self, moment: datetime, now: datetime) -> int:
        """Orders that can still be packed until a moment."""
        return max(floor(self.per_hour * ((moment - now) / timedelta(hours=1))), 0)


def _after(left: int, per_hour: float, now: datetime) -> datetime | None:
    if not left:
        return now
    if per_hour <= 0 or left / per_hour > FARTHEST / timedelta(hours=1):
        return None
    return now + timedelta(hours=left / per_hour)


@dataclass(frozen=True)
class Due:
    """An order that must leave today: its carrier, the carrier's cut-off, and whether only the truck is missing."""

    order_id: int
    carrier: str
    cut_off: datetime
    is_packed: bool


@dataclass(frozen=True)
class Truck:
    """One carrier today: what is left for it, and the orders that will miss it."""

    carrier: str
    cut_off: datetime
    orders: Sequence[int]
    missed: Sequence[int]
    done_at: datetime | None

    @property
    def is_at_risk(self) -> bool:
        return bool(self.missed)


def trucks(due: Iterable[Due], pace: Pace, now: datetime) -> list[Truck]:
    """By cut-off. `due` comes most urgent first; of a carrier the least urgent miss the truck."""
    waiting = sorted(due, key=lambda one: (one.cut_off, one.carrier))
    found, before = [], 0
    for (cut_off, carrier), group in groupby(waiting, key=lambda one: (one.cut_off, one.carrier)):
        orders = list(group)
        to_pack = [one for one in orders if not one.is_packed]
        missed = _missed(orders, to_pack, cut_off, before=before, pace=pace, now=now)
        before += len(to_pack)
        end = pace.done_at(before, now) if to_pack else now
        found.append(Truck(carrier, cut_off, [one.order_id for one in orders], missed, end))
    return found


def _missed(
    orders: Sequence[Due], to_pack: Sequence[Due], cut_off: datetime, *, before: int, pace: Pace, now: datetime
) -> list[int]:
    """After the cut-off all that is still here; before it what the pace does not reach. No pace, no forecast."""
    if cut_off <= now:
        return [one.order_id for one in orders]
    if not pace.per_hour:
        return []
    room = max(pace.by(cut_off, now) - before, 0)
    return [one.order_id for one in to_pack[room:]]
