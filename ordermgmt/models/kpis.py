"""Figures by day, how far they are worked out, what is aimed at, and notes on days."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# What a figure can be split by; a figure that knows no such thing leaves it blank. `category` is of the figure's
# own kind: the reason of a hold, the carrier of a parcel, the step of the floor.
DIMENSIONS = ("warehouse", "channel", "plan", "country", "currency", "category", "carrier", "segment")


def _code() -> Any:
    return models.CharField(max_length=40, blank=True)


class KpiDay(models.Model):
    """The rows of a figure on one business day, added up. Worked out anew from the rows whenever they change.

    `spread`: how many rows took how many minutes, for medians and percentiles that are exact to the minute.
    """

    kpi = models.CharField(max_length=40)
    on = models.DateField()
    warehouse, channel, plan, country, currency, category = _code(), _code(), _code(), _code(), _code(), _code()
    carrier, segment = _code(), _code()
    numerator = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    denominator = models.DecimalField(max_digits=20, decimal_places=4, default=0)
    count = models.PositiveIntegerField(default=0)
    spread = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kpi", "on", *DIMENSIONS], name="kpi_day_once")]

    def __str__(self) -> str:
        return f"{self.kpi} {self.on}"


class KpiMark(models.Model):
    """Up to which row of its trail a figure is worked out, by which version of its definition.

    The next refresh starts at `read_from`, which lags behind: a transaction may commit after one with higher keys.
    """

    kpi = models.CharField(max_length=40, unique=True)
    version = models.PositiveSmallIntegerField()
    read_from = models.JSONField(default=dict)
    read_to = models.JSONField(default=dict)
    moved_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kpi} v{self.version}"


class KpiTarget(models.Model):
    """What is aimed at from a day on, until the last day or the next target; the one before stays in the history."""

    kpi = models.CharField(max_length=40)
    value = models.DecimalField(_("target"), max_digits=18, decimal_places=4)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    owner = models.CharField(_("owner"), max_length=120, blank=True)
    set_by = models.CharField(max_length=120)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kpi", "starts_on"], name="kpi_target_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="kpi_target_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.value}"


class KpiPlace(models.Model):
    """A figure that a person wants at the top of the reports, and where."""

    user = models.ForeignKey("ordermgmt.User", on_delete=models.CASCADE, related_name="kpi_places")
    kpi = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "kpi"], name="kpi_place_once"),
            models.UniqueConstraint(fields=["user", "place"], name="kpi_place_taken_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.place}: {self.kpi}"


class KpiDigest(models.Model):
    """A person who wants the figures of the week by mail."""

    user = models.OneToOneField("ordermgmt.User", on_delete=models.CASCADE, related_name="kpi_digest")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user)


class KpiNote(models.Model):
    """A remark on a day, shown on every chart ("Free delivery started")."""

    on = models.DateField(_("day"))
    words = models.CharField(_("note"), max_length=200)
    by = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(words=""), name="kpi_note_has_words")]
        indexes: ClassVar = [models.Index(fields=["on"], name="kpi_note_day")]

    def __str__(self) -> str:
        return f"{self.on}: {self.words}"
