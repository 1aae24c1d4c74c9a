"""Promising stock to orders that wait for it: one order, and the run over the whole queue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from inventory.actions.holding import give_back, lock_levels, promise
from inventory.models import StockLevel
from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from ordermgmt.models.history import ActivityCategory
from orders.actions.progress import advance, advance_lines, lock_order, refresh_status, settle
from orders.actions.promises import renew_promises
from orders.models import Allocation, Order, OrderLine, SourcingDecision
from orders.queue import Waiting, fill
from orders.sourcing import Part, Sourcing
from orders.waiting import Queue, lacking, queue_around, whole_queue

CHUNK = 100
# Rounds of planning: what changed between the plan and its locks is planned again.
MOST_ROUNDS = 3
Levels = Mapping[tuple[int, int], StockLevel]


@transaction.atomic(durable=True)
def allocate_order(order_id: int, *, by: User | str, now: datetime) -> Order:
    """Promise what an order still lacks, as far as its place in the queue allows."""
    order = lock_order(order_id)
    allocate(order, by=by, now=now)
    return order


def allocate(order: Order, *, by: User | str, now: datetime) -> Sourcing | None:
    """Inside the caller's transaction: give a locked order its share of the free units.

    Orders that stand before it in the queue keep theirs. None when it lacks nothing or a hold
    keeps it from being promised anything.
    """
    queue = queue_around(order.pk, now=now)
    own = queue.waiting.get(order.pk)
    if own is None:
        refresh_status(order, now=now)
        return None
    # Last in the lock order. Closes the race for the last unit: the second to come reads what is left.
    levels = _lock([own])
    free = {**queue.free, **{key: level.free for key, level in levels.items()}}
    sourcing = fill(queue.waiting.values(), free, now=now)[order.pk]
    _grant([order], {order.pk: sourcing}, levels, by=by, now=now)
    refresh_status(order, now=now)
    if sourcing.parts:
        renew_promises([order], queue.network, by=by, now=now)
    return sourcing


def allocate_waiting(*, now: datetime) -> dict[str, int]:
    """The run: share all free units among all waiting orders. Safe to repeat and to run twice at once."""
    done = {"orders": 0, "units": 0, "complete": 0}
    for _round in range(MOST_ROUNDS):
        queue = whole_queue(now=now)
        filled = fill(queue.waiting.values(), queue.free, now=now)
        plan = {pk: sourcing for pk, sourcing in filled.items() if sourcing.parts}
        ids = list(plan)
        given = [s for i in range(0, len(ids), CHUNK) for s in _give_chunk(ids[i : i + CHUNK], plan, queue, now=now)]
        done["orders"] += len(given)
        done["units"] += sum(part.units for sourcing in given for part in sourcing.parts)
        done["complete"] += sum(sourcing.is_complete for sourcing in given)
        if len(given) == len(plan):
            break
    return done


@transaction.atomic(durable=True)
def _give_chunk(ids: Sequence[int], plan: Mapping[int, Sourcing], queue: Queue, *, now: datetime) -> list[Sourcing]:
    """Carry out the plan for some orders, a constant number of statements; what no longer fits is left."""
    # An order that somebody else works on is left to the next round; closes the race of two runs.
    locked = Order.objects.open().select_for_update(of=("self",), skip_locked=True).order_by("pk")
    orders = {order.pk: order for order in locked.filter(pk__in=ids)}
    lacks = dict(lacking(order_id__in=list(orders)).values_list("pk", "backordered"))
    levels = _lock([queue.waiting[pk] for pk in orders])
    fits = _still_fitting({pk: plan[pk] for pk in ids if pk in orders}, lacks, levels)
    chosen = [orders[pk] for pk in fits]
    _grant(chosen, fits, levels, by="Allocation", now=now)
    settle(chosen, now=now)
    renew_promises(chosen, queue.network, by="Allocation", now=now)
    return list(fits.values())


def _still_fitting(plan: Mapping[int, Sourcing], lacks: Mapping[int, int], levels: Levels) -> dict[int, Sourcing]:
    free = {key: level.free for key, level in levels.items()}
    fits: dict[int, Sourcing] = {}
    for pk, sourcing in plan.items():
        by_level, by_line = _sums(sourcing.parts)
        is_free = all(free.get(key, 0) >= units for key, units in by_level.items())
        if is_free and all(lacks.get(line, 0) >= units for line, units in by_line.items()):
            fits[pk] = sourcing
            for key, units in by_level.items():
                free[key] -= units
    return fits


def _lock(waiting: Iterable[Waiting]) -> dict[tuple[int, int], StockLevel]:
    waiting = list(waiting)
    skus = {need.sku_id for order in waiting for need in order.needs}
    places = {source.warehouse_id for order in waiting for source in order.sources}
    return lock_levels(skus, places) if skus and places else {}


def _sums(parts: Iterable[Part]) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    by_level: dict[tuple[int, int], int] = defaultdict(int)
    by_line: dict[int, int] = defaultdict(int)
    for part in parts:
        by_level[part.warehouse_id, part.sku_id] += part.units
        by_line[part.line] += part.units
    return by_level, by_line


def _grant(
    orders: Sequence[Order], given: Mapping[int, Sourcing], levels: Levels, *, by: User | str, now: datetime
) -> None:
    """Write what locked orders are given: levels, allocations, lines, decisions, history."""
    given = {pk: sourcing for pk, sourcing in given.items() if sourcing.parts}
    parts = [part for sourcing in given.values() for part in sourcing.parts]
    if not parts:
        return
    by_level, by_line = _sums(parts)
    promise({levels[key].pk: units for key, units in by_level.items()})
    add_allocations(parts, now=now)
    lines = OrderLine.objects.filter(order__in=list(given))
    advance_lines(lines, by_line, source="backordered", target="promised")
    SourcingDecision.objects.bulk_create(
        SourcingDecision(order_id=pk, at=now, explanation=dict(sourcing.explanation)) for pk, sourcing in given.items()
    )
    Activity.objects.bulk_create(_told(order, given[order.pk], by, now) for order in orders if order.pk in given)


def _told(order: Order, sourcing: Sourcing, by: User | str, now: datetime) -> Activity:
    return activity(
        "stock.promised",
        gettext_noop("{units} units promised from {places}"),
        subject=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        units=sum(part.units for part in sourcing.parts),
        places=", ".join(sourcing.explanation["warehouses"]),
        missing=sum(sourcing.short.values()),
    )


def add_allocations(parts: Sequence[Part], *, now: datetime) -> None:
    """Inside the caller's transaction: write down units promised to lines of locked orders."""
    wanted: dict[tuple[int, int], Allocation] = {}
    for part in parts:
        row = wanted.setdefault(
            (part.line, part.warehouse_id),
            Allocation(
                line_id=part.line, warehouse_id=part.warehouse_id, sku_id=part.sku_id, quantity=0, created_at=now
            ),
        )
        row.quantity += part.units
    known = Allocation.objects.filter(line__in={line for line, _ in wanted})
    for row in known:
        if more := wanted.pop((row.line_id, row.warehouse_id), None):
            Allocation.objects.filter(pk=row.pk).update(quantity=F("quantity") + more.quantity)
    Allocation.objects.bulk_create(wanted.values())


def free_promised(order: Order, *, now: datetime, lines: Mapping[int, int] | None = None, to: str = "") -> int:
    """Inside the caller's transaction: give promised units of a locked order back; returns how many.

    What is on the floor stays. `lines` limits the units by line id; they become `to` (backordered
    unless told otherwise).
    """
    rows = list(_not_released(order, lines))
    freed: dict[int, int] = defaultdict(int)
    by_level: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        limit = row.quantity - row.released
        units = limit if lines is None else min(limit, lines[row.line_id] - freed[row.line_id])
        freed[row.line_id] += units
        by_level[row.warehouse_id, row.sku_id] += units
        row.quantity -= units
    advance(order, freed, source="promised", target=to or "backordered")
    keep_or_drop(rows)
    return _free(by_level)


def _not_released(order: Order, lines: Mapping[int, int] | None) -> Iterable[Allocation]:
    rows = Allocation.objects.filter(line__order=order, quantity__gt=F("released"))
    return (rows if lines is None else rows.filter(line__in=list(lines))).order_by("pk")


def keep_or_drop(rows: Sequence[Allocation]) -> None:
    """Inside the caller's transaction: save lowered allocations; a row with nothing left is deleted."""
    Allocation.objects.filter(pk__in=[row.pk for row in rows if not row.quantity]).delete()
    Allocation.objects.bulk_update([row for row in rows if row.quantity], ["quantity", "released"])


def _free(by_level: Mapping[tuple[int, int], int]) -> int:
    if not any(by_level.values()):
        return 0
    levels = lock_levels({sku for _, sku in by_level}, {warehouse for warehouse, _ in by_level})
    give_back({levels[key].pk: units for key, units in by_level.items()})
    return sum(by_level.values())
