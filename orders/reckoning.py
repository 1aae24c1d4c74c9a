"""Expected against actual: what history says of every subscription, compared with what is in the tables.

Finds deliveries that are missing (also a row deleted by hand), early, double, on the wrong day, paid and not
shipped, shipped and not paid, left out without a reason, and what ended while paid deliveries were owed. It trusts no
stored next date.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from orders.billing_states import LIVE_CHARGES, LIVE_DUNNING, DeliveryStatus, SubscriptionStatus
from orders.expected import Anchor, Expected, Told, expect
from orders.models import CalendarSegment, Charge, Delivery, Dunning, FindingKind, Subscription, SubscriptionEvent
from orders.states import FulfilmentStatus, InvoiceStatus, OrderStatus

CHUNK = 500
# The window of the run, and a little more.
GRACE = timedelta(hours=8)
# How far before its day a delivery may leave because days are closed.
LONGEST_SHIFT = timedelta(days=31)
SHIPPING_PATIENCE, PAYING_PATIENCE = timedelta(days=3), timedelta(days=30)
OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)
HAS_LEFT = frozenset({FulfilmentStatus.SHIPPED, FulfilmentStatus.DELIVERED})


class Difference(NamedTuple):
    kind: str
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Actual:
    """The deliveries of a subscription by number, with order and what pays for them; invoices that are being collected."""

    deliveries: dict[int, Delivery]
    collected: frozenset[int]


def reckon(subscriptions: Sequence[Subscription], *, now: datetime) -> Iterator[tuple[Subscription, Difference]]:
    """Every difference of these subscriptions (with their version), in a constant number of statements."""
    expected, actual = _expected(subscriptions), _actual(subscriptions)
    for s in subscriptions:
        for difference in differences(s, expected[s.pk], actual[s.pk], now):
            yield s, difference


def _expected(subscriptions: Sequence[Subscription]) -> dict[int, Expected]:
    anchors: dict[int, list[Anchor]] = defaultdict(list)
    for row in CalendarSegment.objects.filter(subscription__in=subscriptions):
        anchors[row.subscription_id].append(
            Anchor(row.first_number, row.anchor_on, row.anchor_day, row.every, row.unit)
        )
    lines: dict[int, list[Told]] = defaultdict(list)
    events = SubscriptionEvent.objects.filter(subscription__in=subscriptions).order_by("pk")
    names = ("subscription_id", "pk", "kind", "delivery_number", "facts", "at", "undoes_id")
    for owner, *facts in events.values_list(*names):
        lines[owner].append(Told(*facts))
    return {s.pk: expect(anchors[s.pk], lines[s.pk]) for s in subscriptions}


def _actual(subscriptions: Sequence[Subscription]) -> dict[int, Actual]:
    rows: dict[int, dict[int, Delivery]] = defaultdict(dict)
    found = Delivery.objects.filter(subscription__in=subscriptions).select_related("order", "cycle__invoice")
    for row in found:
        rows[row.subscription_id][row.number] = row
    charges = Charge.objects.filter(invoice__subscription__in=subscriptions, status__in=LIVE_CHARGES)
    cases = Dunning.objects.filter(invoice__subscription__in=subscriptions, status__in=LIVE_DUNNING)
    collected = frozenset([*charges.values_list("invoice", flat=True), *cases.values_list("invoice", flat=True)])
    return {s.pk: Actual(rows[s.pk], collected) for s in subscriptions}


def differences(s: Subscription, expected: Expected, actual: Actual, now: datetime) -> Iterator[Difference]:
    """What is not as it should be. Pure."""
    yield from _ordered(s, expected, actual)
    yield from _left_out(expected, actual)
    if s.status == SubscriptionStatus.ACTIVE:
        yield from _next(s, expected, actual, now)
    yield from _still_owed(s, now)
    for row in actual.deliveries.values():
        yield from _money(row, actual, now)


def _ordered(s: Subscription, expected: Expected, actual: Actual) -> Iterator[Difference]:
    for number, orders in expected.orders.items():
        row = actual.deliveries.get(number)
        if row is None or row.order is None or row.ordered_at is None:
            yield Difference(FindingKind.MISSING, number, _("It was ordered, but the delivery is not there."))
            continue
        if len(orders) > 1 or row.order.number not in orders:
            words = _("Ordered as %(orders)s; it is %(order)s.")
            facts = {"orders": ", ".join(orders), "order": row.order.number}
            yield Difference(FindingKind.DOUBLE, number, words % facts)
        yield from _on_wrong_day(row, expected)
        leaves_on = min(row.leaves_on, expected.leaves_on(number))
        closes_on = leaves_on - timedelta(days=s.version.cut_off_days)
        if business_day(row.ordered_at) < closes_on and number not in expected.at_once:
            words = _("Ordered on %(day)s, before changes closed.") % {"day": business_day(row.ordered_at)}
            yield Difference(FindingKind.EARLY, number, words)
    for number, row in actual.deliveries.items():
        if row.order is not None and number not in expected.orders:
            words = _("%(order)s was made, but nothing was written down.") % {"order": row.order.number}
            yield Difference(FindingKind.DOUBLE, number, words)


def _on_wrong_day(row: Delivery, expected: Expected) -> Iterator[Difference]:
    """Closed days shift it to an earlier one, never to a later."""
    meant = expected.leaves_on(row.number)
    if not meant - LONGEST_SHIFT <= row.leaves_on <= meant:
        words = _("It leaves on %(day)s; by its calendar it should on %(meant)s.")
        yield Difference(FindingKind.WRONG_DATE, row.number, words % {"day": row.leaves_on, "meant": meant})


def _left_out(expected: Expected, actual: Actual) -> Iterator[Difference]:
    if expected.is_paused:
        return
    for number, row in actual.deliveries.items():
        if row.status == DeliveryStatus.SKIPPED and number not in expected.left_out:
            yield Difference(FindingKind.UNEXPLAINED, number, _("It is left out, and nothing says why."))


def _next(s: Subscription, expected: Expected, actual: Actual, now: datetime) -> Iterator[Difference]:
    number = expected.next_number
    if number is None:
        yield Difference(FindingKind.MISSING, 0, _("Nothing comes, although it is active."))
        return
    row = actual.deliveries.get(number)
    if row is None or row.status != DeliveryStatus.SCHEDULED or not row.is_next:
        words = _("The next delivery should be that of %(day)s.") % {"day": expected.leaves_on(number)}
        yield Difference(FindingKind.MISSING, number, words)
        return
    yield from _on_wrong_day(row, expected)
    is_waiting = row.parked_at is not None or row.order_at + GRACE > now
    closes_on = expected.leaves_on(number) - timedelta(days=s.version.cut_off_days)
    if not row.parked_at and (not is_waiting or closes_on < business_day(now) - timedelta(days=2)):
        words = _("It should have been ordered on %(day)s.") % {"day": closes_on}
        yield Difference(FindingKind.MISSING, number, words)


def _still_owed(s: Subscription, now: datetime) -> Iterator[Difference]:
    """Paid, and no order will be made of it (W53)."""
    ended_at = s.cancelled_at or s.expired_at
    if s.status in OVER and s.deliveries_owed and ended_at and ended_at + GRACE <= now:
        words = _("It ended on %(day)s; %(count)s paid deliveries were neither sent nor given back.")
        facts = {"day": business_day(ended_at), "count": s.deliveries_owed}
        yield Difference(FindingKind.STILL_OWED, 0, words % facts)


def _money(row: Delivery, actual: Actual, now: datetime) -> Iterator[Difference]:
    invoice = row.cycle.invoice if row.cycle else None
    if row.order is None or invoice is None:
        return
    today, has_left = business_day(now), row.order.fulfilment_status in HAS_LEFT
    is_open = row.order.status == OrderStatus.ACCEPTED
    if invoice.status == InvoiceStatus.PAID and is_open and not has_left and row.leaves_on + SHIPPING_PATIENCE < today:
        words = _("%(invoice)s is paid; %(order)s should have left on %(day)s.")
        facts = {"invoice": invoice.number, "order": row.order.number, "day": row.leaves_on}
        yield Difference(FindingKind.NOT_SHIPPED, row.number, words % facts)
    is_late = invoice.due_on + PAYING_PATIENCE < today
    if has_left and is_late and invoice.status == InvoiceStatus.OPEN and invoice.pk not in actual.collected:
        words = _("%(order)s was shipped; nobody collects %(invoice)s.")
        facts = {"invoice": invoice.number, "order": row.order.number}
        yield Difference(FindingKind.NOT_PAID, row.number, words % facts)
