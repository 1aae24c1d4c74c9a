"""Planning waves: which ready orders are picked in one walk, and what the walk costs."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from fulfilment.actions.choosing import Chosen, Excluded, Part, choose, count_not_ready, not_ready, ready_to_release
from fulfilment.shelving import Take
from fulfilment.states import WaveKind
from inventory.models import Warehouse
from orders.models import Order

# For the estimate: walking to a stop, taking a line, changing the tote (minutes).
MINUTES_PER_STOP, MINUTES_PER_LINE, MINUTES_PER_ORDER = 0.5, 0.4, 0.2

# Orders that are looked at in one go, and orders that are named for each reason to leave them out.
AT_ONCE, MOST_NAMED = 1000, 50


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a lead wants released: kind, sizes, and orders due up to a day."""

    kind: str = WaveKind.MULTI
    max_orders: int = 24
    totes: int = 6
    most_waves: int = 4
    due_on: date | None = None
    country: str = ""
    # Start of the code of every place the goods lie in.
    zone: str = ""

    @property
    def size(self) -> int:
        """Orders in one wave: one tote each, but orders of one unit share a tote."""
        return self.max_orders if self.is_single else min(self.max_orders, self.totes)

    @property
    def is_single(self) -> bool:
        """Whether it takes orders of one unit: of any item, or in bulk of the same."""
        return self.kind in (WaveKind.SINGLES, WaveKind.BULK)


@dataclass
class PlannedWave:
    """Parts picked together, with what the walk costs."""

    parts: Sequence[Part]
    takes: Sequence[Take] = field(default_factory=list)

    @property
    def orders(self) -> int:
        return len(self.parts)

    @property
    def lines(self) -> int:
        return sum(len(part.demands) for part in self.parts)

    @property
    def units(self) -> int:
        return sum(part.units for part in self.parts)

    @property
    def stops(self) -> int:
        return len({take.shelf.bin_id for take in self.takes})

    @property
    def minutes(self) -> int:
        walk = self.stops * MINUTES_PER_STOP + len(self.takes) * MINUTES_PER_LINE
        return max(1, round(walk + self.orders * MINUTES_PER_ORDER))


@dataclass
class Plan:
    """What would be released, and what not, with reasons."""

    waves: list[PlannedWave]
    # Of each reason the most urgent; `left_out` counts all.
    excluded: list[Excluded]
    left_out: Mapping[str, int]
    ready: int
    left_over: int

    @property
    def orders(self) -> int:
        return sum(wave.orders for wave in self.waves)

    @property
    def lines(self) -> int:
        return sum(wave.lines for wave in self.waves)

    @property
    def stops(self) -> int:
        return sum(wave.stops for wave in self.waves)

    @property
    def minutes(self) -> int:
        return sum(wave.minutes for wave in self.waves)

    @property
    def all_left_out(self) -> int:
        return sum(self.left_out.values())

    @property
    def oldest_on(self) -> date | None:
        days = [part.order.promised_ship_on for wave in self.waves for part in wave.parts]
        return min((day for day in days if day), default=None)


def plan_waves(warehouse: Warehouse, choice: Choice) -> Plan:
    """Look at what a release would do; nothing is written."""
    orders = candidates(warehouse, choice)
    looked, chosen, planned, left = _first_that_fits(warehouse, orders, choice)
    counts = count_not_ready(warehouse) + Counter(one.code for one in chosen.excluded)
    excluded = [*not_ready(warehouse, MOST_NAMED), *chosen.excluded]
    beyond = max(orders.count() - looked, 0) if looked >= AT_ONCE else 0
    return Plan(planned, excluded, counts, ready=len(chosen.parts) + beyond, left_over=left)


def most_urgent(warehouse: Warehouse, choice: Choice) -> list[Order]:
    """The orders that a release would take, in their order."""
    _looked, _chosen, planned, _left = _first_that_fits(warehouse, candidates(warehouse, choice), choice)
    return [part.order for wave in planned for part in wave.parts]


def _first_that_fits(
    warehouse: Warehouse, orders: QuerySet[Order], choice: Choice
) -> tuple[int, Chosen, list[PlannedWave], int]:
    """However many wait, only the most urgent are looked at: AT_ONCE, and more only while nothing of them can be picked.

    How many were looked at, what can be picked of the last ones, their waves, and how many do not fit into those.
    """
    looked = 0
    while True:
        some = list(orders[looked : looked + AT_ONCE])
        looked += len(some)
        chosen = choose(warehouse, some)
        planned, left = group_parts(chosen, choice)
        if planned or len(some) < AT_ONCE:
            return looked, chosen, planned, left


def candidates(warehouse: Warehouse, choice: Choice) -> QuerySet[Order]:
    orders = ready_to_release(warehouse)
    if choice.due_on:
        orders = orders.filter(promised_ship_on__lte=choice.due_on)
    return orders.filter(ship_country=choice.country) if choice.country else orders


def group_parts(chosen: Chosen, choice: Choice) -> tuple[list[PlannedWave], int]:
    fits = [part for part in chosen.parts if part.is_single == choice.is_single]
    parts = [part for part in fits if _lies_in(choice.zone, chosen, part)]
    alike = _by_item(parts) if choice.kind == WaveKind.BULK else [parts]
    groups = [some[at : at + choice.size] for some in alike for at in range(0, len(some), choice.size)]
    groups = groups[: choice.most_waves]
    waves = [PlannedWave(group, [take for part in group for take in chosen.takes[part.order.pk]]) for group in groups]
    return waves, sum(map(len, alike)) - sum(wave.orders for wave in waves)


def _by_item(parts: Sequence[Part]) -> list[list[Part]]:
    """Orders of the same item, picked at one stop, the most wanted item first; an order alone is no bulk."""
    by_sku: dict[int, list[Part]] = defaultdict(list)
    for part in parts:
        by_sku[part.demands[0].sku_id].append(part)
    return sorted((some for some in by_sku.values() if len(some) > 1), key=len, reverse=True)


def _lies_in(zone: str, chosen: Chosen, part: Part) -> bool:
    return all(take.shelf.place.upper().startswith(zone.upper()) for take in chosen.takes[part.order.pk])
