"""What a person says when deciding about an exception."""

from datetime import datetime, time, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_zone
from ordermgmt.models import DismissReason, User
from ordermgmt.roles import PERMISSIONS_OF, Role

MORNING = time(8)
SNOOZES = [
    ("hour", _("1 hour")),
    ("four", _("4 hours")),
    ("tomorrow", _("Tomorrow, 08:00")),
    ("monday", _("Monday, 08:00")),
]
WORKING_ROLES = [role for role in Role if "exceptions.work" in PERMISSIONS_OF[role]]


def snooze_end(choice: str, now: datetime) -> datetime:
    """The moment a choice of SNOOZES means, mornings by the clock of the office."""
    if choice in ("hour", "four"):
        return now + timedelta(hours=1 if choice == "hour" else 4)
    today = now.astimezone(business_zone()).date()
    days = 1 if choice == "tomorrow" else 7 - today.weekday()
    return datetime.combine(today + timedelta(days=days), MORNING, business_zone())


class SnoozeForm(forms.Form):
    until = forms.ChoiceField(choices=SNOOZES)


class DismissForm(forms.Form):
    reason = forms.ChoiceField(choices=DismissReason.choices)
    words = forms.CharField(required=False, max_length=300)


class HandOverForm(forms.Form):
    """`to` is a role, or the key of a person."""

    to = forms.CharField()
    note = forms.CharField(required=False, max_length=300)

    def clean_to(self) -> str | User:
        value: str = self.cleaned_data["to"]
        if value in WORKING_ROLES:
            return value
        person = User.objects.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 12 else None
        if person is None:
            raise forms.ValidationError(_("Choose a person or a role."))
        return person
