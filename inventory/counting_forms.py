"""What people type when they ask for counts, count, and decide."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.models import Bin, Lot, Sku, Warehouse
from inventory.search import sku_with_code
from inventory.states import BinKind
from ordermgmt import codes

MOST = 1_000_000
MOST_PLACES = 200


def place_name(text: str) -> str:
    """The code of a place from what was typed or scanned."""
    read = codes.read(text)
    return read.name if read and read.kind == codes.BIN else text.strip().upper()


class CountsForm(forms.Form):
    """Which places are to be counted; `found` holds them."""

    warehouse = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("Warehouse"), to_field_name="code")
    places = forms.CharField(
        label=_("Places"),
        widget=forms.Textarea(attrs={"rows": 5, "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_("Scan or type one in each line. A12* means every place whose code starts with A12."),
    )
    reason = forms.CharField(label=_("Why"), max_length=120, initial=_("Regular count"))

    def __init__(self, data: Any, *, warehouses: QuerySet[Warehouse]) -> None:
        super().__init__(data)
        field: Any = self.fields["warehouse"]
        field.queryset = warehouses
        field.empty_label = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("warehouse") and data.get("places"):
            self.found = self._places(countable(data["warehouse"].bins.all()), data["places"].split())
        return data

    def _places(self, bins: QuerySet[Bin], names: Sequence[str]) -> list[Bin]:
        found: dict[int, Bin] = {}
        for name in map(place_name, names):
            chosen = bins.filter(code__istartswith=name[:-1]) if name.endswith("*") else bins.filter(code__iexact=name)
            if not chosen:
                self.add_error("places", _g("There is no place %(code)s to count") % {"code": name})
            found |= {place.pk: place for place in chosen}
        if len(found) > MOST_PLACES:
            self.add_error("places", _g("These are %(n)d places. Ask for 200 at most") % {"n": len(found)})
        return sorted(found.values(), key=lambda place: (place.pick_sequence, place.code))


def countable(bins: QuerySet[Bin]) -> QuerySet[Bin]:
    """Picked goods on a staging place belong to orders on their way; they are not counted."""
    return bins.filter(is_active=True).exclude(kind=BinKind.STAGE).select_related("warehouse")


class CountForm(forms.Form):
    """What lies in a place, blind: a number for each item and lot, and for one more that is found there."""

    since = forms.IntegerField(widget=forms.HiddenInput)
    other = forms.CharField(
        label=_("Another item that lies there"), required=False, max_length=60,
        help_text=_("Its SKU or barcode"), widget=forms.TextInput(attrs={"autocapitalize": "off", "data-count-other": ""}),
    )  # fmt: skip
    other_units = forms.IntegerField(label=_("Units of it"), required=False, min_value=1, max_value=MOST)

    def __init__(self, data: Any, *, items: Iterable[tuple[Sku, Lot | None]], since: int) -> None:
        super().__init__(data, initial={"since": since})
        self._items = {f"u{sku.pk}_{lot.pk if lot else 0}": (sku, lot) for sku, lot in items}
        rows = {name: _units(sku, lot) for name, (sku, lot) in self._items.items()}
        self.fields = rows | self.fields

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        other, units = data.get("other"), data.get("other_units")
        if bool(other) != bool(units) and "other_units" not in self.errors:
            self.add_error("other_units" if other else "other", _g("Enter the item and its units, or neither"))
        data["sku"] = sku_with_code(other.strip().upper()) if other else None
        if other and not data["sku"]:
            self.add_error("other", _g("There is no item with this code"))
        elif data["sku"] and data["sku"] in {sku for sku, _lot in self._items.values()}:
            self.add_error("other", _g("%(sku)s has a field of its own above") % {"sku": data["sku"].code})
        elif data["sku"] and data["sku"].is_bundle:
            self.add_error("other", _g("%(sku)s is a bundle. Count its parts") % {"sku": data["sku"].code})
        return data

    @property
    def found(self) -> dict[Sku, dict[int | None, int]]:
        """Units by item and lot id."""
        found: dict[Sku, dict[int | None, int]] = {}
        for name, (sku, lot) in self._items.items():
            found.setdefault(sku, {})[lot.pk if lot else None] = self.cleaned_data[name]
        if self.cleaned_data["sku"]:
            found[self.cleaned_data["sku"]] = {None: self.cleaned_data["other_units"]}
        return found


def _units(sku: Sku, lot: Lot | None) -> forms.IntegerField:
    label = f"{sku.code} · {sku.name}" + (f" · {_g('lot')} {lot.code}" if lot else "")
    scanned = {sku.code: 1, **({sku.barcode: 1} if sku.barcode else {})}
    scanned |= {one.code: one.quantity for one in sku.codes.all()}
    attrs = {"inputmode": "numeric", "data-count-codes": " ".join(f"{code}={n}" for code, n in scanned.items())}
    wrong = {"required": _g("Enter what you counted of %(sku)s, 0 when there is none") % {"sku": sku.code}}
    return forms.IntegerField(
        label=label, min_value=0, max_value=MOST, widget=forms.NumberInput(attrs=attrs), error_messages=wrong
    )
