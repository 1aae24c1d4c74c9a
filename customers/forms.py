"""What people type about customers."""

from typing import Any, ClassVar

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from customers.actions.customers import CustomerRefused, tidy_email
from customers.addressing import known_countries
from customers.models import Address, ConsentKind, Customer

LANGUAGES = [
    ("en-gb", "English"),
    ("sv", "Svenska"),
    ("da", "Dansk"),
    ("nb", "Norsk"),
    ("fi", "Suomi"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("nl", "Nederlands"),
]


def country_choices() -> list[tuple[str, str]]:
    """Countries by name in the reader's language."""
    names = Locale.parse(to_locale(get_language() or "en-gb")).territories
    return sorted(((code, str(names[code])) for code in known_countries()), key=lambda pair: pair[1])


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Identity and contact; `version` is what the person saw."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Customer
        fields: ClassVar = ["name", "company", "email", "phone", "vat_id", "language", "note"]
        error_messages: ClassVar = {"name": {"required": _("Enter a name")}}
        widgets: ClassVar = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "email": forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", 0)
        self.fields["email"] = forms.CharField(
            label=_("E-mail"), max_length=254, required=False, widget=self.fields["email"].widget
        )
        self.fields["phone"].help_text = _("Without a country it is read as one of the customer's country")
        known: Any = self.fields["language"]
        language = self.instance.language
        if language and language not in dict(known.choices):
            known.choices = [*known.choices, (language, language)]

    def clean_email(self) -> str:
        try:
            return tidy_email(self.cleaned_data["email"])
        except CustomerRefused as error:
            raise ValidationError(str(error)) from error

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]
    """A postal address; what is missing for its country is said by the rules of addressing."""

    class Meta:
        model = Address
        fields: ClassVar = ["name", "company", "line1", "line2", "postcode", "city", "region", "country", "phone"]
        labels: ClassVar = {"name": _("Recipient"), "line1": _("Street and house number")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"),
            choices=[("", _("Choose")), *country_choices()],
            required=False,
            initial=self.fields["country"].initial,
        )
        for name in self.fields:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def is_empty(self) -> bool:
        """Nothing but a country was entered."""
        return not any(value for name, value in self.cleaned_data.items() if name not in ("country", "name"))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=200, error_messages={"required": _("Say why, so that others understand it")}
    )


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a note")},
    )


class ConsentForm(forms.Form):
    kind = forms.ChoiceField(choices=ConsentKind.choices)
    granted = forms.TypedChoiceField(choices=[("1", "1"), ("0", "0")], coerce=lambda value: value == "1")
