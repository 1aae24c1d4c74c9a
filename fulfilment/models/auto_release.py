"""When a warehouse hands ready orders to the floor without being asked."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AutoRelease(models.Model):
    """Off, or: at the latest every so many minutes, and earlier when so many orders are ready.

    `released_at`: the last time it did.
    """

    warehouse = models.OneToOneField("inventory.Warehouse", on_delete=models.CASCADE, related_name="auto_release")
    is_on = models.BooleanField(_("on"), default=False)
    every_minutes = models.PositiveSmallIntegerField(_("minutes between releases"), default=30)
    orders = models.PositiveSmallIntegerField(_("orders that are enough at once"), default=24)
    released_at = models.DateTimeField(_("last released"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"))
    changed_by = models.CharField(_("changed by"), max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(every_minutes__gte=5, every_minutes__lte=480), name="auto_release_minutes"
            ),
            models.CheckConstraint(condition=Q(orders__gte=1, orders__lte=500), name="auto_release_orders"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse}: {_('on') if self.is_on else _('off')}"
