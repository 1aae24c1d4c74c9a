"""Why an order is not moving, as far as the order itself knows (ux.md P08): two statements for any number."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ordermgmt.blocking import Blocker, Fix, blocker_rule
from ordermgmt.clock import business_day, business_zone, local_time
from ordermgmt.prepared import Prepared
from ordermgmt.roles import Role
from ordermgmt.templatetags.portal import weekday_words
from orders.models import Hold, InboundOrder, Order, OrderLine, Payment
from orders.out_of_time import undecided
from orders.states import FulfilmentStatus, HoldCode, OrderStatus, PaymentKind, PaymentState

# Worst first.
LATE, FAILED, HELD, SHORT, STALE, WAITS = 10, 15, 20, 30, 40, 80
STILL_HERE = frozenset({FulfilmentStatus.UNFULFILLED, FulfilmentStatus.WAITING, FulfilmentStatus.IN_PROGRESS})
# How long work may stay in a state on the floor before somebody is asked about it.
PATIENCE = {
    "released": timedelta(hours=4),
    "picking": timedelta(hours=2),
    "picked": timedelta(hours=4),
    "packing": timedelta(hours=1),
    "packed": timedelta(hours=24),
}


class Lack(NamedTuple):
    code: str
    backordered: int
    promised: int
    live: int


@blocker_rule
def order_blockers(orders: Sequence[Order], now: datetime) -> Mapping[int, Sequence[Blocker]]:
    """Holds, money, stock, lateness and standing work of accepted orders."""
    open_orders = [order for order in orders if order.status == OrderStatus.ACCEPTED]
    lacks, failed, unread = _lacks(open_orders), _failed_payments(open_orders), _unread(open_orders)
    overdue = _out_of_time(open_orders, now)
    return {
        order.pk: [
            *_late(order, now),
            *_held(order, unread.get(order.pk), is_undecided=order.pk in overdue),
            *_payment_failed(order, failed.get(order.pk)),
            *_short(order, lacks.get(order.pk, [])),
            *_standing(order, now),
            *_to_be_released(order, lacks.get(order.pk, [])),
        ]
        for order in open_orders
    }


def fix_url(order: Order, name: str, *args: int) -> str:
    """The page or act of an order that mends something (orders/order_urls.py)."""
    return reverse(name, args=[order.number, *args])


def _lacks(orders: Sequence[Order]) -> dict[int, list[Lack]]:
    """What is not here of items we know; an unknown one is a hold of its own."""
    found: dict[int, list[Lack]] = defaultdict(list)
    rows = _LACKING([order.pk for order in orders]) if orders else ()
    for pk, code, backordered, promised, ordered, cancelled in rows:
        found[pk].append(Lack(code, backordered, promised, ordered - cancelled))
    return found


def _unread(orders: Sequence[Order]) -> dict[int, int]:
    """The documents of orders with items nobody knows: there their codes are mapped."""
    held = [o.pk for o in orders if any(h.code == HoldCode.UNKNOWN_SKU for h in getattr(o, "open_holds", ()))]
    if not held:
        return {}
    return {order: pk for pk, order in InboundOrder.objects.filter(order__in=held).values_list("pk", "order") if order}


def _out_of_time(orders: Sequence[Order], now: datetime) -> set[int]:
    """Those that a timer would end, or dunning, and may not."""
    timed = [o.pk for o in orders if any(hold.code == HoldCode.PAYMENT for hold in getattr(o, "open_holds", ()))]
    if not timed:
        return set()
    return set(undecided(Order.objects.filter(pk__in=timed), now).values_list("pk", flat=True))


class Tried(NamedTuple):
    """An attempt to get money."""

    state: str
    reason: str
    at: datetime


def _failed_payments(orders: Sequence[Order]) -> dict[int, Tried]:
    """The last attempt of orders whose money did not come, when it failed."""
    unpaid = [order.pk for order in orders if order.balance > 0]
    last = {order_id: Tried(*facts) for order_id, *facts in (_TRIED(unpaid) if unpaid else ())}
    return {pk: tried for pk, tried in last.items() if tried.state == PaymentState.FAILED}


_LACKING = Prepared(
    lambda ids: (
        OrderLine.objects.filter(order__in=ids, sku__isnull=False)
        .exclude(backordered=0, promised=0)
        .order_by("position")
        .values_list("order_id", "sku__code", "backordered", "promised", "ordered", "cancelled")
    )
)
_TRIED = Prepared(
    lambda ids: (
        Payment.objects.filter(order__in=ids)
        .exclude(kind=PaymentKind.REFUND)
        .order_by("at", "pk")
        .values_list("order_id", "state", "reason", "at")
    )
)
Words = Callable[[], str]
NEXT_STEPS: dict[HoldCode, Words] = {
    HoldCode.ADDRESS: lambda: _("Complete the address, or ask the customer for it"),
    HoldCode.UNDELIVERABLE: lambda: _("Agree on another address or cancel"),
    HoldCode.UNKNOWN_SKU: lambda: _("Say which of our items it is"),
    HoldCode.TOTALS: lambda: _("Compare the figures with the channel"),
    HoldCode.PRICE: lambda: _("Decide which price counts"),
    HoldCode.PAYMENT: lambda: _("Wait for the money, or ask for it"),
    HoldCode.RISK: lambda: _("Look at the order and decide"),
    HoldCode.DUPLICATE: lambda: _("Ask whether both are wanted"),
    HoldCode.CUSTOMER: lambda: _("Settle what the customer owes"),
    HoldCode.QUANTITY: lambda: _("Ask whether the quantity is meant"),
    HoldCode.CHANGE: lambda: _("Take over or reject what the shop changed"),
}
CUSTOMER_SENTENCES: dict[HoldCode, Words] = {
    HoldCode.ADDRESS: lambda: _("We need your full address."),
    HoldCode.UNDELIVERABLE: lambda: _("We cannot deliver to your address yet. We will call you."),
    HoldCode.PAYMENT: lambda: _("We are waiting for your payment."),
    HoldCode.REQUEST: lambda: _("It waits, as you asked."),
}
# Pages of an order that mend something, and what they ask for.
MAY = {
    "order_edit_address": "orders.edit",
    "order_edit_items": "orders.edit",
    "order_ship_rest": "orders.edit",
    "order_cancel": "orders.cancel",
    "order_release_hold": "orders.release_hold",
}
FIXES: dict[HoldCode, tuple[Words, str]] = {
    HoldCode.ADDRESS: (lambda: _("Edit address"), "order_edit_address"),
    HoldCode.UNDELIVERABLE: (lambda: _("Edit address"), "order_edit_address"),
    HoldCode.UNKNOWN_SKU: (lambda: _("Edit items"), "order_edit_items"),
    HoldCode.QUANTITY: (lambda: _("Edit items"), "order_edit_items"),
}


def _held(order: Order, document: int | None, *, is_undecided: bool) -> Iterator[Blocker]:
    for hold in getattr(order, "open_holds", ()):
        code = HoldCode(hold.code)
        customer = CUSTOMER_SENTENCES.get(code, lambda: _("We are checking your order."))
        yield Blocker(
            code=f"hold.{code}",
            sentence=f"{code.label}. {hold.reason}",
            since=hold.opened_at,
            target_at=hold.cancels_at or hold.expires_at or hold.opened_at + timedelta(hours=hold.target_hours),
            owner_role=hold.owner_role,
            next_step=_next_step(hold, code, is_undecided=is_undecided),
            customer_sentence=customer(),
            tone="hold",
            rank=HELD,
            fixes=_hold_fixes(order, hold, code, document),
        )


def _next_step(hold: Hold, code: HoldCode, *, is_undecided: bool) -> str:
    if code == HoldCode.PAYMENT and is_undecided:
        return _(
            "Only part of it was asked for or paid, so it is not cancelled by itself. Ask for the rest, or cancel it"
        )
    if hold.cancels_at:
        day, at = weekday_words(business_day(hold.cancels_at)), local_time(hold.cancels_at)
        return _("The customer pays by the link we sent. Cancelled by itself on %(day)s at %(at)s") % {
            "day": day,
            "at": at,
        }
    return NEXT_STEPS.get(code, lambda: _("Release it when it is settled"))()


def _hold_fixes(order: Order, hold: Hold, code: HoldCode, document: int | None) -> list[Fix]:
    mends = FIXES.get(code)
    first = [_fix(order, mends[0](), mends[1])] if mends else []
    if code == HoldCode.UNKNOWN_SKU and document:
        first = [
            Fix(_("Map items"), reverse("inbound_detail", args=[document]) + "#unknown", permission="orders.intake")
        ]
    return [*first, _fix(order, _("Release hold"), "order_release_hold", hold.pk, method="POST")]


def _fix(order: Order, label: str, name: str, *args: int, method: str = "GET") -> Fix:
    return Fix(label, fix_url(order, name, *args), method, MAY[name])


def _payment_failed(order: Order, payment: Tried | None) -> Iterator[Blocker]:
    if payment:
        yield Blocker(
            code="payment.failed",
            sentence=_("The payment did not go through. %(why)s") % {"why": payment.reason},
            since=payment.at,
            owner_role=Role.FINANCE,
            next_step=_("Ask the customer to pay another way"),
            customer_sentence=_("Your payment did not go through. Nothing is lost."),
            tone="bad",
            rank=FAILED,
            fixes=[_fix(order, _("Cancel order"), "order_cancel")],
        )


def _not_served(order: Order) -> Blocker:
    """No zone holds its address, so that nothing could be promised: stock is not the reason."""
    place = ", ".join(part for part in (f"{order.ship_postcode} {order.ship_city}".strip(), order.ship_country) if part)
    return Blocker(
        code="not_served",
        sentence=_("No warehouse delivers to %(place)s") % {"place": place},
        since=order.accepted_at,
        owner_role=Role.MANAGER,
        next_step=_("Change the address, or have a warehouse deliver there"),
        customer_sentence=_("We are looking for a way to send it to you."),
        tone="warn",
        rank=SHORT,
        fixes=[_fix(order, _("Cancel order"), "order_cancel")],
    )


def _short(order: Order, lacks: Sequence[Lack]) -> Iterator[Blocker]:
    missing = [lack for lack in lacks if lack.backordered]
    if not missing:
        return
    if order.promised_ship_on is None and order.ship_country:
        yield _not_served(order)
        return
    units, live = sum(lack.backordered for lack in missing), sum(lack.live for lack in missing)
    what = ", ".join(lack.code for lack in missing[:3]) + (" …" if len(missing) > 3 else "")
    facts = {"units": units, "live": live, "what": what, "day": _day(order.promised_ship_on)}
    customer = ngettext("One item is late.", "%(n)s items are late.", len(missing)) % {"n": len(missing)}
    fixes = [_fix(order, _("Ship rest now"), "order_ship_rest", method="POST")] if _can_split(order, lacks) else []
    yield Blocker(
        code="stock",
        sentence=ngettext(
            "%(units)s of %(live)s unit waits for stock: %(what)s. Expected %(day)s",
            "%(units)s of %(live)s units wait for stock: %(what)s. Expected %(day)s",
            live,
        )
        % facts,
        since=order.accepted_at,
        target_at=_end_of(order.promised_ship_on),
        owner_role=Role.MANAGER,
        next_step=_("Buy, or offer something else"),
        customer_sentence=f"{customer} "
        + _("We expect to deliver on %(day)s.") % {"day": _day(order.promised_delivery_on)},
        tone="warn",
        rank=SHORT,
        fixes=[*fixes, _fix(order, _("Edit items"), "order_edit_items")],
    )


def _can_split(order: Order, lacks: Sequence[Lack]) -> bool:
    return not order.ships_in_parts and any(lack.promised for lack in lacks)


def _late(order: Order, now: datetime) -> Iterator[Blocker]:
    """Measured against the first promise: a later one does not make an order punctual."""
    first = order.first_promised_ship_on
    days = (business_day(now) - first).days if first else 0
    if days > 0 and order.fulfilment_status in STILL_HERE:
        text = ngettext("%(n)s day late.", "%(n)s days late.", days) % {"n": days}
        yield Blocker(
            code="late",
            sentence=_("It was to leave on %(day)s.") % {"day": _day(first)} + f" {text}",
            since=_end_of(first),
            target_at=_end_of(first),
            owner_role=Role.LEAD,
            next_step=_("Ship it next, or promise another day"),
            customer_sentence=_("It is late. We are sorry and are working on it."),
            tone="bad",
            rank=LATE,
        )


def _standing(order: Order, now: datetime) -> Iterator[Blocker]:
    """Work on the floor that has not moved for too long."""
    for work in order.open_work:
        since = getattr(work, f"{work.status}_at", None)
        if since and now - since > PATIENCE.get(work.status, timedelta.max):
            facts = {"work": work.number, "state": work.get_status_display().lower()}
            yield Blocker(
                code=f"work.{work.status}",
                sentence=_("%(work)s is %(state)s and has not moved since") % facts,
                since=since,
                target_at=since + PATIENCE[work.status],
                owner_role=Role.LEAD,
                next_step=_("Find the tote and go on with it"),
                tone="warn",
                rank=STALE,
            )


def _to_be_released(order: Order, lacks: Sequence[Lack]) -> Iterator[Blocker]:
    is_whole = order.ships_in_parts or not any(lack.backordered for lack in lacks)
    if getattr(order, "open_holds", ()) or not is_whole or not any(lack.promised for lack in lacks):
        return
    sentence, next_step, customer_sentence = _release_words(get_language())
    yield Blocker(
        code="release",
        sentence=sentence,
        since=order.accepted_at,
        target_at=_end_of(order.promised_ship_on),
        owner_role=Role.LEAD,
        next_step=next_step,
        customer_sentence=customer_sentence,
        tone="waiting",
        rank=WAITS,
    )


@lru_cache(maxsize=50)
def _release_words(language: str | None) -> tuple[str, str, str]:
    """The same for most orders of a list, so looked up once."""
    return (
        _("All of it is here. It waits for the next wave"),
        _("Release it to the floor"),
        _("We are getting it ready."),
    )


def _day(day: date | None) -> str:
    return date_format(day, "j M") if day else _("not known yet")


def _end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(23, 59), business_zone()) if day else None
