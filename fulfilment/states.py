"""States of the work on the floor and of parcels on their way."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkStatus(models.TextChoices):
    """A fulfilment order: what one warehouse must do for one order."""

    PLANNED = "planned", _("Planned")
    RELEASED = "released", _("Released")
    PICKING = "picking", _("Picking")
    PICKED = "picked", _("Picked")
    PACKING = "packing", _("Packing")
    PACKED = "packed", _("Packed")
    DISPATCHED = "dispatched", _("Dispatched")
    CANCELLED = "cancelled", _("Cancelled")


WORK_MOVES: dict[str, frozenset[str]] = {
    WorkStatus.PLANNED: frozenset({WorkStatus.RELEASED, WorkStatus.CANCELLED}),
    WorkStatus.RELEASED: frozenset({WorkStatus.PICKING, WorkStatus.PLANNED, WorkStatus.CANCELLED}),
    WorkStatus.PICKING: frozenset({WorkStatus.PICKED, WorkStatus.RELEASED, WorkStatus.CANCELLED}),
    WorkStatus.PICKED: frozenset({WorkStatus.PACKING, WorkStatus.PICKING, WorkStatus.RELEASED, WorkStatus.CANCELLED}),
    WorkStatus.PACKING: frozenset({WorkStatus.PACKED, WorkStatus.PICKED, WorkStatus.CANCELLED}),
    WorkStatus.PACKED: frozenset({WorkStatus.DISPATCHED, WorkStatus.PICKED, WorkStatus.CANCELLED}),
    WorkStatus.DISPATCHED: frozenset(),
    WorkStatus.CANCELLED: frozenset(),
}


class WaveStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PICKING = "picking", _("Picking")
    DONE = "done", _("Picked")
    CANCELLED = "cancelled", _("Cancelled")


WAVE_MOVES: dict[str, frozenset[str]] = {
    WaveStatus.OPEN: frozenset({WaveStatus.PICKING, WaveStatus.DONE, WaveStatus.CANCELLED}),
    WaveStatus.PICKING: frozenset({WaveStatus.OPEN, WaveStatus.DONE, WaveStatus.CANCELLED}),
    WaveStatus.DONE: frozenset({WaveStatus.PICKING}),
    WaveStatus.CANCELLED: frozenset(),
}


class WaveKind(models.TextChoices):
    SINGLES = "singles", _("Singles")
    MULTI = "multi", _("Several items")
    BULK = "bulk", _("One item in bulk")


class ShipmentStatus(models.TextChoices):
    PACKED = "packed", _("Label made")
    DISPATCHED = "dispatched", _("Handed over")
    DELIVERED = "delivered", _("Delivered")
    RETURNED = "returned", _("Returned to sender")
    CANCELLED = "cancelled", _("Cancelled")


SHIPMENT_MOVES: dict[str, frozenset[str]] = {
    ShipmentStatus.PACKED: frozenset({ShipmentStatus.DISPATCHED, ShipmentStatus.CANCELLED}),
    ShipmentStatus.DISPATCHED: frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED}),
    ShipmentStatus.DELIVERED: frozenset({ShipmentStatus.RETURNED}),
    ShipmentStatus.RETURNED: frozenset(),
    ShipmentStatus.CANCELLED: frozenset(),
}


class CarrierStatus(models.TextChoices):
    """What the carrier says, in one vocabulary (orders_warehouse.md 2.2)."""

    PENDING = "pending", _("Label made")
    PICKED_UP = "picked_up", _("Picked up")
    ON_HOLD = "on_hold", _("On hold at the carrier")
    IN_TRANSIT = "in_transit", _("On its way")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    READY_FOR_PICKUP = "ready_for_pickup", _("Waits at a pick-up point")
    DELIVERED = "delivered", _("Delivered")
    DELAYED = "delivery_delayed", _("Delayed")
    FAILED = "delivery_failed", _("Delivery failed")
    RETURN_TO_SENDER = "return_to_sender", _("Going back to the sender")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown")


class LabelState(models.TextChoices):
    MADE = "made", _("Made")
    VOID = "void", _("Void")


class Verdict(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    LINE_DONE = "line_done", _("Line done")
    JOB_DONE = "job_done", _("Job done")
    WRONG = "wrong", _("Wrong item or place")
    UNKNOWN = "unknown", _("Unknown code")
    EXTRA = "extra", _("One too many")
    STOP = "stop", _("Stop")
    COMMAND = "command", _("Command")


class ShortReason(models.TextChoices):
    NOT_FOUND = "not_found", _("Not found")
    DAMAGED = "damaged", _("Damaged")
    WRONG_ITEM = "wrong_item", _("Wrong item here")
