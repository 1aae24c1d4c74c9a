"""Which bin and lot an order's units are taken from (pure rule).

First expired, first out: among lots that outlive the promised delivery and the time the goods are
used up in, the earliest expiry, then the oldest receipt, then the bin that empties first, then the
pick sequence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass
class Shelf:
    """Units of one SKU and lot that lie free in a pickable bin; `free` falls as units are taken."""

    stock_id: int
    bin_id: int
    sku_id: int
    free: int
    lot_id: int | None = None
    expires_on: date | None = None
    received_on: date | None = None
    sequence: int = 0
    place: str = ""


@dataclass(frozen=True)
class Demand:
    """Units of one order line; its lot must not expire before `outlives`."""

    line_id: int
    sku_id: int
    quantity: int
    outlives: date | None = None


@dataclass(frozen=True)
class Take:
    """Take `units` for a line from a shelf."""

    line_id: int
    shelf: Shelf
    units: int


@dataclass(frozen=True)
class Missing:
    """Units of a line for which no shelf was left; `expiring` of them lie there but expire too early."""

    line_id: int
    sku_id: int
    units: int
    expiring: int = 0


class Shelves:
    """The free units of a warehouse, handed out order by order."""

    def __init__(self, shelves: Iterable[Shelf]) -> None:
        self._of_sku: dict[int, list[Shelf]] = defaultdict(list)
        for shelf in shelves:
            self._of_sku[shelf.sku_id].append(shelf)

    def take_all(self, demands: Sequence[Demand]) -> tuple[list[Take], list[Missing]]:
        """All units of all demands, or nothing and what was missing."""
        takes, missing = self.take_some(demands)
        if missing:
            self.put_back(takes)
            return [], missing
        return takes, []

    def take_some(self, demands: Sequence[Demand]) -> tuple[list[Take], list[Missing]]:
        """As many units as there are, and what was missing."""
        takes: list[Take] = []
        missing: list[Missing] = []
        for demand in demands:
            taken = self._take(demand)
            takes += taken
            if left := demand.quantity - sum(take.units for take in taken):
                expiring = sum(shelf.free for shelf in self._of_sku[demand.sku_id])
                missing.append(Missing(demand.line_id, demand.sku_id, left, min(left, expiring)))
        return takes, missing

    def put_back(self, takes: Iterable[Take]) -> None:
        for take in takes:
            take.shelf.free += take.units

    def _take(self, demand: Demand) -> list[Take]:
        left, takes = demand.quantity, []
        for shelf in sorted((s for s in self._of_sku[demand.sku_id] if lasts(s, demand.outlives)), key=_first_out):
            if not left:
                break
            if units := min(shelf.free, left):
                shelf.free -= units
                left -= units
                takes.append(Take(demand.line_id, shelf, units))
        return takes


def lasts(shelf: Shelf, until: date | None) -> bool:
    """Goods without an expiry always last."""
    return shelf.expires_on is None or until is None or shelf.expires_on >= until


def _first_out(shelf: Shelf) -> tuple[date, date, int, int, int]:
    return (
        shelf.expires_on or date.max,
        shelf.received_on or date.max,
        shelf.free,
        shelf.sequence,
        shelf.stock_id,
    )
