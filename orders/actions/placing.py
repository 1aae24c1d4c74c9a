"""Taking an order in: checked, promised stock and days, written whole, confirmed.

Everything that needs no lock is computed first. The first attempt writes every row with the stock as
last committed and takes the stock locks last, in one statement just before the commit. When somebody
was faster, all is undone and decided anew under the locks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from inventory.actions.holding import NotEnoughStock, lock_levels, promise
from inventory.models import StockLevel
from ordermgmt.inserting import draw_numbers, insert_together
from ordermgmt.models import User
from ordermgmt.prepared import Prepared as PreparedRead
from ordermgmt.retrying import retries_conflicts
from ordermgmt.states import IllegalMove
from orders.actions.finishing import finish_unshipped
from orders.actions.order_rows import Decided, Prepared, begin, finish, missing_units
from orders.checks import check_delivery, check_draft, check_promise, check_stock
from orders.drafts import Finding, OrderDraft
from orders.exploding import explode
from orders.known import Known, learn
from orders.models import Order, OrderLine
from orders.network import Destination, Network, load_network
from orders.promising import Promise
from orders.queue import Waiting, fill
from orders.sourcing import Sourcing, decide
from orders.states import OrderStatus
from orders.waiting import queue_for

NOTHING = Sourcing((), {}, {})


class Level(NamedTuple):
    """A stock level and its free units, as they were read."""

    pk: int
    free: int


Levels = Mapping[tuple[int, int], Level]
Kept = Mapping[tuple[int, int], int]
NOTHING_KEPT: Kept = {}


class DraftRefused(Exception):
    """The draft cannot become an order; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = tuple(findings)


@retries_conflicts
def place_order(draft: OrderDraft, *, by: User | str, now: datetime) -> Order:
    """Accept a draft: order, lines with bundle parts, money, addresses, holds, stock, days, confirmation.

    What cannot be promised waits for stock. Raises DraftRefused.
    """
    prepared = prepare(draft, now=now)
    try:
        with transaction.atomic(durable=True):
            return _write(prepared, _levels(prepared), by=by)
    except NotEnoughStock:
        with transaction.atomic(durable=True):
            return _write(prepared, _locked_levels(prepared), by=by)


def place(
    draft: OrderDraft, *, by: User | str, now: datetime, into: Order | None = None, kept: Kept = NOTHING_KEPT
) -> Order:
    """Inside the caller's transaction: as `place_order`. `into` is a saved draft (locked) that becomes the order.

    `kept` were kept back for it and are free by now, with their levels locked: they stay its own.
    """
    prepared = replace(prepare(draft, now=now), into=into, kept=kept)
    try:
        # A savepoint, so that what was written is undone alone when the stock was taken meanwhile.
        with transaction.atomic():
            return _write(prepared, _levels(prepared), by=by)
    except NotEnoughStock:
        return _write(prepared, _locked_levels(prepared), by=by)


@dataclass(frozen=True)
class Preview:
    """What placing a draft now would give: days, units that wait, everything noticed, and units by level id."""

    promise: Promise | None
    missing: int
    findings: tuple[Finding, ...]
    units: Mapping[int, int] = field(default_factory=dict)


def preview(draft: OrderDraft, *, now: datetime, kept: Kept = NOTHING_KEPT) -> Preview:
    """By the rules of `place_order`, writing and locking nothing. `kept` is what is kept back for it already."""
    try:
        prepared = replace(prepare(draft, now=now), kept=kept)
    except DraftRefused as refused:
        return Preview(None, 0, refused.findings)
    levels = {key: Level(one.pk, one.free + kept.get(key, 0)) for key, one in _levels(prepared).items()}
    decided = _decide(prepared, levels)
    made = decided.promise
    late = check_promise(draft.requested_delivery_on, made.delivery_on if made else None)
    findings = (*prepared.draft.findings, *check_stock(decided.missing), *late)
    return Preview(made, decided.missing, findings, _units_by_level(prepared, decided, levels))


def prepare(draft: OrderDraft, *, now: datetime) -> Prepared:
    """Check and complete a draft. Raises DraftRefused."""
    return complete(draft, learn(draft), load_network(now=now, countries=[draft.country]), now=now)


def complete(draft: OrderDraft, known: Known, network: Network, *, now: datetime) -> Prepared:
    """The same from what is known already. Raises DraftRefused."""
    postcode = draft.shipping.postcode if draft.shipping else ""
    to = Destination(draft.country, postcode, draft.requested_delivery_on)
    found = [*draft.findings, *check_draft(draft, known)]
    found += check_delivery(draft, is_served=bool(network.serving(to)))
    draft = replace(draft.balanced(), findings=tuple(found))
    if draft.refusals:
        raise DraftRefused(draft.refusals)
    return Prepared(draft, explode(draft.lines, known.components), network, to, now)


def _levels(prepared: Prepared) -> Levels:
    return levels_at(*prepared.relevant)


def _locked_levels(prepared: Prepared) -> Levels:
    return locked_levels_at(*prepared.relevant)


def levels_at(places: Collection[int], skus: Collection[int]) -> Levels:
    """The levels of SKUs in warehouses, as last committed."""
    rows = _LEVELS(sorted(places), sorted(skus)) if places and skus else ()
    return {(row[1], row[2]): Level(row[0], row[3] - row[4] - row[5] - row[6]) for row in rows}


def locked_levels_at(places: Collection[int], skus: Collection[int]) -> Levels:
    """Inside the caller's transaction: the same, locked in primary-key order. Closes the race for the last unit."""
    levels = lock_levels(skus, places) if places and skus else {}
    return {key: Level(level.pk, level.free) for key, level in levels.items()}


_LEVELS = PreparedRead(
    lambda places, skus: StockLevel.objects.filter(warehouse__in=places, sku__in=skus).values_list(
        "pk", "warehouse_id", "sku_id", "on_hand", "unsaleable", "allocated", "safety"
    )
)
_SOMEBODY_WAITS = PreparedRead(
    lambda skus: OrderLine.objects.filter(sku__in=skus, backordered__gt=0).order_by().values_list("pk")[:1]
)


def free_of(levels: Levels) -> dict[tuple[int, int], int]:
    return free_units({key: level.free for key, level in levels.items()})


def free_units(units: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    return {key: count for key, count in units.items() if count > 0}


def somebody_waits(skus: Collection[int]) -> bool:
    """An order lacks units of one of these SKUs."""
    return bool(skus) and bool(_SOMEBODY_WAITS(sorted(skus)))


def waiting_as(key: int, prepared: Prepared) -> Waiting:
    """A draft in the queue for stock, under a key no order has."""
    draft, sources = prepared.draft, prepared.network.sources(prepared.to)
    needs = prepared.needs if prepared.takes_stock else ()
    return Waiting(key, needs, sources, prepared.now, priority=draft.priority, is_renewal=draft.is_renewal)


def _decide(prepared: Prepared, levels: Levels) -> Decided:
    return with_days(prepared, _source(prepared, free_of(levels)))


def with_days(prepared: Prepared, sourcing: Sourcing) -> Decided:
    """When what is promised, and what is not there yet, can be with the customer; in parts, the first of them."""
    missing = missing_units(prepared.lines, sourcing)
    is_short = bool(missing) and not (prepared.draft.ships_in_parts and sourcing.parts)
    made = prepared.network.promise(prepared.to, sourcing.warehouse_ids, is_short=is_short)
    return Decided(sourcing, made, missing)


def _source(prepared: Prepared, free: dict[tuple[int, int], int]) -> Sourcing:
    """Orders that wait for the same units are served before a new one."""
    if not free:
        return NOTHING
    skus = {sku for _, sku in free}
    if not somebody_waits(skus):
        return decide(prepared.needs, prepared.network.sources(prepared.to), free)
    queue = queue_for(skus, now=prepared.now)
    if prepared.kept:
        return _source_kept(prepared, list(queue.waiting.values()), {**queue.free, **free})
    own = waiting_as(0, prepared)
    return fill([*queue.waiting.values(), own], {**queue.free, **free}, now=prepared.now)[0]


def _source_kept(prepared: Prepared, waiting: Sequence[Waiting], free: dict[tuple[int, int], int]) -> Sourcing:
    """Those who wait share what was not kept back; the order takes what was, and what they leave."""
    left = {key: units - prepared.kept.get(key, 0) for key, units in free.items()}
    for given in fill(waiting, {key: max(units, 0) for key, units in left.items()}, now=prepared.now).values():
        for part in given.parts:
            left[part.warehouse_id, part.sku_id] -= part.units
    own = {key: units + prepared.kept.get(key, 0) for key, units in left.items()}
    return decide(prepared.needs, prepared.network.sources(prepared.to), free_units(own))


def _write(prepared: Prepared, levels: Levels, *, by: User | str) -> Order:
    """Inside the caller's transaction: all rows in one statement, then the stock. Raises NotEnoughStock."""
    decided = _decide(prepared, levels)
    new = begin(prepared, decided)
    order = new.order
    (order.number,) = draw_numbers("SO", 1, [order], new.all_lines)
    if prepared.into is not None:
        _take_over(order, prepared.into)
    insert_together(finish(new, prepared, decided, by=by))
    promise(_units_by_level(prepared, decided, levels))
    finish_unshipped(order, by=by, now=prepared.now)
    return order


def _take_over(order: Order, draft: Order) -> None:
    """The saved draft's row becomes the order, under its number."""
    if not draft.can_move_to(OrderStatus.ACCEPTED):
        raise IllegalMove(draft, draft.current_status, OrderStatus.ACCEPTED)
    order.pk, order.number = draft.pk, draft.number
    order.version, order.assignee_id = draft.version + 1, draft.assignee_id
    order.save(force_update=True)


def _units_by_level(prepared: Prepared, decided: Decided, levels: Levels) -> dict[int, int]:
    """The queue may have seen a level that was made after ours were read: then they are read again."""
    parts, units = decided.sourcing.parts, dict[int, int]()
    if not all((part.warehouse_id, part.sku_id) in levels for part in parts):
        levels = _levels(prepared)
    for part in parts:
        pk = levels[part.warehouse_id, part.sku_id].pk
        units[pk] = units.get(pk, 0) + part.units
    return units
