"""What mail providers tell of sent messages, and what is known of an address by that."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased
from ordermgmt.models.messages import OutgoingMessage


class MailEvent(Leased):
    """One event of a provider, stored as it came before it is understood; the same event is one row."""

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(_("kind"), max_length=20)
    is_hard = models.BooleanField(_("for good"), default=False)
    recipient = models.CharField(_("to"), max_length=254, blank=True)
    named_id = models.CharField(
        max_length=250, blank=True, help_text=_("The number of the message as the provider gives it")
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    payload = models.JSONField(default=dict)
    message = models.ForeignKey(
        OutgoingMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="provider_events"
    )
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "event_id"], name="mail_event_once")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="mail_event_due", condition=models.Q(processed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.event_id}"


class MailAddress(models.Model):
    """An address of which something is known: that it does not work, or that its owner complained.

    `works_again_at`: a person said so; what happened before that moment counts no more.
    """

    address = models.CharField(_("address"), max_length=254, unique=True, help_text=_("In small letters"))
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    complained_at = models.DateTimeField(_("complained"), null=True, blank=True)
    works_again_at = models.DateTimeField(_("said to work again"), null=True, blank=True)

    class Meta:
        verbose_name_plural = _("mail addresses")

    def __str__(self) -> str:
        return self.address

    @property
    def is_undeliverable(self) -> bool:
        return bool(self.bounced_at and (not self.works_again_at or self.bounced_at > self.works_again_at))
