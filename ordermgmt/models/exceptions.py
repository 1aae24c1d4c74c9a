"""The inbox: one row per rule and cause while the cause is there, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ordermgmt.exceptions import REGISTRY, ExceptionRule, names_for
from ordermgmt.models.history import Filled
from ordermgmt.money import MoneyField
from ordermgmt.roles import Role

if TYPE_CHECKING:
    from ordermgmt.models.users import User


class ExceptionState(models.TextChoices):
    """Dismissed ones stay so until rows come that were not there then; a cause that is gone closes all of them."""

    OPEN = "open", _("Open")
    SNOOZED = "snoozed", _("Snoozed")
    DISMISSED = "dismissed", _("Dismissed")
    CLOSED = "closed", _("Closed")


class DismissReason(models.TextChoices):
    NOT_A_PROBLEM = "not_a_problem", _("Not a problem")
    KNOWN = "known", _("Known, nothing to do")
    ELSEWHERE = "elsewhere", _("Solved outside the portal")
    WRONG = "wrong", _("The rule is wrong")


class ExceptionQuerySet(models.QuerySet["ExceptionItem"]):
    def visible_to(self, reader: "User") -> "ExceptionQuerySet":
        """Items whose rows this person may see."""
        return self.filter(rule__in=names_for(reader))

    def live(self) -> "ExceptionQuerySet":
        """Whose cause is there."""
        return self.exclude(state=ExceptionState.CLOSED)

    def open(self) -> "ExceptionQuerySet":
        """That wait for a decision."""
        return self.filter(state=ExceptionState.OPEN)

    def owned_by(self, role: str) -> "ExceptionQuerySet":
        return self.filter(owner_role=role)

    def about(self, *numbers: str) -> "ExceptionQuerySet":
        """Live items that touch one of these records."""
        return self.live().filter(pk__in=ExceptionSubject.objects.filter(number__in=numbers).values("item"))

    def worst_first(self, now: datetime) -> "ExceptionQuerySet":
        """Past their target first, then the most money, then the nearest target."""
        late_first = models.Case(models.When(target_at__lt=now, then=0), default=1)
        return self.order_by(late_first, "-worth", "target_at", "pk")


class ExceptionItem(models.Model):
    """`count`, `amounts` and `facts` are of the last look (`seen_at`); `worth` adds the amounts up for sorting alone.

    `person` has it (a claim); `owner_role` is the rule's until somebody hands it over. `ending` keeps the sentence
    and facts of what closed it.
    """

    rule = models.CharField(_("rule"), max_length=60)
    cause = models.CharField(_("cause"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ExceptionState.choices, default=ExceptionState.OPEN)
    owner_role = models.CharField(_("owner"), max_length=20, choices=Role.choices)
    person = models.ForeignKey(
        "ordermgmt.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="exceptions"
    )
    person_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(_("since"))
    target_at = models.DateTimeField(_("target"))
    opened_at = models.DateTimeField(_("opened"))
    seen_at = models.DateTimeField()
    count = models.PositiveIntegerField(_("rows"), default=0)
    amounts = models.JSONField(default=dict, blank=True)
    worth = MoneyField(default=0)
    facts = models.JSONField(default=dict, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.CharField(max_length=120, blank=True)
    dismiss_reason = models.CharField(max_length=20, choices=DismissReason.choices, blank=True)
    dismiss_words = models.CharField(max_length=300, blank=True)
    late_told_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)
    ending = models.JSONField(default=dict, blank=True)

    objects: ClassVar = ExceptionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "cause"], condition=~Q(state=ExceptionState.CLOSED), name="exception_once"
            ),
            models.CheckConstraint(
                condition=Q(state=ExceptionState.CLOSED, closed_at__isnull=False)
                | (~Q(state=ExceptionState.CLOSED) & Q(closed_at__isnull=True)),
                name="exception_closed_pair",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExceptionState.SNOOZED) | Q(snoozed_until__isnull=False),
                name="exception_snoozed_pair",
            ),
            models.CheckConstraint(
                condition=~Q(state=ExceptionState.DISMISSED) | (Q(dismissed_at__isnull=False) & ~Q(dismiss_reason="")),
                name="exception_dismissed_pair",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner_role", "target_at"], condition=Q(state="open"), name="exception_open"),
            models.Index(fields=["rule", "cause", "-closed_at"], name="exception_past"),
            models.Index(fields=["-closed_at"], condition=Q(state="closed"), name="exception_closed"),
            models.Index(fields=["-dismissed_at"], condition=Q(dismissed_at__isnull=False), name="exception_dismissed"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What its history is written under."""
        return f"EX-{self.pk}"

    @property
    def rule_of(self) -> ExceptionRule | None:
        """None when the rule is no longer part of the product; the next look closes the item."""
        return REGISTRY.get(self.rule)

    @property
    def title(self) -> str:
        return str(self.rule_of.title) if self.rule_of else self.rule

    @property
    def tone(self) -> str:
        return self.rule_of.tone if self.rule_of else "neutral"

    @property
    def sentence(self) -> str:
        """In the reader's language; the record may have been written by an older release."""
        try:
            return self.rule_of.sentence(self) if self.rule_of else self.rule
        except (KeyError, TypeError, ValueError):
            return f"{self.title} ({self.count})"

    @property
    def is_live(self) -> bool:
        return self.state != ExceptionState.CLOSED

    def is_late(self, now: datetime) -> bool:
        return self.is_live and self.target_at < now

    @property
    def ended_because(self) -> str:
        """Empty while it is not closed."""
        if not self.ending:
            return ""
        facts = dict(self.ending.get("facts", {}))
        if "line" in facts:
            facts["what"] = gettext(facts["line"]).format_map(Filled(facts.get("line_facts", {})))
        return gettext(self.ending["sentence"]).format_map(Filled(facts))


class ExceptionSubject(models.Model):
    """A record an item touches, by its number; those of closed items stay as they were."""

    item = models.ForeignKey(ExceptionItem, on_delete=models.CASCADE, related_name="subjects")
    number = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "number"], name="exception_subject_once")]
        indexes: ClassVar = [models.Index(fields=["number"], name="exception_subject_number")]

    def __str__(self) -> str:
        return self.number


class RuleLook(models.Model):
    """When a rule looked last, and how often: what somebody saw before another wrote is not written any more."""

    rule = models.CharField(_("rule"), max_length=60, unique=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.rule
