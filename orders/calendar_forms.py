"""What can be asked about the days of a subscription: skip, move, how often, pause, deliver now."""

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.actions.deliveries import Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.pausing import Pause, Resume
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import Change
from orders.billing_states import IntervalUnit
from orders.change_fields import ONCE, ChangeForm, day_field, scope_field, units_field


class SkipForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return Skip(self.given["number"])


class UnskipForm(ChangeForm):
    is_ready = True

    def change(self) -> Change:
        return Unskip(self.given["number"] or 0)


class MoveForm(ChangeForm):
    to = day_field(_("New day"))
    scope = scope_field(_("What moves"), _("This one and all later"), initial=ONCE)

    def change(self) -> Change:
        kind = Move if self.given["scope"] == ONCE else MoveAllAfter
        return kind(self.given["to"], self.given["number"])


class FrequencyForm(ChangeForm):
    every = units_field(_("Every"))
    unit = forms.ChoiceField(label=_("Unit"), choices=IntervalUnit.choices)
    keeps = forms.ChoiceField(
        label=_("The next delivery"),
        choices=[("keep", _("keeps its day")), ("count", _("is counted anew from the one before it"))],
        initial="keep",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        last = self.s.segments.last()
        if last:
            self.fields["every"].initial, self.fields["unit"].initial = last.every, last.unit

    def change(self) -> Change:
        return ChangeFrequency(self.given["every"], self.given["unit"], self.given["keeps"] == "count")


class PauseForm(ChangeForm):
    until = day_field(_("Until"), required=False, help_text=_("The first day it may be delivered again. Empty: until somebody resumes it"))  # fmt: skip

    def change(self) -> Change:
        return Pause(self.given["until"])


class ResumeForm(ChangeForm):
    on = day_field(_("From"), required=False, help_text=_("Empty: as soon as possible"))

    def change(self) -> Change:
        return Resume(self.given["on"])


class OrderNowForm(ChangeForm):
    restart = forms.ChoiceField(
        label=_("After it"),
        choices=[("", _("later deliveries keep their days")), ("1", _("the calendar begins anew from today"))],
        required=False,
        initial="",
        widget=forms.RadioSelect,
    )

    def prepare(self) -> None:
        following = self.s.deliveries.filter(is_next=True).values_list("number", flat=True).first()
        self.fields["number"].initial = self.initial["number"] = self.initial.get("number") or following

    def change(self) -> OrderNow:
        return OrderNow(bool(self.given["restart"]), self.given["number"])
