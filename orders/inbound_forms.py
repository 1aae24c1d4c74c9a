"""Forms over incoming documents."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import Sku
from orders.actions.mapping import MOST_UNITS_EACH
from orders.intake.registry import PARSERS
from orders.intake.strict_json import LARGEST_SOURCE
from orders.models import Channel

MOST_FILES = 50


class MapItemForm(forms.Form):
    """What a channel's code means here."""

    external_code = forms.CharField(widget=forms.HiddenInput, max_length=120)
    sku = forms.CharField(
        label=gettext_lazy("Our SKU or barcode"),
        max_length=64,
        error_messages={"required": gettext_lazy("Enter one of our SKUs")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-scan": True}),
    )
    units = forms.IntegerField(
        label=gettext_lazy("Our units in one of theirs"), min_value=1, max_value=MOST_UNITS_EACH, initial=1
    )

    def clean_sku(self) -> Sku:
        code = self.cleaned_data["sku"].strip()
        found = Sku.objects.filter(code__iexact=code).first() or Sku.objects.filter(barcode=code).first()
        if found is None:
            raise forms.ValidationError(_("There is no SKU “%(code)s”") % {"code": code})
        return found


class ManyFiles(forms.FileField):
    """One or more files."""

    widget = type("ManyFilesInput", (forms.ClearableFileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        chosen = (data or [None]) if isinstance(data, list | tuple) else [data]
        return [super(ManyFiles, self).clean(file, initial) for file in chosen]


class TakeInForm(forms.Form):
    """Files of one channel."""

    channel = forms.ModelChoiceField(
        queryset=Channel.objects.filter(kind__in=list(PARSERS)).order_by("name"),
        label=gettext_lazy("Channel"),
        error_messages={"required": gettext_lazy("Choose a channel")},
    )
    documents = ManyFiles(
        label=gettext_lazy("Files"),
        help_text=gettext_lazy("JSON or CSV as the shop exports it, up to 32 MB each."),
        error_messages={
            "required": gettext_lazy("Choose a file"),
            "empty": gettext_lazy("This file is empty. Choose one with orders in it"),
        },
    )

    def clean_documents(self) -> "list[UploadedFile[Any]]":
        files: list[UploadedFile[Any]] = self.cleaned_data["documents"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(most)d files at once") % {"most": MOST_FILES})
        for file in files:
            if (file.size or 0) > LARGEST_SOURCE:
                raise forms.ValidationError(_("%(name)s is larger than 32 MB") % {"name": file.name})
        return files
