"""Figures about carriers: whether parcels arrive when the carrier said they would."""

from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Carrier, Shipment
from fulfilment.states import ShipmentStatus
from ordermgmt.clock import business_zone
from ordermgmt.kpis import Period, Trail, Unit, kpi, one_if
from ordermgmt.models import Activity


def _parcel(row: Any) -> tuple[str, str]:
    return f"{row.number} · {row.order.number}", f"/orders/{row.order.number}/"


@kpi(
    "carrier_on_time",
    title=_("Parcels on time"),
    question=_("Which carrier keeps promises?"),
    definition=_(
        "Parcels delivered by the day expected at hand-over ÷ parcels expected on that day; only days that are over."
    ),
    source="Shipment",
    unit=Unit.SHARE,
    on="expected_on",
    numerator=one_if(Q(came_on__lte=F("expected_on"))),
    is_settled=True,
    dimensions={
        "warehouse": "warehouse__code", "channel": "order__channel__code", "country": "order__ship_country",
        "category": "carrier__code",
    },
    categories=lambda: dict(Carrier.objects.order_by("name").values_list("code", "name")),
    trails=(Trail(lambda: Activity.objects.exclude(thread=""), "thread", "order__number"),),
    target=Decimal("0.90"),
    record=_parcel,
    joins=("order",),
    rank=48,
)  # fmt: skip
def carrier_on_time(period: Period) -> QuerySet[Any]:
    rows: QuerySet[Any] = Shipment.objects.exclude(status=ShipmentStatus.CANCELLED).filter(dispatched_at__isnull=False)
    found: QuerySet[Any] = rows.annotate(came_on=TruncDate("delivered_at", tzinfo=business_zone()))
    return found
