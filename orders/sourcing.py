"""From which warehouses an order's units come, and why. Pure: stock and places come in as values.

The demand of all lines is added up before anything is checked. Among the sets of warehouses that
cover as much of it as can be covered, ordered rules decide: the first that is not a tie.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

# Warehouses looked at together; the nearest are taken where more serve an address.
MOST_SOURCES = 8


@dataclass(frozen=True, slots=True)
class Source:
    """A warehouse that serves the address, with the promise it could make (None: no free day)."""

    warehouse_id: int
    code: str
    distance_rank: int = 10
    priority: int = 10
    delivery_on: date | None = None
    is_in_time: bool = True
    capacity_left: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """Units of a SKU that a line still lacks. `line` is any key that names the line."""

    line: int
    sku_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Part:
    line: int
    sku_id: int
    warehouse_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Sourcing:
    """`parts` is what is promised and where, `short` the units per line nobody has."""

    parts: tuple[Part, ...]
    short: Mapping[int, int]
    explanation: Mapping[str, Any]

    @property
    def warehouse_ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(part.warehouse_id for part in self.parts))

    @property
    def is_complete(self) -> bool:
        return not self.short


Free = Mapping[tuple[int, int], int]
Plan = tuple[Source, ...]


def decide(needs: Sequence[Need], sources: Iterable[Source], free: Free) -> Sourcing:
    """Choose the warehouses and share the units out. `free` is units by (warehouse, SKU)."""
    wanted = _added_up(needs)
    near = sorted(sources, key=lambda s: (s.distance_rank, s.priority, s.warehouse_id))[:MOST_SOURCES]
    useful = [source for source in near if _covered(wanted, (source,), free)]
    plans = _best_covering(wanted, useful, free)
    plan, decided_by, trail = _first_that_decides(plans, wanted, free)
    parts, short = _share_out(needs, plan, free)
    explanation = {
        "warehouses": [source.code for source in plan],
        "decided_by": decided_by,
        "rules": trail,
        "asked": [source.code for source in near],
        "wanted": sum(wanted.values()),
        "promised": sum(part.units for part in parts),
    }
    return Sourcing(tuple(parts), short, explanation)


def _added_up(needs: Iterable[Need]) -> dict[int, int]:
    wanted: dict[int, int] = defaultdict(int)
    for need in needs:
        wanted[need.sku_id] += need.units
    return wanted


def _covered(wanted: Mapping[int, int], plan: Sequence[Source], free: Free) -> int:
    """Units of the demand these warehouses can give together."""
    return sum(
        min(units, sum(max(0, free.get((source.warehouse_id, sku), 0)) for source in plan))
        for sku, units in wanted.items()
    )


def _best_covering(wanted: Mapping[int, int], useful: Sequence[Source], free: Free) -> list[Plan]:
    """The sets of fewest warehouses that cover all that can be covered."""
    best = _covered(wanted, useful, free)
    for size in range(1, len(useful) + 1):
        plans = [plan for plan in combinations(useful, size) if _covered(wanted, plan, free) == best]
        if plans:
            return plans
    return [()]


Rule = Callable[[Plan, Mapping[int, int], Free], Any]

# Lower is better. Fewest parcels was applied when the plans were made; it decides when one is left.
RULES: tuple[tuple[str, Rule], ...] = (
    ("distance", lambda plan, _w, _f: sum(source.distance_rank for source in plan)),
    ("promise", lambda plan, _w, _f: sum(not source.is_in_time for source in plan)),
    ("capacity", lambda plan, _w, _f: -min((_room(source) for source in plan), default=0)),
    ("depth", lambda plan, wanted, free: -_depth(plan, wanted, free)),
    ("priority", lambda plan, _w, _f: sum(source.priority for source in plan)),
    ("number", lambda plan, _w, _f: tuple(source.warehouse_id for source in plan)),
)
PLENTY = 1_000_000


def _room(source: Source) -> int:
    return PLENTY if source.capacity_left is None else source.capacity_left


def _depth(plan: Plan, wanted: Mapping[int, int], free: Free) -> int:
    return sum(max(0, free.get((source.warehouse_id, sku), 0)) for source in plan for sku in wanted)


def _first_that_decides(
    plans: list[Plan], wanted: Mapping[int, int], free: Free
) -> tuple[Plan, str, list[dict[str, Any]]]:
    trail: list[dict[str, Any]] = [{"rule": "parcels", "value": len(plans[0]), "left": len(plans)}]
    decided_by = "parcels"
    for name, rule in RULES:
        if len(plans) == 1:
            break
        scores = [rule(plan, wanted, free) for plan in plans]
        plans = [plan for plan, score in zip(plans, scores, strict=True) if score == min(scores)]
        trail.append({"rule": name, "value": min(scores), "left": len(plans)})
        decided_by = name
    return plans[0], decided_by, trail


def _share_out(needs: Sequence[Need], plan: Plan, free: Free) -> tuple[list[Part], dict[int, int]]:
    """Lines in order, nearest warehouse first."""
    left = {(source.warehouse_id, need.sku_id): 0 for source in plan for need in needs}
    left = {key: max(0, free.get(key, 0)) for key in left}
    parts: list[Part] = []
    short: dict[int, int] = {}
    for need in needs:
        missing = need.units
        for source in plan:
            key = (source.warehouse_id, need.sku_id)
            units = min(missing, left[key])
            if units:
                left[key] -= units
                missing -= units
                parts.append(Part(need.line, need.sku_id, source.warehouse_id, units))
        if missing:
            short[need.line] = missing
    return parts, short
