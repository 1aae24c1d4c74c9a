"""Where a picker stands in the walk of a wave: the next scan, read and locked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from fulfilment.models import FulfilmentOrder, PickTask, Wave
from fulfilment.reports import Pick, route
from orders.models import Order


@dataclass(frozen=True)
class Place:
    """Where the picker stands: the next scan (`location`, `item`, `tote` or `end`) and its stop."""

    step: str
    pick: Pick | None
    picks: Sequence[Pick]


def place_of(wave: Wave, picks: Sequence[Pick] | None = None) -> Place:
    """The next scan that is wanted."""
    picks = route(wave) if picks is None else picks
    pick = next((one for one in picks if not one.is_done), None)
    if wave.awaits_tote:
        return Place("tote", pick, picks)
    if pick is None:
        return Place("end", None, picks)
    if wants_place(pick, picks) and wave.at_bin_id != pick.bin.pk:
        return Place("location", pick, picks)
    return Place("item", pick, picks)


def wants_place(pick: Pick, picks: Sequence[Pick]) -> bool:
    """SCAN_LOCATION: always, same_item (only when the item lies in two bins of this walk) or off."""
    if settings.SCAN_LOCATION == "same_item":
        return len({one.bin.pk for one in picks if one.sku.pk == pick.sku.pk}) > 1
    return bool(settings.SCAN_LOCATION == "always")


def lock_works(tasks: Iterable[PickTask]) -> list[FulfilmentOrder]:
    """Inside the caller's transaction: orders, then fulfilment orders, each in primary-key order.

    Closes the race of a scan with a cancellation, a hold and a short pick elsewhere.
    """
    work_ids = {task.line.work_id for task in tasks}
    orders = {order.pk: order for order in Order.objects.locked().filter(pk__in=_orders_of(work_ids))}
    works = list(FulfilmentOrder.objects.locked().filter(pk__in=work_ids).select_related("warehouse"))
    for work in works:
        work.order = orders[work.order_id]
    return works


def _orders_of(work_ids: Iterable[int]) -> list[int]:
    return list(FulfilmentOrder.objects.filter(pk__in=list(work_ids)).values_list("order_id", flat=True))


def locked_place(wave: Wave, works: Iterable[FulfilmentOrder]) -> Place | None:
    """Inside the caller's transaction: the place read again under the locks, its tasks holding the locked records.

    None when it is another one by now: locking its orders as well would be out of order. A tote moves no units.
    """
    place = place_of(wave)
    if place.step == "tote" or place.pick is None:
        return place
    locked = {work.pk: work for work in works}
    if not {task.line.work_id for task in place.pick.tasks if task.open_units} <= locked.keys():
        return None
    for task in place.pick.tasks:
        task.line.work = locked.get(task.line.work_id, task.line.work)
    return place
