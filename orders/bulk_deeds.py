"""What can be done to many orders at once: its form, whom it would skip and why, and the verb it calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ordermgmt.models import User
from orders.actions.cancellation import TooLateToCancel, cancel_order
from orders.actions.holds import AlreadyReleased, NotOpen, place_hold, release_hold
from orders.actions.sorting import LONGEST_TAG, assign_orders, tag_orders
from orders.models import Hold, Order
from orders.states import FulfilmentStatus, HoldCode, OrderStatus

OUT_OF_THE_DOOR = (FulfilmentStatus.SHIPPED, FulfilmentStatus.DELIVERED, FulfilmentStatus.PART_SHIPPED)


class HoldForm(forms.Form):
    code = forms.ChoiceField(label=gettext_lazy("Reason"), choices=HoldCode.choices, initial=HoldCode.OPERATOR)
    reason = forms.CharField(label=gettext_lazy("In words"), max_length=300)


class TagForm(forms.Form):
    tag = forms.CharField(label=gettext_lazy("Tag"), max_length=LONGEST_TAG)


class AssignForm(forms.Form):
    to = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("name"), label=gettext_lazy("Assign to"), required=False,
        empty_label=gettext_lazy("Nobody"),
    )  # fmt: skip


class CancelForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)
    tell = forms.BooleanField(label=gettext_lazy("Tell the customers by e-mail"), required=False, initial=True)


@dataclass
class Outcome:
    """How many it was done to, what was refused (number, why), and what an undo needs."""

    done: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    undo: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    slug: str
    permission: str
    title: str | Promise
    button: Any
    form: type[forms.Form]
    why_not: Callable[[Order], str]
    run: Callable[[Sequence[Order], dict[str, Any], User, datetime], Outcome]
    is_final: bool = False


def _finished(order: Order) -> str:
    if order.status in (OrderStatus.CLOSED, OrderStatus.CANCELLED):
        return _("is %(state)s already") % {"state": order.get_status_display().lower()}
    return ""


def _not_held(order: Order) -> str:
    return "" if getattr(order, "open_holds", ()) else _("is not on hold")


def _never(order: Order) -> str:
    return ""


def _too_late(order: Order) -> str:
    return _("has left already") if order.fulfilment_status in OUT_OF_THE_DOOR else _finished(order)


def _hold(orders: Sequence[Order], facts: dict[str, Any], by: User, now: datetime) -> Outcome:
    outcome, placed = Outcome(), []
    for order in orders:
        try:
            held = place_hold(order.pk, by=by, now=now, code=facts["code"], reason=facts["reason"])
        except NotOpen as refusal:
            outcome.refused.append((order.number, str(refusal)))
            continue
        if held.opened_at == now:
            placed.append(held.pk)
        else:
            outcome.refused.append((order.number, _("Held for that already: %(why)s") % {"why": held.reason}))
    outcome.done, outcome.undo = len(placed), {"release": placed}
    return outcome


def _release(orders: Sequence[Order], facts: dict[str, Any], by: User, now: datetime) -> Outcome:
    outcome, released = Outcome(), []
    for order in orders:
        for held in Hold.objects.open().filter(order=order).order_by("pk"):
            try:
                released.append(release_hold(held.pk, by=by, now=now).pk)
            except AlreadyReleased as refusal:
                outcome.refused.append((order.number, str(refusal)))
    outcome.done, outcome.undo = len(orders), {"again": released}
    return outcome


def _tag(orders: Sequence[Order], facts: dict[str, Any], by: User, now: datetime) -> Outcome:
    changed = tag_orders([order.pk for order in orders], tag=facts["tag"], by=by, now=now)
    return Outcome(done=len(orders), undo={"tag": facts["tag"], "untag": changed})


def _assign(orders: Sequence[Order], facts: dict[str, Any], by: User, now: datetime) -> Outcome:
    before = {order.pk: order.assignee_id for order in orders}
    changed = assign_orders(list(before), to=facts["to"], by=by, now=now)
    owners = {before[pk] for pk in changed}
    # Undone only where one word says it: all of them go back to the same person, or to nobody.
    undo = {"unassign": changed, "to": str(owners.pop() or "")} if len(owners) == 1 else {}
    return Outcome(done=len(orders), undo=undo)


def _cancel(orders: Sequence[Order], facts: dict[str, Any], by: User, now: datetime) -> Outcome:
    outcome = Outcome()
    for order in orders:
        try:
            cancel_order(order.pk, by=by, reason=facts["reason"], now=now, tell_customer=facts["tell"])
            outcome.done += 1
        except TooLateToCancel as refusal:
            outcome.refused.append((order.number, str(refusal)))
    return outcome


DEEDS = {
    deed.slug: deed
    for deed in (
        Deed("hold", "orders.hold", gettext_lazy("Hold orders"), ngettext_lazy("Hold %(n)d order", "Hold %(n)d orders", "n"), HoldForm, _finished, _hold),
        Deed("release", "orders.release_hold", gettext_lazy("Release holds"), ngettext_lazy("Release %(n)d order", "Release %(n)d orders", "n"), forms.Form, _not_held, _release),
        Deed("tag", "orders.edit", gettext_lazy("Tag orders"), ngettext_lazy("Tag %(n)d order", "Tag %(n)d orders", "n"), TagForm, _never, _tag),
        Deed("assign", "orders.edit", gettext_lazy("Assign orders"), ngettext_lazy("Assign %(n)d order", "Assign %(n)d orders", "n"), AssignForm, _never, _assign),
        Deed("cancel", "orders.cancel", gettext_lazy("Cancel orders"), ngettext_lazy("Cancel %(n)d order", "Cancel %(n)d orders", "n"), CancelForm, _too_late, _cancel, is_final=True),
    )
}  # fmt: skip
