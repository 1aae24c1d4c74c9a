"""What people put away on their first page."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class HideReason(models.TextChoices):
    IN_HAND = "in_hand", _("Somebody works on it")
    KNOWN = "known", _("Known, nothing to do today")
    NOT_MINE = "not_mine", _("Not for me")


class HiddenConcern(models.Model):
    """A sentence of "Needs attention" that one person does not want to read again before `until`."""

    person = models.ForeignKey("ordermgmt.User", on_delete=models.CASCADE, related_name="hidden_concerns")
    key = models.CharField(max_length=160)
    reason = models.CharField(_("reason"), max_length=12, choices=HideReason.choices)
    hidden_at = models.DateTimeField()
    until = models.DateTimeField(_("until"))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "key"], name="hidden_concern_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.key}"
