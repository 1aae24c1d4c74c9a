"""What happened to a subscription: every change, and what it did to recurring revenue."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from orders.billing_states import (
    EventKind,
    MovementKind,
)
from orders.models.subscriptions import Subscription


class SubscriptionEvent(models.Model):
    """One line of history: what was done, by whom, and what an undo needs (`before`). Append-only.

    `delivery_number` and the dates in `facts` are enough to work out the whole calendar again without
    looking at the deliveries (the expected-against-actual reckoning does).
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=18, choices=EventKind.choices)
    delivery_number = models.PositiveIntegerField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    bulk = models.CharField(max_length=40, blank=True, help_text=_("The bulk action it was part of"))
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["subscription", "id"], name="subscription_event"),
            models.Index(fields=["bulk"], name="subscription_bulk", condition=~Q(bulk="")),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} {self.kind}"


class MrrMovement(models.Model):
    """A change of monthly recurring revenue, written with what caused it (`cause`, once)."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="movements")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="mrr_movements")
    kind = models.CharField(max_length=12, choices=MovementKind.choices)
    reason = models.CharField(max_length=20, blank=True)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    cause = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    on = models.DateField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["on", "kind"], name="movement_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"
