"""Who is served first when stock is short. Pure; the one-order verb and the run use it alike.

Key: picking already, manual priority, promise bucket, renewal, accepted, line. Two guards against
starvation: an order that has waited longer than the age limit comes first and its lines are decided
together, so that no younger order takes the last unit it needs; and what completes an order goes
before what would only lie beside its missing parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orders.sourcing import Free, Need, Source, Sourcing, decide

AGE_LIMIT = timedelta(days=5)
# Days until the promised day: overdue, within two days, within a week, later.
BUCKETS = (0, 2, 7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order with lines that lack stock, and the warehouses that may serve it."""

    order_id: int
    needs: tuple[Need, ...]
    sources: tuple[Source, ...]
    accepted_at: datetime
    is_picking: bool = False
    priority: int = 0
    promised_on: date | None = None
    is_renewal: bool = False

    def is_aged(self, now: datetime) -> bool:
        return self.accepted_at <= now - AGE_LIMIT

    def rank(self, today: date) -> tuple[bool, int, int, bool, datetime, int]:
        """Lower is served first."""
        first_line = min((need.line for need in self.needs), default=0)
        return (
            not self.is_picking,
            -self.priority,
            _bucket(self.promised_on, today),
            not self.is_renewal,
            self.accepted_at,
            first_line,
        )


def _bucket(promised_on: date | None, today: date) -> int:
    if promised_on is None:
        return len(BUCKETS) + 1
    days = (promised_on - today).days
    return next((i for i, limit in enumerate(BUCKETS) if days <= limit), len(BUCKETS))


def fill(waiting: Iterable[Waiting], free: Free, *, now: datetime) -> dict[int, Sourcing]:
    """What each order is given of the free units (by warehouse and SKU), in the order it is given."""
    ranked = sorted(waiting, key=lambda order: order.rank(now.date()))
    aged = [order for order in ranked if order.is_aged(now)]
    younger = [order for order in ranked if not order.is_aged(now)]
    left = dict(free)
    given: dict[int, Sourcing] = {}
    for order in aged:
        _give(order, decide(order.needs, order.sources, left), left, given)
    for order in younger:
        sourcing = decide(order.needs, order.sources, left)
        if sourcing.is_complete:
            _give(order, sourcing, left, given)
    for order in younger:
        if order.order_id not in given:
            _give(order, decide(order.needs, order.sources, left), left, given)
    return given


def _give(order: Waiting, sourcing: Sourcing, left: dict[tuple[int, int], int], given: dict[int, Sourcing]) -> None:
    for part in sourcing.parts:
        left[part.warehouse_id, part.sku_id] -= part.units
    given[order.order_id] = sourcing
