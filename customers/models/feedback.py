"""What customers say of an order that arrived: asked once, by a link that nobody can guess."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from customers.states import FEEDBACK_MOVES, FeedbackStatus
from ordermgmt.looks import GOOD, NEUTRAL, WAITING, Look
from ordermgmt.states import Stateful

LINK_LIFE = timedelta(days=60)
LINK_BYTES = 24
# Scores that a person must look at.
LOW = 2


class FeedbackReason(models.TextChoices):
    """Words to tap; which are offered depends on the score."""

    FRESH = "fresh", _("Fresh and good")
    QUICK = "quick", _("Quick")
    PACKED = "packed", _("Well packed")
    LATE = "late", _("Late")
    BROKEN = "broken", _("Broken")
    MISSING = "missing", _("Something missing")
    QUALITY = "quality", _("Quality")
    PRICE = "price", _("Price")
    OTHER = "other", _("Something else")


GOOD_REASONS = (FeedbackReason.FRESH, FeedbackReason.QUICK, FeedbackReason.PACKED, FeedbackReason.OTHER)
BAD_REASONS = (
    FeedbackReason.LATE, FeedbackReason.BROKEN, FeedbackReason.MISSING, FeedbackReason.QUALITY, FeedbackReason.PRICE,
    FeedbackReason.OTHER,
)  # fmt: skip


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def given(self) -> "FeedbackQuerySet":
        return self.exclude(status=FeedbackStatus.ASKED)

    def low(self) -> "FeedbackQuerySet":
        """Unhappy, and nobody has put it right yet."""
        return self.filter(status=FeedbackStatus.GIVEN, score__lte=LOW)


class Feedback(Stateful):
    """One per order. `contents` are the names of what was in it, for people who read the answer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="feedback")
    order_number = models.CharField(_("order"), max_length=20, unique=True)
    contents = models.CharField(_("products"), max_length=300, blank=True)
    token = models.CharField(max_length=64, unique=True)
    language = models.CharField(max_length=10, default="en-gb")
    status = models.CharField(_("state"), max_length=5, choices=FeedbackStatus.choices, default=FeedbackStatus.ASKED)
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    given_at = models.DateTimeField(_("answered"), null=True, blank=True)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    may_call = models.BooleanField(_("may be called"), default=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    told_by = models.CharField(max_length=120, blank=True)
    answer = models.TextField(_("our answer"), blank=True)
    answers = models.PositiveSmallIntegerField(default=0)

    moves: ClassVar = FEEDBACK_MOVES
    STATE_LOOKS: ClassVar[dict[str, Look]] = {
        FeedbackStatus.ASKED: NEUTRAL, FeedbackStatus.GIVEN: WAITING, FeedbackStatus.TOLD: GOOD,
    }  # fmt: skip
    stamps: ClassVar = {FeedbackStatus.TOLD: "told_at"}
    objects: ClassVar = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("feedback")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status=FeedbackStatus.ASKED, score=None, given_at=None)
                | ~Q(status=FeedbackStatus.ASKED) & Q(score__gte=1, score__lte=5, given_at__isnull=False),
                name="feedback_score_pair",
            ),
            models.CheckConstraint(
                condition=Q(status=FeedbackStatus.TOLD, told_at__isnull=False)
                | ~Q(status=FeedbackStatus.TOLD) & Q(told_at=None),
                name="feedback_told_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-given_at", "-id"], name="feedback_given"),
            models.Index(fields=["asked_at"], name="feedback_asked"),
            models.Index(fields=["given_at"], name="feedback_low", condition=Q(status="given", score__lte=LOW)),
        ]

    def __str__(self) -> str:
        return self.order_number

    def get_absolute_url(self) -> str:
        return reverse("feedback", args=[self.pk])

    @property
    def reason_words(self) -> list[str]:
        known = dict(FeedbackReason.choices)
        return [str(known[name]) for name in self.reasons if name in known]

    def is_live(self, now: datetime) -> bool:
        return self.expires_at > now

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(LINK_BYTES)
