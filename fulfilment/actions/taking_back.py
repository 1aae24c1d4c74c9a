"""Work taken back from the floor: bins freed, units promised again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from fulfilment.actions.releasing import by_pk, lock_work, set_aside
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask
from fulfilment.states import WorkStatus
from inventory.models import BinStock
from ordermgmt.models import User
from orders.actions import progress
from orders.models import Allocation, Order


class NotReleased(Exception):
    """The work is not waiting to be picked any more; the sentence says what it is."""


@transaction.atomic(durable=True)
def take_back(work_id: int, *, by: User, now: datetime) -> FulfilmentOrder:
    """Take released work that nobody has picked off the floor; its units are promised again. Raises NotReleased."""
    order, work = lock_work(work_id)
    if work.status != WorkStatus.RELEASED or work.lines.filter(picked__gt=0).exists():
        raise NotReleased(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    leave_floor(order, work, by=by, now=now)
    return work


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
            released=F("released") - by_pk(units, name="line_id")
        )
