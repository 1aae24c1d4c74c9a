"""Taking many orders in at once: by the rules of `placing`, with a fixed number of statements for any number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from inventory.actions.holding import NotEnoughStock, promise
from ordermgmt.inserting import draw_numbers, insert_together
from ordermgmt.models import User
from orders.actions.finishing import finish_unshipped
from orders.actions.order_rows import Decided, NewOrder, Prepared, begin, finish
from orders.actions.placing import (
    DraftRefused,
    Levels,
    complete,
    free_of,
    levels_at,
    locked_levels_at,
    somebody_waits,
    waiting_as,
    with_days,
)
from orders.drafts import OrderDraft
from orders.known import learn_all
from orders.models import Order
from orders.network import load_network
from orders.queue import fill
from orders.sourcing import Sourcing
from orders.waiting import queue_for


def place_many(drafts: Sequence[OrderDraft], *, by: User | str, now: datetime) -> list[Order]:
    """Inside the caller's transaction: as `place` for each draft, one order for each in the same sequence.

    Stock is shared out among them and those who wait already as the queue does. The levels are locked once, in
    primary-key order, after everything else is written. Raises DraftRefused when one of them is refused: ask
    `prepare_many` before.
    """
    ready = prepare_many(drafts, now=now)
    for one in ready:
        if isinstance(one, DraftRefused):
            raise one
    return write_many([one for one in ready if isinstance(one, Prepared)], by=by, now=now)


def prepare_many(drafts: Sequence[OrderDraft], *, now: datetime) -> list[Prepared | DraftRefused]:
    """Check and complete drafts: each ready to be written, or refused."""
    if not drafts:
        return []
    known = learn_all(drafts)
    network = load_network(now=now, countries=[draft.country for draft in drafts])
    ready: list[Prepared | DraftRefused] = []
    for draft, one in zip(drafts, known, strict=True):
        try:
            ready.append(complete(draft, one, network, now=now))
        except DraftRefused as refused:
            ready.append(refused)
    return ready


def write_many(ready: Sequence[Prepared], *, by: User | str, now: datetime) -> list[Order]:
    """Inside the caller's transaction: write what `prepare_many` made ready."""
    if not ready:
        return []
    places, skus = relevant(ready)
    try:
        # A savepoint, so that what was written is undone alone when the stock was taken meanwhile.
        with transaction.atomic():
            return _Writing(ready, levels_at(places, skus), by, now).write()
    except NotEnoughStock:
        return _Writing(ready, locked_levels_at(places, skus), by, now).write()


def relevant(ready: Iterable[Prepared]) -> tuple[set[int], set[int]]:
    """Warehouses and SKUs whose levels decide what they are given."""
    places, skus = set[int](), set[int]()
    for one in ready:
        serving, wanted = one.relevant
        places.update(serving)
        skus.update(wanted)
    return places, skus


def share_out(ready: Sequence[Prepared], levels: Levels, *, now: datetime) -> list[Sourcing]:
    """What each is given of the free units; orders that wait for the same units are served before, as by the queue."""
    own = [waiting_as(-i - 1, one) for i, one in enumerate(ready)]
    free = free_of(levels)
    skus = {sku for _, sku in free}
    if somebody_waits(skus):
        queue = queue_for(skus, now=now)
        given = fill([*queue.waiting.values(), *own], {**queue.free, **free}, now=now)
    else:
        given = fill(own, free, now=now)
    return [given[one.order_id] for one in own]


@dataclass(frozen=True)
class _Writing:
    """One attempt, from the levels as they were read."""

    ready: Sequence[Prepared]
    levels: Levels
    by: User | str
    now: datetime

    def write(self) -> list[Order]:
        decided = list(self._decide())
        new = [begin(one, given) for one, given in zip(self.ready, decided, strict=True)]
        orders = [one.order for one in new]
        numbers = draw_numbers("SO", len(new), orders, [row for one in new for row in one.all_lines])
        for order, number in zip(orders, numbers, strict=True):
            order.number = number
        insert_together(self._groups(new, decided))
        promise(self._units(decided))
        for order in orders:
            finish_unshipped(order, by=self.by, now=self.now)
        return orders

    def _decide(self) -> Iterable[Decided]:
        """Each order adds to the load of its day, so that the next sees it."""
        given = share_out(self.ready, self.levels, now=self.now)
        for i, one in enumerate(self.ready):
            decided = with_days(one, given[i])
            made, places = decided.promise, decided.sourcing.warehouse_ids
            if made and places:
                one.network.calendars[places[0]].take(made.ship_on)
            yield decided

    def _groups(self, new: Sequence[NewOrder], decided: Sequence[Decided]) -> list[Sequence[Model]]:
        """The rows of all orders, table by table."""
        each = zip(new, self.ready, decided, strict=True)
        tables = zip(*(finish(one, ready, given, by=self.by) for one, ready, given in each), strict=True)
        return [[row for rows in table for row in rows] for table in tables]

    def _units(self, decided: Iterable[Decided]) -> dict[int, int]:
        parts = [part for one in decided for part in one.sourcing.parts]
        levels = self.levels
        if not all((part.warehouse_id, part.sku_id) in levels for part in parts):
            # The queue saw a level that was made after ours were read.
            levels = levels_at({part.warehouse_id for part in parts}, {part.sku_id for part in parts})
        units = dict[int, int]()
        for part in parts:
            pk = levels[part.warehouse_id, part.sku_id].pk
            units[pk] = units.get(pk, 0) + part.units
        return units
