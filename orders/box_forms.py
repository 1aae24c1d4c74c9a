"""What can be asked about what is in the box: swap, add, units, boxes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.actions.contents import AddExtra, SetBoxes, SetUnits, Swap
from orders.actions.deliveries import AddOnce
from orders.actions.subscription_changes import Change
from orders.change_fields import ALWAYS, ONCE, ChangeForm, SkuField, scope_field, units_field
from orders.models import Subscription


def lines_of(s: Subscription) -> list[tuple[int, str]]:
    """The lines of a subscription to choose from, by their place."""
    return [(line.position, f"{line.quantity} × {line.sku.name}") for line in s.lines.select_related("sku")]


class SwapForm(ChangeForm):
    line = forms.TypedChoiceField(label=_("Take out"), coerce=int, widget=forms.RadioSelect)
    sku = SkuField(label=_("Put in"), max_length=120, help_text=_("Code, barcode or name of the item"))
    scope = scope_field(_("For"), _("The next delivery and all later"), initial=ALWAYS)

    def prepare(self) -> None:
        lines = lines_of(self.s)
        self.fields["line"].choices = lines  # type: ignore[attr-defined]
        if lines:
            self.fields["line"].initial = lines[0][0]

    def change(self) -> Change:
        sku, position = self.given["sku"], self.given["line"]
        if self.given["scope"] == ALWAYS:
            return Swap(position, sku.pk)
        units = self.s.lines.get(position=position).quantity * self.s.quantity
        return AddOnce(sku.pk, units, self.given["number"], replaces=position)


class AddForm(ChangeForm):
    sku = SkuField(label=_("Item"), max_length=120, help_text=_("Code, barcode or name of the item"))
    units = units_field(_("Units"))
    price = forms.DecimalField(
        label=_("Price of one"), min_value=0, max_digits=12, decimal_places=2, required=False,
        help_text=_("Empty: the list price"),
    )  # fmt: skip
    scope = scope_field(_("For"), _("Every delivery from the next one on"), initial=ONCE)

    def change(self) -> Change:
        sku, units, price = self.given["sku"], self.given["units"], self.given["price"]
        if self.given["scope"] == ALWAYS:
            return AddExtra(sku.pk, units, price)
        return AddOnce(sku.pk, units, self.given["number"], unit_price=price)


class UnitsForm(ChangeForm):
    line = forms.TypedChoiceField(label=_("Item"), coerce=int, widget=forms.RadioSelect)
    units = units_field(_("Units in each box"), least=0, initial=None)

    def prepare(self) -> None:
        self.fields["line"].choices = lines_of(self.s)  # type: ignore[attr-defined]

    def change(self) -> Change:
        return SetUnits(self.given["line"], self.given["units"])


class BoxesForm(ChangeForm):
    boxes = units_field(_("Boxes in each delivery"))

    def prepare(self) -> None:
        self.fields["boxes"].initial = self.s.quantity

    def change(self) -> Change:
        return SetBoxes(self.given["boxes"])
