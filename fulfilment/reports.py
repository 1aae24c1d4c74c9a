"""Reading the floor: the route of a wave, its progress, the pick list on paper."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from fulfilment.models import FulfilmentLine, PickTask, Wave
from fulfilment.states import WorkStatus
from inventory.models import Bin, Lot, Sku
from ordermgmt import codes


@dataclass
class Pick:
    """One stop for one item: take it from a bin (and lot) into a tote. Singles of the same item are one stop."""

    bin: Bin
    sku: Sku
    lot: Lot | None
    tote: str
    tasks: list[PickTask] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return sum(task.quantity - task.short for task in self.tasks)

    @property
    def picked(self) -> int:
        return sum(task.picked for task in self.tasks)

    @property
    def short(self) -> int:
        return sum(task.short for task in self.tasks)

    @property
    def left(self) -> int:
        return sum(task.open_units for task in self.tasks)

    @property
    def is_done(self) -> bool:
        return self.left == 0

    @property
    def is_skipped(self) -> bool:
        return any(task.is_skipped for task in self.tasks if task.open_units)

    @property
    def orders(self) -> list[str]:
        return sorted({task.line.work.order.number for task in self.tasks})

    @property
    def tail(self) -> str:
        """The last three digits of the code, read to tell items apart."""
        return (self.sku.barcode or self.sku.code)[-3:]


def route(wave: Wave) -> list[Pick]:
    """Every stop of the wave in walking order; skipped ones come back at the end."""
    tasks = (
        PickTask.objects.filter(line__work__wave=wave)
        .exclude(line__work__status=WorkStatus.CANCELLED)
        .select_related("bin", "lot", "line__sku", "line__work__order")
        .prefetch_related("line__sku__codes")
        .order_by("line__work__ship_by", "line__work_id", "pk")
    )
    picks: dict[tuple[int, int, int | None, str], Pick] = {}
    for task in tasks:
        sku, work = task.line.sku, task.line.work
        key = (task.bin_id, sku.pk, task.lot_id, work.tote)
        picks.setdefault(key, Pick(task.bin, sku, task.lot, work.tote)).tasks.append(task)
    return sorted(picks.values(), key=_walk)


def _walk(pick: Pick) -> tuple[Any, ...]:
    return (pick.is_skipped, pick.bin.pick_sequence, pick.bin.code, pick.sku.code, pick.tote)


@dataclass(frozen=True)
class Progress:
    """How far a wave is, in lines (stops) and units."""

    lines: int
    lines_done: int
    units: int
    units_picked: int
    units_short: int
    orders: int

    @property
    def percent(self) -> int:
        return round(100 * self.units_picked / self.units) if self.units else 100


def progress_of(picks: Sequence[Pick]) -> Progress:
    return Progress(
        lines=len(picks),
        lines_done=sum(pick.is_done for pick in picks),
        units=sum(pick.quantity for pick in picks),
        units_picked=sum(pick.picked for pick in picks),
        units_short=sum(pick.short for pick in picks),
        orders=len({number for pick in picks for number in pick.orders}),
    )


def with_figures(waves: QuerySet[Wave]) -> Any:
    """Waves with `orders`, `units`, `units_picked` and `due`, in one statement."""
    live = ~Q(fulfilment_orders__status=WorkStatus.CANCELLED)
    lines = "fulfilment_orders__lines__"
    return waves.select_related("picker", "warehouse").annotate(
        orders=Count("fulfilment_orders", filter=live, distinct=True),
        units=Sum(f"{lines}quantity", filter=live, default=0),
        units_picked=Sum(f"{lines}picked", filter=live, default=0),
        due=Min("fulfilment_orders__ship_by", filter=live),
    )


@dataclass(frozen=True)
class PickListRow:
    """A line of the printed list; `is_new_place` begins another bin."""

    place: str
    item: str
    code: str
    tail: str
    quantity: int
    tote: str
    lot: str
    image: str
    note: str
    is_new_place: bool


@dataclass(frozen=True)
class PickList:
    """What P45 prints for a wave."""

    number: str
    barcode: str
    warehouse: str
    kind: str
    cut_off: datetime | None
    picker: str
    rows: tuple[PickListRow, ...]
    orders: tuple[tuple[str, str], ...]
    units: int


def pick_list(wave: Wave) -> PickList:
    """The units of a wave that are still to be picked, in walking order."""
    picks = [pick for pick in route(wave) if not pick.is_done]
    works = wave.fulfilment_orders.open().select_related("order").order_by("tote", "pk")
    places = [None, *(pick.bin.code for pick in picks)]
    return PickList(
        number=wave.number,
        barcode=codes.printed(codes.WAVE, wave.number),
        warehouse=str(wave.warehouse),
        kind=wave.get_kind_display(),
        cut_off=min((work.ship_by for work in works if work.ship_by), default=None),
        picker=str(wave.picker or ""),
        rows=tuple(_row(pick, places[place] != pick.bin.code) for place, pick in enumerate(picks)),
        orders=tuple((work.tote, work.order.number) for work in works),
        units=sum(pick.left for pick in picks),
    )


def _row(pick: Pick, is_new_place: bool) -> PickListRow:
    return PickListRow(
        place=pick.bin.code,
        item=pick.sku.name,
        code=pick.sku.code,
        tail=pick.tail,
        quantity=pick.left,
        tote=pick.tote,
        lot=pick.lot.code if pick.lot else "",
        image=pick.sku.image.url if pick.sku.image else "",
        note=pick.lot.expires_on.isoformat() if pick.lot and pick.lot.expires_on else "",
        is_new_place=is_new_place,
    )


def lines_to_pack() -> QuerySet[FulfilmentLine]:
    """Picked lines with their items and codes, for the bench."""
    picked = FulfilmentLine.objects.filter(picked__gt=0).select_related("sku", "order_line")
    return picked.prefetch_related("sku__codes").order_by("pk")
