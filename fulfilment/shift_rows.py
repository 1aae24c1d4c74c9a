"""What the forecast of a shift looks at: the orders that are left, since when each waits, and its carrier's truck."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Subquery, Sum

from fulfilment.expected_carriers import ExpectedCarriers, Journey
from fulfilment.forecast import Due
from fulfilment.models import FulfilmentOrder, Pickup, Shipment
from fulfilment.shift import HAND_OVER, PACK, PICK, RELEASE, Shift
from fulfilment.states import ShipmentStatus
from orders.models import Order, OrderLine

_CAME_AT = {PICK: "released_at", PACK: "picked_at", HAND_OVER: "packed_at"}


class Row(NamedTuple):
    """An order that is left today; `weight_g` in grams of what is still here."""

    pk: int
    stage: str
    accepted_at: datetime | None
    country: str
    service: str
    promised: date | None
    weight_g: int | None


def amounts_of(order_ids: Sequence[int]) -> dict[str, Decimal]:
    """What these orders are worth, by currency."""
    rows = Order.objects.filter(pk__in=order_ids).order_by().values("currency").annotate(sum_=Sum("total"))
    return {row["currency"]: row["sum_"] for row in rows}


@dataclass
class ShiftRows:
    """Each is read once, in a constant number of statements."""

    shift: Shift

    @cached_property
    def left(self) -> list[Row]:
        """Most urgent first."""
        here = F("ordered") - F("cancelled") - F("shipped")
        goods = OrderLine.objects.filter(order=OuterRef("pk"), sku__is_bundle=False).order_by().values("order")
        rows = self.shift.left().annotate(
            weight_g=Subquery(goods.annotate(grams=Sum(here * F("sku__weight_g"))).values("grams"))
        )
        rows = rows.order_by("promised_ship_on", "-priority", "accepted_at", "pk")
        names = ("pk", "stage", "accepted_at", "ship_country", "shipping_method", "promised_delivery_on", "weight_g")
        return [Row(*values) for values in rows.values_list(*names)]

    @cached_property
    def keys(self) -> list[int]:
        return [row.pk for row in self.left]

    @cached_property
    def since(self) -> Mapping[int, datetime | None]:
        """When an order came to the stage it waits in."""
        stage = {row.pk: row.stage for row in self.left}
        found: dict[int, Any] = {row.pk: row.accepted_at for row in self.left}
        works = FulfilmentOrder.objects.open().filter(warehouse=self.shift.warehouse, order__in=self.keys)
        for work in works.order_by("pk"):
            if stage[work.order_id] != RELEASE and (at := getattr(work, _CAME_AT[stage[work.order_id]])):
                found[work.order_id] = at
        return found

    def due(self) -> list[Due]:
        """With the carrier of the label, or before there is one the carrier that packing would choose."""
        return [self._due(row) for row in self.left]

    @property
    def carriers(self) -> dict[str, str]:
        """Names by code."""
        return {carrier.code: carrier.name for carrier in self._expected.carriers}

    def _due(self, row: Row) -> Due:
        is_packed = row.stage == HAND_OVER
        code = self._labelled.get(row.pk, "") if is_packed else self._carrier(row)
        return Due(row.pk, code, self._cut_offs[code], is_packed)

    @cached_property
    def _expected(self) -> ExpectedCarriers:
        return ExpectedCarriers()

    def _carrier(self, row: Row) -> str:
        carrier = self._expected.of(
            Journey(
                country=row.country,
                service=row.service,
                weight_g=row.weight_g or 0,
                ship_on=self.shift.day,
                promised=row.promised,
            )
        )
        return carrier.code if carrier else ""

    @cached_property
    def _labelled(self) -> Mapping[int, str]:
        parcels = Shipment.objects.filter(warehouse=self.shift.warehouse, status=ShipmentStatus.PACKED)
        return dict(parcels.filter(order__in=self.keys).values_list("order", "carrier__code"))

    @cached_property
    def _cut_offs(self) -> Mapping[str, datetime]:
        """By carrier; the warehouse's own for those without a truck of their own."""
        warehouse = self.shift.warehouse
        found: dict[str, datetime] = defaultdict(lambda: self._today_at(warehouse.cut_off))
        for code, at in Pickup.objects.filter(warehouse=warehouse).values_list("carrier__code", "leaves_at"):
            found[code] = self._today_at(at)
        return found

    def _today_at(self, at: time) -> datetime:
        return datetime.combine(self.shift.day, at, tzinfo=ZoneInfo(self.shift.warehouse.time_zone))
