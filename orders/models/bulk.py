"""The same change to many subscriptions: what was wanted, how far it is, what was refused."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased


class BulkChange(Leased):
    """`number` labels the events it made (`SubscriptionEvent.bulk`), by which it is undone.

    `subscriptions` are keys in the order they are worked, `position` how many were; `refused` are [number, why].
    """

    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(_("change"), max_length=10)
    facts = models.JSONField(default=dict)
    subscriptions = models.JSONField(default=list)
    tells = models.BooleanField(_("customers are told"), default=True)
    position = models.PositiveIntegerField(_("worked"), default=0)
    done = models.PositiveIntegerField(_("changed"), default=0)
    refused = models.JSONField(default=list)
    by = models.ForeignKey("ordermgmt.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undo_by = models.ForeignKey("ordermgmt.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undo_at = models.DateTimeField(null=True, blank=True)
    undone = models.PositiveIntegerField(_("undone"), default=0)
    undone_at = models.DateTimeField(null=True, blank=True)

    LEASE_SECONDS: ClassVar[int] = 300

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="bulk_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> int:
        return len(self.subscriptions)
