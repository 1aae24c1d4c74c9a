"""Forms of feedback: the customer's words, and our answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models.feedback import BAD_REASONS, GOOD_REASONS, LOW


class ScoreForm(forms.Form):
    r = forms.TypedChoiceField(
        label=_("How was it?"), choices=[(n, n) for n in range(1, 6)], coerce=int, widget=forms.RadioSelect,
        error_messages={"required": _("Choose a number from 1 to 5")},
    )  # fmt: skip


class WordsForm(forms.Form):
    reasons = forms.MultipleChoiceField(label=_("What was it?"), required=False, widget=forms.CheckboxSelectMultiple)
    comment = forms.CharField(
        label=_("Anything you want to tell us"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    may_call = forms.BooleanField(label=_("You may call me about it"), required=False)
    phone = forms.CharField(
        label=_("Phone number"), required=False, max_length=40, help_text=_("Empty: we call the number we have."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )  # fmt: skip

    def __init__(self, score: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = BAD_REASONS if score <= LOW else GOOD_REASONS if score >= 4 else (*GOOD_REASONS[:-1], *BAD_REASONS)
        self.fields["reasons"].choices = [(one.value, one.label) for one in offered]  # type: ignore[attr-defined]
        if score <= LOW:
            self.fields["reasons"].label = _("What went wrong?")
        else:
            del self.fields["may_call"], self.fields["phone"]


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=_("Your answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what you answer")},
    )  # fmt: skip
