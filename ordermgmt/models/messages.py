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


class MailFate(models.TextChoices):
    """Ranked by order: a later one is not undone by an earlier one that arrives after it."""

    NONE = "", _("Not told")
    DEFERRED = "deferred", _("Put off")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Came back")
    COMPLAINED = "complained", _("Called unwanted")


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
    provider_id = models.CharField(max_length=200, blank=True, help_text=_("The number the mail provider gave it"))
    fate = models.CharField(_("what became of it"), max_length=10, blank=True, default="", choices=MailFate.choices)
    version = models.PositiveIntegerField(_("version of its words"), default=0, help_text=_("0: built in"))
    rule_number = models.PositiveIntegerField(default=0, help_text=_("Version of the send rule; 0: none"))
    held_because = models.CharField(_("waited for"), max_length=100, blank=True)
    words_error = models.CharField(max_length=300, blank=True, help_text=_("Why the published words could not be used"))
    is_forced = models.BooleanField(default=False, help_text=_("A person sent it although a rule kept it back"))
    is_copy = models.BooleanField(default=False, help_text=_("Sent again by a person, or a test"))

    WHEN_DEAD: ClassVar = {"state": MessageState.DEAD}
    WHEN_ALIVE: ClassVar = {"state": MessageState.WAITING}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "about"], name="message_once")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="message_due", condition=models.Q(state="waiting")),
            models.Index(fields=["dead_at"], name="message_dead", condition=models.Q(state="dead")),
            models.Index(fields=["thread"], name="message_thread"),
            models.Index(fields=["message_id"], name="message_identity", condition=models.Q(message_id__gt="")),
            models.Index(
                fields=["fate", "created_at"],
                name="message_fate",
                condition=models.Q(fate__in=["bounced", "complained"]),
            ),
            models.Index(fields=["recipient", "sent_at"], name="message_recipient"),
            models.Index(fields=["sent_at", "kind"], name="message_sent"),
            models.Index(fields=["provider_id"], name="message_provider_id", condition=models.Q(provider_id__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
