"""What somebody of us promised to do for a customer by a day."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from ordermgmt.models import User


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def open(self) -> "FollowUpQuerySet":
        return self.filter(done_at=None)

    def of(self, person: User) -> "FollowUpQuerySet":
        return self.filter(person=person)

    def due(self, today: date) -> "FollowUpQuerySet":
        """For today and left from days before."""
        return self.filter(due_on__lte=today)

    def in_order(self) -> "FollowUpQuerySet":
        """The earliest first; those with a time before those for any time of the day."""
        return self.order_by("due_on", F("due_time").asc(nulls_last=True), "pk")


class FollowUp(models.Model):
    """One thing to do for one customer; `due_time` is a local time of the day, empty when any will do."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="follow_ups")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="follow_ups", verbose_name=_("who"))
    text = models.CharField(_("what to do"), max_length=300)
    due_on = models.DateField(_("when"))
    due_time = models.TimeField(_("at"), null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=120, blank=True)

    objects: ClassVar = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="follow_up_says_what")]
        indexes: ClassVar = [
            models.Index(fields=["person", "due_on"], name="follow_up_mine", condition=Q(done_at__isnull=True)),
            models.Index(fields=["customer", "-id"], name="follow_up_customer"),
        ]

    def __str__(self) -> str:
        return self.text
