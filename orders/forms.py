"""What a valid request of the order pages is."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_zone
from ordermgmt.day_field import DayField
from ordermgmt.money import minor_unit, round_money
from ordermgmt.roles import Role
from orders.came_by import WAYS
from orders.models import RenewalStop
from orders.states import HoldCode, Stage

STAFF_CODES = (HoldCode.ADDRESS, HoldCode.REQUEST, HoldCode.RISK, HoldCode.PAYMENT, HoldCode.OPERATOR, HoldCode.OTHER)
FROM_HERE = {
    "release": _("Before it goes to the floor (stops everything after)"),
    "pack": _("At the packing bench (picking may go on)"),
    "dispatch": _("At the door (it is picked and packed, not handed over)"),
}


class HoldForm(forms.Form):
    code = forms.ChoiceField(
        label=_("Why"),
        choices=[(code, HoldCode(code).label) for code in STAFF_CODES],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why it waits")},
    )
    reason = forms.CharField(
        label=_("In words"), max_length=300, help_text=_("Shown in the list and on the order, such as: Street number missing"),
        error_messages={"required": _("Enter why the order must wait")},
    )  # fmt: skip
    reach = forms.ChoiceField(
        label=_("Stop it"), choices=list(FROM_HERE.items()), initial="release", widget=forms.RadioSelect
    )
    keeps_stock = forms.BooleanField(label=_("Keep its stock while it waits"), required=False, initial=True)
    until = DayField(label=_("Until"), required=False, help_text=_("Released by itself at 06:00 on this day. Leave empty to release it by hand"))  # fmt: skip
    owner_role = forms.ChoiceField(label=_("Who acts next"), choices=Role.choices, initial=Role.SUPPORT)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def facts(self) -> dict[str, Any]:
        """Arguments of the verb `place_hold`."""
        given = self.cleaned_data
        stages = list(Stage.values)
        until = given["until"]
        return {
            "code": given["code"], "reason": given["reason"], "note": given["note"], "keeps_stock": given["keeps_stock"],
            "blocks": stages[stages.index(given["reach"]) :], "owner_role": given["owner_role"],
            "expires_at": datetime.combine(until, time(6), business_zone()) if until else None,
        }  # fmt: skip


class NoteForm(forms.Form):
    note = forms.CharField(max_length=2000, strip=True, error_messages={"required": _("Write the note first")})


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("Staff see it; the customer is told that the order was cancelled"),
        error_messages={"required": _("Enter why the order is cancelled")},
    )  # fmt: skip


class PaymentForm(forms.Form):
    """Money that came, in the currency of its order. `key` names the form: sent twice it counts once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.DecimalField(
        max_digits=14, decimal_places=4, error_messages={"required": _("Enter the amount, such as 24.90")}
    )
    way = forms.ChoiceField(label=_("How"), choices=list(WAYS.items()), widget=forms.RadioSelect,
                            error_messages={"required": _("Choose how it was paid")})  # fmt: skip
    reference = forms.CharField(
        label=_("Reference"), max_length=120, required=False, help_text=_("Such as the line of the bank statement")
    )

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
        return round_money(amount, self.currency)


class AddressForm(forms.Form):
    """A delivery address; what its country wants of it is judged by the view with `address_problems`."""

    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Enter who receives it")})
    company = forms.CharField(label=_("Company"), max_length=120, required=False)
    line1 = forms.CharField(
        label=_("Street and number"), max_length=200, error_messages={"required": _("Enter the street and number")}
    )
    line2 = forms.CharField(label=_("Flat, floor, c/o"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town"), max_length=120, error_messages={"required": _("Enter the town")})
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    country = forms.CharField(
        label=_("Country"), max_length=2, min_length=2, help_text=_("Two letters, such as SE"),
        error_messages={"required": _("Enter the country, such as SE")},
    )  # fmt: skip
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


class NewItemForm(forms.Form):
    """One more item: a SKU's code, and how many."""

    add_code = forms.CharField(label=_("Add item (code)"), max_length=64, required=False)
    add_units = forms.IntegerField(label=_("Units"), min_value=1, max_value=9_999, required=False, initial=1)


class MoveForm(forms.Form):
    """Units of a line that are to come from another warehouse."""

    line = forms.IntegerField(widget=forms.HiddenInput)
    source = forms.IntegerField(widget=forms.HiddenInput)
    target = forms.IntegerField(error_messages={"required": _("Choose the other warehouse")})
    units = forms.IntegerField(label=_("Units"), min_value=1, max_value=9_999)


class RenewalStopForm(forms.Form):
    """What is stopped; `reference` is the number of the plan or customer, or the code of the warehouse."""

    scope = forms.ChoiceField(label=_("Stop"), choices=list(RenewalStop._meta.get_field("scope").choices or ()))
    reference = forms.CharField(
        label=_("Which"),
        max_length=20,
        required=False,
        help_text=_("Number of the plan or customer, code of the warehouse"),
    )
    reason = forms.CharField(label=_("Why"), max_length=300, error_messages={"required": _("Enter why renewals stop")})
    until_on = DayField(
        label=_("Until"), required=False,
        help_text=_("They go on by themselves on this day. Leave empty to lift it by hand"),
    )  # fmt: skip
