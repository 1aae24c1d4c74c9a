"""The orders of a shift: what must leave a warehouse today, by stage, as QuerySets that board and lists share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from fulfilment.manifests import bounds
from fulfilment.models import FulfilmentOrder, Shipment
from fulfilment.states import WorkStatus
from inventory.models import Warehouse
from ordermgmt.clock import business_day
from orders.models import Allocation, Hold, Order, OrderLine
from orders.states import Stage

RELEASE, PICK, PACK, HAND_OVER = "release", "pick", "pack", "hand_over"
STAGES: Mapping[str, Any] = {
    RELEASE: _("Release"),
    PICK: _("Pick"),
    PACK: _("Pack"),
    HAND_OVER: _("Hand over"),
}
PARTS: Mapping[str, Any] = {
    "all": _("To ship today"),
    "done": _("Done today"),
    "left": _("Left today"),
    **STAGES,
    "stopped": _("Stopped"),
    "early": _("Left before their day"),
    "hour": _("Packed in the last hour"),
    "risk": _("At risk"),
}
Orders = QuerySet[Order]
LAST_HOUR = timedelta(minutes=60)


@dataclass(frozen=True)
class Shift:
    """Today at one warehouse, on its own calendar."""

    warehouse: Warehouse
    now: datetime

    @property
    def day(self) -> date:
        return business_day(self.now, self.warehouse.time_zone)

    @property
    def begins_at(self) -> datetime:
        return bounds(self.warehouse, self.day)[0]

    def part(self, name: str) -> Orders:
        """One of PARTS except `risk`, which the forecast knows."""
        if name in STAGES:
            return self.left().filter(Q(stage=name))
        parts: dict[str, Callable[[], Orders]] = {
            "all": self.to_ship,
            "done": self.done,
            "left": self.left,
            "stopped": self.stopped,
            "early": self.early,
            "hour": self.packed_lately,
        }
        return parts[name]()

    def left(self) -> Orders:
        """Must leave today or should have left, has something to be done here, and nothing stops it."""
        return self._staged(self._due().exclude(self._is_stopped()))

    def stopped(self) -> Orders:
        """Due, but held or waiting for the rest of its goods."""
        return self._staged(self._due().filter(self._is_stopped()))

    def done(self) -> Orders:
        """Due, left today, and nothing of it remains here."""
        return self._gone_today().filter(promised_ship_on__lte=self.day)

    def early(self) -> Orders:
        """Left today although due later."""
        return self._gone_today().exclude(promised_ship_on__lte=self.day)

    def to_ship(self) -> Orders:
        """Done and left together."""
        return Order.objects.filter(Q(pk__in=self.done().values("pk")) | Q(pk__in=self.left().values("pk")))

    def packed_lately(self) -> Orders:
        parcels = self._parcels().filter(packed_at__gt=self.now - LAST_HOUR, packed_at__lte=self.now)
        return Order.objects.filter(pk__in=parcels.values("order"))

    def _due(self) -> Orders:
        here = Exists(self._unreleased()) | Exists(self._work())
        return Order.objects.open().filter(here, promised_ship_on__lte=self.day)

    def _gone_today(self) -> Orders:
        parcels = self._parcels().filter(dispatched_at__gte=self.begins_at, dispatched_at__lte=self.now)
        gone = Order.objects.filter(pk__in=parcels.values("order"))
        return gone.exclude(Exists(self._unreleased())).exclude(Exists(self._work()))

    def _parcels(self) -> QuerySet[Shipment]:
        return Shipment.objects.filter(warehouse=self.warehouse, cancelled_at=None)

    def _unreleased(self) -> QuerySet[Allocation]:
        return Allocation.objects.filter(
            line__order=OuterRef("pk"), warehouse=self.warehouse, quantity__gt=F("released")
        )

    def _work(self, *statuses: str) -> QuerySet[FulfilmentOrder]:
        rows = FulfilmentOrder.objects.filter(order=OuterRef("pk"), warehouse=self.warehouse)
        return rows.filter(status__in=statuses) if statuses else rows.open()

    def _is_stopped(self) -> Q:
        """Held, or not released because a part of it is not here (what is on the floor already goes on)."""
        held = Exists(Hold.objects.stopping(Stage.RELEASE).filter(order=OuterRef("pk")))
        whole = OrderLine.objects.filter(order=OuterRef("pk"), order__ships_in_parts=False, backordered__gt=0)
        return Q(held) | (Q(Exists(whole)) & Q(Exists(self._unreleased())))

    def _staged(self, orders: Orders) -> Orders:
        """`stage`: the least advanced part of the order here."""
        floor = self._work(WorkStatus.PLANNED, WorkStatus.RELEASED, WorkStatus.PICKING)
        stage = Case(
            When(Exists(self._unreleased()), then=Value(RELEASE)),
            When(Exists(floor), then=Value(PICK)),
            When(Exists(self._work(WorkStatus.PICKED, WorkStatus.PACKING)), then=Value(PACK)),
            default=Value(HAND_OVER),
            output_field=CharField(),
        )
        return orders.annotate(stage=stage)
