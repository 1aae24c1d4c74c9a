"""What the independent reckoning found: expected against actual deliveries."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.subscriptions import Subscription


class FindingKind(models.TextChoices):
    MISSING = "missing", _("Missing")
    EARLY = "early", _("Too early")
    DOUBLE = "double", _("Double")
    WRONG_DATE = "wrong_date", _("On the wrong day")
    NOT_SHIPPED = "not_shipped", _("Paid, not shipped")
    NOT_PAID = "not_paid", _("Shipped, not paid")
    STILL_OWED = "still_owed", _("Ended, paid deliveries still owed")
    UNEXPLAINED = "unexplained", _("Left out without a reason")


class ReckoningFinding(models.Model):
    """One difference between what should be and what is. It stays when it is gone, with the day it went."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="findings")
    kind = models.CharField(_("finding"), max_length=12, choices=FindingKind.choices)
    number = models.PositiveIntegerField(_("delivery"))
    words = models.CharField(max_length=300)
    found_at = models.DateTimeField(_("found"))
    gone_at = models.DateTimeField(_("gone"), null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subscription", "kind", "number"], condition=Q(gone_at__isnull=True), name="finding_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["-found_at", "-id"], name="finding_open", condition=Q(gone_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.subscription} #{self.number} {self.kind}"
