"""What people type about items, stock and warehouses."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.models import Bin, Sku, Warehouse
from inventory.states import BinKind
from ordermgmt.day_field import DayField
from ordermgmt.money import minor_unit

REASONS = [
    ("Damaged", _("Damaged")),
    ("Lost", _("Lost")),
    ("Found", _("Found")),
    ("Expired", _("Expired")),
    ("Miscounted", _("Miscounted")),
    ("Used here", _("Used here")),
    ("other", _("Other, written below")),
]
CURRENCIES = ("EUR", "SEK", "DKK", "NOK", "GBP", "USD")
WEEKDAYS = [
    ("1", _("Monday")),
    ("2", _("Tuesday")),
    ("3", _("Wednesday")),
    ("4", _("Thursday")),
    ("5", _("Friday")),
    ("6", _("Saturday")),
    ("7", _("Sunday")),
]


def decimal_of(text: str) -> Decimal:
    """`1 234,50` and `1234.50` alike. Raises ValidationError."""
    tidy = re.sub(r"[\s\u00a0\u202f']", "", text)
    tidy = tidy.replace(",", ".") if tidy.count(",") == 1 and "." not in tidy else tidy
    try:
        amount = Decimal(tidy)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValidationError(_g("Enter an amount like 48.20"))
    return amount


class PriceField(forms.CharField):
    """Money as people type it."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        super().__init__(label=_g("Price %(currency)s") % {"currency": currency}, required=False, max_length=20)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        amount = decimal_of(text)
        if amount < 0:
            raise ValidationError(_g("A price cannot be below 0"))
        unit = minor_unit(self.currency)
        if amount != amount.quantize(unit):
            raise ValidationError(
                _g("%(currency)s prices go down to %(unit)s") % {"currency": self.currency, "unit": unit}
            )
        return amount


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new or changed item; `prices` holds what was typed per currency."""

    brand = forms.CharField(label=_("Brand"), max_length=80, required=False)
    tax_class = forms.ChoiceField(
        label=_("Tax class"),
        choices=[("standard", _("Standard")), ("food", _("Food")), ("reduced", _("Reduced")), ("zero", _("Zero"))],
    )

    class Meta:
        model = Sku
        fields: ClassVar = [
            "code",
            "name",
            "barcode",
            "weight_g",
            "length_mm",
            "width_mm",
            "height_mm",
            "origin_country",
            "hs_code",
            "max_per_order",
            "is_bundle",
            "tracks_lots",
        ]
        labels: ClassVar = {"name": _("Name"), "code": _("Code"), "barcode": _("GTIN (barcode)")}
        error_messages: ClassVar = {
            "code": {"required": _("Enter a code, like OAT-1L")},
            "name": {"required": _("Enter a name")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("weight_g", "length_mm", "width_mm", "height_mm"):
            self.fields[name].required = False
        if self.instance.pk:
            del self.fields["code"]
            product = self.instance.product
            self.fields["brand"].initial, self.fields["tax_class"].initial = product.brand, product.tax_class
            tax_class: Any = self.fields["tax_class"]
            if product.tax_class not in dict(tax_class.choices):
                tax_class.choices = [*tax_class.choices, (product.tax_class, product.tax_class)]
        prices = {price.currency: price.amount for price in self.instance.prices.all()} if self.instance.pk else {}
        for currency in dict.fromkeys([*CURRENCIES, *prices]):
            self.fields[f"price_{currency}"] = field = PriceField(currency)
            amount = prices.get(currency)
            field.initial = amount.quantize(minor_unit(currency)) if amount is not None else ""

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for name in ("weight_g", "length_mm", "width_mm", "height_mm"):
            data[name] = data.get(name) or 0
        return data

    def clean_origin_country(self) -> str:
        country = str(self.cleaned_data["origin_country"]).upper()
        if country and not re.fullmatch("[A-Z]{2}", country):
            raise ValidationError(_g("Use two letters, like SE"))
        return country

    def validate_unique(self) -> None:
        """The verb says whose code or GTIN it is."""

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith("price_")}

    def prices(self) -> dict[str, Decimal | None]:
        return {
            name.removeprefix("price_"): value for name, value in self.cleaned_data.items() if name.startswith("price_")
        }


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=48, error_messages={"required": _("Enter or scan a code")})
    units = forms.IntegerField(
        label=_("Units it stands for"), min_value=1, max_value=10_000, initial=1, help_text=_("12 for a case of 12")
    )


class PartsForm(forms.Form):
    """One part a line: units, then the code."""

    parts = forms.CharField(
        label=_("Parts"),
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One part a line: units and code, like 2 OAT-1L"),
        error_messages={"required": _("Add at least one part")},
    )

    def __init__(self, data: Any, *, sku: Sku) -> None:
        rows = sku.components.select_related("component").order_by("component__code")
        initial = "\n".join(f"{row.quantity} {row.component.code}" for row in rows)
        super().__init__(data, initial={"parts": initial})

    def clean_parts(self) -> dict[Sku, int]:
        wanted: dict[str, int] = {}
        for number, line in enumerate(self.cleaned_data["parts"].splitlines(), start=1):
            if not line.strip():
                continue
            match = re.fullmatch(r"\s*(\d{1,5})\s*[x×*]?\s+(\S+)\s*", line, re.IGNORECASE)
            if match is None:
                raise ValidationError(_g("Line %(number)d: write units and code, like 2 OAT-1L") % {"number": number})
            code = match[2].upper()
            wanted[code] = wanted.get(code, 0) + int(match[1])
        known = {sku.code: sku for sku in Sku.objects.filter(code__in=wanted)}
        if unknown := [code for code in wanted if code not in known]:
            raise ValidationError(_g("We do not know %(codes)s") % {"codes": ", ".join(unknown)})
        return {known[code]: units for code, units in wanted.items()}


class ReasonForm(forms.Form):
    """Why stock is put right: one of the usual reasons, or words."""

    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose")), *REASONS], required=True)
    note = forms.CharField(label=_("More about it"), max_length=100, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].error_messages["required"] = _g("Choose a reason")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("reason") == "other" and not data.get("note", "").strip():
            self.add_error("note", _g("Write the reason"))
        return data

    @property
    def reason_words(self) -> str:
        data = self.cleaned_data
        note = data["note"].strip()
        if data["reason"] == "other":
            return str(note)
        return f"{data['reason']}: {note}" if note else str(data["reason"])


class AdjustForm(ReasonForm):
    """What lies in a place by the person's own count. `expected` is what the page showed."""

    units = forms.IntegerField(
        label=_("Units that lie there"),
        min_value=0,
        max_value=1_000_000,
        error_messages={
            "required": _("Enter the units you counted"),
            "invalid": _("Enter a whole number"),
            "min_value": _("A place cannot hold fewer than 0 units"),
            "max_value": _("More than 1,000,000 units in one place. Check the quantity"),
        },
    )
    expected = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)
    field_order = ("units", "reason", "note")


class MoveForm(forms.Form):
    units = forms.IntegerField(
        label=_("Units to move"), min_value=1, error_messages={"required": _("Enter the units to move")}
    )
    target = forms.ModelChoiceField(
        label=_("To"), queryset=Bin.objects.none(), error_messages={"required": _("Choose a place")}
    )
    reason = forms.CharField(label=_("Reason"), max_length=100, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, origin: Bin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Bin.objects.filter(warehouse_id=origin.warehouse_id, is_active=True).exclude(pk=origin.pk)
        self.fields["target"].queryset = places.exclude(kind=BinKind.STAGE)  # type: ignore[attr-defined]


class ReceiveForm(forms.Form):
    """A simple receipt into one place."""

    place = forms.ModelChoiceField(
        label=_("Into"), queryset=Bin.objects.none(), error_messages={"required": _("Choose a place")}
    )
    document = forms.CharField(
        label=_("Delivery note"), max_length=40, error_messages={"required": _("Enter the number of the delivery note")}
    )
    units = forms.IntegerField(
        label=_("Units"),
        min_value=1,
        max_value=1_000_000,
        error_messages={"required": _("Enter the units that arrived"), "min_value": _("Enter 1 or more units")},
    )

    def __init__(self, *args: Any, warehouses: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Bin.objects.filter(warehouse__in=warehouses, is_active=True).exclude(kind=BinKind.STAGE)
        field: Any = self.fields["place"]
        field.queryset = places.select_related("warehouse").order_by("warehouse__code", "pick_sequence", "code")
        field.label_from_instance = lambda place: f"{place.warehouse.code} {place.code}"


class WarehouseForm(forms.ModelForm):  # type: ignore[type-arg]
    work_days = forms.MultipleChoiceField(
        label=_("Working days"),
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one working day")},
    )

    class Meta:
        model = Warehouse
        fields: ClassVar = [
            "code",
            "title",
            "line1",
            "postcode",
            "city",
            "country",
            "phone",
            "time_zone",
            "cut_off",
            "work_days",
            "observes_holidays",
            "daily_capacity",
            "priority",
            "is_active",
        ]
        labels: ClassVar = {"cut_off": _("Cut-off (local time)")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["work_days"] = list(self.initial.get("work_days", "12345"))
        if self.instance.pk:
            del self.fields["code"]

    def clean_work_days(self) -> str:
        return "".join(sorted(self.cleaned_data["work_days"]))

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean_time_zone(self) -> str:
        zone = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise ValidationError(_g("We do not know this time zone. Write it like Europe/Stockholm"))
        return str(zone)

    def validate_unique(self) -> None:
        """The verb says that the code is in use."""


class BinsForm(forms.Form):
    codes = forms.CharField(
        label=_("Codes"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line, in walking order"),
        error_messages={"required": _("Enter at least one code")},
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=BinKind.choices)
    first_sequence = forms.IntegerField(
        label=_("Pick sequence of the first"), min_value=0, max_value=1_000_000, initial=10
    )


class BinForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Bin
        fields: ClassVar = ["kind", "pick_sequence", "is_active"]


class ClosureForm(forms.Form):
    day = DayField(
        label=_("Day"),
        error_messages={"required": _("Enter a day"), "invalid": _("Enter a day like 2026-12-24")},
    )
    reason = forms.CharField(label=_("Reason"), max_length=80, required=False)


class ZoneForm(forms.Form):
    country = forms.CharField(label=_("Country"), max_length=2, min_length=2, help_text=_("Two letters, like SE"))
    postcode_prefix = forms.CharField(label=_("Postcode starts with"), max_length=10, required=False)
    transit_days = forms.IntegerField(label=_("Transit days"), min_value=0, max_value=60, initial=2)
    distance_rank = forms.IntegerField(
        label=_("Distance rank"), min_value=0, max_value=1000, initial=10, help_text=_("Lower is nearer")
    )
