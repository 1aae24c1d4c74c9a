"""Finding parcels by shipment or tracking number, SSCC, and waves and fulfilment orders by number."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfilment.models import Carton, FulfilmentOrder, Label, Shipment, Wave
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.finding import GROUP_SIZE, Asked, Hit, searcher, starts_with
from ordermgmt.models import User
from ordermgmt.templatetags import portal


def _parcel(code: str) -> Shipment | None:
    """The parcel with exactly this number, tracking number or SSCC (with or without its 00)."""
    sscc = code[2:] if len(code) == 20 and code.startswith("00") else code
    if code.startswith("SH-"):
        return Shipment.objects.filter(number=code).first()
    # Two questions, each answered from a unique index: joined by "or" they would read both tables whole.
    label = Label.objects.filter(tracking_number=code).select_related("carton__shipment").first()
    carton = label.carton if label else Carton.objects.filter(sscc=sscc).select_related("shipment").first()
    return carton.shipment if carton else None


def _warehouses(user: User) -> Any:
    return Warehouse.objects.for_user(user).values("pk")


def _is_theirs(warehouse_id: int, user: User) -> bool:
    return Warehouse.objects.for_user(user).filter(pk=warehouse_id).exists()


@searcher(
    "shipments", gettext_lazy("Shipments"), permission="fulfilment.view", icon="truck", list_url="/shipments/", rank=40
)
class ShipmentSearch:
    def exact(self, asked: Asked, user: User) -> str:
        if len(asked.code) < 6:
            return ""
        found = _parcel(asked.code)
        return f"/shipments/{found.number}/" if found and _is_theirs(found.warehouse_id, user) else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        if len(asked.code) < 6 or not any(letter.isdigit() for letter in asked.code):
            return []
        if asked.code.startswith("SH-"):
            named = starts_with("number", asked.code)
        else:
            named = Q(
                pk__in=Shipment.objects.filter(starts_with("cartons__labels__tracking_number", asked.code)).values(
                    "pk"
                )[:10]
            )
        rows = Shipment.objects.filter(named, warehouse__in=_warehouses(user))
        rows = rows.select_related("order", "carrier").order_by("-id")
        return [_hit(parcel) for parcel in rows[: GROUP_SIZE + 1]]


def _hit(parcel: Shipment) -> Hit:
    expected = _("expected %(day)s") % {"day": portal.day_words(parcel.expected_on)} if parcel.expected_on else ""
    state = (
        ("delivery_problem", _("Delivery problem")) if parcel.problem else (parcel.status, parcel.get_status_display())
    )
    return Hit(
        title=parcel.number,
        url=f"/shipments/{parcel.number}/",
        subtitle=f"{parcel.order.number} {parcel.order.recipient}",
        state=state,
        answer=" · ".join(part for part in (parcel.problem, expected) if part),
        last=f"{parcel.carrier}: {parcel.get_carrier_status_display()}",
    )


@searcher("waves", gettext_lazy("Waves"), permission="fulfilment.view", icon="layers", list_url="/waves/", rank=50)
class WaveSearch:
    def exact(self, asked: Asked, user: User) -> str:
        read = codes.read(asked.code)
        name = read.name if read else ""
        if name.startswith("WV-") and Wave.objects.filter(number=name, warehouse__in=_warehouses(user)).exists():
            return f"/waves/{name}/"
        works = FulfilmentOrder.objects.filter(number=name, warehouse__in=_warehouses(user)).select_related("order")
        job = works.first() if name.startswith("FO-") else None
        return f"/orders/{job.order.number}/" if job else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        if not asked.code.startswith("WV-"):
            return []
        rows = Wave.objects.filter(starts_with("number", asked.code), warehouse__in=_warehouses(user))
        rows = rows.select_related("warehouse").order_by("-id")
        return [
            Hit(wave.number, f"/waves/{wave.number}/", wave.warehouse.title, (wave.status, wave.get_status_display()))
            for wave in rows[: GROUP_SIZE + 1]
        ]
