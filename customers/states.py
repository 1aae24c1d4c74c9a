"""Customer states."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")
    MERGED = "merged", _("Merged into another")
    ERASED = "erased", _("Erased")


CUSTOMER_MOVES: dict[str, frozenset[str]] = {
    CustomerStatus.ACTIVE: frozenset({CustomerStatus.BLOCKED, CustomerStatus.MERGED, CustomerStatus.ERASED}),
    CustomerStatus.BLOCKED: frozenset({CustomerStatus.ACTIVE, CustomerStatus.MERGED, CustomerStatus.ERASED}),
    CustomerStatus.MERGED: frozenset(),
    CustomerStatus.ERASED: frozenset(),
}


class FeedbackStatus(models.TextChoices):
    ASKED = "asked", _("Asked")
    GIVEN = "given", _("Answered")
    TOLD = "told", _("Fixed, told customer")


FEEDBACK_MOVES: dict[str, frozenset[str]] = {
    FeedbackStatus.ASKED: frozenset({FeedbackStatus.GIVEN}),
    FeedbackStatus.GIVEN: frozenset({FeedbackStatus.TOLD}),
    FeedbackStatus.TOLD: frozenset({FeedbackStatus.GIVEN}),
}
