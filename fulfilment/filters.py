"""Filters of the shipments list."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Carrier, Shipment
from fulfilment.problems import troubled
from fulfilment.states import CarrierStatus, ShipmentStatus
from inventory.models import Warehouse
from ordermgmt.listing import ListFilters

STAGES = [
    ("label", _("Label made")),
    ("handed", _("Handed over")),
    ("moving", _("On its way")),
    ("out", _("Out for delivery")),
    ("pickup", _("At a pick-up point")),
    ("delivered", _("Delivered")),
    ("problem", _("Problem")),
    ("returning", _("Returning")),
    ("cancelled", _("Cancelled")),
]
_ON_THE_ROAD = (
    *(CarrierStatus.PICKED_UP, CarrierStatus.IN_TRANSIT, CarrierStatus.ON_HOLD, CarrierStatus.DELAYED),
    *(CarrierStatus.FAILED,),
)


def of_stage(rows: QuerySet[Shipment], stage: str) -> QuerySet[Shipment]:
    """The tabs of the board; a problem stands in its own tab and in that of its place on the way."""
    left = rows.filter(status=ShipmentStatus.DISPATCHED)
    found = {
        "label": lambda: rows.filter(status=ShipmentStatus.PACKED),
        "handed": lambda: left.filter(carrier_status__in=[CarrierStatus.PENDING, CarrierStatus.UNKNOWN]),
        "moving": lambda: left.filter(carrier_status__in=_ON_THE_ROAD),
        "out": lambda: left.filter(carrier_status=CarrierStatus.OUT_FOR_DELIVERY),
        "pickup": lambda: left.filter(carrier_status=CarrierStatus.READY_FOR_PICKUP),
        "delivered": lambda: rows.filter(status=ShipmentStatus.DELIVERED),
        "problem": lambda: rows.filter(pk__in=Shipment.objects.in_trouble(timezone.now()).values("pk")),
        "returning": lambda: rows.filter(status=ShipmentStatus.RETURNED),
        "cancelled": lambda: rows.filter(status=ShipmentStatus.CANCELLED),
    }.get(stage)
    return found() if found else rows


class ShipmentFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    stage = django_filters.ChoiceFilter(label=_("Stage"), choices=STAGES, method="staged")
    trouble = django_filters.CharFilter(label=_("Trouble"), method="with_trouble")
    carrier = django_filters.ModelChoiceFilter(label=_("Carrier"), queryset=Carrier.objects.order_by("name"))
    warehouse = django_filters.ModelChoiceFilter(label=_("Warehouse"), queryset=Warehouse.objects.all())

    class Meta:
        model = Shipment
        fields: Any = ()

    def staged(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        return of_stage(rows, value)

    def with_trouble(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        return troubled(rows, value, timezone.now())

    def search(self, rows: QuerySet[Shipment], name: str, value: str) -> QuerySet[Shipment]:
        """Number of shipment or order, tracking number, SSCC, or a recipient's name from its start."""
        word = value.strip()
        digits = word.removeprefix("(00)").replace(" ", "")
        return rows.filter(
            Q(number__iexact=word)
            | Q(order__number__iexact=word)
            | Q(order__recipient__istartswith=word)
            | Q(pk__in=Shipment.objects.filter(cartons__labels__tracking_number__iexact=word).values("pk"))
            | Q(pk__in=Shipment.objects.filter(cartons__sscc=digits[-18:]).values("pk"))
        )
