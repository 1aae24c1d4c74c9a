"""What the customer's page says about an order (P37): the answer first, then steps and parcels.

Everything is worked out from what `Order.objects.with_state()` and the page have loaded; nothing here queries.
Parcels belong to fulfilment, to the right of the arrow, and are read by the names their models declare.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ordermgmt.clock import business_day
from ordermgmt.templatetags.portal import clock_time, money, weekday, weekday_words
from orders.models import Order, OrderLine
from orders.parcels import Parcel, arrival, is_out, parcels_of, trouble_words
from orders.states import HoldCode, LineKind, OrderStatus
from orders.wording import STEPS, StateWord, state_of

ADDRESS_HOLDS = frozenset({HoldCode.ADDRESS, HoldCode.UNDELIVERABLE})
BEFORE_PACKED = frozenset({"awaiting_payment", "on_hold", "backordered", "ready", "picking", "picked"})


@dataclass(frozen=True)
class Headline:
    """The first big text, the sentence under it, and what is said when it is late or wrong."""

    title: str
    sentence: str = ""
    tone: str = "waiting"
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Step:
    label: Any
    state: str
    when: str = ""


@dataclass(frozen=True)
class Following:
    """All the page needs."""

    order: Order
    state: StateWord
    headline: Headline
    steps: Sequence[Step] = ()
    parcels: Sequence[Parcel] = ()
    items: Sequence[OrderLine] = ()
    needs_address: bool = False
    may_change_address: bool = False
    may_cancel: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


def follow(order: Order, *, customer_sentence: str, now: datetime) -> Following:
    state = state_of(order)
    parcels = parcels_of(order, now=now)
    today = business_day(now)
    return Following(
        order=order,
        state=state,
        headline=_headline(order, state, parcels, customer_sentence, today),
        steps=_steps(order, state),
        parcels=parcels,
        items=[line for line in order.lines.all() if line.kind != LineKind.COMPONENT],
        needs_address=needs_address(order),
        may_change_address=may_change_address(order),
        may_cancel=may_cancel(order),
    )


def needs_address(order: Order) -> bool:
    return any(hold.code in ADDRESS_HOLDS for hold in order.open_holds)  # type: ignore[attr-defined]


def may_change_address(order: Order) -> bool:
    """Until the first box is packed."""
    return order.status == OrderStatus.ACCEPTED and not any(line.packed or line.shipped for line in order.lines.all())


def may_cancel(order: Order) -> bool:
    """Until a box is closed; the verb looks again under its lock."""
    sealed = any(shipment.status == "packed" for shipment in order.live_shipments)  # type: ignore[attr-defined]
    return order.status == OrderStatus.ACCEPTED and not sealed and not any(line.shipped for line in order.lines.all())


# The headline ------------------------------------------------------------------------------------
def _headline(
    order: Order, state: StateWord, parcels: Sequence[Parcel], customer_sentence: str, today: date
) -> Headline:
    ends = _ENDS.get(state.value)
    if ends:
        return ends(order, parcels)
    if state.value == "delivery_problem":
        return _problem(order, parcels)
    if state.value in ("awaiting_payment", "on_hold"):
        return _waits(order, state, customer_sentence)
    return _arrives(order, state, parcels, customer_sentence, today)


def _draft(order: Order, parcels: Sequence[Parcel]) -> Headline:
    return Headline(_("We have your order"), _("Details in a minute."))


def _cancelled(order: Order, parcels: Sequence[Parcel]) -> Headline:
    title = format_html(_("Cancelled {day}"), day=weekday(order.cancelled_at))
    left = order.paid_total - order.refunded_total
    if left > 0:
        sentence = _("%(sum)s comes back to you the way you paid.") % {"sum": money(left, order.currency)}
    elif order.refunded_total > 0:
        sentence = _("We paid %(sum)s back to you.") % {"sum": money(order.refunded_total, order.currency)}
    else:
        sentence = _("You were not charged.")
    return Headline(title, sentence, "neutral")


def _delivered(order: Order, parcels: Sequence[Parcel]) -> Headline:
    last = max((p for p in parcels if p.delivered_at), key=lambda p: p.delivered_at or order.placed_at, default=None)
    if last is None or last.delivered_at is None:
        return Headline(_("Delivered"), "", "good")
    title = format_html(_("Delivered {day} {time}"), day=weekday(last.delivered_at), time=clock_time(last.delivered_at))
    where = _("It was left here: %(place)s.") % {"place": last.place} if last.place else _("It has arrived.")
    if len(parcels) > 1:
        where = _("All %(count)s parcels have arrived.") % {"count": len(parcels)}
    return Headline(title, where, "good")


def _returned(order: Order, parcels: Sequence[Parcel]) -> Headline:
    return Headline(_("It came back to us"), _("We will write to you about your money or a new parcel."), "neutral")


def _part_returned(order: Order, parcels: Sequence[Parcel]) -> Headline:
    return Headline(_("A part of it came back to us"), _("We will write to you about it."), "neutral")


_ENDS: dict[str, Callable[[Order, Sequence[Parcel]], Headline]] = {
    "draft": _draft,
    "cancelled": _cancelled,
    "delivered": _delivered,
    "returned": _returned,
    "part_returned": _part_returned,
}


def _problem(order: Order, parcels: Sequence[Parcel]) -> Headline:
    """What happened, what we do, what you can do, and the day we know."""
    worst = next((parcel for parcel in parcels if parcel.is_problem), None)
    what, ours, yours = trouble_words(worst.trouble if worst else "")
    day = worst.expected_on if worst else None
    when = _("It was planned for %(day)s.") % {"day": _plain(day)} if day else ""
    return Headline(what, " ".join(part for part in (when, ours) if part), "bad", (yours,))


def _waits(order: Order, state: StateWord, customer_sentence: str) -> Headline:
    if needs_address(order):
        title, then = _("We need your address"), _("With your address it can arrive %(day)s.")
    elif state.value == "awaiting_payment":
        title, then = _("We are waiting for your payment"), _("Once it is paid it can arrive %(day)s.")
    else:
        title, then = customer_sentence.rstrip(".") or _("We are checking your order"), _("Planned to arrive %(day)s.")
    day = order.promised_delivery_on
    return Headline(title, then % {"day": _plain(day)} if day else _no_day(), "hold")


SENTENCES = {
    "backordered": gettext_lazy("We wait for an item of it."),
    "packing": gettext_lazy("We are packing it."),
    "part_shipped": gettext_lazy("A part of it is on its way."),
    "shipped": gettext_lazy("It is on its way."),
    "out_for_delivery": gettext_lazy("It is out for delivery."),
}


def _arrives(
    order: Order, state: StateWord, parcels: Sequence[Parcel], customer_sentence: str, today: date
) -> Headline:
    day = arrival(parcels, order.promised_delivery_on)
    sentence = f"{SENTENCES.get(state.value, state.customer)} {_leaves(order, state, today)}".strip()
    waiting = next((parcel for parcel in parcels if parcel.is_waiting_for_pickup), None)
    if waiting:
        return Headline(_("Ready to collect"), _collect(waiting), "good")
    if day is None:
        return Headline(str(state.customer).rstrip("."), _no_day())
    if _is_late(order, day, today):
        return _late(order, state, day, sentence, customer_sentence, today)
    today_words = is_out(parcels) and day == today
    title = format_html(_("Arrives today, {day}") if today_words else _("Arrives {day}"), day=weekday(day))
    return Headline(title, sentence)


def _is_late(order: Order, day: date, today: date) -> bool:
    first = order.first_promised_delivery_on
    return day < today or bool(first and day > first)


def _late(order: Order, state: StateWord, day: date, sentence: str, customer_sentence: str, today: date) -> Headline:
    """Said before the customer asks: the new day, why, what we do, what can be done."""
    if day < today:
        title = format_html(_("It is late. It was to arrive {day}"), day=weekday(day))
        ours = _("We are finding out where it is and will write to you with a new date.")
    else:
        title = format_html(_("It is late. New date: {day}"), day=weekday(day))
        ours = _("We send it as soon as we can and write to you if the date moves again.")
    first = order.first_promised_delivery_on
    was = _("We are sorry: we promised %(day)s.") % {"day": _plain(first)} if first and first != day else ""
    notes = [part for part in (was, customer_sentence if state.value == "backordered" else "", ours) if part]
    if state.value in BEFORE_PACKED:
        notes.append(_("You can wait, change the address, or cancel, all below."))
    return Headline(title, sentence, "warn", notes)


def _leaves(order: Order, state: StateWord, today: date) -> str:
    day = order.promised_ship_on
    if state.step > 3 and state.value != "part_shipped":
        return ""
    if day is None or day < today:
        return ""
    rest = state.value == "part_shipped"
    return (_("The rest leaves us by %(day)s.") if rest else _("It leaves us by %(day)s.")) % {"day": _plain(day)}


def _collect(parcel: Parcel) -> str:
    if parcel.place:
        return _("Your parcel waits for you: %(place)s.") % {"place": parcel.place}
    return _("Your parcel waits for you at the pick-up point.")


def _no_day() -> str:
    return _("We write to you as soon as we know the day it arrives.")


def _plain(day: date | None) -> str:
    """Wed 25 Nov, as words inside a sentence."""
    return weekday_words(day) or _("a day not known yet")


# Steps -------------------------------------------------------------------------------------------
def _steps(order: Order, state: StateWord) -> list[Step]:
    if not state.step or state.value in ("returned", "part_returned"):
        return []
    stamps = {place: at for place, at in _stamps(order).items() if place <= state.step}
    return [
        Step(label, _step_state(place, state.step), _when(stamps.get(place))) for place, label in enumerate(STEPS, 1)
    ]


def _step_state(place: int, reached: int) -> str:
    if place < reached or reached == len(STEPS):
        return "done"
    return "current" if place == reached else "todo"


def _when(at: datetime | None) -> str:
    return format_html("{} {}", weekday(at), clock_time(at)) if at else ""


def _stamps(order: Order) -> dict[int, datetime]:
    """When each step was reached, by the parcel that came last."""
    found: dict[int, list[datetime]] = defaultdict(list)
    for shipment in order.live_shipments:  # type: ignore[attr-defined]
        for place, at in ((3, shipment.packed_at), (4, shipment.dispatched_at), (5, shipment.delivered_at)):
            if at:
                found[place].append(at)
    return {1: order.placed_at, **{place: max(times) for place, times in found.items()}}


def count_words(parcels: Sequence[Parcel]) -> str:
    """ "1 of 2 delivered", when there are several."""
    arrived = sum(parcel.delivered_at is not None for parcel in parcels)
    if len(parcels) < 2:
        return ""
    words = ngettext("%(done)s of %(all)s delivered", "%(done)s of %(all)s delivered", len(parcels))
    return words % {"done": arrived, "all": len(parcels)}
