"""Who watches which queue on a day, and what everybody should know about what is going wrong."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.roles import Role


class Duty(models.Model):
    """One person watches the exceptions of one role on a business day."""

    on = models.DateField(_("day"))
    role = models.CharField(_("queue"), max_length=20, choices=Role.choices)
    person = models.ForeignKey("ordermgmt.User", on_delete=models.CASCADE, related_name="duties")

    class Meta:
        verbose_name_plural = _("duties")
        constraints: ClassVar = [models.UniqueConstraint(fields=["on", "role"], name="duty_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.get_role_display()}: {self.person}"


class ProblemQuerySet(models.QuerySet["KnownProblem"]):
    def open(self) -> "ProblemQuerySet":
        return self.filter(closed_at=None)


class KnownProblem(models.Model):
    """One sentence for staff and one for customers about what goes wrong, until somebody closes it.

    `scope` names what it touches (known_problems.py), `key` which of them: a carrier's, warehouse's or item's code;
    both empty mean every order. Without words for customers, they read nothing.
    """

    scope = models.CharField(_("touches"), max_length=20, blank=True)
    key = models.CharField(_("which"), max_length=60, blank=True)
    sentence = models.CharField(_("for us"), max_length=200)
    customer_sentence = models.CharField(_("for customers"), max_length=200, blank=True)
    told_at = models.DateTimeField(_("told"))
    told_by = models.CharField(max_length=120)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)

    objects: ClassVar = ProblemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(sentence=""), name="known_problem_has_words"),
            models.UniqueConstraint(
                fields=["scope", "key", "sentence"], condition=Q(closed_at=None), name="known_problem_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["told_at"], condition=Q(closed_at=None), name="known_problem_open")]

    def __str__(self) -> str:
        return self.sentence

    @property
    def number(self) -> str:
        """What its history is written under."""
        return f"KP-{self.pk}"
