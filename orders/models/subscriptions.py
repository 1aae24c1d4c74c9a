"""A standing promise: the subscription, its calendar, its deliveries, and every change to it."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from ordermgmt.states import Stateful
from orders.billing_states import (
    DELIVERY_MOVES,
    SUBSCRIPTION_MOVES,
    BillingCycleStatus,
    Collection,
    DeliveryStatus,
    EventKind,
    IntervalUnit,
    MovementKind,
    SkipReason,
    SubscriptionStatus,
)
from orders.models.orders import LINK_BYTES, Order
from orders.models.plans import PlanVersion


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def active(self) -> "SubscriptionQuerySet":
        return self.filter(status=SubscriptionStatus.ACTIVE)

    def locked(self) -> "SubscriptionQuerySet":
        """Row locks in primary-key order, only on subscriptions (first in the lock order)."""
        return self.select_for_update(of=("self",)).order_by("pk")


class Subscription(Stateful):
    """Its dates come from `segments` (anchor and interval), never from the date before.

    `quantity` is the number of boxes. `agreed_price` (of one delivery, tax included) replaces the price of the plan version.
    `deliveries_owed`: paid in advance and not ordered yet; only an order, a credit or a refund lowers it.
    `ends_on`: no delivery on or after this day. `mrr` is monthly recurring revenue without tax in `currency`.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="subscriptions")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="subscriptions")
    next_version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="coming_subscriptions"
    )
    status = models.CharField(
        _("state"), max_length=10, choices=SubscriptionStatus.choices, default=SubscriptionStatus.PENDING
    )
    currency = models.CharField(_("currency"), max_length=3)
    quantity = models.PositiveIntegerField(_("boxes"), default=1)
    agreed_price = MoneyField(_("agreed price"), null=True, blank=True)
    collection = models.CharField(_("paid"), max_length=9, choices=Collection.choices, default=Collection.AUTOMATIC)
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=14)
    method = models.ForeignKey(
        "orders.PaymentMethod", on_delete=models.PROTECT, null=True, blank=True, related_name="subscriptions"
    )
    address = models.ForeignKey(
        "customers.Address", on_delete=models.PROTECT, null=True, blank=True, related_name="subscriptions"
    )
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT, related_name="subscriptions")
    external_id = models.CharField(_("id before the import"), max_length=120, blank=True)
    language = models.CharField(max_length=10, default="en-gb")
    shipping_method = models.CharField(_("delivery method"), max_length=80, blank=True)
    is_gift = models.BooleanField(_("gift"), default=False)
    note = models.TextField(_("note"), blank=True)
    deliveries_owed = models.PositiveIntegerField(_("paid and not sent"), default=0)
    mrr = MoneyField(_("monthly revenue"), default=0)
    slot = models.PositiveIntegerField(default=0, help_text=_("Second of the renewal window, by a stable hash"))
    starts_on = models.DateField(_("first delivery"))
    trial_ends_on = models.DateField(_("free until"), null=True, blank=True)
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    resumes_on = models.DateField(_("paused until"), null=True, blank=True)
    cancel_reason = models.CharField(_("why cancelled"), max_length=40, blank=True)
    cancel_note = models.CharField(_("in the customer's words"), max_length=300, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)
    row_version = models.PositiveIntegerField(default=0, help_text=_("Rises at every change; guards edits"))

    moves: ClassVar = SUBSCRIPTION_MOVES
    stamps: ClassVar = {
        SubscriptionStatus.PAUSED: "paused_at",
        SubscriptionStatus.CANCELLED: "cancelled_at",
        SubscriptionStatus.EXPIRED: "expired_at",
    }
    objects: ClassVar = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], condition=~Q(external_id=""), name="subscription_imported_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="subscription_has_boxes"),
            models.CheckConstraint(
                condition=~Q(status=SubscriptionStatus.PAUSED) | Q(paused_at__isnull=False),
                name="subscription_paused_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status=SubscriptionStatus.CANCELLED) | Q(cancelled_at__isnull=False),
                name="subscription_cancelled_pair",
            ),
            models.CheckConstraint(
                condition=~Q(status=SubscriptionStatus.ACTIVE) | Q(started_at__isnull=False),
                name="subscription_started_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="subscription_status"),
            models.Index(fields=["customer", "-id"], name="subscription_customer"),
            models.Index(
                fields=["resumes_on"], name="subscription_resumes", condition=Q(status=SubscriptionStatus.PAUSED)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("subscription_detail", args=[self.number])


class SubscriptionLine(models.Model):
    """What is in each box. `surcharge` (per unit, tax included) is what a swap costs more; `unit_price` is
    that of an extra item that is sent each time beside the plan's contents."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="subscription_lines")
    quantity = models.PositiveIntegerField(_("units"))
    group = models.CharField(max_length=40, blank=True)
    surcharge = MoneyField(_("more than the plan's item"), default=0)
    unit_price = MoneyField(_("price of an extra"), null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "position"], name="subscription_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="subscription_line_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def is_extra(self) -> bool:
        return self.unit_price is not None


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
    """What one charge pays for: `deliveries` of them, from the first one's day to the day before `ends_on`."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="billing_cycles")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=BillingCycleStatus.choices, default=BillingCycleStatus.BILLED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    deliveries = models.PositiveIntegerField()
    invoice = models.OneToOneField(
        "orders.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="billing_cycle"
    )
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
    prepaid charge, fixed when billed.
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
    value = MoneyField(null=True, blank=True)
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


class SubscriptionLinkQuerySet(models.QuerySet["SubscriptionLink"]):
    def live(self, now: datetime) -> "SubscriptionLinkQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now)

    def lasting(self, subscription: Subscription, *, now: datetime) -> "SubscriptionLink":
        """The link that lives longest; a new one when none lives half a year."""
        longest = self.filter(subscription=subscription).live(now + LINK_LIFE / 2).order_by("-expires_at").first()
        return longest or self.create(**self.fresh_facts(subscription, now=now))

    def until(self, subscription: Subscription, ends_at: datetime, *, now: datetime) -> "SubscriptionLink":
        """A link that ends at that moment; the same one again when there is one."""
        facts = self.fresh_facts(subscription, now=now) | {"expires_at": ends_at}
        known = self.filter(subscription=subscription, expires_at=ends_at).live(now).order_by("pk").first()
        return known or self.create(**facts)

    @staticmethod
    def fresh_facts(subscription: Subscription, *, now: datetime) -> dict[str, Any]:
        token = secrets.token_urlsafe(LINK_BYTES)
        return {"subscription": subscription, "token": token, "created_at": now, "expires_at": now + LINK_LIFE}


LINK_LIFE = timedelta(days=400)


class SubscriptionLink(models.Model):
    """An unguessable, revocable link to the customer's page of a subscription (P38)."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = SubscriptionLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.subscription} …{self.token[-4:]}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


class RenewalStop(models.Model):
    """A switch that stops renewals: all, of a plan, a warehouse or a customer (`reference` is its number or code)."""

    scope = models.CharField(
        max_length=9,
        choices=[
            ("all", _("All renewals")),
            ("plan", _("A plan")),
            ("warehouse", _("A warehouse")),
            ("customer", _("A customer")),
        ],
    )
    reference = models.CharField(max_length=20, blank=True)
    reason = models.CharField(_("why"), max_length=300)
    until_on = models.DateField(_("until"), null=True, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=120)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scope", "reference"], condition=Q(lifted_at__isnull=True), name="renewal_stop_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.reference}".strip()
