"""Words of messages as people write them, in versions; and when a message is sent."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TemplateState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    PAST = "past", _("Past")


class TemplateVersion(models.Model):
    """The words of one kind of message. A version that was live never changes: editing makes a draft.

    Version 0 is the built-in file template and has no row. `blocks` is a list of
    {"type": "text" | "button" | "part", "text": words, "name": name of a part}. An empty subject, preview line or
    headline means the built-in one.
    """

    kind = models.CharField(_("kind"), max_length=40)
    language = models.CharField(_("language"), max_length=10, default="en-gb")
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=5, choices=TemplateState.choices, default=TemplateState.DRAFT)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preheader = models.CharField(_("preview line"), max_length=200, blank=True)
    heading = models.CharField(_("headline"), max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1, help_text=_("Rises with each save of a draft"))
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    published_by = models.CharField(max_length=120, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "language", "number"], name="template_number_once"),
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(state=TemplateState.LIVE), name="template_one_live"
            ),
            models.UniqueConstraint(
                fields=["kind", "language"], condition=Q(state=TemplateState.DRAFT), name="template_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(state=TemplateState.DRAFT, published_at=None)
                | Q(published_at__isnull=False) & ~Q(state=TemplateState.DRAFT),
                name="template_published_pair",
            ),
            models.CheckConstraint(
                condition=Q(state=TemplateState.PAST, ended_at__isnull=False)
                | ~Q(state=TemplateState.PAST) & Q(ended_at=None),
                name="template_ended_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"


class SendRule(models.Model):
    """When a kind of message is sent, where it differs from what is built in. Kinds without a row have none."""

    kind = models.CharField(_("kind"), max_length=40, unique=True)
    is_on = models.BooleanField(_("is sent"), default=True)
    delay_minutes = models.PositiveIntegerField(_("wait (minutes)"), null=True, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    weekly_most = models.PositiveSmallIntegerField(_("most in 7 days"), null=True, blank=True)
    stops = models.JSONField(_("not sent when"), default=list, blank=True)
    number = models.PositiveIntegerField(_("version of the rule"), default=1)
    changed_by = models.CharField(max_length=120)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="send_rule_quiet_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} rule {self.number}"
