"""Parcels: shipments, cartons, labels, carriers and what they report."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fulfilment.models.work import FulfilmentOrder
from fulfilment.states import SHIPMENT_MOVES, CarrierStatus, LabelState, ShipmentStatus
from ordermgmt.money import MoneyField
from ordermgmt.states import Stateful


class BoxType(models.Model):
    """A carton we pack in; inside sizes in millimetres, weights in grams."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    name = models.CharField(_("name"), max_length=60)
    length_mm = models.PositiveIntegerField()
    width_mm = models.PositiveIntegerField()
    height_mm = models.PositiveIntegerField()
    tare_g = models.PositiveIntegerField(_("own weight (g)"))
    max_weight_g = models.PositiveIntegerField(_("carries (g)"))
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["length_mm", "code"]

    def __str__(self) -> str:
        return self.name


class Carrier(models.Model):
    """`gateway` names the class in fulfilment/carriers that makes labels for it."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    gateway = models.CharField(max_length=20, default="house")
    tracking_url = models.CharField(max_length=200, blank=True, help_text=_("With {number}"))
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class CarrierRate(models.Model):
    """Price and days of one service into one country up to a weight (grams); shop currency EUR."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="rates")
    service = models.CharField(_("service"), max_length=40)
    country = models.CharField(_("country"), max_length=2, help_text=_("Destination; ** is anywhere else"))
    max_weight_g = models.PositiveIntegerField(_("up to (g)"))
    price = MoneyField(_("price"))
    transit_days = models.PositiveSmallIntegerField(_("days"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["carrier", "service", "country", "max_weight_g"], name="rate_once")
        ]
        ordering: ClassVar = ["country", "service", "max_weight_g"]

    def __str__(self) -> str:
        return f"{self.carrier} {self.service} {self.country} ≤ {self.max_weight_g} g"


class Pickup(models.Model):
    """When a carrier's truck leaves a warehouse each working day, in the warehouse's time.

    A carrier without one is expected at the warehouse's own cut-off.
    """

    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.CASCADE, related_name="pickups")
    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="pickups")
    leaves_at = models.TimeField(_("truck leaves (local time)"))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["warehouse", "carrier"], name="pickup_once")]

    def __str__(self) -> str:
        return f"{self.carrier}, {self.warehouse} {self.leaves_at:%H:%M}"


SILENT_AFTER = timedelta(hours=48)


class ShipmentQuerySet(models.QuerySet["Shipment"]):
    def locked(self) -> "ShipmentQuerySet":
        """Row locks in primary-key order, only on shipments (after order and fulfilment order)."""
        return self.select_for_update(of=("self",)).order_by("pk")

    def silent(self, now: datetime) -> "ShipmentQuerySet":
        """Handed over and not scanned by the carrier for 48 hours."""
        heard_at = Coalesce("last_event_at", "dispatched_at")
        return (
            self.filter(status=ShipmentStatus.DISPATCHED)
            .alias(heard_at=heard_at)
            .filter(heard_at__lt=now - SILENT_AFTER)
        )

    def in_trouble(self, now: datetime) -> "ShipmentQuerySet":
        """With a problem the carrier reported, or silent."""
        return self.exclude(status=ShipmentStatus.CANCELLED).filter(
            ~Q(problem="") | Q(pk__in=Shipment.objects.silent(now).values("pk"))
        )


class Shipment(Stateful):
    """One dispatch. `status` is ours, `carrier_status` is what the carrier says."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="shipments")
    work = models.ForeignKey(FulfilmentOrder, on_delete=models.PROTECT, related_name="shipments")
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="shipments")
    status = models.CharField(_("state"), max_length=12, choices=ShipmentStatus.choices, default=ShipmentStatus.PACKED)
    carrier_status = models.CharField(
        _("carrier says"), max_length=20, choices=CarrierStatus.choices, default=CarrierStatus.PENDING
    )
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="shipments")
    service = models.CharField(_("service"), max_length=40)
    cost = MoneyField(_("cost"), default=0)
    transit_days = models.PositiveSmallIntegerField(default=2)
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    packed_at = models.DateTimeField()
    packed_by = models.CharField(max_length=120)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=200, blank=True)

    moves: ClassVar = SHIPMENT_MOVES
    stamps: ClassVar = {
        ShipmentStatus.DISPATCHED: "dispatched_at",
        ShipmentStatus.DELIVERED: "delivered_at",
        ShipmentStatus.RETURNED: "returned_at",
        ShipmentStatus.CANCELLED: "cancelled_at",
    }

    objects: ClassVar = ShipmentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["status", "-packed_at", "-id"], name="shipment_status"),
            models.Index(fields=["-packed_at", "-id"], name="shipment_packed"),
            models.Index(fields=["order"], name="shipment_order"),
            models.Index(fields=["dispatched_at"], name="shipment_dispatched"),
            models.Index(fields=["delivered_at"], name="shipment_delivered"),
            models.Index(fields=["order"], name="shipment_problem", condition=~Q(problem="")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status__in=[ShipmentStatus.DISPATCHED, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED])
                | Q(dispatched_at__isnull=False),
                name="shipment_dispatched_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status=ShipmentStatus.DELIVERED) | Q(delivered_at__isnull=False),
                name="shipment_delivered_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Carton(models.Model):
    """One box with an SSCC; weight in grams as weighed (or expected when there is no scale)."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="cartons")
    position = models.PositiveSmallIntegerField()
    sscc = models.CharField(_("SSCC"), max_length=18, unique=True)
    box = models.ForeignKey(BoxType, on_delete=models.PROTECT, related_name="cartons")
    weight_g = models.PositiveIntegerField(_("weight (g)"))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["shipment", "position"], name="carton_position")]

    def __str__(self) -> str:
        return self.sscc


class ShipmentLine(models.Model):
    """Units of one order line (and lot) in one carton."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    carton = models.ForeignKey(Carton, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="shipment_lines")
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="shipment_lines")
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(quantity__gte=1), name="shipment_line_has_units")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class Label(models.Model):
    """A carrier label of one carton; at most one that is not void."""

    carton = models.ForeignKey(Carton, on_delete=models.CASCADE, related_name="labels")
    state = models.CharField(max_length=6, choices=LabelState.choices, default=LabelState.MADE)
    tracking_number = models.CharField(_("tracking number"), max_length=40, unique=True)
    document = models.ForeignKey(
        "ordermgmt.StoredDocument", on_delete=models.PROTECT, null=True, blank=True, related_name="labels"
    )
    zpl = models.TextField(blank=True)
    made_at = models.DateTimeField()
    scanned_at = models.DateTimeField(null=True, blank=True, help_text=_("Proved to be on its box"))
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["carton"], condition=Q(state="made"), name="one_live_label")
        ]
        indexes: ClassVar = [
            models.Index(fields=["voided_at"], name="label_voided", condition=Q(voided_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.tracking_number


class TrackingEvent(models.Model):
    """One message of a carrier; `event_id` makes replays harmless, `happened_at` orders them."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=CarrierStatus.choices)
    raw_status = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=300, blank=True)
    place = models.CharField(max_length=120, blank=True)
    incident = models.CharField(max_length=60, blank=True, help_text=_("carrier_*, consignee_*, … (who owes whom)"))
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    payload = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "event_id"], name="tracking_once")]
        indexes: ClassVar = [models.Index(fields=["shipment", "-happened_at"], name="tracking_shipment")]

    def __str__(self) -> str:
        return f"{self.shipment} {self.status}"


class CarrierMessage(models.Model):
    """A webhook or file row as it came: processed, refused with a reason, or for an unknown parcel."""

    source = models.CharField(max_length=20)
    body = models.TextField()
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=[("done", _("Processed")), ("refused", _("Refused"))])
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "body_hash"], name="carrier_message_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.received_at:%Y-%m-%d %H:%M}"
