"""What can be wished for many subscriptions at once: the form, kept as data, and the change it means for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.models import Sku
from orders.actions.contents import Swap
from orders.actions.deliveries import AddOnce, Move, Skip
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import Change, Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import EventKind
from orders.change_fields import ONCE, SkuField, day_field, scope_field
from orders.models import SubscriptionLine


class WishForm(forms.Form):
    def facts(self) -> dict[str, Any]:
        """What was typed, as data."""
        return {}


class MoveForm(WishForm):
    to = day_field(gettext_lazy("Next delivery leaves on"))

    def facts(self) -> dict[str, Any]:
        return {"to": self.cleaned_data["to"].isoformat()}


class PauseForm(WishForm):
    until = day_field(gettext_lazy("Until"), help_text=gettext_lazy("The first day they may be delivered again"))

    def facts(self) -> dict[str, Any]:
        return {"until": self.cleaned_data["until"].isoformat()}


class SwapForm(WishForm):
    old = SkuField(label=gettext_lazy("Take out"), max_length=120, help_text=gettext_lazy("Code of the item that is sold out"))  # fmt: skip
    new = SkuField(label=gettext_lazy("Put in"), max_length=120)
    scope = scope_field(
        gettext_lazy("For"),
        gettext_lazy("The next delivery and all later"),
        initial=ONCE,
        once=gettext_lazy("Only the next delivery"),
    )

    def facts(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"old": given["old"].pk, "new": given["new"].pk, "scope": given["scope"]}


@dataclass(frozen=True)
class SwapItem:
    """Another item in place of one, wherever it is in the box."""

    old_id: int
    new_id: int
    only_next: bool
    kind: ClassVar[str] = EventKind.CONTENT

    def apply(self, work: Work) -> Made:
        line = SubscriptionLine.objects.filter(subscription=work.s, sku=self.old_id).first()
        if line is None:
            name = Sku.objects.values_list("name", flat=True).get(pk=self.old_id)
            raise NotAllowed(_("%(item)s is not in the box.") % {"item": name})
        if not self.only_next:
            return Swap(line.position, self.new_id).apply(work)
        units = line.quantity * (1 if line.is_extra else work.s.quantity)
        return AddOnce(self.new_id, units, replaces=line.position).apply(work)


@dataclass(frozen=True)
class Wish:
    slug: str
    title: str | Promise
    form: type[WishForm]
    icon: str


WISHES = {
    wish.slug: wish
    for wish in (
        Wish("skip", gettext_lazy("Skip the next delivery"), WishForm, "right"),
        Wish("move", gettext_lazy("Move the next delivery"), MoveForm, "calendar"),
        Wish("swap", gettext_lazy("Swap an item"), SwapForm, "repeat"),
        Wish("pause", gettext_lazy("Pause"), PauseForm, "pause"),
    )
}


def change_of(slug: str, facts: Mapping[str, Any]) -> Change:
    """The change a wish means, from its data."""
    if slug == "move":
        return Move(date.fromisoformat(facts["to"]))
    if slug == "pause":
        return Pause(date.fromisoformat(facts["until"]))
    if slug == "swap":
        return SwapItem(facts["old"], facts["new"], facts["scope"] == ONCE)
    return Skip()
