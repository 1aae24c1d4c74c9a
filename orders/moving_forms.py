"""Where a customer moves to, and what is to go there from now on."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms import AddressForm
from ordermgmt.templatetags.portal import weekday_words
from orders.models import Order, Subscription


class MovingForm(AddressForm):
    """The new address; what it applies to is ticked, so that nothing is sent to the old one by accident."""

    subscriptions = forms.MultipleChoiceField(
        label=_("Next deliveries"), required=False, widget=forms.CheckboxSelectMultiple
    )
    orders = forms.MultipleChoiceField(label=_("Open orders"), required=False, widget=forms.CheckboxSelectMultiple)
    tell = forms.BooleanField(label=_("Tell the customer by e-mail"), required=False, initial=True)

    def __init__(
        self, data: Any = None, *, plans: Sequence[Subscription], open_orders: Sequence[Order], **more: Any
    ) -> None:
        plan_rows = [(s.number, f"{s.number} {s.version.plan.name}") for s in plans]
        order_rows = [(order.number, _order_words(order)) for order in open_orders]
        initial = {
            **more.pop("initial", {}),
            "subscriptions": [n for n, _w in plan_rows],
            "orders": [n for n, _w in order_rows],
        }
        super().__init__(data, initial=initial, **more)
        for name, rows in (("subscriptions", plan_rows), ("orders", order_rows)):
            field: Any = self.fields[name]
            field.choices = rows
            if not rows:
                del self.fields[name]

    def postal(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in AddressForm.Meta.fields}


def _order_words(order: Order) -> str:
    day = weekday_words(order.promised_delivery_on)
    return f"{order.number}, {day}" if day else order.number
