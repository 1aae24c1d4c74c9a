"""Account credit, promotions, tax rates kept in the database, and when revenue is earned."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField
from orders.billing_states import DiscountKind, RecognitionRule
from orders.models.deliveries import Delivery
from orders.models.money import CreditNoteLine, Invoice, InvoiceLine, Payment
from orders.models.orders import Order
from orders.models.subscriptions import Subscription


class AccountEntry(models.Model):
    """Credit a customer has with us (positive) or used (negative), per currency. Append-only, one per cause."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="account_entries")
    currency = models.CharField(max_length=3)
    amount = MoneyField(_("amount"))
    cause = models.CharField(max_length=80, unique=True)
    reason = models.CharField(_("reason"), max_length=200)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="account_entries"
    )
    at = models.DateTimeField()
    by = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = _("account entries")
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(amount=0), name="account_entry_not_zero")]
        indexes: ClassVar = [models.Index(fields=["customer", "currency"], name="account_customer")]

    def __str__(self) -> str:
        return f"{self.customer} {self.amount} {self.currency}"


class Promotion(models.Model):
    """A code that gives a discount: for `cycles` charges of a subscription (null: every one), or one order."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("gives"), max_length=13, choices=DiscountKind.choices)
    percent = models.DecimalField(_("per cent"), max_digits=5, decimal_places=2, null=True, blank=True)
    amount = MoneyField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    cycles = models.PositiveSmallIntegerField(_("charges"), null=True, blank=True, default=1)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    most_uses = models.PositiveIntegerField(_("most uses"), null=True, blank=True)
    most_per_customer = models.PositiveSmallIntegerField(_("most uses per customer"), default=1)
    uses = models.PositiveIntegerField(_("used"), default=0)
    plans = models.ManyToManyField("orders.Plan", blank=True, related_name="promotions")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(most_uses__isnull=True) | Q(uses__lte=F("most_uses")), name="promotion_uses_within"
            ),
            models.CheckConstraint(
                condition=Q(kind=DiscountKind.PERCENT, percent__gt=0, percent__lte=100)
                | Q(kind=DiscountKind.AMOUNT, amount__gt=0) & ~Q(currency="")
                | Q(kind=DiscountKind.FREE_DELIVERY),
                name="promotion_kind_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """A promotion somebody uses; `charges_left` null means for ever."""

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="redemptions")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="redemptions")
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions"
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="redemptions")
    charges_left = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["promotion", "subscription"], name="redemption_once"),
            models.UniqueConstraint(fields=["promotion", "order"], name="order_redemption_once"),
            models.CheckConstraint(
                condition=Q(subscription__isnull=False) | Q(order__isnull=False), name="redemption_for_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion} {self.customer}"


class TaxRate(models.Model):
    """A rate (fraction) by country, region, class of goods and days; takes precedence over the rates that come with the portal."""

    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=40, blank=True)
    tax_class = models.CharField(_("class of goods"), max_length=20, default="standard")
    name = models.CharField(_("name on papers"), max_length=40, blank=True)
    rate = models.DecimalField(_("rate"), max_digits=9, decimal_places=6)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("before"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["country", "region", "tax_class", "starts_on"], name="tax_rate_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="tax_rate_fraction"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.region} {self.tax_class} {self.rate}"


class RevenueEntry(models.Model):
    """A part of an invoice line (or, negative, of a credit note line): when it is earned. `amount` is net.

    Deferred while `recognised_on` is empty. The entries of a line add up to its net to the cent.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="revenue")
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="revenue")
    credit_line = models.ForeignKey(
        CreditNoteLine, on_delete=models.PROTECT, null=True, blank=True, related_name="revenue"
    )
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, blank=True, related_name="revenue")
    rule = models.CharField(max_length=11, choices=RecognitionRule.choices)
    part = models.PositiveIntegerField(default=1)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField(help_text=_("Day of the invoice or credit note"))
    due_on = models.DateField(null=True, blank=True, help_text=_("For parts earned by time"))
    recognised_on = models.DateField(null=True, blank=True)
    cause = models.CharField(max_length=80, unique=True)

    class Meta:
        verbose_name_plural = _("revenue entries")
        indexes: ClassVar = [
            models.Index(fields=["recognised_on"], name="revenue_recognised"),
            models.Index(fields=["booked_on"], name="revenue_booked"),
            models.Index(
                fields=["due_on"],
                name="revenue_due",
                condition=Q(recognised_on__isnull=True, due_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice} {self.amount}"
