"""A standing promise: the subscription, its lines, its links and what stops it."""

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
    SUBSCRIPTION_MOVES,
    Collection,
    SubscriptionStatus,
)
from orders.models.orders import LINK_BYTES
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
