"""Forms of the words of messages and of their send rules."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.actions.templates import stops_of
from ordermgmt.mail_kinds import Block, MailKind
from ordermgmt.models import SendRule

MOST_BLOCKS = 30
if TYPE_CHECKING:
    BlockSet = BaseFormSet["BlockForm"]


class WordsForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Subject"), max_length=200, required=False,
        help_text=gettext_lazy("At most 60 characters when it is sent, the fact first. Empty: the built-in subject."),
    )  # fmt: skip
    preheader = forms.CharField(
        label=gettext_lazy("Preview line"), max_length=200, required=False,
        help_text=gettext_lazy("Shown after the subject in lists of mail: a second fact."),
    )  # fmt: skip
    heading = forms.CharField(label=gettext_lazy("Headline"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"data-insert": "", "autocomplete": "off"}


class BlockForm(forms.Form):
    """One block: words, the button, or a part that is written by itself."""

    type = forms.ChoiceField(choices=[("text", ""), ("button", ""), ("part", "")], widget=forms.HiddenInput)
    name = forms.SlugField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "data-insert": ""}))

    part_title: Any = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.kind == "button":
            self.fields["text"].widget = forms.TextInput(attrs={"maxlength": 60, "data-insert": ""})
        elif self.kind == "part":
            self.fields["text"].widget = forms.HiddenInput()
        self.fields["text"].label = _("Words on the button") if self.kind == "button" else _("Text")

    @property
    def kind(self) -> str:
        return str((self.data.get(self.add_prefix("type")) if self.is_bound else self.initial.get("type")) or "text")

    @property
    def part(self) -> str:
        return str((self.data.get(self.add_prefix("name")) if self.is_bound else self.initial.get("name")) or "")


BlockForms = formset_factory(BlockForm, extra=0, max_num=MOST_BLOCKS, absolute_max=MOST_BLOCKS)


def typed_blocks(kind: MailKind, data: QueryDict) -> "tuple[BlockSet, list[Block] | None]":
    """The blocks as typed, with what the pressed button does to them; None when they cannot be read."""
    forms_ = BlockForms(data, prefix="blocks")
    if not forms_.is_valid():
        return forms_, None
    blocks = [form.cleaned_data for form in forms_]
    kept = [
        {"type": one["type"], "name": one["name"], "text": one["text"].replace("\r\n", "\n")}
        for one in blocks
        if one["type"] != "part" or one["name"] in kind.parts
    ]
    return forms_, moved(kept, data.get("do", ""))


def moved(blocks: list[Block], do: str) -> list[Block]:
    """After "up-2", "down-2", "remove-2", "add-text", "add-button" or "add-part:after"."""
    deed, _dash, what = do.partition("-")
    if deed == "add":
        kind, _colon, name = what.partition(":")
        return [*blocks, {"type": kind, "name": name, "text": ""}] if kind in ("text", "button", "part") else blocks
    if not what.isdecimal() or int(what) >= len(blocks):
        return blocks
    place, rest = int(what), [*blocks]
    one = rest.pop(int(what))
    if deed == "remove":
        return rest
    rest.insert(max(0, place - 1) if deed == "up" else place + 1, one)
    return rest


class RuleForm(forms.Form):
    is_on = forms.BooleanField(label=gettext_lazy("Send these messages"), required=False)
    delay_minutes = forms.IntegerField(
        label=gettext_lazy("Wait (minutes)"), required=False, min_value=0, max_value=60 * 24 * 60,
        help_text=gettext_lazy("After what triggers it. Empty: as built in."),
    )  # fmt: skip
    quiet_from = forms.TimeField(label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))  # fmt: skip
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("What falls into these hours leaves when they end, by our clock."),
    )  # fmt: skip
    weekly_most = forms.IntegerField(
        label=gettext_lazy("Most to one customer in 7 days"), required=False, min_value=1, max_value=50,
        help_text=gettext_lazy("Counts all messages that no order needs. Empty: no limit."),
    )  # fmt: skip
    stops = forms.MultipleChoiceField(
        label=gettext_lazy("Not sent when"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, kind: MailKind, rule: SendRule | None, data: QueryDict | None = None) -> None:
        choices = [(stop.name, stop.words) for stop in kind.stops if not stop.is_fixed]
        names = ("is_on", "delay_minutes", "quiet_from", "quiet_until", "weekly_most", "stops")
        first = {"is_on": True, "stops": [name for name, _words in choices]}
        super().__init__(data, initial={name: getattr(rule, name) for name in names} if rule else first)
        self.kind = kind
        self.fields["stops"].choices = choices  # type: ignore[attr-defined]
        absent = ["stops"] * (not choices) + ["is_on", "weekly_most"] * kind.is_essential
        for name in (*absent, *(["delay_minutes", "quiet_from", "quiet_until"] if kind.is_urgent else [])):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if bool(found.get("quiet_from")) != bool(found.get("quiet_until")):
            raise ValidationError(_("Give both ends of the quiet hours, or neither."))
        return found

    def facts(self) -> dict[str, Any]:
        found = self.cleaned_data
        return {
            "is_on": self.kind.is_essential or found["is_on"],
            "delay_minutes": found.get("delay_minutes"),
            "quiet_from": found.get("quiet_from"),
            "quiet_until": found.get("quiet_until"),
            "weekly_most": found.get("weekly_most"),
            "stops": stops_of(self.kind, found.get("stops", [])),
        }
