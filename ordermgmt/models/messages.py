"""Outgoing messages: a row first, an e-mail second."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ordermgmt.models.leases import Leased


class MessageState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DEAD = "dead", _("Could not be sent")


class OutgoingMessage(Leased):
    """One e-mail, exactly once per (kind, subject record). Rendered when written."""

    kind = models.CharField(_("kind"), max_length=40)
    about = models.CharField(_("about"), max_length=60, help_text=_("Number of the record it is about"))
    thread = models.CharField(max_length=40, blank=True)
    recipient = models.CharField(_("to"), max_length=254)
    language = models.CharField(max_length=10, default="en-gb")
    subject_line = models.CharField(_("subject"), max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.WAITING)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict, blank=True, help_text=_("Headers beside those of every mail"))

    WHEN_DEAD: ClassVar = {"state": MessageState.DEAD}
    WHEN_ALIVE: ClassVar = {"state": MessageState.WAITING}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "about"], name="message_once")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="message_due", condition=models.Q(state="waiting")),
            models.Index(fields=["dead_at"], name="message_dead", condition=models.Q(state="dead")),
            models.Index(fields=["thread"], name="message_thread"),
            models.Index(fields=["message_id"], name="message_identity", condition=models.Q(message_id__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
