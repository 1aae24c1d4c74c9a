"""What is offered: plans, their versions, prices and contents."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from ordermgmt.states import Stateful
from orders.billing_states import (
    PLAN_MOVES,
    PRICE_CHANGE_MOVES,
    VERSION_MOVES,
    ContentKind,
    IntervalUnit,
    LastStep,
    PlanStatus,
    PriceChangeStatus,
    PriceModel,
    ShortageRule,
    VersionStatus,
)


class Plan(Stateful):
    number = models.CharField(_("number"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("text for customers"), blank=True)
    image = models.FileField(_("photo"), upload_to="plans/", blank=True)
    status = models.CharField(_("state"), max_length=10, choices=PlanStatus.choices, default=PlanStatus.ACTIVE)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = PLAN_MOVES
    stamps: ClassVar = {PlanStatus.ARCHIVED: "archived_at"}

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("plan_detail", args=[self.number])


class PlanVersion(Stateful):
    """Terms as offered at a time. A live version never changes: editing makes a draft.

    Days count back from the day a delivery leaves: changes close `cut_off_days` before (end of the
    day at `cut_off_at`), the charge is made `charge_days` before. `deliver_every_*` is the default
    cadence, `allowed_intervals` what a customer may choose, such as ["2 week", "4 week"]. Billing longer than
    the cadence is prepaid: one charge for all deliveries that fall into it.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    status = models.CharField(_("state"), max_length=10, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    deliver_every = models.PositiveSmallIntegerField(_("delivery every"), default=1)
    deliver_unit = models.CharField(max_length=5, choices=IntervalUnit.choices, default=IntervalUnit.MONTH)
    bill_every = models.PositiveSmallIntegerField(_("charged every"), default=1)
    bill_unit = models.CharField(max_length=5, choices=IntervalUnit.choices, default=IntervalUnit.MONTH)
    allowed_intervals = models.JSONField(_("cadences to choose from"), default=list, blank=True)
    cut_off_days = models.PositiveSmallIntegerField(_("changes close, days before"), default=3)
    charge_days = models.PositiveSmallIntegerField(_("charge, days before"), default=2)
    reminder_days = models.PositiveSmallIntegerField(_("reminder, days before the cut-off"), default=4)
    trial_days = models.PositiveSmallIntegerField(_("free for the first (days)"), default=0)
    minimum_deliveries = models.PositiveSmallIntegerField(_("minimum term (deliveries)"), default=0)
    ends_after = models.PositiveSmallIntegerField(_("ends after (deliveries)"), null=True, blank=True)
    most_skips = models.PositiveSmallIntegerField(_("most skips in a row"), default=3)
    most_pause_days = models.PositiveSmallIntegerField(_("longest pause (days)"), default=180)
    content = models.CharField(_("contents"), max_length=6, choices=ContentKind.choices, default=ContentKind.FIXED)
    choices_per_box = models.PositiveSmallIntegerField(_("items to choose"), default=0)
    may_swap = models.BooleanField(_("customer may swap"), default=True)
    may_cancel = models.BooleanField(_("customer may cancel"), default=True)
    shortage = models.CharField(
        _("out of stock"), max_length=9, choices=ShortageRule.choices, default=ShortageRule.WAIT
    )
    last_step = models.CharField(_("when not paid"), max_length=6, choices=LastStep.choices, default=LastStep.PAUSE)
    delivery_charge = models.BooleanField(_("delivery is charged"), default=False)
    tax_class = models.CharField(_("tax class"), max_length=20, blank=True, help_text=_("Empty: that of each item"))
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = VERSION_MOVES
    stamps: ClassVar = {VersionStatus.LIVE: "published_at", VersionStatus.SUPERSEDED: "superseded_at"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_once"),
            models.UniqueConstraint(fields=["plan"], condition=Q(status=VersionStatus.LIVE), name="one_live_version"),
            models.UniqueConstraint(fields=["plan"], condition=Q(status=VersionStatus.DRAFT), name="one_draft_version"),
            models.CheckConstraint(condition=Q(deliver_every__gte=1, bill_every__gte=1), name="version_intervals"),
            models.CheckConstraint(
                condition=Q(charge_days__lte=F("cut_off_days")), name="version_charge_after_cut_off"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"


class PlanPrice(models.Model):
    """Price of one delivery in a currency, tax included as everywhere in the shop.

    `tiers` of tiered, volume and stair-step prices: [[up to (null: no end), amount, flat fee of the tier], …],
    amounts as text. `set_up_fee` is charged once with the first invoice.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(_("currency"), max_length=3)
    model = models.CharField(_("price"), max_length=9, choices=PriceModel.choices, default=PriceModel.FLAT)
    amount = MoneyField(_("amount"), default=0)
    tiers = models.JSONField(default=list, blank=True)
    set_up_fee = MoneyField(_("set-up fee"), default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "currency"], name="plan_price_once"),
            models.CheckConstraint(condition=Q(amount__gte=0, set_up_fee__gte=0), name="plan_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.amount} {self.currency}"


class PlanItem(models.Model):
    """A SKU in the box. `group`: one of several to choose from. `month` (first of it): in the box of that month only."""

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="items")
    sku = models.ForeignKey("inventory.Sku", on_delete=models.PROTECT, related_name="plan_items")
    quantity = models.PositiveIntegerField(_("units"), default=1)
    group = models.CharField(_("group"), max_length=40, blank=True)
    is_default = models.BooleanField(_("in the box unless chosen otherwise"), default=True)
    month = models.DateField(_("month"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "sku", "group", "month"], name="plan_item_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="plan_item_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class PriceChange(Stateful):
    """A price rise or cut for those who are subscribed already: announced, then in force at their own next date.

    Amounts of `cap_percent` in per cent of the old price. Rules: subscriptions.md 2.11.
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="price_changes")
    to_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="price_changes")
    status = models.CharField(
        _("state"), max_length=9, choices=PriceChangeStatus.choices, default=PriceChangeStatus.DRAFT
    )
    earliest_on = models.DateField(_("not before"))
    notice_days = models.PositiveSmallIntegerField(_("notice (days)"), default=30)
    cap_percent = models.DecimalField(_("at most (%)"), max_digits=5, decimal_places=2, null=True, blank=True)
    spread_months = models.PositiveSmallIntegerField(_("spread over (months)"), default=0)
    protects_first_year = models.BooleanField(_("none in the first year"), default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    notice_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = PRICE_CHANGE_MOVES
    stamps: ClassVar = {
        PriceChangeStatus.NOTICE: "notice_at",
        PriceChangeStatus.DONE: "done_at",
        PriceChangeStatus.CANCELLED: "cancelled_at",
    }

    def __str__(self) -> str:
        return self.number


class PriceChangeItem(models.Model):
    """One subscription of a price change. `estimated` is the price before the cap, `new_price` what is charged."""

    change = models.ForeignKey(PriceChange, on_delete=models.PROTECT, related_name="items")
    subscription = models.ForeignKey("orders.Subscription", on_delete=models.PROTECT, related_name="price_changes")
    old_price = MoneyField()
    estimated = MoneyField()
    new_price = MoneyField()
    effective_on = models.DateField(_("from"))
    noticed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "subscription"], name="price_change_item_once"),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(noticed_at__isnull=False), name="price_change_told_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change} {self.subscription}"
