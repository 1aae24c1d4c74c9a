"""A copy of everything we hold about a customer, made by a job and kept for a week."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from ordermgmt.models import User
from ordermgmt.models.leases import Leased


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Being made")
    DONE = "done", _("Ready")
    ENDED = "ended", _("Deleted")
    FAILED = "failed", _("Failed")


class PersonalExport(Leased):
    """`done` of `total` kinds of records are written; the file is deleted at `expires_at`."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="exports")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(_("state"), max_length=8, choices=ExportState.choices, default=ExportState.WAITING)
    done = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True, help_text=_("Name in the storage"))
    size = models.PositiveIntegerField(_("bytes"), default=0)
    expires_at = models.DateTimeField(_("deleted"), null=True, blank=True)

    WHEN_DEAD: ClassVar = {"state": ExportState.FAILED}
    WHEN_ALIVE: ClassVar = {"state": ExportState.WAITING}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(state=ExportState.WAITING), name="one_export_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state=ExportState.DONE) | (~Q(file="") & Q(expires_at__isnull=False)),
                name="export_done_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="export_due", condition=Q(state=ExportState.WAITING)),
            models.Index(fields=["expires_at"], name="export_expires", condition=Q(state=ExportState.DONE)),
        ]

    def __str__(self) -> str:
        return f"{self.customer.number} {self.asked_at:%Y-%m-%d %H:%M}"
