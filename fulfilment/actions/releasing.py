"""Handing orders to the floor: which are ready, where each unit is taken from, and taking it back.

Set-based: a release of many orders has a constant number of statements.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask, Wave
from fulfilment.shelving import Demand, Missing, Shelf, Shelves, Take
from fulfilment.states import WorkStatus
from inventory.models import Bin, BinStock, Sku, Warehouse
from inventory.states import PICKABLE_BINS
from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.numbering import next_numbers
from orders.actions import progress
from orders.models import Allocation, Hold, Order, OrderLine
from orders.states import Stage

# How long the goods of a delivery are used before the next one comes (days), until a subscription says so.
USED_UP_IN_DAYS = 30


class NotReleased(Exception):
    """The work is not waiting to be picked any more; the sentence says what it is."""


@dataclass(frozen=True)
class Excluded:
    """An order that is not released, and why."""

    order_id: int
    number: str
    code: str
    reason: str


@dataclass(frozen=True)
class Part:
    """The unreleased units of one order in one warehouse, by order line."""

    order: Order
    demands: tuple[Demand, ...]
    lines: Mapping[int, OrderLine]

    @property
    def units(self) -> int:
        return sum(demand.quantity for demand in self.demands)

    @property
    def is_single(self) -> bool:
        return self.units == 1


@dataclass
class Chosen:
    """What can be released now: parts with the shelves they are taken from, and what cannot."""

    parts: list[Part] = field(default_factory=list)
    takes: dict[int, list[Take]] = field(default_factory=dict)
    excluded: list[Excluded] = field(default_factory=list)


def waiting_for_release(warehouse: Warehouse) -> QuerySet[Order]:
    """Open orders with promised units here that the floor does not have yet; most urgent first."""
    return (
        Order.objects.open()
        .filter(Exists(_unreleased(warehouse)))
        .order_by(F("promised_ship_on").asc(nulls_last=True), "-priority", "accepted_at", "pk")
    )


def ready_to_release(warehouse: Warehouse) -> QuerySet[Order]:
    """Orders waiting for release that nothing stops: no hold, and nothing of them waits for stock."""
    return waiting_for_release(warehouse).exclude(_is_held()).exclude(_is_short())


def not_ready(warehouse: Warehouse) -> list[Excluded]:
    """Orders with promised units here that are held or wait for the rest, with the reason of each."""
    stopped = waiting_for_release(warehouse).filter(_is_held() | _is_short())
    holds = _first_holds(stopped)
    return [_why_not(order, holds.get(order.pk)) for order in stopped.annotate(lacks=Sum("lines__backordered"))]


def _unreleased(warehouse: Warehouse) -> QuerySet[Allocation]:
    return Allocation.objects.filter(line__order=OuterRef("pk"), warehouse=warehouse, quantity__gt=F("released"))


def _is_held() -> Exists:
    return Exists(Hold.objects.stopping(Stage.RELEASE).filter(order=OuterRef("pk")))


def _is_short() -> Exists:
    """Orders go out whole unless they ship in parts; what is already on the floor does not wait."""
    whole = OrderLine.objects.filter(order=OuterRef("pk"), order__ships_in_parts=False)
    return Exists(whole.filter(backordered__gt=0))


def _first_holds(orders: QuerySet[Order]) -> dict[int, Hold]:
    holds = Hold.objects.stopping(Stage.RELEASE).filter(order__in=orders.values("pk")).order_by("-opened_at", "-pk")
    return {hold.order_id: hold for hold in holds}


def _why_not(order: Order, hold: Hold | None) -> Excluded:
    if hold:
        return Excluded(order.pk, order.number, "held", _("On hold: %(reason)s") % {"reason": hold.reason})
    lacks = getattr(order, "lacks", 0)
    words = ngettext("Waits for stock: %(units)s unit", "Waits for stock: %(units)s units", lacks) % {"units": lacks}
    return Excluded(order.pk, order.number, "short", words)


def choose(warehouse: Warehouse, orders: Iterable[Order], *, lock: bool = False) -> Chosen:
    """The parts of these orders (in their order) that can be picked now, and from where.

    With `lock`, inside the caller's transaction: the bin balances are locked in primary-key order,
    which closes the race of two releases for the same bin.
    """
    chosen = Chosen()
    parts = _parts(warehouse, list(orders))
    rows = _bin_rows(warehouse, {d.sku_id for part in parts for d in part.demands}, lock=lock)
    shelves = Shelves(shelf_of(row) for row in rows if is_pickable(row.bin))
    gaps: list[tuple[Part, list[Missing]]] = []
    for part in parts:
        takes, missing = shelves.take_all(part.demands)
        if missing:
            gaps.append((part, missing))
        else:
            chosen.parts.append(part)
            chosen.takes[part.order.pk] = takes
    chosen.excluded = _explain(gaps, rows)
    return chosen


def _parts(warehouse: Warehouse, orders: Sequence[Order]) -> list[Part]:
    rows = (
        Allocation.objects.filter(line__order__in=orders, warehouse=warehouse, quantity__gt=F("released"))
        .select_related("line")
        .order_by("line__position")
    )
    by_order: dict[int, list[Allocation]] = defaultdict(list)
    for row in rows:
        by_order[row.line.order_id].append(row)
    return [_part(order, by_order[order.pk]) for order in orders if by_order[order.pk]]


def _part(order: Order, rows: Sequence[Allocation]) -> Part:
    until = outlives(order)
    return Part(
        order=order,
        demands=tuple(Demand(row.line_id, row.sku_id, row.quantity - row.released, until) for row in rows),
        lines={row.line_id: row.line for row in rows},
    )


def outlives(order: Order) -> date | None:
    """The day until which goods must last: the promised delivery, and until the next one for subscribers."""
    if order.promised_delivery_on is None:
        return None
    return order.promised_delivery_on + timedelta(days=USED_UP_IN_DAYS if order.is_renewal else 0)


def _bin_rows(warehouse: Warehouse, sku_ids: set[int], *, lock: bool) -> list[BinStock]:
    rows = (
        BinStock.objects.filter(bin__warehouse=warehouse, sku__in=sku_ids, quantity__gt=F("allocated"))
        .select_related("bin", "lot")
        .order_by("pk")
    )
    return list(rows.select_for_update(of=("self",)) if lock else rows)


def is_pickable(place: Bin) -> bool:
    """Whether new picks may take from this place."""
    return place.is_active and not place.is_suspect and place.kind in PICKABLE_BINS


def shelf_of(row: BinStock) -> Shelf:
    """What is free to pick of a balance (bin and lot joined)."""
    return Shelf(
        stock_id=row.pk,
        bin_id=row.bin_id,
        sku_id=row.sku_id,
        free=row.quantity - row.allocated,
        lot_id=row.lot_id,
        expires_on=row.lot.expires_on if row.lot else None,
        received_on=row.lot.received_on if row.lot else None,
        sequence=row.bin.pick_sequence,
    )


def _explain(gaps: Sequence[tuple[Part, list[Missing]]], rows: Sequence[BinStock]) -> list[Excluded]:
    """Why promised units cannot be picked: the lot, the place, or a bin that must be counted."""
    codes = dict(Sku.objects.filter(pk__in={m.sku_id for _p, ms in gaps for m in ms}).values_list("pk", "code"))
    excluded = []
    for part, missing in gaps:
        gap = missing[0]
        elsewhere = [row.bin for row in rows if row.sku_id == gap.sku_id and not is_pickable(row.bin)]
        code, reason = _why_gap(gap, codes[gap.sku_id], elsewhere)
        excluded.append(Excluded(part.order.pk, part.order.number, code, reason))
    return excluded


def _why_gap(gap: Missing, code: str, elsewhere: Sequence[Bin]) -> tuple[str, str]:
    if gap.expiring:
        return "expiry", _("%(item)s expires before the customer has used it") % {"item": code}
    suspect = next((place for place in elsewhere if place.is_suspect), None)
    if suspect:
        return "count", _("%(item)s: %(bin)s must be counted first") % {"item": code, "bin": suspect}
    if elsewhere:
        return "place", _("%(item)s is on %(bin)s, not on a shelf yet") % {"item": code, "bin": elsewhere[0]}
    return "place", _("%(item)s is on no shelf free to pick from") % {"item": code}


def release(
    wave_of: Mapping[int, Wave], chosen: Chosen, warehouse: Warehouse, *, by: User, now: datetime
) -> list[FulfilmentOrder]:
    """Inside the caller's transaction (orders and bin balances locked): write the work of the chosen parts.

    `wave_of` names the wave of each order id. A constant number of statements, however many orders.
    """
    if not chosen.parts:
        return []
    works = _write_works(wave_of, chosen.parts, warehouse, now=now)
    _write_tasks(works, chosen)
    _set_aside([take for takes in chosen.takes.values() for take in takes])
    _count_released(warehouse, chosen.parts)
    _advance(chosen.parts, now=now)
    Activity.objects.bulk_create(_released_line(work, by, now) for work in works.values())
    return list(works.values())


def _write_works(
    wave_of: Mapping[int, Wave], parts: Sequence[Part], warehouse: Warehouse, *, now: datetime
) -> dict[int, FulfilmentOrder]:
    numbers = next_numbers("FO", len(parts))
    rows = FulfilmentOrder.objects.bulk_create(
        FulfilmentOrder(
            number=f"FO-{number}",
            order=part.order,
            warehouse=warehouse,
            status=WorkStatus.RELEASED,
            wave=wave_of.get(part.order.pk),
            is_single=part.is_single,
            ship_by=ship_by(part.order, warehouse),
            created_at=now,
            released_at=now,
        )
        for part, number in zip(parts, numbers, strict=True)
    )
    return {row.order_id: row for row in rows}


def ship_by(order: Order, warehouse: Warehouse) -> datetime | None:
    """The cut-off of the promised day, at the warehouse."""
    if order.promised_ship_on is None:
        return None
    return datetime.combine(order.promised_ship_on, warehouse.cut_off, tzinfo=ZoneInfo(warehouse.time_zone))


def _write_tasks(works: Mapping[int, FulfilmentOrder], chosen: Chosen) -> None:
    lines = FulfilmentLine.objects.bulk_create(
        FulfilmentLine(
            work=works[part.order.pk], order_line_id=demand.line_id, sku_id=demand.sku_id, quantity=demand.quantity
        )
        for part in chosen.parts
        for demand in part.demands
    )
    line_of = {line.order_line_id: line for line in lines}
    PickTask.objects.bulk_create(
        task_for(line_of[take.line_id], take) for takes in chosen.takes.values() for take in takes
    )


def task_for(line: FulfilmentLine, take: Take) -> PickTask:
    """An unsaved pick task."""
    return PickTask(line=line, bin_id=take.shelf.bin_id, lot_id=take.shelf.lot_id, quantity=take.units)


def _set_aside(takes: Iterable[Take]) -> None:
    units: dict[int, int] = defaultdict(int)
    for take in takes:
        units[take.shelf.stock_id] += take.units
    set_aside(units)


def set_aside(units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: bin balances (by id) keep these units for open picks; negative frees them."""
    change = {pk: count for pk, count in units.items() if count}
    if change:
        BinStock.objects.filter(pk__in=list(change)).update(allocated=F("allocated") + _by_pk(change))


def _count_released(warehouse: Warehouse, parts: Sequence[Part]) -> None:
    units = {demand.line_id: demand.quantity for part in parts for demand in part.demands}
    Allocation.objects.filter(line__in=list(units), warehouse=warehouse).update(
        released=F("released") + _by_pk(units, name="line_id")
    )


def _advance(parts: Sequence[Part], *, now: datetime) -> None:
    units = {demand.line_id: demand.quantity for part in parts for demand in part.demands}
    progress.advance_lines(OrderLine.objects.all(), units, source="promised", target="allocated")
    progress.settle([part.order for part in parts], now=now)


def _released_line(work: FulfilmentOrder, by: User, now: datetime) -> Activity:
    return activity(
        "work.released",
        gettext_noop("Released to the floor as {work}, {wave}"),
        subject=work.number,
        thread=work.order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        work=work.number,
        wave=str(work.wave or ""),
    )


@transaction.atomic(durable=True)
def take_back(work_id: int, *, by: User, now: datetime) -> FulfilmentOrder:
    """Take released work that nobody has picked off the floor; its units are promised again. Raises NotReleased."""
    order, work = lock_work(work_id)
    if work.status != WorkStatus.RELEASED or work.lines.filter(picked__gt=0).exists():
        raise NotReleased(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    leave_floor(order, work, by=by, now=now)
    return work


def lock_work(work_id: int) -> tuple[Order, FulfilmentOrder]:
    """Inside the caller's transaction: order, then fulfilment order; closes the race of a scan with any verb."""
    order = progress.lock_order(FulfilmentOrder.objects.values_list("order_id", flat=True).get(pk=work_id))
    work = FulfilmentOrder.objects.locked().select_related("warehouse", "wave").get(pk=work_id)
    work.order = order
    return order, work


def leave_floor(order: Order, work: FulfilmentOrder, *, by: User, now: datetime) -> None:
    """Inside the caller's transaction: unpicked units go back to the promise, and the work ends."""
    progress.advance(order, drop_open(work), source="allocated", target="promised")
    work.move_to(WorkStatus.CANCELLED, now=now)
    progress.refresh_status(order, now=now)


def drop_open(work: FulfilmentOrder) -> dict[int, int]:
    """Inside the caller's transaction: bins and allocations let go of the units not picked yet.

    Returns them by order line; the caller moves the counters of the order.
    """
    tasks = list(PickTask.objects.filter(line__work=work).unpicked().select_related("line"))
    free_bins(tasks)
    dropped: dict[int, int] = defaultdict(int)
    for task in tasks:
        dropped[task.line.order_line_id] += task.open_units
    _shrink(tasks)
    uncount_released(work.warehouse_id, dropped)
    return dict(dropped)


def free_bins(tasks: Sequence[PickTask]) -> None:
    """Inside the caller's transaction: the open units of these tasks are no longer set aside."""
    wanted: dict[tuple[int, int, int | None], int] = defaultdict(int)
    for task in tasks:
        wanted[task.bin_id, task.line.sku_id, task.lot_id] += task.open_units
    rows = BinStock.objects.select_for_update().filter(bin__in={key[0] for key in wanted}).order_by("pk")
    set_aside({row.pk: -wanted.get((row.bin_id, row.sku_id, row.lot_id), 0) for row in rows})


def _shrink(tasks: Sequence[PickTask]) -> None:
    for task in tasks:
        units = task.open_units
        task.quantity -= units
        FulfilmentLine.objects.filter(pk=task.line_id).update(quantity=F("quantity") - units)
    PickTask.objects.bulk_update(tasks, ["quantity"])
    PickTask.objects.filter(pk__in=[task.pk for task in tasks], quantity=0).delete()


def uncount_released(warehouse_id: int, units: Mapping[int, int]) -> None:
    """Inside the caller's transaction: allocations (by order line) have fewer units on the floor."""
    if units:
        Allocation.objects.filter(Q(line__in=list(units)), warehouse=warehouse_id).update(
            released=F("released") - _by_pk(units, name="line_id")
        )


def _by_pk(values: Mapping[int, int], name: str = "pk") -> Case:
    whens = [When(**{name: pk}, then=Value(value)) for pk, value in values.items()]
    return Case(*whens, default=Value(0), output_field=IntegerField())
