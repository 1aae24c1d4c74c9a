"""What a valid request of the pages of payments and dunning is."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import minor_unit, round_money

_DATE = forms.DateInput(attrs={"type": "date"})


class DayForm(forms.Form):
    """A day, and why."""

    day = forms.DateField(label=_("Day"), widget=_DATE, error_messages={"required": _("Choose a day from tomorrow on")})
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


class ReferenceForm(forms.Form):
    """A reference as the bank statement or the provider writes it."""

    reference = forms.CharField(
        label=_("Reference"), max_length=120, error_messages={"required": _("Enter or scan the reference")}
    )
