"""The packing slip (P46), one for each box, without prices: what is here, what is elsewhere, what is still to come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch
from django.db.models.fields.files import FieldFile
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from fulfilment.documents.readers import reads_parcel
from fulfilment.emails import order_url
from fulfilment.models import Carton, Shipment, ShipmentLine
from fulfilment.sscc import spaced
from fulfilment.states import ShipmentStatus
from ordermgmt.barcodes import Picture, code128, qr
from ordermgmt.codes import ORDER, printed
from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper, supported
from ordermgmt.typesetting import Paper
from orders.models import Order, OrderLine

LARGEST_PHOTO = 300_000


@document_kind("packing_slip", title=_("Packing slip"), may_see=reads_parcel)
def packing_slip(number: str) -> Paper:
    """A4, by shipment number."""
    return slips_paper(_find([number]), title=number, template="packing_slip")


@document_kind("packing_slip_label", title=_("Packing slip on label stock"), may_see=reads_parcel)
def packing_slip_label(number: str) -> Paper:
    """102×152 mm, black only, by shipment number."""
    return slips_paper(_find([number]), title=number, template="packing_slip_label")


def many_slips(numbers: Sequence[str], *, title: str) -> Paper:
    """The slips of many shipments in one document (a wave, a truck)."""
    return slips_paper(_find(numbers), title=title, template="packing_slip")


def _find(numbers: Sequence[str]) -> list[Shipment]:
    lines = ShipmentLine.objects.select_related("sku", "lot").order_by("pk")
    found = list(
        Shipment.objects.filter(number__in=numbers)
        .select_related("order", "carrier", "warehouse")
        .prefetch_related(
            Prefetch(
                "cartons", Carton.objects.order_by("position").prefetch_related(Prefetch("lines", lines), "labels")
            ),
            "order__addresses",
            "order__links",
            Prefetch("order__lines", OrderLine.objects.select_related("sku", "bundle").order_by("position")),
            Prefetch(
                "order__shipments",
                Shipment.objects.exclude(status=ShipmentStatus.CANCELLED)
                .order_by("packed_at", "pk")
                .prefetch_related("lines"),
            ),
        )
        .order_by("pk")
    )
    if len(found) < len(set(numbers)):
        raise UnknownDocument(", ".join(sorted(set(numbers) - {shipment.number for shipment in found})))
    return found


def slips_paper(shipments: Sequence[Shipment], *, title: str, template: str) -> Paper:
    language = supported(shipments[0].order.language)
    with override(language):
        slips = [slip for shipment in shipments for slip in _slips(shipment)]
    is_stock = template == "packing_slip_label"
    pictures = _pictures([shipment.order for shipment in shipments])
    photos = {} if is_stock else _photos(shipments)
    for slip in slips:
        for row in slip["lines"]:
            row["photo"] = row["photo"] if row["photo"] in photos else ""
        slip["has_photos"] = any(row["photo"] for row in slip["lines"])
    return paper(
        template, {"slips": slips, "title": title}, style="slip", language=language, pictures=pictures, photos=photos
    )


def _slips(shipment: Shipment) -> Iterable[dict[str, Any]]:
    order = shipment.order
    cartons = list(shipment.cartons.all())
    units = _Units(shipment)
    common = {
        "order": order,
        "shipment": shipment,
        "to": _delivery_address(order),
        "count": len(cartons),
        "gift_message": order.gift_message if order.is_gift or order.gift_message else "",
        "to_come": [{"name": line.name, "units": n} for line in _stocked(order) if (n := units.to_come(line))],
        "to_come_on": order.promised_ship_on,
        "cancelled": [{"name": line.name, "units": line.cancelled} for line in _stocked(order) if line.cancelled],
        "url": order_url(order),
        "returns_to": ", ".join(filter(None, [shipment.warehouse.company, shipment.warehouse.one_line])),
    }
    for carton in cartons:
        live = [label.tracking_number for label in carton.labels.all() if label.state == "made"]
        yield common | {
            "position": carton.position,
            "sscc": spaced(carton.sscc),
            "weight": f"{carton.weight_g / 1000:.2f}\u00a0kg",
            "tracking": live[0] if live else "",
            "lines": list(_rows(order, carton, units)),
        }


class _Units:
    """Where the units of each line are, seen from one shipment."""

    def __init__(self, shipment: Shipment) -> None:
        self.in_boxes: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.earlier: dict[int, int] = defaultdict(int)
        for carton in shipment.cartons.all():
            for line in carton.lines.all():
                self.in_boxes[line.order_line_id][carton.position] += line.quantity
        for other in shipment.order.shipments.all():
            if other.pk != shipment.pk and (other.packed_at, other.pk) < (shipment.packed_at, shipment.pk):
                for line in other.lines.all():
                    self.earlier[line.order_line_id] += line.quantity

    def to_come(self, line: OrderLine) -> int:
        here = sum(self.in_boxes[line.pk].values())
        return max(0, line.ordered - line.cancelled - here - self.earlier[line.pk])

    def elsewhere(self, line: OrderLine, position: int) -> list[str]:
        words = [
            gettext("{units} in box {box}").format(units=n, box=box)
            for box, n in sorted(self.in_boxes[line.pk].items())
            if box != position
        ]
        if sent := self.earlier[line.pk]:
            words.append(gettext("{units} sent earlier").format(units=sent))
        if wait := self.to_come(line):
            words.append(gettext("{units} to come").format(units=wait))
        return words


def _rows(order: Order, carton: Carton, units: _Units) -> Iterable[dict[str, Any]]:
    by_line: dict[int, list[ShipmentLine]] = defaultdict(list)
    for line in carton.lines.all():
        by_line[line.order_line_id].append(line)
    for order_line in order.lines.all():
        if parts := by_line.get(order_line.pk):
            lots = [_lot_words(part) for part in parts if part.lot_id]
            elsewhere = units.elsewhere(order_line, carton.position)
            yield {
                "name": order_line.name,
                "code": parts[0].sku.code,
                "photo": parts[0].sku.image.name,
                "bundle": order_line.bundle.name if order_line.bundle else "",
                "lots": lots,
                "ordered": order_line.ordered,
                "elsewhere": elsewhere,
                "here": sum(part.quantity for part in parts),
                "note": " · ".join([*lots, *elsewhere]),
            }


def _lot_words(part: ShipmentLine) -> str:
    lot = part.lot
    assert lot is not None  # noqa: S101 (asked for lines with a lot)
    words = gettext("Lot {lot}").format(lot=lot.code)
    if lot.expires_on:
        words += ", " + gettext("best before {day}").format(day=date_format(lot.expires_on, "j M Y"))
    return words


def _stocked(order: Order) -> list[OrderLine]:
    return [line for line in order.lines.all() if line.is_stocked]


def _delivery_address(order: Order) -> Any:
    found = {address.kind: address for address in order.addresses.all()}
    return found.get("shipping") or {"name": order.recipient, "city": order.ship_city, "country": order.ship_country}


def _pictures(orders: Iterable[Order]) -> dict[str, Picture]:
    pictures = {}
    for order in orders:
        pictures[f"order-{order.number}"] = code128(printed(ORDER, order.number), room_mm=88, height_mm=12)
        if url := order_url(order):
            pictures[f"qr-{order.number}"] = qr(url)
    return pictures


def _photos(shipments: Iterable[Shipment]) -> dict[str, bytes]:
    """Small pictures only: a slip must not grow with the camera."""
    images = {
        str(line.sku.image.name): line.sku.image
        for shipment in shipments
        for carton in shipment.cartons.all()
        for line in carton.lines.all()
        if line.sku.image
    }
    return {name: _content(image) for name, image in images.items() if _is_small(image)}


def _is_small(image: FieldFile) -> bool:
    return image.storage.exists(str(image.name)) and image.size < LARGEST_PHOTO


def _content(image: FieldFile) -> bytes:
    with image.open("rb") as file:
        return bytes(file.read())
