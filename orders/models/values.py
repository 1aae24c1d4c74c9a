"""What customers brought in and are expected to bring, worked out by a job."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import MoneyField


class CustomerValue(models.Model):
    """One customer in one currency. `purchases`: days on which orders of the customer were accepted.

    `to_date`: net of invoices less credit notes. `expected`: of the twelve months after `worked_on`; unknown where too
    few customers of the currency bought again. `plan` is the customer's first, blank without a subscription.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="values")
    currency = models.CharField(max_length=3)
    plan = models.CharField(_("plan"), max_length=20, blank=True)
    began_on = models.DateField(_("first purchase"))
    quarter = models.CharField(_("start"), max_length=7, help_text=_("Such as 2026-Q3"))
    purchases = models.PositiveIntegerField(_("purchases"))
    last_on = models.DateField(_("last purchase"))
    to_date = MoneyField(_("to date"))
    expected_purchases = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    expected = MoneyField(_("expected in 12 months"), null=True)
    worked_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "currency"], name="customer_value_once"),
            models.CheckConstraint(condition=Q(purchases__gte=1), name="customer_value_has_purchase"),
        ]
        indexes: ClassVar = [models.Index(fields=["currency", "plan", "quarter"], name="customer_value_cohort")]

    def __str__(self) -> str:
        return f"{self.customer} {self.to_date} {self.currency}"


class ValueFit(models.Model):
    """The parameters that a run found for a currency (BG/NBD and gamma-gamma), kept for every run."""

    currency = models.CharField(max_length=3)
    customers = models.PositiveIntegerField(_("customers"))
    repeaters = models.PositiveIntegerField(_("bought again"))
    buying = models.JSONField(default=dict, help_text=_("r, alpha, a, b; empty: too few"))
    spending = models.JSONField(default=dict, help_text=_("p, q, v; empty: too few"))
    worked_on = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["currency", "worked_on"], name="value_fit_once")]

    def __str__(self) -> str:
        return f"{self.currency} {self.worked_on}"
