"""From packed goods to labelled cartons: shipment, SSCCs, labels; reprint and void."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from fulfilment.carriers import LabelRequest, NoService, Offer, Parcel, gateway_of
from fulfilment.carriers.offers import active_carriers, offers_of, preferred
from fulfilment.models import (
    BoxType,
    Carton,
    FulfilmentOrder,
    Label,
    Shipment,
    ShipmentLine,
)
from fulfilment.sscc import next_ssccs
from fulfilment.states import LabelState, ShipmentStatus
from ordermgmt.clock import business_day
from ordermgmt.documents import request_documents
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from orders.models import Hold, Order, OrderAddress
from orders.models.orders import AddressKind
from orders.states import Stage


class NothingPacked(Exception):
    """A shipment needs at least one carton with goods in it."""


class OrderHeld(Exception):
    """A hold stops this stage; the sentence is the hold's own."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(str(hold))
        self.hold = hold


class LabelGone(Exception):
    """The shipment is on its way or cancelled; its labels cannot change."""


class ReasonMissing(Exception):
    """A label is voided or printed again only with a reason."""


@dataclass(frozen=True, kw_only=True)
class PackedUnits:
    """Units of one order line (and lot) in a carton."""

    order_line_id: int
    sku_id: int
    quantity: int
    lot_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class PackedCarton:
    """A closed carton; `weight_g` as weighed, or as expected where there is no scale."""

    box: BoxType
    weight_g: int
    contents: Sequence[PackedUnits]


def make_shipment(work: FulfilmentOrder, cartons: Sequence[PackedCarton], *, by: User | str, now: datetime) -> Shipment:
    """Inside the caller's transaction (order and work locked): shipment, cartons, lines and labels of packed goods.

    The service is chosen by country, weight and promise; papers are asked for and made by a job.
    Raises NothingPacked, OrderHeld (label stage) or NoService, each before anything is written.
    """
    cartons = [carton for carton in cartons if any(units.quantity > 0 for units in carton.contents)]
    if not cartons:
        raise NothingPacked
    order = work.order
    stop_at(order, Stage.LABEL)
    to = order.addresses.filter(kind=AddressKind.SHIPPING).first() or OrderAddress(order=order)
    offer = choose_service(order, to, cartons, ship_on=business_day(now, work.warehouse.time_zone))
    shipment = Shipment.objects.create(
        number=next_number("SH"),
        order=order,
        work=work,
        warehouse=work.warehouse,
        carrier=offer.carrier,
        service=offer.service,
        cost=offer.price,
        transit_days=offer.transit_days,
        packed_at=now,
        packed_by=str(by),
    )
    boxes = _cartons(shipment, cartons)
    labels = _make_labels(shipment, boxes, to=to, now=now)
    request_documents("packing_slip", [shipment.number], thread=order.number, now=now)
    record(
        "shipment.packed",
        gettext_noop("Packed in 1 carton as {shipment} with {service}")
        if len(boxes) == 1
        else gettext_noop("Packed in {cartons} cartons as {shipment} with {service}"),
        subject=shipment.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        cartons=len(boxes),
        shipment=shipment.number,
        service=f"{offer.carrier}, {offer.service}",
        tracking=[label.tracking_number for label in labels],
    )
    return shipment


def stop_at(order: Order, stage: str) -> None:
    """Inside the caller's transaction, under the order lock: refuse a stage that an open hold stops."""
    if hold := order.holds.stopping(stage).first():
        raise OrderHeld(hold)


def choose_service(order: Order, to: OrderAddress, cartons: Sequence[PackedCarton], *, ship_on: date) -> Offer:
    """The service the customer chose by name, else the best offer of all active carriers."""
    country = to.country or order.ship_country
    parcels = [_parcel(carton) for carton in cartons]
    offers = offers_of(
        active_carriers(), parcels, country=country, ship_on=ship_on, promised=order.promised_delivery_on
    )
    offer = preferred(offers, order.shipping_method)
    if offer is None:
        heaviest = max(parcel.weight_g for parcel in parcels)
        raise NoService(f"No delivery service carries {heaviest / 1000:.2f} kg to {country or '–'}")
    return offer


def _parcel(carton: PackedCarton) -> Parcel:
    box = carton.box
    return Parcel(weight_g=carton.weight_g, length_mm=box.length_mm, width_mm=box.width_mm, height_mm=box.height_mm)


def _cartons(shipment: Shipment, cartons: Sequence[PackedCarton]) -> list[Carton]:
    rows = Carton.objects.bulk_create(
        Carton(shipment=shipment, position=position, sscc=sscc, box=carton.box, weight_g=carton.weight_g)
        for position, (carton, sscc) in enumerate(zip(cartons, next_ssccs(len(cartons)), strict=True), start=1)
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(
            shipment=shipment,
            carton=row,
            order_line_id=units.order_line_id,
            sku_id=units.sku_id,
            lot_id=units.lot_id,
            quantity=units.quantity,
        )
        for row, carton in zip(rows, cartons, strict=True)
        for units in carton.contents
        if units.quantity > 0
    )
    return rows


def _make_labels(shipment: Shipment, cartons: Sequence[Carton], *, to: OrderAddress, now: datetime) -> list[Label]:
    """Labels of local gateways are made here; those of others wait for a job (no outside call in a transaction)."""
    gateway = gateway_of(shipment.carrier.gateway)
    if not gateway.is_local:
        return []
    count = shipment.cartons.count()
    made = gateway.labels([_request(shipment, carton, count, to) for carton in cartons])
    documents = request_documents(
        "label", [label.tracking_number for label in made], thread=shipment.order.number, now=now
    )
    return Label.objects.bulk_create(
        Label(carton=carton, tracking_number=label.tracking_number, zpl=label.zpl, document=document, made_at=now)
        for carton, label, document in zip(cartons, made, documents, strict=True)
    )


def _request(shipment: Shipment, carton: Carton, count: int, to: OrderAddress) -> LabelRequest:
    return LabelRequest(
        reference=carton.sscc,
        shipment_number=shipment.number,
        order_number=shipment.order.number,
        service=shipment.service,
        position=carton.position,
        count=count,
        weight_g=carton.weight_g,
        sender=shipment.warehouse.as_postal(),
        recipient=to.as_postal(),
    )


@retries_conflicts
@transaction.atomic(durable=True)
def reprint_label(label_id: int, *, by: User, reason: str, now: datetime) -> Label:
    """Void a label and make a new one with a new tracking number (a lost or torn label must not travel twice).

    Raises ReasonMissing, or LabelGone once the parcel was handed over.
    """
    label = _locked_label(label_id, reason)
    carton = label.carton
    shipment = carton.shipment
    _void(label, reason=reason, now=now)
    to = shipment.order.addresses.filter(kind=AddressKind.SHIPPING).first() or OrderAddress(order=shipment.order)
    (new,) = _make_labels(shipment, [carton], to=to, now=now)
    _note(shipment, "label.reprinted", "Label {old} voided, {new} made: {reason}", by, now, label, reason, new)
    return new


@transaction.atomic(durable=True)
def void_label(label_id: int, *, by: User, reason: str, now: datetime) -> Label:
    """Void a label that was never used. Raises ReasonMissing, or LabelGone once the parcel was handed over."""
    label = _locked_label(label_id, reason)
    _void(label, reason=reason, now=now)
    _note(label.carton.shipment, "label.voided", "Label {old} voided: {reason}", by, now, label, reason)
    return label


def _locked_label(label_id: int, reason: str) -> Label:
    """Lock order, then shipment: closes the race of a reprint with the hand-over."""
    if not reason.strip():
        raise ReasonMissing
    label = Label.objects.select_related("carton__shipment").get(pk=label_id)
    Order.objects.locked().get(pk=label.carton.shipment.order_id)
    shipment = Shipment.objects.select_for_update(of=("self",)).get(pk=label.carton.shipment_id)
    label = Label.objects.select_related("carton__shipment__order", "carton__shipment__carrier").get(pk=label_id)
    if shipment.status != ShipmentStatus.PACKED or label.state != LabelState.MADE:
        raise LabelGone
    return label


def _void(label: Label, *, reason: str, now: datetime) -> None:
    label.state, label.voided_at, label.void_reason = LabelState.VOID, now, reason.strip()[:120]
    label.save(update_fields=["state", "voided_at", "void_reason"])


def _note(
    shipment: Shipment,
    verb: str,
    sentence: str,
    by: User,
    now: datetime,
    label: Label,
    reason: str,
    new: Label | None = None,
) -> None:
    record(
        verb,
        sentence,
        subject=shipment.number,
        thread=shipment.order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        old=label.tracking_number,
        new=new.tracking_number if new else "",
        reason=reason.strip(),
    )
