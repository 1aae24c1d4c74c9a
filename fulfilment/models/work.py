"""Work on the floor: waves, fulfilment orders, pick tasks, scans."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fulfilment.states import (
    WAVE_MOVES,
    WORK_MOVES,
    ShortReason,
    Verdict,
    WaveKind,
    WaveStatus,
    WorkStatus,
)
from ordermgmt.states import Stateful


class WaveQuerySet(models.QuerySet["Wave"]):
    def unfinished(self) -> "WaveQuerySet":
        return self.filter(status__in=[WaveStatus.OPEN, WaveStatus.PICKING])


class Wave(Stateful):
    """A set of fulfilment orders picked in one walk, by one person."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="waves")
    kind = models.CharField(_("kind"), max_length=10, choices=WaveKind.choices)
    status = models.CharField(_("state"), max_length=10, choices=WaveStatus.choices, default=WaveStatus.OPEN)
    picker = models.ForeignKey("ordermgmt.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="waves")
    claimed_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    at_bin = models.ForeignKey(
        "inventory.Bin", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text=_("Last scanned")
    )
    at_tote = models.CharField(max_length=12, blank=True, help_text=_("Tote last scanned"))
    awaits_tote = models.CharField(max_length=12, blank=True, help_text=_("Goods in hand go into this tote"))
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = WAVE_MOVES
    stamps: ClassVar = {WaveStatus.DONE: "done_at", WaveStatus.CANCELLED: "cancelled_at"}
    objects: ClassVar = WaveQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["warehouse", "status"], name="wave_status")]

    def __str__(self) -> str:
        return self.number


class FulfilmentOrderQuerySet(models.QuerySet["FulfilmentOrder"]):
    def locked(self) -> "FulfilmentOrderQuerySet":
        """Row locks in primary-key order, only on this table (third in the lock order)."""
        return self.select_for_update(of=("self",)).order_by("pk")

    def open(self) -> "FulfilmentOrderQuerySet":
        return self.exclude(status__in=[WorkStatus.DISPATCHED, WorkStatus.CANCELLED])

    def unfinished(self) -> "FulfilmentOrderQuerySet":
        """Units are still to be picked."""
        return self.filter(status__in=[WorkStatus.RELEASED, WorkStatus.PICKING])

    def set_aside(self) -> "FulfilmentOrderQuerySet":
        """Released work that left its wave because a hold stopped it."""
        return self.filter(status__in=[WorkStatus.RELEASED, WorkStatus.PICKING, WorkStatus.PICKED], wave=None)

    def to_put_back(self) -> "FulfilmentOrderQuerySet":
        """Cancelled work whose picked goods still stand at the bench."""
        return self.filter(status=WorkStatus.CANCELLED, lines__picked__gt=0).distinct()


class FulfilmentOrder(Stateful):
    """The part of an order that one warehouse must do."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="fulfilment_orders")
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="fulfilment_orders")
    status = models.CharField(_("state"), max_length=12, choices=WorkStatus.choices, default=WorkStatus.PLANNED)
    wave = models.ForeignKey(Wave, on_delete=models.SET_NULL, null=True, blank=True, related_name="fulfilment_orders")
    tote = models.CharField(_("tote"), max_length=12, blank=True, help_text=_("Letter on the cart, or tote code"))
    is_single = models.BooleanField(default=False, help_text=_("One unit of one item: packed by scanning the item"))
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    packer = models.ForeignKey(
        "ordermgmt.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="packed"
    )
    pack_beat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    picking_at = models.DateTimeField(null=True, blank=True)
    picked_at = models.DateTimeField(null=True, blank=True)
    packing_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = WORK_MOVES
    stamps: ClassVar = {
        WorkStatus.RELEASED: "released_at",
        WorkStatus.PICKING: "picking_at",
        WorkStatus.PICKED: "picked_at",
        WorkStatus.PACKING: "packing_at",
        WorkStatus.PACKED: "packed_at",
        WorkStatus.DISPATCHED: "dispatched_at",
        WorkStatus.CANCELLED: "cancelled_at",
    }
    objects: ClassVar = FulfilmentOrderQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["warehouse", "status", "ship_by"], name="work_status"),
            models.Index(fields=["order"], name="work_order"),
            # Days and hours of the workflow map are counted by when a step ended.
            models.Index(fields=["released_at"], name="work_released"),
            models.Index(fields=["picking_at"], name="work_picking"),
            models.Index(fields=["picked_at"], name="work_picked"),
            models.Index(fields=["packed_at"], name="work_packed"),
            models.Index(fields=["dispatched_at"], name="work_dispatched"),
            models.Index(
                fields=["order"],
                name="work_on_floor",
                condition=Q(status__in=[WorkStatus.PICKING, WorkStatus.PICKED, WorkStatus.PACKING, WorkStatus.PACKED]),
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(status=WorkStatus.DISPATCHED) | Q(dispatched_at__isnull=False), name="work_dispatched_pair"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FulfilmentLine(models.Model):
    """Units of one order line in this fulfilment order (released), and how far they are."""

    work = models.ForeignKey(FulfilmentOrder, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="work_lines")
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="work_lines")
    quantity = models.PositiveIntegerField(_("units"))
    picked = models.PositiveIntegerField(_("picked"), default=0)
    packed = models.PositiveIntegerField(_("packed"), default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["work", "order_line"], name="work_line_once"),
            models.CheckConstraint(
                condition=Q(picked__lte=F("quantity")) & Q(packed__lte=F("picked")), name="work_line_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class PickTaskQuerySet(models.QuerySet["PickTask"]):
    def unpicked(self) -> "PickTaskQuerySet":
        """Tasks with units that are still to be taken."""
        return self.filter(quantity__gt=F("picked") + F("short"))


class PickTask(models.Model):
    """Take `quantity` units from one bin (and lot). Open units are set aside in BinStock.allocated."""

    line = models.ForeignKey(FulfilmentLine, on_delete=models.CASCADE, related_name="tasks")
    bin = models.ForeignKey("inventory.Bin", on_delete=models.PROTECT, related_name="pick_tasks")
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, null=True, blank=True, related_name="pick_tasks")
    quantity = models.PositiveIntegerField(_("units"))
    picked = models.PositiveIntegerField(_("picked"), default=0)
    short = models.PositiveIntegerField(_("short"), default=0)
    short_reason = models.CharField(max_length=12, choices=ShortReason.choices, blank=True)
    is_skipped = models.BooleanField(default=False)

    objects: ClassVar = PickTaskQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gte=F("picked") + F("short")), name="task_picked_within"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["bin"], name="task_bin"),
            models.Index(fields=["bin"], name="task_short", condition=Q(short__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} from {self.bin}"

    @property
    def open_units(self) -> int:
        return self.quantity - self.picked - self.short


class PackBox(models.Model):
    """A carton being filled at the bench; the last one is open. `box` null: the suggested one."""

    work = models.ForeignKey(FulfilmentOrder, on_delete=models.CASCADE, related_name="boxes")
    position = models.PositiveSmallIntegerField()
    box = models.ForeignKey("fulfilment.BoxType", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    weight_g = models.PositiveIntegerField(_("weight (g)"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["work", "position"], name="pack_box_position")]

    def __str__(self) -> str:
        return f"{self.work} #{self.position}"


class PackItem(models.Model):
    """Units of a line that were scanned into a carton."""

    box = models.ForeignKey(PackBox, on_delete=models.CASCADE, related_name="items")
    line = models.ForeignKey(FulfilmentLine, on_delete=models.CASCADE, related_name="packings")
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["box", "line"], name="pack_item_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="pack_item_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.sku}"


class ScanEvent(models.Model):
    """Every scan: UNIQUE(device, sequence) makes the sending safe to repeat; `answer` is replayed.

    `effect` names the units it moved, so that they can be undone once.
    """

    device = models.CharField(max_length=40)
    sequence = models.PositiveBigIntegerField()
    by = models.ForeignKey("ordermgmt.User", on_delete=models.PROTECT, related_name="scans")
    at = models.DateTimeField()
    station = models.CharField(max_length=20)
    task = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=120)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    milliseconds = models.PositiveIntegerField(default=0)
    answer = models.JSONField(default=dict)
    effect = models.JSONField(default=dict, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["device", "sequence"], name="scan_once")]
        indexes: ClassVar = [
            models.Index(fields=["by", "-at"], name="scan_by"),
            models.Index(fields=["task", "-id"], name="scan_task"),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.verdict}"
