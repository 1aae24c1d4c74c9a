"""Activity: who did what to which record, when. Append-only, no foreign keys."""

import re
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from ordermgmt.amounts import amount_words

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SUM = re.compile(r"\{(\w+)\} \{currency\}")
_DIGITS = re.compile(r"-?\d+(\.\d+)?")


class ActivityCategory(models.TextChoices):
    CHANGES = "changes", _("Changes")
    MONEY = "money", _("Money")
    WAREHOUSE = "warehouse", _("Warehouse")
    CARRIER = "carrier", _("Carrier")
    MESSAGES = "messages", _("Messages")
    NOTES = "notes", _("Notes")


class ActivityQuerySet(models.QuerySet["Activity"]):
    def of(self, number: str) -> "ActivityQuerySet":
        """Everything about one record, newest first; an order's thread includes its parcels and papers."""
        return self.filter(models.Q(subject=number) | models.Q(thread=number)).order_by("-at", "-id")


class Activity(models.Model):
    """One line of history. `sentence` is a translatable template filled with `facts`."""

    at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(_("who"), max_length=120)
    verb = models.CharField(_("verb"), max_length=60)
    category = models.CharField(max_length=12, choices=ActivityCategory.choices, default=ActivityCategory.CHANGES)
    subject = models.CharField(_("record"), max_length=40, help_text=_("Number of the record: SO-…, SH-…"))
    thread = models.CharField(max_length=40, blank=True, help_text=_("Number of the order whose timeline shows it"))
    sentence = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    ip = models.CharField(
        _("address"), max_length=45, blank=True, help_text=_("Of a member of staff; empty for work in the background")
    )
    request_id = models.CharField(_("request"), max_length=36, blank=True, help_text=_("As the logs have it"))

    objects: ClassVar = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("activities")
        indexes: ClassVar = [
            models.Index(fields=["subject", "-at"], name="activity_subject"),
            models.Index(fields=["thread", "-at"], name="activity_thread"),
            models.Index(fields=["-at", "-id"], name="activity_at"),
            models.Index(fields=["verb", "-at", "-id"], name="activity_verb"),
            models.Index(
                fields=["actor_id", "-at", "-id"], name="activity_person", condition=models.Q(actor_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        facts = Filled(self.facts)
        return _SUM.sub(facts.sum_of, gettext(self.sentence)).format_map(facts)


class Filled(dict[str, Any]):
    """Facts for a sentence; what was not kept is a dash, and a day kept as ISO text reads as a day."""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            return date_format(date.fromisoformat(value), "D j M")
        return value

    def sum_of(self, named: re.Match[str]) -> str:
        """An amount and its currency as people write them; kept as plain digits and a code."""
        amount, code = self.get(named[1], ""), self.get("currency", "")
        is_sum = _DIGITS.fullmatch(str(amount)) and re.fullmatch("[A-Z]{3}", str(code))
        return amount_words(str(amount), code, get_language() or settings.LANGUAGE_CODE) if is_sum else named[0]

    def __missing__(self, key: str) -> str:
        return "–"
