"""Units kept back for an order that is still being written."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models.stock import StockLevel


class Reservation(models.Model):
    """Units of a level promised until a moment to what `key` names (the form of an order by phone).

    They are part of `StockLevel.allocated`. They give way to what is missing on the shelf, and lapse by themselves.
    """

    key = models.CharField(max_length=64)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="reservations")
    units = models.PositiveIntegerField(_("units"))
    until = models.DateTimeField(_("until"), db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "level"], name="one_reservation"),
            models.CheckConstraint(condition=Q(units__gt=0), name="reservation_of_units"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.level_id}"
