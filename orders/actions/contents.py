"""Changes of what is in every box from the next delivery on: swap, units, boxes, extras.

What deliveries that are paid in advance cost more or less then is charged or credited at once (subscriptions.md 2.6).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import Sku
from ordermgmt.money import ZERO
from orders.actions.changing_plan import check_boxes
from orders.actions.deliveries import list_price, sold
from orders.actions.paid_ahead import bill_difference, price_ahead
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.swaps import swap_surcharge, swaps_of
from orders.billing_states import ContentKind, EventKind
from orders.models import SubscriptionLine


def check_contents_open(work: Work) -> int:
    """The first delivery a change of contents holds for. Raises TooLate, NotAllowed."""
    if work.s.version.content == ContentKind.BOX:
        raise NotAllowed(_("What is in the box of the month is chosen by us."))
    return work.first_affected()


def line_at(work: Work, position: int) -> SubscriptionLine:
    line = SubscriptionLine.objects.select_related("sku").filter(subscription=work.s, position=position).first()
    if line is None:
        raise NotAllowed(_("This item is not in the box any more."))
    return line


@dataclass(frozen=True)
class Swap:
    """Another item in place of the one at `position`, from the next delivery on; what it costs more is added each time."""

    position: int
    sku_id: int
    kind: ClassVar[str] = EventKind.CONTENT

    def apply(self, work: Work) -> Made:
        number = check_contents_open(work)
        line, sku = line_at(work, self.position), sold(self.sku_id)
        self._check(work, line, sku)
        surcharge = swap_surcharge(line, sku, work.s.currency, work.s.version_id)
        before, old = price_ahead(work), line.sku
        line.sku, line.surcharge = sku, surcharge
        if line.unit_price is not None:
            line.unit_price, line.surcharge = list_price(sku, work.s.currency), ZERO
        line.save(update_fields=["sku", "surcharge", "unit_price"])
        facts = {"old": old.name, "new": sku.name, "position": self.position, **bill_difference(work, before)}
        return Made(gettext_noop("{new} instead of {old}, from the next delivery on"), facts, number)

    def _check(self, work: Work, line: SubscriptionLine, sku: Sku) -> None:
        if not work.is_customer or line.is_extra:
            return
        if not work.s.version.may_swap:
            raise NotAllowed(_("The contents of this plan cannot be swapped."))
        if sku.pk not in swaps_of(line, work.s.version_id).values_list("sku", flat=True):
            raise NotAllowed(_("%(item)s is not one of the items to choose from.") % {"item": sku.name})


@dataclass(frozen=True)
class SetUnits:
    """So many units of the item at `position` in each box; 0 takes an extra out."""

    position: int
    units: int
    kind: ClassVar[str] = EventKind.CONTENT

    def apply(self, work: Work) -> Made:
        number = check_contents_open(work)
        line, before = line_at(work, self.position), price_ahead(work)
        if not line.is_extra and (self.units < 1 or work.is_customer):
            raise NotAllowed(_("The plan says how much of %(item)s is in it.") % {"item": line.sku.name})
        facts = {"item": line.sku.name, "units": self.units}
        if self.units < 1:
            line.delete()
            sentence = gettext_noop("{item} is not sent any more")
        else:
            line.quantity = self.units
            line.save(update_fields=["quantity"])
            sentence = gettext_noop("{units} × {item}, from the next delivery on")
        return Made(sentence, facts | bill_difference(work, before), number)


@dataclass(frozen=True)
class SetBoxes:
    """The number of boxes, from the next delivery on, at the plan's price for so many. An agreed price ends with it."""

    boxes: int
    kind: ClassVar[str] = EventKind.CONTENT

    def apply(self, work: Work) -> Made:
        number = work.first_affected()
        if self.boxes < 1:
            raise NotAllowed(_("A delivery has at least one box."))
        check_boxes(work.s.version, work.s.currency, self.boxes)
        before, was = price_ahead(work), work.s.quantity
        work.save(quantity=self.boxes, agreed_price=None if was != self.boxes else work.s.agreed_price)
        facts = {"boxes": self.boxes, "was": was, **bill_difference(work, before)}
        return Made(gettext_noop("{boxes} boxes instead of {was}"), facts, number)


@dataclass(frozen=True)
class AddExtra:
    """An item beside the plan's contents each time, at its list price (staff may agree on another)."""

    sku_id: int
    quantity: int = 1
    unit_price: Decimal | None = None
    kind: ClassVar[str] = EventKind.CONTENT

    def apply(self, work: Work) -> Made:
        number = work.first_affected()
        before, sku = price_ahead(work), sold(self.sku_id)
        if self.quantity < 1:
            raise NotAllowed(_("Add at least one unit."))
        agreed = None if work.is_customer else self.unit_price
        price = list_price(sku, work.s.currency) if agreed is None else agreed
        lines = SubscriptionLine.objects.filter(subscription=work.s)
        last = lines.aggregate(last=Max("position"))["last"] or 0
        SubscriptionLine.objects.create(
            subscription=work.s, position=last + 1, sku=sku, quantity=self.quantity, unit_price=price
        )
        facts = {"units": self.quantity, "item": sku.name, **bill_difference(work, before)}
        return Made(gettext_noop("{units} × {item} beside the box, each time"), facts, number)
