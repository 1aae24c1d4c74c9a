"""Number series: gapless, locked while in use."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberSeries(models.Model):
    """`last` is the highest number given out; the row is the lock, taken last in a transaction."""

    key = models.CharField(_("series"), max_length=20, unique=True)
    last = models.PositiveBigIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name_plural = _("number series")
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return f"{self.key} ({self.last})"
