"""Balances and the ledger. Balances change only through movements (inventory/actions)."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models.products import Lot, Sku
from inventory.models.warehouses import Bin, Warehouse
from inventory.states import MovementKind

if TYPE_CHECKING:
    from ordermgmt.models import User


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    def with_available(self) -> "StockLevelQuerySet":
        """Adds `available` units: may go below zero only through safety stock."""
        return self.annotate(available=F("on_hand") - F("unsaleable") - F("allocated") - F("safety"))


class StockLevel(models.Model):
    """The balance of a SKU in a warehouse, in units.

    on_hand: physically there (picked goods included until dispatch); unsaleable: the part of it in
    quarantine, damaged or expired; allocated: promised to orders and not yet dispatched.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="levels")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(_("on hand"), default=0)
    unsaleable = models.IntegerField(_("not for sale"), default=0)
    allocated = models.IntegerField(_("promised"), default=0)
    safety = models.IntegerField(_("safety stock"), default=0)

    objects: ClassVar = StockLevelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "sku"], name="one_level"),
            models.CheckConstraint(condition=Q(allocated__gte=0), name="level_allocated_not_negative"),
            models.CheckConstraint(condition=Q(unsaleable__gte=0), name="level_unsaleable_not_negative"),
            models.CheckConstraint(condition=Q(safety__gte=0), name="level_safety_not_negative"),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("on_hand") - F("unsaleable")), name="level_allocated_within_saleable"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse} {self.sku}: {self.on_hand}"

    @property
    def free(self) -> int:
        """Available to promise now."""
        return self.on_hand - self.unsaleable - self.allocated - self.safety


class BinStock(models.Model):
    """What lies in a bin, by lot. `allocated`: set aside for open picks."""

    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="stock")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="bin_stock")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="bin_stock")
    quantity = models.IntegerField(_("units"), default=0)
    allocated = models.IntegerField(_("set aside"), default=0)

    class Meta:
        verbose_name_plural = _("bin stock")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bin", "sku", "lot"], name="one_bin_stock_per_lot"),
            models.UniqueConstraint(fields=["bin", "sku"], condition=Q(lot__isnull=True), name="one_bin_stock"),
            models.CheckConstraint(
                condition=Q(allocated__gte=0) & Q(allocated__lte=F("quantity")), name="bin_allocated_within_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bin} {self.sku}: {self.quantity}"


class StockMovement(models.Model):
    """One line of the ledger; append-only (a database trigger refuses update and delete).

    `quantity` is signed and belongs to `bin`. A transfer is two rows with the same `transfer_key`
    that sum to zero. `effect_key` names the effect: writing it twice is refused.
    """

    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("what"), max_length=10, choices=MovementKind.choices)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="movements")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="movements")
    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="movements")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="movements")
    quantity = models.IntegerField(_("units"))
    effect_key = models.CharField(max_length=100, unique=True)
    transfer_key = models.CharField(max_length=100, blank=True)
    document = models.CharField(_("document"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    actor = models.CharField(_("who"), max_length=120)
    actor_id = models.BigIntegerField(null=True)
    device = models.CharField(_("device"), max_length=40, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),
            models.CheckConstraint(
                condition=~Q(kind=MovementKind.ADJUSTED) | ~Q(reason=""), name="adjustment_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["warehouse", "sku", "-id"], name="movement_level"),
            models.Index(fields=["sku", "-at", "-id"], name="movement_sku"),
            models.Index(fields=["bin", "sku"], name="movement_bin"),
            models.Index(fields=["document"], name="movement_shipped", condition=Q(kind="shipped")),
            models.Index(fields=["transfer_key"], name="movement_transfer", condition=~Q(transfer_key="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity:+d} {self.sku}"


class CountTaskQuerySet(models.QuerySet["CountTask"]):
    def to_count(self) -> "CountTaskQuerySet":
        """Counted by nobody, or by one person and to be counted again by another."""
        rows: CountTaskQuerySet = self._with_rounds().filter(rounds__lt=2)
        return rows

    def to_decide(self) -> "CountTaskQuerySet":
        """Two people found something else than the books say."""
        rows: CountTaskQuerySet = self._with_rounds().filter(rounds__gte=2)
        return rows

    def countable_by(self, user: "User") -> "CountTaskQuerySet":
        """What this person did not count yet."""
        return self.to_count().exclude(entries__in=CountEntry.objects.valid().filter(by=user))

    def _with_rounds(self) -> Any:
        return self.annotate(rounds=Count("entries", filter=Q(entries__voided_at=None)))


class CountTask(models.Model):
    """An item in a bin that must be counted, opened by a short pick or by a person."""

    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="count_tasks")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="count_tasks")
    reason = models.CharField(_("why"), max_length=120)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CountTaskQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bin", "sku"], condition=Q(done_at__isnull=True), name="one_open_count")
        ]

    def __str__(self) -> str:
        return f"{self.bin} {self.sku}"


class CountEntryQuerySet(models.QuerySet["CountEntry"]):
    def valid(self) -> "CountEntryQuerySet":
        """Counts that were not set aside, oldest first."""
        return self.filter(voided_at=None).order_by("pk")


class CountEntry(models.Model):
    """What one person counted blind, and what the books said at that moment: pairs of lot id and units."""

    task = models.ForeignKey(CountTask, on_delete=models.PROTECT, related_name="entries")
    by = models.ForeignKey("ordermgmt.User", on_delete=models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()
    counted = models.JSONField()
    expected = models.JSONField()
    device = models.CharField(max_length=40, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CountEntryQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # The second count is another person's.
            models.UniqueConstraint(fields=["task", "by"], condition=Q(voided_at=None), name="one_count_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.task}: {self.units}"

    @property
    def counted_units(self) -> dict[int | None, int]:
        return dict(self.counted)

    @property
    def expected_units(self) -> dict[int | None, int]:
        return dict(self.expected)

    @property
    def units(self) -> int:
        return sum(self.counted_units.values())
