"""An order while somebody enters it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order


class OrderInWork(models.Model):
    """What was typed into one form of a new order; `token` names the form, so that it places one order only.

    `order` is the draft that lists show, later the order it became. A discarded one keeps what was typed and its number.
    """

    token = models.CharField(max_length=64, unique=True)
    order = models.OneToOneField(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="in_work")
    number = models.CharField(_("number"), max_length=20, blank=True)
    state = models.JSONField(default=dict, blank=True)
    by = models.CharField(_("entered by"), max_length=120, blank=True)
    started_at = models.DateTimeField(_("started"))
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed"), null=True, blank=True)
    discarded_at = models.DateTimeField(_("discarded"), null=True, blank=True)

    class Meta:
        verbose_name = _("order in work")
        verbose_name_plural = _("orders in work")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(placed_at__isnull=True) | Q(discarded_at__isnull=True), name="in_work_one_end"
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"…{self.token[-4:]}"
