"""Who buys, where they live, and what they agreed to."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.states import CUSTOMER_MOVES, CustomerStatus
from ordermgmt.models.places import PostalFields
from ordermgmt.states import Stateful


class CustomerQuerySet(models.QuerySet["Customer"]):
    def live(self) -> "CustomerQuerySet":
        return self.filter(status__in=[CustomerStatus.ACTIVE, CustomerStatus.BLOCKED])

    def with_email(self, email: str) -> "CustomerQuerySet":
        return self.filter(email__iexact=email)


class Customer(Stateful):
    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("state"), max_length=10, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE)
    name = models.CharField(_("name"), max_length=120)
    company = models.CharField(_("company"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    phone_digits = models.CharField(max_length=20, blank=True, editable=False, help_text=_("E.164 without the plus"))
    language = models.CharField(_("language"), max_length=10, default="en-gb")
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    tags = models.JSONField(default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    blocked_reason = models.CharField(_("why blocked"), max_length=200, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("customer since"))
    blocked_at = models.DateTimeField(null=True, blank=True)
    merged_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    moves: ClassVar = CUSTOMER_MOVES
    stamps: ClassVar = {
        CustomerStatus.BLOCKED: "blocked_at",
        CustomerStatus.MERGED: "merged_at",
        CustomerStatus.ERASED: "erased_at",
    }
    objects: ClassVar = CustomerQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(Lower("email"), name="customer_email"),
            models.Index(Lower("name"), "id", name="customer_name"),
            models.Index(fields=["phone_digits"], name="customer_phone"),
            models.Index(fields=["-created_at", "-id"], name="customer_created"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | models.Q(status=CustomerStatus.MERGED),
                name="customer_merged_pair",
            ),
        ]

    def __str__(self) -> str:
        return self.company or self.name

    def get_absolute_url(self) -> str:
        return reverse("customer_detail", args=[self.number])

    @property
    def current_address(self) -> "Address | None":
        """From prefetched addresses where the page prefetches them."""
        current = [a for a in self.addresses.all() if a.replaced_at is None]
        return next((a for a in current if a.is_default), current[0] if current else None)


class Address(PostalFields):
    """An address is replaced, never edited: orders keep the one they were made with."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(_("label"), max_length=40, blank=True)
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("addresses")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_default=True, replaced_at__isnull=True),
                name="one_default_address",
            )
        ]

    def __str__(self) -> str:
        return self.one_line


class ConsentKind(models.TextChoices):
    NEWSLETTER = "newsletter", _("Newsletter")
    SMS = "sms", _("SMS")
    FEEDBACK = "feedback", _("Feedback requests")


class Consent(models.Model):
    """A consent given or withdrawn: a new row each time, the newest counts."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=20, choices=ConsentKind.choices)
    is_granted = models.BooleanField()
    source = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.is_granted}"


class ChannelIdentity(models.Model):
    """The id a shop knows a customer by."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    channel = models.CharField(max_length=40)
    external_id = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = _("channel identities")
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "external_id"], name="one_identity")]

    def __str__(self) -> str:
        return f"{self.channel} {self.external_id}"
