"""Closing the carton: the parcel gets its shipment and label."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from fulfilment.actions.boxing import box_types, contents_of, suggested, weigh, weight_of
from fulfilment.actions.labelling import OrderHeld, PackedCarton, PackedUnits, make_shipment
from fulfilment.carriers import NoService
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask
from fulfilment.scans import Answer, Scan, right, stop
from fulfilment.states import Verdict, WorkStatus
from orders.actions import progress
from orders.models import Order


def finish(order: Order, work: FulfilmentOrder, scan: Scan, *, effect: dict[str, Any] | None = None) -> Answer:
    """Inside the caller's transaction (order and work locked, all units verified): close the carton, make the label."""
    if scan.weight_g is not None and (answer := weigh(work, scan)):
        return answer
    try:
        shipment = make_shipment(work, _cartons(work), by=scan.by, now=scan.now)
    except OrderHeld as held:
        return stop(
            _("Stop. %(order)s may not get a label: %(why)s") % {"order": order.number, "why": held.hold.reason}
        )
    except NoService as problem:
        return stop(_("Stop. %(order)s: %(why)s") % {"order": order.number, "why": problem}, task=work.number)
    packed = {line.order_line_id: line.packed for line in work.lines.all() if line.packed}
    progress.advance(order, packed, source="picked", target="packed")
    work.move_to(WorkStatus.PACKED, now=scan.now)
    progress.refresh_status(order, now=scan.now)
    message = _("%(order)s is packed. Scan the label when it is on the box") % {"order": order.number}
    return right(
        message, verdict=Verdict.LINE_DONE, task=work.number, effect={**(effect or {}), "shipment": shipment.pk}
    )


def _cartons(work: FulfilmentOrder) -> list[PackedCarton]:
    types, lots = box_types(), _picked_lots(work)
    cartons = []
    for box in work.boxes.order_by("position"):
        contents = contents_of(box)
        if not contents:
            continue
        kind = box.box or suggested(contents, types)
        if kind is None:
            raise NoService(_("No carton size is set up"))
        weight_g = box.weight_g or weight_of(contents, kind).expected_g
        units = [one for line, count in contents for one in _by_lot(line, count, lots[line.pk])]
        cartons.append(PackedCarton(box=kind, weight_g=weight_g, contents=units))
    return cartons


def _picked_lots(work: FulfilmentOrder) -> dict[int, list[list[int | None]]]:
    """[lot, units] per line, in the order they were picked from."""
    lots: dict[int, list[list[int | None]]] = defaultdict(list)
    for task in PickTask.objects.filter(line__work=work, picked__gt=0).order_by("pk"):
        lots[task.line_id].append([task.lot_id, task.picked])
    return lots


def _by_lot(line: FulfilmentLine, units: int, lots: list[list[int | None]]) -> Iterator[PackedUnits]:
    while units and lots:
        lot_id, there = lots[0][0], lots[0][1] or 0
        count = min(units, there)
        units -= count
        lots[0][1] = there - count
        if not lots[0][1]:
            lots.pop(0)
        if count:
            yield PackedUnits(order_line_id=line.order_line_id, sku_id=line.sku_id, quantity=count, lot_id=lot_id)
