"""What a valid request of the pages of payments and dunning is."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ordermgmt.day_field import DayField
from ordermgmt.money import minor_unit, round_money
from orders.billing_states import LastStep
from orders.dunning_rules import refused_days


class DayForm(forms.Form):
    """A day, and why."""

    day = DayField(label=_("Day"), error_messages={"required": _("Choose a day from tomorrow on")})
    note = forms.CharField(label=_("Note"), required=False, max_length=300)


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Why"), max_length=300, error_messages={"required": _("Enter why, for the history")})


class RefundForm(forms.Form):
    """How much of a payment goes back, and why."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=4, error_messages={"required": _("Enter the amount, such as 12.40")}
    )
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("Such as: arrived broken. Finance reads it when approving"),
        error_messages={"required": _("Enter why the money goes back")},
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency}

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_("Enter an amount above 0"))
        if round_money(amount, self.currency) != amount:
            facts = {"currency": self.currency, "unit": minor_unit(self.currency)}
            raise forms.ValidationError(_("%(currency)s goes down to %(unit)s"), params=facts)
        return amount


class DaysField(forms.CharField):
    """Days such as "1, 3, 7"; a list of whole numbers."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        words = str(super().clean(value) or "").replace(",", " ").split()
        if not all(word.isascii() and word.isdigit() and len(word) < 4 for word in words):
            raise forms.ValidationError(_("Enter days as whole numbers, such as 1, 3, 7"))
        return [int(word) for word in words]


class DunningRulesForm(forms.Form):
    """When it is tried again, when the customer is told, and what comes last."""

    retry_days = DaysField(label=_("Try the card on days"), required=False, help_text=_("Days after the first decline"))
    mail_days = DaysField(label=_("Messages on days"), required=False, help_text=_("Day 0 is the day it failed"))
    last_day = forms.IntegerField(label=_("Last step on day"), min_value=1, max_value=180)
    last_step = forms.ChoiceField(
        label=_("Last step without a plan"), choices=LastStep.choices, help_text=_("Subscriptions follow their plan")
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if {"retry_days", "mail_days", "last_day"} - given.keys():
            return given
        if why := refused_days(given["retry_days"], given["mail_days"], given["last_day"]):
            raise forms.ValidationError(why)
        return given


class ReferenceForm(forms.Form):
    """A reference as the bank statement or the provider writes it."""

    reference = forms.CharField(
        label=_("Reference"), max_length=120, error_messages={"required": _("Enter or scan the reference")}
    )
