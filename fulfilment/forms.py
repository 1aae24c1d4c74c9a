"""Forms of the shipments pages."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from fulfilment.states import CarrierStatus
from fulfilment.tracking_files import LARGEST
from ordermgmt.clock import business_zone


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
