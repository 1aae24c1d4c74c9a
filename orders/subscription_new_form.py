"""What is asked for a new subscription, once its customer and its plan are known."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Address, Customer
from ordermgmt.day_field import DayField
from orders.actions.subscribing import NewSubscription
from orders.billing_states import ContentKind, MethodStatus
from orders.models import PaymentMethod, PlanItem, PlanVersion
from orders.periods import Interval
from orders.subscription_words import every


class NewSubscriptionForm(forms.Form):
    """`version` is the live one of the plan; its groups become one field per item to choose."""

    starts_on = DayField(label=_("First delivery"), required=False, help_text=_("Empty: as soon as possible"))
    interval = forms.ChoiceField(label=_("How often"))
    boxes = forms.IntegerField(label=_("Boxes"), min_value=1, max_value=999, initial=1)
    currency = forms.ChoiceField(label=_("Currency"))
    address = forms.ModelChoiceField(Address.objects.none(), label=_("Send it to"), widget=forms.RadioSelect, empty_label=None,
                                     error_messages={"required": _("Choose an address. Add one on the customer’s page first")})  # fmt: skip
    method = forms.ModelChoiceField(PaymentMethod.objects.none(), label=_("Pay with"), required=False, widget=forms.RadioSelect, empty_label=_("On invoice"))  # fmt: skip
    agreed_price = forms.DecimalField(label=_("Agreed price of a delivery"), min_value=0, max_digits=12, decimal_places=2, required=False, help_text=_("Empty: the price of the plan"))  # fmt: skip
    code = forms.CharField(label=_("Promotion code"), max_length=40, required=False)
    is_gift = forms.BooleanField(label=_("It is a gift: no prices on the packing slip"), required=False)
    note = forms.CharField(label=_("Note for colleagues"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))  # fmt: skip

    def __init__(self, *args: Any, customer: Customer, version: PlanVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer, self.version = customer, version
        self._fill_choices()
        self.items = list(self._groups())
        for item in self.items:
            self.fields[f"item_{item.pk}"] = forms.IntegerField(
                label=f"{item.group}: {item.sku.name}", min_value=0, max_value=99, required=False
            )

    def _fill_choices(self) -> None:
        fields: Any = self.fields
        own = Interval(self.version.deliver_every, self.version.deliver_unit)
        offered = [
            own,
            *(Interval(int(n), unit) for n, unit in (str(w).split() for w in self.version.allowed_intervals)),
        ]
        fields["interval"].choices = list({f"{i.every} {i.unit}": every(i) for i in offered}.items())
        fields["currency"].choices = [(c, c) for c in self.version.prices.order_by("currency").values_list("currency", flat=True)]  # fmt: skip
        addresses = Address.objects.filter(customer=self.customer, replaced_at=None).order_by("-is_default", "-pk")
        fields["address"].queryset, fields["address"].initial = addresses, addresses.first()
        methods = PaymentMethod.objects.filter(customer=self.customer, status=MethodStatus.ACTIVE)
        fields["method"].queryset = methods.order_by("-is_default", "-pk")
        fields["method"].initial = fields["method"].queryset.first()

    def _groups(self) -> Any:
        if self.version.content != ContentKind.GROUP:
            return []
        return (
            PlanItem.objects.filter(version=self.version, month=None)
            .exclude(group="")
            .select_related("sku")
            .order_by("pk")
        )

    def wanted(self) -> NewSubscription:
        given = self.cleaned_data
        every_n, unit = given["interval"].split()
        starts_on: date | None = given["starts_on"]
        return NewSubscription(
            customer_id=self.customer.pk, plan_id=self.version.plan_id, currency=given["currency"],
            address_id=given["address"].pk, boxes=given["boxes"], every=int(every_n), unit=unit, starts_on=starts_on,
            choices=[(i.sku_id, units) for i in self.items if (units := given[f"item_{i.pk}"])],
            method_id=given["method"].pk if given["method"] else None, agreed_price=given["agreed_price"],
            language=self.customer.language, is_gift=given["is_gift"], note=given["note"], code=given["code"],
        )  # fmt: skip
