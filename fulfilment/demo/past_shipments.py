"""Parcels of the past: shipments, cartons, labels, what was in them, where they went."""

from datetime import timedelta

from fulfilment.carriers.house import tracking_number
from fulfilment.demo.master import Master
from fulfilment.demo.told import Told, save
from fulfilment.models import Carton, Label, Shipment, ShipmentLine, TrackingEvent
from fulfilment.sscc import next_ssccs
from fulfilment.states import CarrierStatus, ShipmentStatus
from ordermgmt.numbering import next_numbers
from orders.models import OrderLine


def write_shipments(told: list[Told], master: Master) -> None:
    for one, number in zip(told, next_numbers("SH", len(told)), strict=True):
        one.shipment = _shipment(one, f"SH-{number}", master)
    save(Shipment, [one.shipment for one in told if one.shipment])
    cartons = _write_cartons(told, master)
    _write_labels(cartons)
    for one, carton in zip(told, cartons, strict=True):
        one.shipment_lines = [_shipment_line(one, carton, leaf, master) for leaf in one.leaves]
    save(ShipmentLine, [line for one in told for line in one.shipment_lines])
    save(TrackingEvent, [event for one in told for event in _events(one)])


def _shipment(one: Told, number: str, master: Master) -> Shipment:
    story, arrived = one.story, one.story.delivered_at
    return Shipment(
        number=number,
        order=one.order,
        work=one.work,
        warehouse=story.warehouse,
        carrier=master.carriers["house"],
        service="Parcel",
        cost="4.9",
        status=ShipmentStatus.DELIVERED if arrived else ShipmentStatus.DISPATCHED,
        carrier_status=CarrierStatus.DELIVERED
        if arrived
        else CarrierStatus.FAILED
        if story.has_problem
        else CarrierStatus.IN_TRANSIT,
        transit_days=story.transit_days,
        expected_on=one.order.promised_delivery_on,
        packed_at=story.dispatched_at - timedelta(minutes=35),
        packed_by="Sam Holm",
        dispatched_at=story.dispatched_at,
        delivered_at=arrived,
        last_event_at=arrived or story.dispatched_at + timedelta(hours=6),
        problem="delivery_failed:consignee_not_home" if story.has_problem else "",
    )


def _write_cartons(told: list[Told], master: Master) -> list[Carton]:
    """One carton for each parcel."""
    box = master.boxes[1]
    weights = [
        sum((leaf.sku.weight_g if leaf.sku else 0) * leaf.ordered for leaf in one.leaves) + box.tare_g for one in told
    ]
    cartons = [
        Carton(shipment=one.shipment, position=1, sscc=sscc, box=box, weight_g=weight)
        for one, sscc, weight in zip(told, next_ssccs(len(told)), weights, strict=True)
    ]
    save(Carton, cartons)
    return cartons


def _write_labels(cartons: list[Carton]) -> None:
    tracking = [tracking_number(serial) for serial in next_numbers("TN", len(cartons))]
    labels = [
        Label(
            carton=carton,
            tracking_number=number,
            made_at=carton.shipment.packed_at,
            scanned_at=carton.shipment.packed_at,
        )
        for carton, number in zip(cartons, tracking, strict=True)
    ]
    save(Label, labels)


def _shipment_line(one: Told, carton: Carton, leaf: OrderLine, master: Master) -> ShipmentLine:
    return ShipmentLine(
        shipment=one.shipment,
        carton=carton,
        order_line=leaf,
        sku=leaf.sku,
        lot=master.lots.get(leaf.sku_id or 0),
        quantity=leaf.ordered,
    )


def _events(one: Told) -> list[TrackingEvent]:
    story, shipment = one.story, one.shipment
    steps = [
        (CarrierStatus.PICKED_UP, story.dispatched_at + timedelta(hours=1), "Picked up"),
        (CarrierStatus.IN_TRANSIT, story.dispatched_at + timedelta(hours=6), "Left the terminal"),
    ]
    if story.has_problem:
        steps.append((CarrierStatus.FAILED, story.dispatched_at + timedelta(hours=30), "Nobody at home"))
    if story.delivered_at:
        steps += [
            (CarrierStatus.OUT_FOR_DELIVERY, story.delivered_at - timedelta(hours=3), "Out for delivery"),
            (CarrierStatus.DELIVERED, story.delivered_at, "Delivered"),
        ]
    return [
        TrackingEvent(
            shipment=shipment,
            source="house",
            event_id=f"{shipment}:{n}",
            status=status,
            raw_status=status,
            message=words,
            place=story.warehouse.city if n < 2 else one.order.ship_city,
            happened_at=at,
            received_at=at,
        )
        for n, (status, at, words) in enumerate(steps)
    ]
