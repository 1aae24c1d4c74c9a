"""What can be asked when a subscription is changed. Each form knows its subscription and gives the change it means."""

from abc import ABCMeta, abstractmethod
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.translation import gettext_lazy as _

from customers.models import Address, Customer
from inventory.models import Sku
from ordermgmt.day_field import DayField
from orders.actions.changing_plan import AT_ONCE, AT_RENEWAL, ChangePlan
from orders.actions.contents import AddExtra, SetBoxes, SetUnits, Swap
from orders.actions.deliveries import AddOnce, Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.ending import END, NOW, Cancel, Reactivate, TakeBackCancel
from orders.actions.particulars import ChangeAddress, ChangeMethod, Note, Transfer
from orders.actions.pausing import Pause, Resume
from orders.actions.returning_money import GiveBack
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import Change
from orders.billing_states import IntervalUnit, MethodStatus, PlanStatus, VersionStatus
from orders.models import PaymentMethod, Plan, Subscription

ONCE, ALWAYS = "once", "always"
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


def _date(label: Any, *, required: bool = True, help_text: Any = "") -> DayField:
    return DayField(label=label, required=required, help_text=help_text, error_messages={"required": _("Choose a day")})


def _units(label: Any, *, least: int = 1, initial: int | None = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=999, initial=initial)


class SkuField(forms.CharField):
    """An item by its code, its barcode or words of its name that fit only one."""

    def clean(self, value: Any) -> Sku:
        text = super().clean(value).strip()
        rows = Sku.objects.active()
        exact = list(rows.filter(Q(code__iexact=text) | Q(barcode=text))[:2])
        found = exact or list(rows.filter(name__icontains=text).order_by("code")[:2])
        if not found:
            raise forms.ValidationError(_("We know no item “%(text)s”. Enter its code."), params={"text": text})
        if len(found) > 1:
            facts = {"first": found[0].code, "second": found[1].code}
            raise forms.ValidationError(_("More than one item fits, such as %(first)s and %(second)s. Enter the code."), params=facts)  # fmt: skip
        return found[0]


class AbstractForm(DeclarativeFieldsMetaclass, ABCMeta):
    """A form whose kinds must say what it lacks."""


class ChangeForm(forms.Form, metaclass=AbstractForm):
    """`number` is the delivery that is meant (None: the next)."""

    number = forms.IntegerField(required=False, widget=forms.HiddenInput)
    is_ready: ClassVar[bool] = False  # nothing is to be asked: the review comes at once

    def __init__(self, *args: Any, subscription: Subscription, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.s = subscription
        self.prepare()

    def prepare(self) -> None:
        """Fill in what can be chosen."""

    @abstractmethod
    def change(self) -> Change:
        """What was asked for, ready to be tried or carried out."""

    @property
    def given(self) -> dict[str, Any]:
        return self.cleaned_data


class SkipForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return Skip(self.given["number"])


class UnskipForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return Unskip(self.given["number"] or 0)


class MoveForm(ChangeForm):
    to = _date(_("New day"))
    scope = forms.ChoiceField(
        label=_("What moves"),
        choices=[(ONCE, _("Only this delivery")), (ALWAYS, _("This one and all later"))],
        initial=ONCE,
        widget=forms.RadioSelect,
    )

    def change(self) -> Change:
        kind = Move if self.given["scope"] == ONCE else MoveAllAfter
        return kind(self.given["to"], self.given["number"])


class SwapForm(ChangeForm):
    line = forms.TypedChoiceField(label=_("Take out"), coerce=int, widget=forms.RadioSelect)
    sku = SkuField(label=_("Put in"), max_length=120, help_text=_("Code, barcode or name of the item"))
    scope = forms.ChoiceField(
        label=_("For"),
        choices=[(ONCE, _("Only this delivery")), (ALWAYS, _("The next delivery and all later"))],
        initial=ALWAYS,
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        lines = list(self.s.lines.select_related("sku"))
        self.fields["line"].choices = [(line.position, f"{line.quantity} × {line.sku.name}") for line in lines]  # type: ignore[attr-defined]
        if lines:
            self.fields["line"].initial = lines[0].position

    def change(self) -> Change:
        sku, position = self.given["sku"], self.given["line"]
        if self.given["scope"] == ALWAYS:
            return Swap(position, sku.pk)
        units = self.s.lines.get(position=position).quantity * self.s.quantity
        return AddOnce(sku.pk, units, self.given["number"], replaces=position)


class AddForm(ChangeForm):
    sku = SkuField(label=_("Item"), max_length=120, help_text=_("Code, barcode or name of the item"))
    units = _units(_("Units"))
    price = forms.DecimalField(
        label=_("Price of one"), min_value=0, max_digits=12, decimal_places=2, required=False,
        help_text=_("Empty: the list price"),
    )  # fmt: skip
    scope = forms.ChoiceField(
        label=_("For"),
        choices=[(ONCE, _("Only this delivery")), (ALWAYS, _("Every delivery from the next one on"))],
        initial=ONCE,
        widget=forms.RadioSelect,
    )

    def change(self) -> Change:
        sku, units, price = self.given["sku"], self.given["units"], self.given["price"]
        if self.given["scope"] == ALWAYS:
            return AddExtra(sku.pk, units, price)
        return AddOnce(sku.pk, units, self.given["number"], unit_price=price)


class UnitsForm(ChangeForm):
    line = forms.TypedChoiceField(label=_("Item"), coerce=int, widget=forms.RadioSelect)
    units = _units(_("Units in each box"), least=0, initial=None)

    def prepare(self) -> None:
        lines = list(self.s.lines.select_related("sku"))
        self.fields["line"].choices = [(line.position, f"{line.quantity} × {line.sku.name}") for line in lines]  # type: ignore[attr-defined]

    def change(self) -> Change:
        return SetUnits(self.given["line"], self.given["units"])


class BoxesForm(ChangeForm):
    boxes = _units(_("Boxes in each delivery"))

    def prepare(self) -> None:
        self.fields["boxes"].initial = self.s.quantity

    def change(self) -> Change:
        return SetBoxes(self.given["boxes"])


class FrequencyForm(ChangeForm):
    every = _units(_("Every"))
    unit = forms.ChoiceField(label=_("Unit"), choices=IntervalUnit.choices)
    keeps = forms.ChoiceField(
        label=_("The next delivery"),
        choices=[("keep", _("keeps its day")), ("count", _("is counted anew from the one before it"))],
        initial="keep",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        last = self.s.segments.last()
        if last:
            self.fields["every"].initial, self.fields["unit"].initial = last.every, last.unit

    def change(self) -> Change:
        return ChangeFrequency(self.given["every"], self.given["unit"], self.given["keeps"] == "count")


class AddressForm(ChangeForm):
    address = forms.ModelChoiceField(
        Address.objects.none(), label=_("Send it to"), widget=forms.RadioSelect, empty_label=None
    )
    scope = forms.ChoiceField(
        label=_("For"),
        choices=[(ONCE, _("Only this delivery")), (ALWAYS, _("The next delivery and all later"))],
        initial=ALWAYS,
        widget=forms.RadioSelect,
    )

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


class PauseForm(ChangeForm):
    until = _date(_("Until"), required=False, help_text=_("The first day it may be delivered again. Empty: until somebody resumes it"))  # fmt: skip

    def change(self) -> Change:
        return Pause(self.given["until"])


class ResumeForm(ChangeForm):
    on = _date(_("From"), required=False, help_text=_("Empty: as soon as possible"))

    def change(self) -> Change:
        return Resume(self.given["on"])


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


class CancelForm(ChangeForm):
    at = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Now: nothing comes any more, but what is paid")), (END, _("When what is paid has been delivered")), ("day", _("On a day"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )  # fmt: skip
    day = _date(_("No delivery from"), required=False)
    reason = forms.ChoiceField(label=_("Why"), choices=REASONS, widget=forms.RadioSelect)
    note = forms.CharField(label=_("In the customer’s words"), max_length=300, required=False)
    give_back = forms.ChoiceField(
        label=_("Paid deliveries"),
        choices=[
            ("", _("Still come")),
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
        if given.get("give_back") and given.get("at") not in (NOW, None):
            self.add_error("give_back", _("What is paid can only be given back when it ends now"))
        return given

    def change(self) -> Change:
        at: str | date = self.given["day"] if self.given["at"] == "day" else self.given["at"]
        way = self.given.get("give_back")
        return Cancel(self.given["reason"], at, self.given["note"], GiveBack(way) if way else None)


class TakeBackForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return TakeBackCancel()


class ReactivateForm(ChangeForm):
    on = _date(_("First delivery"), required=False, help_text=_("Empty: the next day of the old calendar"))

    def change(self) -> Change:
        return Reactivate(self.given["on"])


class OrderNowForm(ChangeForm):
    restart = forms.ChoiceField(
        label=_("After it"),
        choices=[("", _("later deliveries keep their days")), ("1", _("the calendar begins anew from today"))],
        required=False,
        initial="",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        following = self.s.deliveries.filter(is_next=True).values_list("number", flat=True).first()
        self.fields["number"].initial = self.initial["number"] = self.initial.get("number") or following

    def change(self) -> OrderNow:
        return OrderNow(bool(self.given["restart"]), self.given["number"])


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
