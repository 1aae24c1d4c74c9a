"""What the forms of changes share: days, units, items, how far a change goes, and the form itself."""

from abc import ABCMeta, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.forms.forms import DeclarativeFieldsMetaclass
from django.utils.translation import gettext_lazy as _

from inventory.models import Sku
from ordermgmt.day_field import DayField
from orders.actions.subscription_changes import Change
from orders.models import Subscription

ONCE, ALWAYS = "once", "always"
ONLY_THIS = _("Only this delivery")


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> DayField:
    return DayField(label=label, required=required, help_text=help_text, error_messages={"required": _("Choose a day")})


def units_field(label: Any, *, least: int = 1, initial: int | None = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=999, initial=initial)


def scope_field(label: Any, always: Any, *, initial: str, once: Any = ONLY_THIS) -> forms.ChoiceField:
    """One delivery only, or it and all later: `always` says it."""
    choices = [(ONCE, once), (ALWAYS, always)]
    return forms.ChoiceField(label=label, choices=choices, initial=initial, widget=forms.RadioSelect)


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
