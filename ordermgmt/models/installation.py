"""Which system the data belong to."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    """The one system that may charge and write to people. One row: a copy elsewhere knows it is none.

    `epoch` rises with every backup: data older than what this machine has seen were restored.
    """

    identity = models.CharField(max_length=64)
    address = models.CharField(_("address"), max_length=200)
    epoch = models.PositiveIntegerField(default=1)
    confirmed_at = models.DateTimeField(_("confirmed"))
    confirmed_by = models.CharField(_("by"), max_length=120)
    is_only = models.BooleanField(default=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["is_only"], name="one_installation"),
            models.CheckConstraint(condition=models.Q(is_only=True), name="installation_is_only"),
        ]

    def __str__(self) -> str:
        return self.address
