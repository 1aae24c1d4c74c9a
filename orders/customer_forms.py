"""What customers type: an address, a proof that it is their order, an order number."""

import re
from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.addressing import check_address, country_name, postcode_words, rules_of


class CustomerAddressForm(forms.Form):
    """Every line of a delivery address but its country, which tax and carrier hang on."""

    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Enter who receives it")})
    company = forms.CharField(label=_("Company"), max_length=120, required=False)
    line1 = forms.CharField(
        label=_("Street and number"), max_length=200, error_messages={"required": _("Enter a street and house number")}
    )
    line2 = forms.CharField(label=_("Flat, floor, c/o"), max_length=200, required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=20, required=False)
    city = forms.CharField(label=_("Town"), max_length=120, error_messages={"required": _("Enter a town")})
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone for the driver"), max_length=40, required=False)

    AUTOFILL = {
        "name": "name", "company": "organization", "line1": "address-line1", "line2": "address-line2",
        "postcode": "postal-code", "city": "address-level2", "region": "address-level1", "phone": "tel",
    }  # fmt: skip

    def __init__(self, *args: object, country: str, countries: Sequence[str] = (), **kwargs: object) -> None:
        """`countries` may be chosen from when the order names none."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.country = country
        if not country:
            choices = sorted(((code, country_name(code)) for code in countries), key=lambda choice: choice[1])
            self.fields["country"] = forms.ChoiceField(
                label=_("Country"),
                choices=[("", _("Choose")), *choices],
                error_messages={"required": _("Choose a country")},
                widget=forms.Select(attrs={"autocomplete": "shipping country"}),
            )
        self._ask_what_the_country_needs()
        for name in self.AUTOFILL.keys() & self.fields.keys():
            self.fields[name].widget.attrs["autocomplete"] = f"shipping {self.AUTOFILL[name]}"
        self.fields["phone"].widget.input_type = "tel"

    def _ask_what_the_country_needs(self) -> None:
        """No region where addresses have none; a postcode that must be there is not called optional."""
        needed = rules_of(self.country).required if self.country else frozenset({"region"})
        if "region" not in needed:
            del self.fields["region"]
        self.fields["postcode"].required = "postcode" in needed
        self.fields["postcode"].error_messages["required"] = postcode_words(self.country)

    def clean(self) -> dict[str, str]:
        given = {**self.cleaned_data, "country": self.country or self.cleaned_data.get("country", "")}
        tidy, faults = check_address({name: str(given.get(name, "")) for name in (*self.AUTOFILL, "country")})
        for fault in faults:
            if fault.field in self.fields and fault.field not in self.errors:
                self.add_error(fault.field, fault.sentence)
        return tidy


class ProofForm(forms.Form):
    """That it is their order: what was typed when ordering."""

    email = forms.EmailField(
        label=_("E-mail of this order"),
        max_length=254,
        error_messages={"required": _("Enter the e-mail you ordered with"), "invalid": _("Enter an e-mail like maria@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    old_postcode = forms.CharField(
        label=_("Postcode this order goes to now"),
        max_length=20,
        error_messages={"required": _("Enter the postcode you gave when ordering")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from our mail"),
        max_length=12,
        help_text=_("6 digits"),
        error_messages={"required": _("Enter the 6 digits from our mail")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        code = re.sub(r"\s", "", str(self.cleaned_data["code"]))
        if not re.fullmatch(r"[0-9]{6}", code):
            raise forms.ValidationError(_("Enter the 6 digits from our mail"))
        return code


class FindForm(forms.Form):
    """An order or a subscription by number and postcode."""

    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_(
            'It is in every mail from us, like <span class="nowrap">SO-104999</span>, or <span class="nowrap">SUB-882</span> for a plan'
        ),
        error_messages={"required": _("Enter the order number from our mail, like SO-104999")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    postcode = forms.CharField(
        label=_("Postcode it goes to"),
        max_length=20,
        error_messages={"required": _("Enter the postcode it goes to, like 114 55")},
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )

    def clean_number(self) -> str:
        """`so104999`, `SO 104 999` and `SO-104999` are one; a shop's own number stays as typed."""
        typed = re.sub(r"\s", "", str(self.cleaned_data["number"])).lstrip("#")
        ours = re.fullmatch(r"(so|sub)[-–]?(\d+)", typed, re.IGNORECASE)
        return f"{ours[1].upper()}-{ours[2]}" if ours else typed


class EmailLinkForm(forms.Form):
    """Links to all orders of an e-mail address."""

    email = forms.EmailField(
        label=_("E-mail you ordered with"),
        max_length=254,
        error_messages={"required": _("Enter the e-mail you ordered with"), "invalid": _("Enter an e-mail like maria@example.com")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
