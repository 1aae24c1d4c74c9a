"""What a customer writes to us from the page of an order or a plan."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.customers import CustomerRefused, tidy_email
from customers.ticket_states import TicketTopic

MOST_LETTERS = 5000


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; none is fine too."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given: Sequence[Any] = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given if one]


class WritingForm(forms.Form):
    """`asks_email` where the order brings no address to answer to."""

    topic = forms.ChoiceField(
        label=_("What is it about?"),
        choices=TicketTopic.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about"), "invalid_choice": _("Choose what it is about")},
    )
    text = forms.CharField(
        label=_("Tell us what happened"),
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write a few words, so that we can help at once")},
    )
    pictures = FilesField(
        label=_("Pictures"),
        required=False,
        help_text=_("Of what is broken or wrong. JPG, PNG or PDF, under 10 MB each"),
        widget=ManyFiles(attrs={"accept": "image/*,.pdf"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=254,
        help_text=_("We answer there"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Enter an e-mail we can answer to"), "invalid": _("Enter an e-mail like maria@example.com")},
    )  # fmt: skip
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def __init__(self, *args: Any, asks_email: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_email:
            del self.fields["email"]

    def clean_email(self) -> str:
        try:
            return tidy_email(self.cleaned_data["email"])
        except CustomerRefused as error:
            raise forms.ValidationError(str(error)) from error
