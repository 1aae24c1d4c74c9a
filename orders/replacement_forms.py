"""What is sent again of an order, and why."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import OrderLine
from orders.states import ReplaceReason


class ReplaceForm(forms.Form):
    """`key` names the form: sent twice it places one order. A field of units for each line that has left."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        label=_("Why"), choices=ReplaceReason.choices, widget=forms.RadioSelect,
        error_messages={"required": _("Choose why it is sent again"), "invalid_choice": _("Choose why it is sent again")},
    )  # fmt: skip
    note = forms.CharField(label=_("Note for the warehouse"), required=False, max_length=300)

    def __init__(self, *args: Any, left: Mapping[OrderLine, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = {line: count for line, count in left.items() if count}
        for line, count in self.left.items():
            self.fields[f"units-{line.pk}"] = forms.IntegerField(
                label=line.name, required=False, min_value=0, max_value=count, initial=0, widget=forms.HiddenInput,
                error_messages={"max_value": _("%(name)s: only %(units)s can be sent again") % {"name": line.name, "units": count}},
            )  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """Each line with its field, for the page."""
        return [
            {"line": line, "left": count, "name": f"units-{line.pk}", "units": self[f"units-{line.pk}"].value() or 0}
            for line, count in self.left.items()
        ]

    def units(self) -> dict[int, int]:
        return {line.pk: self.cleaned_data.get(f"units-{line.pk}") or 0 for line in self.left}
