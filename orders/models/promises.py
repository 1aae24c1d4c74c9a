"""Stock set aside, why from there, what stops an order, and how it was changed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.roles import Role
from orders.models.orders import Order, OrderLine
from orders.states import ChangeState, HoldCode, Stage


class Allocation(models.Model):
    """Units of one line promised from one warehouse and not yet dispatched (`quantity`).

    The sum over lines equals `StockLevel.allocated`. Cancelled or dispatched units leave it; a row
    with nothing left is deleted.
    """

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="allocations")
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="allocations")
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="allocations")
    quantity = models.PositiveIntegerField(_("units"))
    released = models.PositiveIntegerField(_("handed to the floor"), default=0, help_text=_("Part of `quantity`"))
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "warehouse"], name="one_allocation"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="allocation_has_units"),
            models.CheckConstraint(condition=Q(released__lte=F("quantity")), name="allocation_released_within"),
        ]
        indexes: ClassVar = [models.Index(fields=["warehouse", "sku"], name="allocation_level")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku} @ {self.warehouse}"


class SourcingDecision(models.Model):
    """Why an order's units come from where they come from (kept per allocation round)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="sourcing")
    at = models.DateTimeField()
    explanation = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["at"], name="sourcing_at")]

    def __str__(self) -> str:
        return f"{self.order} {self.at:%Y-%m-%d %H:%M}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def open(self) -> "HoldQuerySet":
        return self.filter(released_at__isnull=True)

    def stopping(self, stage: str) -> "HoldQuerySet":
        return self.open().filter(blocks__contains=stage)


class Hold(models.Model):
    """A reason why an order must wait; an order is held while any is open. Never a status.

    `blocks` names the stages it stops, comma-separated (see Stage). Still open at `cancels_at`, it ends the order.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="holds")
    code = models.CharField(_("reason"), max_length=16, choices=HoldCode.choices)
    source = models.CharField(_("placed by"), max_length=40, default="staff")
    handle = models.CharField(max_length=80)
    reason = models.CharField(_("in words"), max_length=300)
    note = models.TextField(_("note"), blank=True)
    keeps_stock = models.BooleanField(_("keeps its stock"), default=True)
    blocks = models.CharField(
        _("stops"), max_length=60, default=",".join(s for s in Stage.values if s != Stage.ALLOCATE)
    )
    owner_role = models.CharField(_("owner"), max_length=20, choices=Role.choices, default=Role.SUPPORT)
    target_hours = models.PositiveSmallIntegerField(_("target (h)"), default=4)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    cancels_at = models.DateTimeField(_("cancels the order"), null=True, blank=True)
    pauses_sla = models.BooleanField(_("pauses the clock"), default=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=120)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=120, blank=True)

    objects: ClassVar = HoldQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "source", "handle"], condition=Q(released_at__isnull=True), name="hold_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["order"], name="hold_open", condition=Q(released_at__isnull=True)),
            models.Index(fields=["expires_at"], name="hold_expiry", condition=Q(released_at__isnull=True)),
            models.Index(
                fields=["cancels_at"],
                name="hold_cancels",
                condition=Q(released_at__isnull=True, cancels_at__isnull=False),
            ),
            models.Index(fields=["released_at"], name="hold_released", condition=Q(released_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_code_display()}: {self.reason}"

    @property
    def stages(self) -> frozenset[str]:
        return frozenset(part for part in self.blocks.split(",") if part)


class OrderChange(models.Model):
    """An edit after acceptance: previewed, applied whole, undoable until something physical happened."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10, choices=ChangeState.choices, default=ChangeState.PROPOSED)
    wanted = models.JSONField(default=dict)
    preview = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    order_version = models.PositiveIntegerField()
    by = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.order} {self.get_state_display()}"
