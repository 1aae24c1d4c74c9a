"""Forms of finance: credit notes, corrected invoices, write-offs, receipts."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ordermgmt.day_field import DayField
from ordermgmt.money import minor_unit, round_money
from orders.actions.crediting import CreditPart
from orders.actions.replacing import Correction
from orders.actions.returning_money import GiveBack
from orders.billing_states import CreditReason
from orders.came_by import WAYS
from orders.crediting_sums import Credited
from orders.models import Invoice, InvoiceLine

# What a person may say; the others are said by what they follow from.
REASONS = (CreditReason.RETURN, CreditReason.PRICE, CreditReason.GOODWILL)


def in_units_of(amount: Decimal, currency: str) -> Decimal:
    """The amount in the currency's minor unit. Raises ValidationError for one that is finer."""
    if round_money(amount, currency) != amount:
        facts = {"currency": currency, "unit": minor_unit(currency)}
        raise forms.ValidationError(_("%(currency)s goes down to %(unit)s"), params=facts)
    return round_money(amount, currency)


class CreditForm(forms.Form):
    """Units or an amount of each line; neither means nothing of it. `key` names the form: sent twice it counts once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[(value.value, value.label) for value in REASONS], widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("In words"), max_length=300, required=False, help_text=_("Stands on the paper"))
    give_back = forms.ChoiceField(
        label=_("What was paid for it"), choices=GiveBack.choices, widget=forms.RadioSelect, initial=GiveBack.LATER
    )

    def __init__(
        self, *args: Any, invoice: Invoice, lines: Sequence[tuple[InvoiceLine, Credited]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.invoice, self.lines = invoice, lines
        for line, had in lines:
            most = line.quantity - had.units
            self.fields[f"units_{line.pk}"] = forms.IntegerField(
                label=_("Units of %(name)s") % {"name": line.description}, min_value=0, max_value=most, required=False
            )
            self.fields[f"gross_{line.pk}"] = forms.DecimalField(
                label=_("Amount of %(name)s") % {"name": line.description}, required=False, max_digits=14,
                decimal_places=4, localize=True,
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for line, _had in self.lines:
            amount = given.get(f"gross_{line.pk}")
            if amount and given.get(f"units_{line.pk}"):
                self.add_error(f"gross_{line.pk}", _("Enter units or an amount, not both"))
            elif amount:
                try:
                    in_units_of(amount, self.invoice.currency)
                except forms.ValidationError as problem:
                    self.add_error(f"gross_{line.pk}", problem)
        return given

    def parts(self) -> list[CreditPart]:
        """What is to be credited."""
        given = self.cleaned_data
        found = (
            CreditPart(
                line_id=line.pk, units=given.get(f"units_{line.pk}") or 0, gross=given.get(f"gross_{line.pk}") or None
            )
            for line, _had in self.lines
        )
        return [part for part in found if part.units or part.gross]

    def rows(self) -> list[dict[str, Any]]:
        """Each line with its two fields and what is left of it."""
        return [
            {
                "line": line,
                "units": self[f"units_{line.pk}"],
                "gross": self[f"gross_{line.pk}"],
                "left_units": line.quantity - had.units,
                "left": line.gross - had.all.gross,
            }
            for line, had in self.lines
        ]


class OrderRefundForm(CreditForm):
    """The same for support: what was paid goes back to the customer, now or as credit."""

    WAYS: ClassVar = {GiveBack.REFUND.value: _("Back to how it was paid"), GiveBack.ACCOUNT.value: _("Account credit")}

    give_back = forms.ChoiceField(
        label=_("Where it goes"),
        choices=list(WAYS.items()),
        widget=forms.RadioSelect,
        initial=GiveBack.REFUND.value,
    )


class ReplaceForm(forms.Form):
    """The buyer's facts as they should be, and the right amount of each line."""

    name = forms.CharField(label=_("Name"), max_length=120)
    company = forms.CharField(label=_("Company"), max_length=120, required=False)
    line1 = forms.CharField(label=_("Street and number"), max_length=200, required=False)
    line2 = forms.CharField(label=_("Flat, floor, c/o"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), max_length=2, required=False, help_text=_("Two letters, such as SE"))
    vat_id = forms.CharField(label=_("VAT id"), max_length=20, required=False)
    note = forms.CharField(label=_("What was wrong"), max_length=300, help_text=_("Stands on the credit note"))
    PARTY = ("name", "company", "line1", "line2", "postcode", "city", "country", "vat_id")

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        initial = {name: invoice.buyer.get(name, "") for name in self.PARTY}
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.invoice = invoice
        self.lines = list(invoice.lines.order_by("position"))
        for line in self.lines:
            self.fields[f"gross_{line.pk}"] = forms.DecimalField(
                label=_("%(name)s, with tax (%(currency)s)")
                % {"name": line.description, "currency": invoice.currency},
                initial=round_money(line.gross, invoice.currency), max_digits=14, decimal_places=4,
            )  # fmt: skip

    def correction(self) -> Correction:
        """What differs from the invoice."""
        given = self.cleaned_data
        changed = {line.pk: given[f"gross_{line.pk}"] for line in self.lines if given[f"gross_{line.pk}"] != line.gross}
        return Correction(buyer={name: given[name] for name in self.PARTY}, grosses=changed)


class WriteOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is given up"), max_length=300, error_messages={"required": _("Say why it is given up")}
    )


class ReceiptForm(forms.Form):
    """Money of a customer; the amounts by invoice are filled in where it is not for the oldest first."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    amount = forms.DecimalField(max_digits=14, decimal_places=4, min_value=Decimal("0.0001"), label=_("Amount"))
    way = forms.ChoiceField(label=_("How"), choices=list(WAYS.items()), widget=forms.RadioSelect)
    received_on = DayField(label=_("Received"))
    reference = forms.CharField(
        label=_("Reference"), max_length=120, required=False, help_text=_("Such as the line of the bank statement")
    )

    def __init__(self, *args: Any, currency: str, invoices: Sequence[Invoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.invoices = currency, invoices
        self.fields["amount"].label = _("Amount in %(currency)s") % {"currency": currency}
        for row in invoices:
            self.fields[f"invoice_{row.pk}"] = forms.DecimalField(
                label=_("For %(number)s") % {"number": row.number}, required=False, max_digits=14, decimal_places=4,
                min_value=Decimal(0),
            )  # fmt: skip

    def clean_amount(self) -> Decimal:
        return in_units_of(self.cleaned_data["amount"], self.currency)

    def told(self) -> dict[int, Decimal]:
        """How much for which invoice; empty means oldest first."""
        given = {row.pk: self.cleaned_data.get(f"invoice_{row.pk}") for row in self.invoices}
        return {pk: amount for pk, amount in given.items() if amount}

    def rows(self) -> list[dict[str, Any]]:
        return [{"invoice": row, "field": self[f"invoice_{row.pk}"]} for row in self.invoices]
