"""Work of the warehouse floor in the past: orders, lines and picks that are done."""

from datetime import timedelta

from fulfilment.demo.master import Master
from fulfilment.demo.told import Bins, Told, save
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PickTask
from fulfilment.states import WorkStatus
from ordermgmt.numbering import next_numbers
from orders.models import OrderLine


def write_works(told: list[Told], master: Master, bins: Bins) -> None:
    numbers = next_numbers("FO", len(told))
    for one, number in zip(told, numbers, strict=True):
        one.work = _work(one, f"FO-{number}")
    save(FulfilmentOrder, [one.work for one in told if one.work])
    lines = [_line(one, leaf) for one in told for leaf in one.leaves]
    save(FulfilmentLine, lines)
    save(PickTask, [_pick(line, master, bins) for line in lines])


def _work(one: Told, number: str) -> FulfilmentOrder:
    left = one.story.dispatched_at
    return FulfilmentOrder(
        number=number,
        order=one.order,
        warehouse=one.story.warehouse,
        status=WorkStatus.DISPATCHED,
        is_single=one.order.units == 1,
        ship_by=left,
        created_at=left - timedelta(hours=2),
        released_at=left - timedelta(hours=2),
        picking_at=left - timedelta(minutes=70),
        picked_at=left - timedelta(minutes=50),
        packing_at=left - timedelta(minutes=40),
        packed_at=left - timedelta(minutes=35),
        dispatched_at=left,
    )


def _line(one: Told, leaf: OrderLine) -> FulfilmentLine:
    return FulfilmentLine(
        work=one.work,
        order_line=leaf,
        sku=leaf.sku,
        quantity=leaf.ordered,
        picked=leaf.ordered,
        packed=leaf.ordered,
    )


def _pick(line: FulfilmentLine, master: Master, bins: Bins) -> PickTask:
    return PickTask(
        line=line,
        bin=bins[line.work.warehouse_id, line.sku_id],
        lot=master.lots.get(line.sku_id),
        quantity=line.quantity,
        picked=line.quantity,
    )
