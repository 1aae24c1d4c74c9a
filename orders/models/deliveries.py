"""The calendar of a subscription: its segments, what one charge pays for, and every dated delivery."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from ordermgmt.states import Stateful
from orders.billing_states import (
    DELIVERY_MOVES,
    BillingCycleStatus,
    DeliveryStatus,
    IntervalUnit,
    SkipReason,
)
from orders.models.orders import Order
from orders.models.subscriptions import Subscription, SubscriptionLine


class CalendarSegment(models.Model):
    """A stretch of the calendar: delivery n falls on anchor + (n − first_number) × interval, its day kept.

    `anchor_day` is the day of the month that is meant (31: the last); it only counts for months and years.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="segments")
    first_number = models.PositiveIntegerField()
    anchor_on = models.DateField()
    anchor_day = models.PositiveSmallIntegerField()
    every = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=5, choices=IntervalUnit.choices)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["first_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "first_number"], name="segment_once"),
            models.CheckConstraint(condition=Q(every__gte=1), name="segment_interval"),
            models.CheckConstraint(condition=Q(anchor_day__gte=1, anchor_day__lte=31), name="segment_day"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} from {self.first_number}: {self.anchor_on}"


class BillingCycle(models.Model):
    """What one charge pays for: `deliveries` of them, from the first one's day to the day before `ends_on`.

    Its parts are numbered from 1; each is brought by one delivery (`Delivery.part`) or is in `given_up`: credited, it
    does not come.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="billing_cycles")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=BillingCycleStatus.choices, default=BillingCycleStatus.BILLED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    deliveries = models.PositiveIntegerField()
    invoice = models.OneToOneField(
        "orders.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="billing_cycle"
    )
    given_up = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "number"], name="billing_cycle_once"),
            models.CheckConstraint(condition=Q(deliveries__gte=1), name="billing_cycle_has_deliveries"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} #{self.number}"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Stored due moment at or before now; what is parked waits for a person."""
        return self.filter(is_next=True, order_at__lte=now, parked_at__isnull=True)


class Delivery(Stateful):
    """One dated occurrence. UNIQUE(subscription, number): it becomes one order, whatever happens.

    `planned_on` is the day of the calendar, `leaves_on` the day it is to leave (moved, or before a closed day).
    Changes close at `lock_at`; the run orders it at `order_at`. Rows exist for the next delivery and for later
    ones that were touched; `is_next` is the one the run waits for. `value` (without tax) is its part of a
    prepaid charge, fixed when billed; `part` which one. `owed_again_at`: its order was cancelled, so that the part
    comes with a later delivery.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="deliveries")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.SCHEDULED)
    is_next = models.BooleanField(default=False)
    planned_on = models.DateField()
    leaves_on = models.DateField()
    lock_at = models.DateTimeField()
    order_at = models.DateTimeField()
    moved_from = models.DateField(null=True, blank=True)
    skip_reason = models.CharField(max_length=8, choices=SkipReason.choices, blank=True)
    address = models.ForeignKey("customers.Address", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cycle = models.ForeignKey(
        BillingCycle, on_delete=models.PROTECT, null=True, blank=True, related_name="paid_deliveries"
    )
    part = models.PositiveSmallIntegerField(null=True, blank=True)
    value = MoneyField(null=True, blank=True)
    owed_again_at = models.DateTimeField(null=True, blank=True)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="delivery")
    reminded_at = models.DateTimeField(null=True, blank=True)
    ordered_at = models.DateTimeField(null=True, blank=True)
    skipped_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    parked_code = models.CharField(max_length=40, blank=True)
    parked_reason = models.CharField(max_length=500, blank=True)

    moves: ClassVar = DELIVERY_MOVES
    stamps: ClassVar = {
        DeliveryStatus.ORDERED: "ordered_at",
        DeliveryStatus.SKIPPED: "skipped_at",
        DeliveryStatus.CANCELLED: "cancelled_at",
    }
    objects: ClassVar = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "number"], name="delivery_once"),
            models.UniqueConstraint(fields=["cycle", "part"], name="part_brought_once"),
            models.CheckConstraint(
                condition=Q(cycle__isnull=True, part__isnull=True) | Q(cycle__isnull=False, part__gte=1),
                name="delivery_cycle_pair",
            ),
            models.UniqueConstraint(fields=["subscription"], condition=Q(is_next=True), name="one_next_delivery"),
            models.CheckConstraint(
                condition=Q(is_next=False) | Q(status=DeliveryStatus.SCHEDULED), name="next_is_scheduled"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.ORDERED, order__isnull=False, ordered_at__isnull=False)
                | (~Q(status=DeliveryStatus.ORDERED) & Q(order__isnull=True)),
                name="delivery_ordered_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.SKIPPED) | (Q(skipped_at__isnull=False) & ~Q(skip_reason="")),
                name="delivery_skipped_pair",
            ),
            models.CheckConstraint(
                condition=Q(parked_at__isnull=True) | ~Q(parked_reason=""), name="delivery_parked_pair"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["order_at", "id"], name="delivery_due", condition=Q(is_next=True, parked_at__isnull=True)
            ),
            models.Index(fields=["leaves_on", "subscription"], name="delivery_leaves"),
            models.Index(fields=["parked_at"], name="delivery_parked", condition=Q(parked_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} #{self.number}"


class DeliveryItem(models.Model):
    """Sent once, beside or instead of the usual contents of one delivery (`replaces`: that line is left out)."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("units"))
    unit_price = MoneyField(_("price"), default=0)
    replaces = models.ForeignKey(SubscriptionLine, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(quantity__gte=1), name="delivery_item_has_units")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
