"""What can be asked about a subscription as a whole: plan, address, payment, owner, note, and its end."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Address, Customer
from orders.actions.changing_plan import AT_ONCE, AT_RENEWAL, ChangePlan
from orders.actions.ending import END, NOW, Cancel, Reactivate, TakeBackCancel
from orders.actions.giving_back import SettleByHand
from orders.actions.particulars import ChangeAddress, ChangeMethod, Note, Transfer
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import Change
from orders.billing_states import MethodStatus, PlanStatus, VersionStatus
from orders.change_fields import ALWAYS, ChangeForm, day_field, scope_field
from orders.models import PaymentMethod, Plan

AT = [
    (AT_RENEWAL, _("With the next charge: what is paid comes as it was bought")),
    (AT_ONCE, _("Now: what is not used is credited, the rest of the time is charged")),
]
REASONS = [
    ("price", _("Too expensive")),
    ("too_much", _("Has too much of it")),
    ("taste", _("Does not like it")),
    ("delivery", _("Trouble with deliveries")),
    ("moves", _("Moves away")),
    ("elsewhere", _("Buys elsewhere")),
    ("trial", _("Only wanted to try it")),
    ("other", _("Another reason")),
]


class PlanForm(ChangeForm):
    plan = forms.ModelChoiceField(Plan.objects.none(), label=_("Plan"), empty_label=None)
    at = forms.ChoiceField(label=_("When"), choices=AT, initial=AT_RENEWAL, widget=forms.RadioSelect)

    def prepare(self) -> None:
        live = Plan.objects.filter(
            status=PlanStatus.ACTIVE, versions__status=VersionStatus.LIVE, versions__prices__currency=self.s.currency
        )
        self.fields["plan"].queryset = live.exclude(versions=self.s.version_id, versions__status=VersionStatus.LIVE)  # type: ignore[attr-defined]

    def change(self) -> Change:
        return ChangePlan(self.given["plan"].pk, self.given["at"])


class AddressForm(ChangeForm):
    address = forms.ModelChoiceField(
        Address.objects.none(), label=_("Send it to"), widget=forms.RadioSelect, empty_label=None
    )
    scope = scope_field(_("For"), _("The next delivery and all later"), initial=ALWAYS)

    def prepare(self) -> None:
        rows = Address.objects.filter(customer=self.s.customer_id, replaced_at=None).order_by("-is_default", "-pk")
        self.fields["address"].queryset = rows  # type: ignore[attr-defined]
        self.fields["address"].initial = self.s.address_id

    def change(self) -> Change:
        if self.given["scope"] == ALWAYS:
            return ChangeAddress(self.given["address"].pk)
        number = self.given["number"]
        following = self.s.deliveries.filter(is_next=True).values_list("number", flat=True).first()
        return ChangeAddress(self.given["address"].pk, number or following)


class MethodForm(ChangeForm):
    method = forms.ModelChoiceField(
        PaymentMethod.objects.none(), label=_("Pay with"), required=False, widget=forms.RadioSelect, empty_label=_("On invoice"),
    )  # fmt: skip
    days = forms.IntegerField(label=_("Days to pay an invoice"), min_value=0, max_value=120, required=False)

    def prepare(self) -> None:
        rows = PaymentMethod.objects.filter(customer=self.s.customer_id, status=MethodStatus.ACTIVE)
        self.fields["method"].queryset = rows.order_by("-is_default", "-pk")  # type: ignore[attr-defined]
        self.fields["method"].initial, self.fields["days"].initial = self.s.method_id, self.s.payment_days

    def change(self) -> Change:
        method = self.given["method"]
        return ChangeMethod(method.pk if method else None, self.given["days"])


class TransferForm(ChangeForm):
    to = forms.CharField(label=_("To customer"), max_length=20, help_text=_("Number, such as C-20117. It goes to their usual address, paid with their usual method"))  # fmt: skip

    def clean_to(self) -> Customer:
        found = Customer.objects.filter(number__iexact=self.cleaned_data["to"].strip()).first()
        if found is None or not self._address(found):
            raise forms.ValidationError(_("Choose a customer who has an address"))
        return found

    @staticmethod
    def _address(customer: Customer) -> Address | None:
        return Address.objects.filter(customer=customer, replaced_at=None).order_by("-is_default", "-pk").first()

    def change(self) -> Change:
        customer = self.given["to"]
        address = self._address(customer)
        usual = PaymentMethod.objects.filter(customer=customer, is_default=True, status=MethodStatus.ACTIVE).first()
        return Transfer(customer.pk, address.pk if address else 0, usual.pk if usual else None)


class NoteForm(ChangeForm):
    text = forms.CharField(label=_("Note for colleagues"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))  # fmt: skip
    is_gift = forms.BooleanField(label=_("It is a gift: no prices on the packing slip"), required=False)

    def prepare(self) -> None:
        self.fields["text"].initial, self.fields["is_gift"].initial = self.s.note, self.s.is_gift

    def change(self) -> Change:
        return Note(self.given["text"], self.given["is_gift"])


class CancelForm(ChangeForm):
    at = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Now: nothing comes any more, but what is paid")), (END, _("When what is paid has been delivered")), ("day", _("On a day"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )  # fmt: skip
    day = day_field(_("No delivery from"), required=False)
    reason = forms.ChoiceField(label=_("Why"), choices=REASONS, widget=forms.RadioSelect)
    note = forms.CharField(label=_("In the customer’s words"), max_length=300, required=False)
    give_back = forms.ChoiceField(
        label=_("Paid deliveries"),
        choices=[
            ("", _("Still come; what cannot come any more is paid back (asks for approval)")),
            (GiveBack.ACCOUNT, _("Do not come: what they cost becomes account credit")),
            (GiveBack.REFUND, _("Do not come: what they cost is paid back (asks for approval)")),
            (GiveBack.LATER, _("Do not come: what they cost is credited, the money waits for a decision")),
        ],
        required=False,
        initial="",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        if not self.s.deliveries_owed:
            del self.fields["give_back"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("at") == "day" and not given.get("day"):
            self.add_error("day", _("Choose a day"))
        if given.get("give_back") and given.get("at") == END:
            self.add_error("give_back", _("When what is paid has been delivered, nothing is left to give back"))
        return given

    def change(self) -> Change:
        at: str | date = self.given["day"] if self.given["at"] == "day" else self.given["at"]
        way = self.given.get("give_back")
        return Cancel(self.given["reason"], at, self.given["note"], GiveBack(way) if way else None)


class SettleForm(ChangeForm):
    note = forms.CharField(label=_("How it was given back"), max_length=300)

    def change(self) -> Change:
        return SettleByHand(self.given["note"])


class TakeBackForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return TakeBackCancel()


class ReactivateForm(ChangeForm):
    on = day_field(_("First delivery"), required=False, help_text=_("Empty: the next day of the old calendar"))

    def change(self) -> Change:
        return Reactivate(self.given["on"])
