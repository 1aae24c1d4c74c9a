"""What is typed when credit is given."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from ordermgmt.money import minor_unit, round_money
from orders.models import Order
from orders.statements import currencies_of


class CreditForm(forms.Form):
    """How much and why; the key makes the same form sent twice one gift."""

    amount = forms.DecimalField(
        max_digits=14, decimal_places=4, localize=True,
        error_messages={"required": _("Enter the amount, such as 5.00"), "invalid": _("Enter an amount, such as 5.00")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("The customer sees it on the statement. Such as: the cup was broken"),
        error_messages={"required": _("Say why, so that others understand it")},
    )  # fmt: skip
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency}

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if round_money(amount, self.currency) != amount:
            facts = {"currency": self.currency, "unit": minor_unit(self.currency)}
            raise forms.ValidationError(_("%(currency)s goes down to %(unit)s"), params=facts)
        return amount


def currency_of_customer(customer: Customer) -> str:
    """The one they were billed in, or ordered in last; else that of the shop."""
    known = currencies_of(customer)
    last = Order.objects.filter(customer=customer).order_by("-placed_at").values_list("currency", flat=True).first()
    return known[0] if len(known) == 1 else last or (known[0] if known else settings.REPORT_CURRENCY)
