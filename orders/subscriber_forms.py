"""What customers choose on the pages of their subscription. Choices are made per request, so that only those count."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.money import ZERO
from ordermgmt.templatetags.portal import money, weekday_words
from orders.customer_forms import ProofForm
from orders.subscriber_choices import Cadence, Contents, Offer, PauseChoice, Slot

ONE, ALL, EACH, ONCE, ON_DAY = "one", "all", "each", "once", "day"
MOST_UNITS = 12
Words = Any  # text, or text that is translated when it is shown
Choices = Sequence[tuple[str, Words]]


def _radios(label: Words, choices: Choices, *, missing: Words, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=list(choices),
        widget=forms.RadioSelect,
        error_messages={"required": missing, "invalid_choice": missing},
        **more,
    )


class DayForm(forms.Form):
    """Another day, for one delivery or for all from it on."""

    def __init__(self, data: Any = None, *, days: Sequence[date]) -> None:
        super().__init__(data, initial={"which": ONE})
        named = [(day.isoformat(), str(weekday_words(day))) for day in days]
        self.fields["day"] = _radios(gettext_lazy("New day"), named, missing=gettext_lazy("Choose a day"))
        which = [(ONE, gettext_lazy("Only this delivery")), (ALL, gettext_lazy("This one and all later ones"))]
        self.fields["which"] = _radios(
            gettext_lazy("What moves?"), which, missing=gettext_lazy("Choose which deliveries move")
        )


class PauseForm(forms.Form):
    """Some months, or until a day."""

    until = forms.DateField(
        label=gettext_lazy("Other day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a day like 2027-01-31")},
    )

    def __init__(self, data: Any = None, *, pauses: Sequence[PauseChoice], first: date, last: date) -> None:
        super().__init__(data)
        self.pauses = {str(choice.months): choice for choice in pauses}
        named = [(key, _pause_words(choice)) for key, choice in self.pauses.items()]
        choices = [*named, (ON_DAY, _("Until another day"))]
        self.fields["how_long"] = _radios(
            gettext_lazy("How long?"), choices, missing=gettext_lazy("Choose how long to pause")
        )
        self.order_fields(["how_long", "until"])
        bounds = {"min": (first + timedelta(days=1)).isoformat(), "max": last.isoformat()}
        self.fields["until"].widget.attrs.update(bounds)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        chosen = self.pauses.get(given.get("how_long", ""))
        if chosen:
            given["until"] = chosen.until
        elif given.get("how_long") == ON_DAY and not given.get("until") and "until" not in self.errors:
            self.add_error("until", _("Enter the day it goes on"))
        return given


def _pause_words(choice: PauseChoice) -> str:
    words = _("%(months)d months: starts again %(day)s") if choice.months > 1 else _("1 month: starts again %(day)s")
    return words % {"months": choice.months, "day": weekday_words(choice.restart.leaves_on)}


class OftenForm(forms.Form):
    """How often, with the days of each choice."""

    def __init__(self, data: Any = None, *, cadences: Sequence[Cadence], words: Sequence[str]) -> None:
        current = next((cadence.value for cadence in cadences if cadence.is_current), None)
        super().__init__(data, initial={"every": current})
        named = [
            (cadence.value, f"{said}: {' · '.join(weekday_words(day) for day in cadence.days)}")
            for cadence, said in zip(cadences, words, strict=True)
        ]
        self.fields["every"] = _radios(gettext_lazy("How often"), named, missing=gettext_lazy("Choose how often"))


class SwapForm(forms.Form):
    """Another item in the place of one."""

    def __init__(self, data: Any = None, *, slot: Slot, currency: str) -> None:
        prefix = f"swap{slot.line.position}"
        super().__init__(data, initial={"sku": slot.line.sku_id}, prefix=prefix)
        named = [(str(offer.sku.pk), _offer_words(offer, currency)) for offer in slot.offers]
        label = f"{slot.line.quantity} × {slot.line.sku.name}"
        self.fields["sku"] = _radios(label, named, missing=gettext_lazy("Choose an item"))


def _offer_words(offer: Offer, currency: str) -> str:
    if offer.is_current:
        return _("%(item)s (now)") % {"item": offer.sku.name}
    if offer.more == ZERO:
        return _("%(item)s: same price") % {"item": offer.sku.name}
    sign = "+" if offer.more > 0 else "−"
    facts = {"item": offer.sku.name, "sum": f"{sign}{money(abs(offer.more), currency)}"}
    return _("%(item)s: %(sum)s each time") % facts


class UnitsForm(forms.Form):
    """How many of an extra; none takes it out."""

    def __init__(self, data: Any = None, *, position: int, label: str, units: int) -> None:
        super().__init__(data, initial={"units": units}, prefix=f"units{position}")
        most = max(units, MOST_UNITS)
        choices = [("0", gettext_lazy("None, take it out")), *((str(n), str(n)) for n in range(1, most + 1))]
        self.fields["units"] = forms.ChoiceField(label=label, choices=choices)


class AddForm(forms.Form):
    """Something more: with the next delivery only, or each time."""

    def __init__(self, data: Any = None, *, contents: Contents, currency: str) -> None:
        super().__init__(data, initial={"how": ONCE, "units": "1"}, prefix="add")
        items = [(str(x.sku.pk), f"{x.sku.name}: {money(x.more, currency)}") for x in contents.shelf]
        self.fields["sku"] = forms.ChoiceField(
            label=gettext_lazy("Item"),
            choices=[("", gettext_lazy("Choose")), *items],
            error_messages={"required": gettext_lazy("Choose an item")},
        )
        units = [(str(n), str(n)) for n in range(1, MOST_UNITS + 1)]
        self.fields["units"] = forms.ChoiceField(label=gettext_lazy("How many"), choices=units)
        how = [(ONCE, gettext_lazy("With the next delivery only")), (EACH, gettext_lazy("With every delivery"))]
        self.fields["how"] = _radios(gettext_lazy("When"), how, missing=gettext_lazy("Choose when"))


REASONS: dict[str, Words] = {
    "too_much": gettext_lazy("Too much"),
    "price": gettext_lazy("The price"),
    "taste": gettext_lazy("Not my taste"),
    "moving": gettext_lazy("I am moving"),
    "other": gettext_lazy("Something else"),
}
NO_REASON = "not_said"
KEEP, BACK = "keep", "back"


class CancelForm(forms.Form):
    """Why, if they like to say."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Why?"), choices=list(REASONS.items()), required=False, widget=forms.RadioSelect
    )

    paid = forms.ChoiceField(
        label=gettext_lazy("Deliveries you have paid for"),
        choices=[(KEEP, gettext_lazy("They still come")), (BACK, gettext_lazy("Do not send them, pay them back"))],
        required=False,
        initial=KEEP,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, owed: int) -> None:
        super().__init__(data)
        if not owed:
            del self.fields["paid"]

    @property
    def wants_back(self) -> bool:
        return bool(self.cleaned_data.get("paid") == BACK)

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"] or NO_REASON


class PlanProofForm(ProofForm):
    """That it is their subscription."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail of this plan")
        self.fields["old_postcode"].label = _("Postcode it goes to now")
