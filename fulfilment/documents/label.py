"""The in-house carrier's label (P47), 102×152 mm: the bars decode at 203 and at 300 dpi."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fulfilment.documents.readers import reads_parcel
from fulfilment.models import Label
from fulfilment.sscc import spaced
from fulfilment.states import LabelState
from ordermgmt.barcodes import Picture, code128, gs1_128
from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper
from ordermgmt.typesetting import Paper

_ROOM_MM = 95


@document_kind("label", title=_("Shipping label"), may_see=reads_parcel)
def label(number: str) -> Paper:
    """By tracking number, or all live labels of a shipment or SSCC."""
    rows = (
        Label.objects.filter(
            Q(tracking_number=number)
            | Q(state=LabelState.MADE) & (Q(carton__shipment__number=number) | Q(carton__sscc=number))
        )
        .select_related("carton__shipment__order", "carton__shipment__carrier", "carton__shipment__warehouse")
        .order_by("carton__position")
    )
    labels = [_facts(row) for row in rows]
    if not labels:
        raise UnknownDocument(number)
    return paper("label", {"labels": labels, "title": number}, style="label", pictures=_pictures(labels))


def _facts(row: Label) -> dict[str, Any]:
    carton = row.carton
    shipment = carton.shipment
    address = shipment.order.addresses.filter(kind="shipping").first()
    return {
        "carrier": shipment.carrier.name,
        "order": shipment.order.number,
        "shipment": shipment.number,
        "sender": shipment.warehouse.as_postal(),
        "to": address.as_postal() if address else {"name": shipment.order.recipient},
        "service": shipment.service,
        "position": carton.position,
        "count": shipment.cartons.count(),
        "weight": f"{carton.weight_g / 1000:.2f}\u00a0kg",
        "made_at": row.made_at,
        "tracking": row.tracking_number,
        "tracking_words": grouped(row.tracking_number),
        "sscc": carton.sscc,
        "sscc_words": spaced(carton.sscc),
    }


def _pictures(labels: list[dict[str, Any]]) -> dict[str, Picture]:
    tracking = {
        f"tracking-{label['tracking']}": code128(label["tracking"], room_mm=_ROOM_MM, height_mm=18) for label in labels
    }
    boxes = {f"sscc-{label['sscc']}": gs1_128(f"00{label['sscc']}", room_mm=_ROOM_MM, height_mm=32) for label in labels}
    return tracking | boxes


def grouped(tracking: str) -> str:
    """NP 0000 0004 1 SE, as read aloud; other carriers' numbers in fours."""
    if len(tracking) == 13 and tracking[:2].isalpha():
        return f"{tracking[:2]} {tracking[2:6]} {tracking[6:10]} {tracking[10]} {tracking[11:]}"
    return " ".join(tracking[i : i + 4] for i in range(0, len(tracking), 4))
