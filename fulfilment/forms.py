"""Forms of the shipments and waves pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from fulfilment.actions.planning import Choice
from fulfilment.states import CarrierStatus, WaveKind
from fulfilment.tracking_files import LARGEST
from inventory.models import Warehouse
from ordermgmt.clock import business_zone
from ordermgmt.day_field import DayField


class EventForm(forms.Form):
    """What a person heard about a parcel. Times are local to the business."""

    status = forms.ChoiceField(
        label=_("What happened"),
        choices=[(s.value, s.label) for s in CarrierStatus if s not in (CarrierStatus.PENDING, CarrierStatus.UNKNOWN)],
    )
    happened_at = forms.DateTimeField(
        label=_("When"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    place = forms.CharField(label=_("Where"), max_length=120, required=False)
    message = forms.CharField(label=_("Details"), max_length=300, required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_at"].initial = now.astimezone(business_zone()).replace(tzinfo=None)

    def clean_happened_at(self) -> datetime:
        at: datetime = self.cleaned_data["happened_at"]
        return at.replace(tzinfo=business_zone())


class EventsFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_(
            "Columns: tracking_number, status, happened_at (with zone), and if you like message, place, event_id."
        ),
        validators=[FileExtensionValidator(["csv", "txt"])],
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 5 MB. Split it."))
        return file


class AutoReleaseForm(forms.Form):
    """Whether ready orders go to the floor by themselves, and when."""

    is_on = forms.BooleanField(label=_("Release ready orders by themselves"), required=False)
    every_minutes = forms.IntegerField(label=_("Every so many minutes"), min_value=5, max_value=480, initial=30)
    orders = forms.IntegerField(label=_("Or when so many are ready"), min_value=1, max_value=500, initial=24)


class WaveForm(forms.Form):
    """What to release next (P19)."""

    kind = forms.ChoiceField(
        label=_("Type"), choices=WaveKind.choices, initial=WaveKind.MULTI, widget=forms.RadioSelect
    )
    due_on = DayField(label=_("Due up to"), required=False)
    country = forms.CharField(label=_("Country"), required=False, max_length=2, help_text=_("Two letters, like SE"))
    zone = forms.CharField(
        label=_("Zone"), required=False, max_length=24, help_text=_("Only from places whose code starts so, like A12")
    )
    max_orders = forms.IntegerField(label=_("Most orders in a wave"), min_value=1, max_value=200, initial=24)
    totes = forms.IntegerField(label=_("Totes on a cart"), min_value=1, max_value=60, initial=6)
    most_waves = forms.IntegerField(label=_("Most waves"), min_value=1, max_value=40, initial=4)

    def __init__(self, data: Any, *, warehouses: Sequence[Warehouse], here: Warehouse) -> None:
        super().__init__(data)
        self._mine, self.warehouse = {one.code: one for one in warehouses}, here
        if len(warehouses) > 1:
            choices = [(one.code, one.title) for one in warehouses]
            field = forms.ChoiceField(label=_("Warehouse"), choices=choices, initial=here.code)
            self.fields = {"warehouse": field} | self.fields

    def clean_warehouse(self) -> str:
        code: str = self.cleaned_data["warehouse"]
        self.warehouse = self._mine[code]
        return code

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if country and not (country.isalpha() and len(country) == 2):
            raise forms.ValidationError(_("Enter a country with two letters, like SE"))
        return country

    @property
    def choice(self) -> Choice:
        return Choice(**{name: value for name, value in self.cleaned_data.items() if name != "warehouse"})
