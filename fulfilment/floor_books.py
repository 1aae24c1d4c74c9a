"""Invariants of the floor: bins, staging places, order lines and work say the same."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fulfilment.models import FulfilmentLine, FulfilmentOrder, PackItem, PickTask, Wave
from fulfilment.states import WaveStatus, WorkStatus
from inventory.models import BinStock
from inventory.states import BinKind
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.models import OrderLine
from orders.states import STOCKED_KINDS, OrderStatus

OVER = (WorkStatus.DISPATCHED, WorkStatus.CANCELLED)


@invariant("I61", _("What is set aside in a bin is what open picks will take from it"))
def bins_wait_for_picks(now: datetime) -> Iterable[Any]:
    aside = _sums(
        BinStock.objects.values_list("bin__code", "sku__code", "lot__code", "bin_id").annotate(n=Sum("allocated"))
    )
    open_units = Sum(F("quantity") - F("picked") - F("short"))
    wanted = _sums(
        PickTask.objects.values_list("bin__code", "line__sku__code", "lot__code", "bin_id").annotate(n=open_units)
    )
    for key in sorted({*aside, *wanted}, key=str):
        if aside.get(key, 0) != wanted.get(key, 0):
            place, sku, lot, _bin = key
            facts = {"set_aside": aside.get(key, 0), "open_picks": wanted.get(key, 0)}
            yield {"place": place, "sku": sku, "lot": lot or "", **facts}


@invariant("I62", _("What stands at the bench is what was picked and has not left"))
def stage_holds_picked_goods(now: datetime) -> Iterable[Any]:
    staged = BinStock.objects.filter(bin__kind=BinKind.STAGE)
    there = _sums(staged.values_list("bin__warehouse__code", "sku__code").annotate(n=Sum("quantity")))
    works = FulfilmentLine.objects.exclude(work__status=WorkStatus.DISPATCHED)
    picked = _sums(works.values_list("work__warehouse__code", "sku__code").annotate(n=Sum("picked")))
    for key in sorted({*there, *picked}):
        if there.get(key, 0) != picked.get(key, 0):
            yield {"warehouse": key[0], "sku": key[1], "staged": there.get(key, 0), "picked": picked.get(key, 0)}


@invariant("I63", _("The floor has exactly the units that the order lines say"), is_local=True)
def lines_match_work(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    live = ~Q(work_lines__work__status__in=OVER)
    live_lines = OrderLine.objects.filter(kind__in=STOCKED_KINDS, order__status=OrderStatus.ACCEPTED)
    lines = touched.of(live_lines, "order__number").annotate(
        on_floor=Coalesce(Sum("work_lines__quantity", filter=live), 0),
        in_totes=Coalesce(Sum("work_lines__picked", filter=live), 0),
    )
    broken = lines.exclude(on_floor=F("allocated") + F("picked") + F("packed"), in_totes=F("picked") + F("packed"))
    yield from broken.order_by("pk").values(
        "order__number", "position", "allocated", "picked", "packed", "on_floor", "in_totes"
    )


@invariant("I64", _("Promised units are handed to the floor once"), is_local=True)
def allocations_match_lines(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    live_lines = OrderLine.objects.filter(kind__in=STOCKED_KINDS, order__status=OrderStatus.ACCEPTED)
    lines = touched.of(live_lines, "order__number").annotate(
        released=Coalesce(Sum("allocations__released"), 0), promised_units=Coalesce(Sum("allocations__quantity"), 0)
    )
    on_floor = F("allocated") + F("picked") + F("packed")
    broken = lines.exclude(released=on_floor, promised_units=F("promised") + on_floor)
    yield from broken.order_by("pk").values("order__number", "position", "promised", "released", "promised_units")


@invariant("I65", _("Every released unit has a place to be picked from"), is_local=True)
def lines_have_tasks(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    planned = Coalesce(Sum(F("tasks__quantity") - F("tasks__short")), 0)
    rows = touched.of(FulfilmentLine.objects.all(), "work__order__number")
    lines = rows.annotate(planned=planned, taken=Coalesce(Sum("tasks__picked"), 0))
    broken = lines.exclude(work__status__in=[WorkStatus.PLANNED, *OVER]).exclude(
        planned=F("quantity"), taken=F("picked")
    )
    yield from broken.order_by("pk").values("work__number", "sku__code", "quantity", "planned", "picked", "taken")


@invariant("I66", _("What is in open cartons was scanned into them"), is_local=True)
def cartons_match_scans(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    inside = PackItem.objects.filter(line=OuterRef("pk")).values("line").annotate(n=Sum("quantity")).values("n")
    rows = FulfilmentLine.objects.filter(work__status__in=[WorkStatus.PACKING, WorkStatus.PACKED])
    lines = touched.of(rows, "work__order__number")
    broken = lines.annotate(inside=Coalesce(inside, 0)).exclude(inside=F("packed"))
    yield from broken.order_by("pk").values("work__number", "sku__code", "packed", "inside")


@invariant("I68", _("Work on the floor is in a state that its units and times bear out"), is_local=True)
def states_match_facts(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    stamps = {
        WorkStatus.RELEASED: "released_at",
        WorkStatus.PICKING: "picking_at",
        WorkStatus.PICKED: "picked_at",
        WorkStatus.PACKING: "packing_at",
        WorkStatus.PACKED: "packed_at",
        WorkStatus.DISPATCHED: "dispatched_at",
        WorkStatus.CANCELLED: "cancelled_at",
    }
    unstamped = Q()
    for status, stamp in stamps.items():
        unstamped |= Q(status=status, **{f"{stamp}__isnull": True})
    open_task = Exists(PickTask.objects.unpicked().filter(line__work=OuterRef("pk")))
    picked = [WorkStatus.PICKED, WorkStatus.PACKING, WorkStatus.PACKED]
    works = touched.of(FulfilmentOrder.objects.all(), "order__number").annotate(has_open=open_task)
    early = Q(status__in=picked, has_open=True) | Q(status__in=OVER, has_open=True)
    yield from works.filter(unstamped | early).order_by("pk").values("number", "status", "has_open")


@invariant("I67", _("A finished wave leaves nothing to pick"))
def waves_end_empty(now: datetime) -> Iterable[Any]:
    waiting = Count(
        "fulfilment_orders", filter=Q(fulfilment_orders__status__in=[WorkStatus.RELEASED, WorkStatus.PICKING])
    )
    waves = Wave.objects.filter(status__in=[WaveStatus.DONE, WaveStatus.CANCELLED]).annotate(waiting=waiting)
    yield from waves.filter(waiting__gt=0).order_by("pk").values("number", "status", "waiting")


def _sums(rows: Any) -> dict[Any, int]:
    """Sums by key (every column but the last); nothing is the same as no row."""
    return {tuple(row[:-1]): row[-1] for row in rows.order_by() if row[-1]}
