"""A day people type: near enough that a slip of the year is noticed instead of looked up for centuries."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day

MOST_YEARS = 5


class DayField(forms.DateField):
    """A day at most five years from today, before or after."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date):
            _check_near(value, business_day(timezone.now()))


def _check_near(day: date, today: date) -> None:
    month, years = (day.month, day.day), {"years": MOST_YEARS}
    if (day.year - MOST_YEARS, *month) > (today.year, today.month, today.day):
        raise forms.ValidationError(_("Choose a day within the next %(years)s years.") % years, "too_late")
    if (day.year + MOST_YEARS, *month) < (today.year, today.month, today.day):
        raise forms.ValidationError(_("Choose a day within the last %(years)s years.") % years, "too_early")
