"""Handing chosen orders to the floor: their work, their picks, the units set aside.

Set-based: a release of many orders has a constant number of statements.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Case, F, IntegerField, Value, When
from django.utils.translation import gettext_noop

from fulfilment.actions.choosing import Chosen, Part
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask, Wave
from fulfilment.shelving import Take
from fulfilment.states import WorkStatus
from inventory.models import BinStock, Warehouse
from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.numbering import next_numbers
from orders.actions import progress
from orders.models import Allocation, Order, OrderLine


def release(
    wave_of: Mapping[int, Wave], chosen: Chosen, warehouse: Warehouse, *, by: User | str, now: datetime
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
        BinStock.objects.filter(pk__in=list(change)).update(allocated=F("allocated") + by_pk(change))


def _count_released(warehouse: Warehouse, parts: Sequence[Part]) -> None:
    units = {demand.line_id: demand.quantity for part in parts for demand in part.demands}
    Allocation.objects.filter(line__in=list(units), warehouse=warehouse).update(
        released=F("released") + by_pk(units, name="line_id")
    )


def _advance(parts: Sequence[Part], *, now: datetime) -> None:
    units = {demand.line_id: demand.quantity for part in parts for demand in part.demands}
    progress.advance_lines(OrderLine.objects.all(), units, source="promised", target="allocated")
    progress.settle([part.order for part in parts], now=now)


def _released_line(work: FulfilmentOrder, by: User | str, now: datetime) -> Activity:
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


def lock_work(work_id: int) -> tuple[Order, FulfilmentOrder]:
    """Inside the caller's transaction: order, then fulfilment order; closes the race of a scan with any verb."""
    order = progress.lock_order(FulfilmentOrder.objects.values_list("order_id", flat=True).get(pk=work_id))
    work = FulfilmentOrder.objects.locked().select_related("warehouse", "wave").get(pk=work_id)
    work.order = order
    return order, work


def by_pk(values: Mapping[int, int], name: str = "pk") -> Case:
    whens = [When(**{name: pk}, then=Value(value)) for pk, value in values.items()]
    return Case(*whens, default=Value(0), output_field=IntegerField())
