"""Writes the orders of the past in bulk, with every row the live verbs would have written."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

from django.db import models

from fulfilment.carriers.house import tracking_number
from fulfilment.demo.master import Master
from fulfilment.demo.stories import LineStory, Story
from fulfilment.models import (
    Carton,
    FulfilmentLine,
    FulfilmentOrder,
    Label,
    PickTask,
    Shipment,
    ShipmentLine,
    TrackingEvent,
)
from fulfilment.sscc import next_ssccs
from fulfilment.states import CarrierStatus, ShipmentStatus, WorkStatus
from inventory.models import StockMovement
from inventory.states import MovementKind
from ordermgmt.history import activity
from ordermgmt.models import Activity, ActivityCategory
from ordermgmt.money import tax_in
from ordermgmt.numbering import next_numbers
from orders.models import AddressKind, Order, OrderAddress, OrderCharge, OrderLine, OrderLink, Payment
from orders.states import ChargeKind, FulfilmentStatus, LineKind, OrderStatus, PaymentKind, PaymentStatus

CHUNK = 500


@dataclass
class Told:
    """A story with the rows written for it so far."""

    story: Story
    order: Order
    leaves: list[OrderLine] = field(default_factory=list)
    sold: list[OrderLine] = field(default_factory=list)
    work: FulfilmentOrder | None = None
    shipment: Shipment | None = None
    shipment_lines: list[ShipmentLine] = field(default_factory=list)


class Past:
    """Writes stories chunk by chunk; `used` counts units that left, by (warehouse, SKU)."""

    def __init__(self, rng: Random, master: Master) -> None:
        self.rng, self.master = rng, master
        self.used: dict[tuple[int, int], int] = defaultdict(int)
        self.bins = {
            (warehouse, sku.pk): bins[index % len(bins)]
            for warehouse, bins in master.pick_bins.items()
            for index, sku in enumerate(master.skus.values())
        }
        self.moves: list[StockMovement] = []

    def write(self, stories: Iterable[Story]) -> Iterable[list[Told]]:
        iterator = iter(stories)
        while chunk := list(islice(iterator, CHUNK)):
            yield self._chunk(chunk)

    def _chunk(self, stories: Sequence[Story]) -> list[Told]:
        told = self._orders(stories)
        self._lines(told)
        shipped = [one for one in told if not one.story.is_cancelled]
        self._works(shipped)
        self._shipments(shipped)
        self._history(told)
        return told

    def _orders(self, stories: Sequence[Story]) -> list[Told]:
        numbers = next_numbers("SO", len(stories))
        told = [Told(story, self._order(story, f"SO-{number}")) for story, number in zip(stories, numbers, strict=True)]
        save(Order, [one.order for one in told])
        save(OrderAddress, [_address(one) for one in told])
        save(OrderLink, [self._link(one) for one in told])
        save(OrderCharge, [charge for one in told if (charge := _charge(one))])
        save(Payment, [_payment(one) for one in told])
        return told

    def _link(self, one: Told) -> OrderLink:
        placed = one.story.placed_at
        token = f"{self.rng.getrandbits(192):048x}"
        return OrderLink(order=one.order, token=token, created_at=placed, expires_at=placed + timedelta(days=400))

    def _order(self, story: Story, number: str) -> Order:
        address = story.customer.current_address
        assert address  # noqa: S101 - every demo customer has one
        left, arrived = story.dispatched_at, story.delivered_at
        return Order(
            number=number,
            channel=self.master.channels[story.channel],
            customer=story.customer,
            currency=story.currency,
            external_number=f"#{self.rng.randint(10_000, 99_999)}" if story.channel in ("shop", "woo") else "",
            status=OrderStatus.CANCELLED
            if story.is_cancelled
            else OrderStatus.CLOSED
            if arrived
            else OrderStatus.ACCEPTED,
            payment_status=PaymentStatus.PAID,
            fulfilment_status=FulfilmentStatus.UNFULFILLED
            if story.is_cancelled
            else FulfilmentStatus.DELIVERED
            if arrived
            else FulfilmentStatus.SHIPPED,
            items_total=sum(line.total for line in story.lines),
            discount_total=sum(line.discount for line in story.lines),
            shipping_total=story.shipping,
            tax_total=story.tax,
            total=story.total,
            paid_total=story.total,
            email=story.customer.email,
            phone=story.customer.phone,
            recipient=story.customer.name,
            ship_city=address.city,
            ship_postcode=address.postcode,
            ship_country=address.country,
            units=0
            if story.is_cancelled
            else sum(line.quantity * max(1, len(line.item.parts)) for line in story.lines),
            shipping_method="Parcel",
            is_renewal=story.channel == "subscription",
            placed_at=story.placed_at,
            accepted_at=story.placed_at,
            closed_at=None if story.is_cancelled else arrived,
            cancelled_at=story.placed_at + timedelta(hours=3) if story.is_cancelled else None,
            cancel_reason="Customer changed their mind" if story.is_cancelled else "",
            first_promised_ship_on=story.promised_ship_on,
            first_promised_delivery_on=story.promised_on,
            promised_ship_on=max(story.promised_ship_on, left.date()) if story.is_late else story.promised_ship_on,
            promised_delivery_on=story.promised_on + timedelta(days=2) if story.is_late else story.promised_on,
        )

    def _lines(self, told: list[Told]) -> None:
        heads: list[OrderLine] = []
        for one in told:
            position = 0
            for line in one.story.lines:
                position += 1 + len(line.item.parts)
                row = self._line(one, line, position - len(line.item.parts))
                one.sold.append(row)
                heads.append(row)
        save(OrderLine, heads)
        parts: list[OrderLine] = []
        for one in told:
            for head, line in zip(one.sold, one.story.lines, strict=True):
                made = [self._part(one, head, line, code, n) for n, code in enumerate(line.item.parts, 1)]
                one.leaves += made or [head]
                parts += made
        save(OrderLine, parts)

    def _line(self, one: Told, line: LineStory, position: int) -> OrderLine:
        is_bundle = bool(line.item.parts)
        return OrderLine(
            order=one.order,
            position=position,
            kind=LineKind.BUNDLE if is_bundle else LineKind.ITEM,
            sku=self.master.skus[line.item.code],
            name=line.item.name,
            ordered=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            total=line.total,
            tax=line.tax,
            tax_rate=one.story.tax_rate,
            **({"cancelled": line.quantity} if is_bundle and one.story.is_cancelled else {}),
            **({} if is_bundle else _went(one.story, line.quantity)),
        )

    def _part(self, one: Told, head: OrderLine, line: LineStory, code: str, n: int) -> OrderLine:
        return OrderLine(
            order=one.order,
            position=head.position + n,
            kind=LineKind.COMPONENT,
            bundle=head,
            sku=self.master.skus[code],
            name=self.master.items[code].name,
            ordered=line.quantity,
            tax_rate=one.story.tax_rate,
            **_went(one.story, line.quantity),
        )

    def _works(self, told: list[Told]) -> None:
        numbers = next_numbers("FO", len(told))
        for one, number in zip(told, numbers, strict=True):
            left = one.story.dispatched_at
            one.work = FulfilmentOrder(
                number=f"FO-{number}",
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
        save(FulfilmentOrder, [one.work for one in told if one.work])
        lines = [
            FulfilmentLine(
                work=one.work,
                order_line=leaf,
                sku=leaf.sku,
                quantity=leaf.ordered,
                picked=leaf.ordered,
                packed=leaf.ordered,
            )
            for one in told
            for leaf in one.leaves
        ]
        save(FulfilmentLine, lines)
        lots = self.master.lots
        save(
            PickTask,
            [
                PickTask(
                    line=line,
                    bin=self.bins[line.work.warehouse_id, line.sku_id],
                    lot=lots.get(line.sku_id),
                    quantity=line.quantity,
                    picked=line.quantity,
                )
                for line in lines
            ],
        )

    def _shipments(self, told: list[Told]) -> None:
        carrier, box = self.master.carriers["house"], self.master.boxes[1]
        for one, number in zip(told, next_numbers("SH", len(told)), strict=True):
            story, arrived = one.story, one.story.delivered_at
            one.shipment = Shipment(
                number=f"SH-{number}",
                order=one.order,
                work=one.work,
                warehouse=story.warehouse,
                carrier=carrier,
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
                problem="Delivery failed: nobody at home" if story.has_problem else "",
            )
        shipments = [one.shipment for one in told if one.shipment]
        save(Shipment, shipments)
        weights = [
            sum((leaf.sku.weight_g if leaf.sku else 0) * leaf.ordered for leaf in one.leaves) + box.tare_g
            for one in told
        ]
        ssccs = next_ssccs(len(told))
        cartons = [
            Carton(shipment=shipment, position=1, sscc=sscc, box=box, weight_g=weight)
            for shipment, sscc, weight in zip(shipments, ssccs, weights, strict=True)
        ]
        save(Carton, cartons)
        tracking = [tracking_number(serial) for serial in next_numbers("TN", len(told))]
        save(
            Label,
            [
                Label(
                    carton=carton,
                    tracking_number=number,
                    made_at=carton.shipment.packed_at,
                    scanned_at=carton.shipment.packed_at,
                )
                for carton, number in zip(cartons, tracking, strict=True)
            ],
        )
        for one, carton in zip(told, cartons, strict=True):
            one.shipment_lines = [
                ShipmentLine(
                    shipment=one.shipment,
                    carton=carton,
                    order_line=leaf,
                    sku=leaf.sku,
                    lot=self.master.lots.get(leaf.sku_id or 0),
                    quantity=leaf.ordered,
                )
                for leaf in one.leaves
            ]
        save(ShipmentLine, [line for one in told for line in one.shipment_lines])
        save(TrackingEvent, [event for one in told for event in _events(one)])
        for one in told:
            self._movements(one)

    def _movements(self, one: Told) -> None:
        story, stage = one.story, self.master.stage[one.story.warehouse.pk]
        picked_at = story.dispatched_at - timedelta(minutes=55)
        for line in one.shipment_lines:
            sku, bin_ = line.sku, self.bins[story.warehouse.pk, line.sku_id]
            key = f"past:{line.pk}"
            self.used[story.warehouse.pk, line.sku_id] += line.quantity
            facts: dict[str, Any] = {"warehouse": story.warehouse, "sku": sku, "lot": line.lot, "actor": "Sam Holm"}
            self.moves += [
                StockMovement(
                    at=picked_at,
                    kind=MovementKind.PICKED,
                    bin=bin_,
                    quantity=-line.quantity,
                    effect_key=f"{key}:out",
                    transfer_key=key,
                    document=str(one.work),
                    **facts,
                ),
                StockMovement(
                    at=picked_at,
                    kind=MovementKind.PICKED,
                    bin=stage,
                    quantity=line.quantity,
                    effect_key=f"{key}:in",
                    transfer_key=key,
                    document=str(one.work),
                    **facts,
                ),
                StockMovement(
                    at=story.dispatched_at,
                    kind=MovementKind.SHIPPED,
                    bin=stage,
                    quantity=-line.quantity,
                    effect_key=f"{key}:ship",
                    document=str(one.shipment),
                    **facts,
                ),
            ]

    def _history(self, told: list[Told]) -> None:
        save(Activity, [line for one in told for line in _activities(one)])


def save(model: type[models.Model], rows: Sequence[Any]) -> None:
    if rows:
        model._default_manager.bulk_create(rows, batch_size=1000)


def _went(story: Story, quantity: int) -> dict[str, int]:
    return {"cancelled" if story.is_cancelled else "shipped": quantity}


def _address(one: Told) -> OrderAddress:
    address = one.story.customer.current_address
    assert address  # noqa: S101
    return OrderAddress(order=one.order, kind=AddressKind.SHIPPING, **address.as_postal())


def _charge(one: Told) -> OrderCharge | None:
    story = one.story
    if not story.shipping:
        return None
    tax = tax_in(story.shipping, story.tax_rate, story.currency)
    return OrderCharge(
        order=one.order,
        kind=ChargeKind.SHIPPING,
        title="Delivery",
        amount=story.shipping,
        tax_rate=story.tax_rate,
        tax=tax,
    )


def _payment(one: Told) -> Payment:
    number = one.order.number
    return Payment(
        order=one.order,
        kind=PaymentKind.CAPTURE,
        amount=one.story.total,
        currency=one.story.currency,
        provider="shop",
        reference=f"pay_{number[3:]}",
        effect_key=f"demo:{number}",
        at=one.story.placed_at,
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


def _activities(one: Told) -> list[Activity]:
    story, order = one.story, one.order
    lines = [
        activity(
            "place_order",
            "Order placed through {channel}: {units} units, {total} {currency}",
            subject=order.number,
            by=None,
            now=story.placed_at,
            channel=order.channel.name,
            units=order.units,
            total=str(story.total),
            currency=story.currency,
        )
    ]
    if story.is_cancelled:
        cancelled_at = order.cancelled_at or story.placed_at
        return [
            *lines,
            activity(
                "cancel_order",
                "Cancelled: {reason}",
                subject=order.number,
                by="Ana Petrova",
                now=cancelled_at,
                reason=order.cancel_reason,
            ),
        ]
    left, shipment = story.dispatched_at, one.shipment
    about: dict[str, Any] = {"thread": order.number, "category": ActivityCategory.WAREHOUSE}
    lines += [
        activity(
            "release_work",
            "Released to the floor of {warehouse}",
            subject=str(one.work),
            by="Tom Berg",
            now=left - timedelta(hours=2),
            warehouse=str(story.warehouse),
            **about,
        ),
        activity(
            "pack_work",
            "Packed into one carton",
            subject=str(one.work),
            by="Sam Holm",
            now=left - timedelta(minutes=35),
            **about,
        ),
        activity(
            "dispatch_shipment",
            "{number} handed to {carrier}",
            subject=str(shipment),
            by="Sam Holm",
            now=left,
            number=str(shipment),
            carrier="Nordic Parcel",
            **about,
        ),
    ]
    if story.delivered_at:
        lines.append(
            activity(
                "record_event",
                "Delivered to {city}",
                subject=str(shipment),
                by="Nordic Parcel",
                now=story.delivered_at,
                thread=order.number,
                category=ActivityCategory.CARRIER,
                city=order.ship_city,
            )
        )
    return lines
