"""What people type about tickets."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.customers import CustomerRefused, tidy_email
from customers.canned_fields import unknown_in
from customers.models import CannedReply, Customer
from customers.ticket_states import TicketChannel, TicketPriority, TicketTopic


class NewTicketForm(forms.Form):
    """A ticket by staff: somebody calls, or wrote elsewhere."""

    customer = forms.CharField(
        label=_("Customer number"), max_length=20, required=False, help_text=_("C-…, from the customer's page")
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, help_text=_("Answers go there"))
    about = forms.CharField(
        label=_("Order or subscription"), max_length=40, required=False, help_text=_("SO-… or SUB-…")
    )
    channel = forms.ChoiceField(
        label=_("Came by"), choices=[(c.value, c.label) for c in (TicketChannel.PHONE, TicketChannel.STAFF)]
    )
    topic = forms.ChoiceField(label=_("Topic"), choices=TicketTopic.choices)
    priority = forms.ChoiceField(label=_("Priority"), choices=TicketPriority.choices, initial=TicketPriority.NORMAL)
    subject = forms.CharField(label=_("Subject"), max_length=200, error_messages={"required": _("Say in a few words what it is about")})  # fmt: skip
    text = forms.CharField(
        label=_("What they want"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=20_000,
        error_messages={"required": _("Write down what they want")},
    )
    form_key = forms.CharField(widget=forms.HiddenInput, max_length=40, required=False)

    def clean_customer(self) -> Customer | None:
        number = self.cleaned_data["customer"].strip().upper()
        if not number:
            return None
        found = Customer.objects.live().filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no customer %(number)s") % {"number": number})
        return found

    def clean_email(self) -> str:
        try:
            return tidy_email(self.cleaned_data["email"])
        except CustomerRefused as error:
            raise forms.ValidationError(str(error)) from error

    def clean_about(self) -> str:
        return str(self.cleaned_data["about"]).strip().upper()


class PlaceForm(forms.Form):
    """Whose ticket it is and what it is about."""

    customer = NewTicketForm.base_fields["customer"]
    about = NewTicketForm.base_fields["about"]
    clean_customer = NewTicketForm.clean_customer
    clean_about = NewTicketForm.clean_about


class CannedReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CannedReply
        fields: ClassVar = ["name", "topic", "body"]
        widgets: ClassVar = {"body": forms.Textarea(attrs={"rows": 9})}
        error_messages: ClassVar = {
            "name": {"required": _("Enter a name people find it by")},
            "body": {"required": _("Write the text")},
        }

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"])
        if problems := unknown_in(body):
            raise forms.ValidationError(problems)
        return body

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        same: Any = CannedReply.objects.filter(name__iexact=name, archived_at=None).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError(_("There is one of that name already"))
        return name
