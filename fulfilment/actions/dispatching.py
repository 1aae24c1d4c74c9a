"""Hand-over to the carrier: the moment goods leave the books, the order is billed and the customer told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from fulfilment.actions.labelling import OrderHeld, stop_at
from fulfilment.actions.tracking import follow
from fulfilment.emails import shipped_message
from fulfilment.models import FulfilmentOrder, Label, Shipment, ShipmentLine
from fulfilment.states import LabelState, ShipmentStatus, WorkStatus
from inventory.actions.holding import lock_levels
from inventory.actions.moving import Move, write_moves
from inventory.models import BinStock
from inventory.states import BinKind, MovementKind
from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions import progress
from orders.actions.invoicing import InvoicePart, issue_invoice
from orders.models import Allocation, Order
from orders.promising import arrival
from orders.states import Stage


class CannotDispatch(Exception):
    """The shipment may not leave; the sentence says why."""


class AlreadyDispatched(CannotDispatch):
    """Somebody handed it over before; nothing was changed."""


class NotLabelled(CannotDispatch):
    """A carton has no live label."""


class NotStaged(CannotDispatch):
    """Fewer units lie on the staging places than the shipment says."""


@dataclass
class HandOver:
    """What a run did: numbers that left, and why others did not."""

    dispatched: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@retries_conflicts
@transaction.atomic(durable=True)
def dispatch_shipment(shipment_id: int, *, by: User | str, now: datetime, device: str = "") -> Shipment:
    """Hand a labelled shipment to the carrier: stock, order, invoice, message, history in one transaction.

    Raises AlreadyDispatched, NotLabelled, NotStaged (all CannotDispatch) or OrderHeld; nothing is
    changed then.
    """
    order, shipment = _lock(shipment_id)
    stop_at(order, Stage.DISPATCH)
    _check(shipment)
    lines = list(shipment.lines.select_related("sku", "order_line").order_by("pk"))
    _take_stock(shipment, lines, by=by, now=now, device=device)
    _consume_allocations(shipment, lines)
    progress.advance(order, _units_by_line(lines), source="packed", target="shipped")
    _leave(shipment, now)
    follow(order, shipment, now=now)
    issue_invoice(order, cause=shipment.number, parts=_parts(lines), now=now, by=by)
    shipped_message(shipment, lines, now=now)
    _note(shipment, by=by, now=now)
    return shipment


def dispatch_many(shipment_ids: Iterable[int], *, by: User | str, now: datetime, device: str = "") -> HandOver:
    """Hand over a truck: each shipment in its own transaction, so that one that is stopped stops no other.

    Safe to repeat: what left already is counted as dispatched.
    """
    result = HandOver()
    numbers = dict(Shipment.objects.filter(pk__in=list(shipment_ids)).order_by("pk").values_list("pk", "number"))
    for pk, number in numbers.items():
        try:
            dispatch_shipment(pk, by=by, now=now, device=device)
        except AlreadyDispatched:
            pass
        except (CannotDispatch, OrderHeld) as problem:
            result.refused[number] = str(problem)
            continue
        result.dispatched.append(number)
    return result


def _lock(shipment_id: int) -> tuple[Order, Shipment]:
    """Order, fulfilment order, shipment: closes the races of two benches, and of a cancel with a dispatch."""
    order_id, work_id = Shipment.objects.values_list("order_id", "work_id").get(pk=shipment_id)
    order = progress.lock_order(order_id)
    FulfilmentOrder.objects.select_for_update(of=("self",)).get(pk=work_id)
    shipment = (
        Shipment.objects.select_for_update(of=("self",))
        .select_related("work", "warehouse", "carrier", "order")
        .get(pk=shipment_id)
    )
    shipment.order = order
    return order, shipment


def _check(shipment: Shipment) -> None:
    if shipment.dispatched_at:
        raise AlreadyDispatched(f"{shipment.number} was handed over at {shipment.dispatched_at:%H:%M}")
    if shipment.status != ShipmentStatus.PACKED:
        raise CannotDispatch(f"{shipment.number} is {shipment.get_status_display()}")
    labelled = Label.objects.filter(carton__shipment=shipment, state=LabelState.MADE).count()
    if labelled < shipment.cartons.count():
        raise NotLabelled(f"{shipment.number}: a carton has no label")


def _take_stock(
    shipment: Shipment, lines: Sequence[ShipmentLine], *, by: User | str, now: datetime, device: str
) -> None:
    """The units leave the staging places; on hand and allocated go down together."""
    skus = {line.sku_id for line in lines}
    lock_levels(skus, [shipment.warehouse_id])
    staged: dict[tuple[int, int | None], list[BinStock]] = defaultdict(list)
    for row in BinStock.objects.filter(
        bin__warehouse=shipment.warehouse_id, bin__kind=BinKind.STAGE, sku__in=skus, quantity__gt=0
    ).select_related("bin"):
        staged[row.sku_id, row.lot_id].append(row)
    moves = [move for line in lines for move in _moves(shipment, line, staged[line.sku_id, line.lot_id])]
    write_moves(moves, by=by, now=now, device=device)


def _moves(shipment: Shipment, line: ShipmentLine, staged: list[BinStock]) -> Iterator[Move]:
    left = line.quantity
    for row in staged:
        take = min(left, row.quantity)
        if not take:
            continue
        row.quantity -= take
        left -= take
        yield Move(
            kind=MovementKind.SHIPPED,
            bin=row.bin,
            sku_id=line.sku_id,
            lot_id=line.lot_id,
            quantity=-take,
            level_allocated=take,
            key=f"shipped:{line.pk}:{row.bin_id}",
            document=shipment.number,
        )
    if left:
        raise NotStaged(f"{line.sku}: {left} of {line.quantity} are not on a staging place")


def _consume_allocations(shipment: Shipment, lines: Sequence[ShipmentLine]) -> None:
    units = _units_by_line(lines)
    for row in Allocation.objects.filter(line__in=units, warehouse=shipment.warehouse_id).order_by("pk"):
        gone = units[row.line_id]
        if gone >= row.quantity:
            row.delete()
            continue
        row.quantity -= gone
        row.released = max(0, row.released - gone)
        row.save(update_fields=["quantity", "released"])


def _units_by_line(lines: Sequence[ShipmentLine]) -> dict[int, int]:
    units: dict[int, int] = defaultdict(int)
    for line in lines:
        units[line.order_line_id] += line.quantity
    return dict(units)


def _leave(shipment: Shipment, now: datetime) -> None:
    left_on = business_day(now, shipment.warehouse.time_zone)
    expected = arrival(left_on, shipment.transit_days, shipment.order.ship_country)
    shipment.move_to(ShipmentStatus.DISPATCHED, now=now, expected_on=expected)
    work = shipment.work
    others = work.shipments.filter(status=ShipmentStatus.PACKED).exists()
    if work.status == WorkStatus.PACKED and not others:
        work.move_to(WorkStatus.DISPATCHED, now=now)


def _parts(lines: Sequence[ShipmentLine]) -> list[InvoicePart]:
    return [
        InvoicePart(order_line_id=line.order_line_id, quantity=line.quantity, cause=f"shipment-line:{line.pk}")
        for line in lines
    ]


def _note(shipment: Shipment, *, by: User | str, now: datetime) -> None:
    record(
        "shipment.dispatched",
        "{shipment} handed over to {carrier}",
        subject=shipment.number,
        thread=shipment.order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        shipment=shipment.number,
        carrier=str(shipment.carrier),
    )
