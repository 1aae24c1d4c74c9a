"""What people type about things they promised to a customer."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_day
from ordermgmt.day_field import DayField
from ordermgmt.models import User

MOST_AHEAD = timedelta(days=366)


class FollowUpForm(forms.Form):
    """What, when and who; for oneself tomorrow unless said otherwise."""

    prefix = "follow_up"
    text = forms.CharField(
        label=_("What is to be done"), max_length=300, error_messages={"required": _("Say what is to be done")}
    )
    due_on = DayField(label=_("When"))
    due_time = forms.TimeField(
        label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    person = forms.ModelChoiceField(label=_("Who"), queryset=User.objects.none(), empty_label=None)

    def __init__(self, data: Any = None, *, user: User, now: datetime) -> None:
        self.today = business_day(now)
        super().__init__(data, initial={"due_on": self.today + timedelta(days=1), "person": user.pk})
        person: Any = self.fields["person"]
        person.queryset = User.objects.filter(is_active=True).order_by("name", "pk")

    def clean_due_on(self) -> Any:
        day = self.cleaned_data["due_on"]
        if not self.today <= day <= self.today + MOST_AHEAD:
            raise ValidationError(gettext("Choose a day from today on, within a year"))
        return day
