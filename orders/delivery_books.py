"""Invariants of deliveries: ordered once, one next, no hole, the right day, nothing late, nothing after the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.billing_states import LIVE_CHARGES, DeliveryStatus, EventKind, SubscriptionStatus
from orders.models import CalendarSegment, Charge, Delivery, FindingKind, Order, Subscription, SubscriptionEvent
from orders.reckoning import CHUNK, reckon
from orders.renewal_book import open_stops

# One tick of the run, and what a long run may take.
LATE = timedelta(hours=2)
OVER = (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED, SubscriptionStatus.PAUSED)


@invariant("I24", _("A delivery became one order, and a renewal belongs to one delivery"), is_local=True)
def one_order_each(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    orders = touched.of(Order.objects.filter(is_renewal=True, delivery=None, external_number=""), "number")
    yield from orders.order_by("pk").values("number")
    told = touched.of(SubscriptionEvent.objects.filter(kind=EventKind.ORDERED), "subscription__number").order_by()
    twice = told.values("subscription__number", "delivery_number").annotate(n=Count("pk")).filter(n__gt=1)
    yield from twice.order_by("subscription__number", "delivery_number")
    deliveries = touched.of(Delivery.objects.all(), "subscription__number")
    rows = deliveries.order_by().values("subscription__number", "number").annotate(n=Count("pk"))
    yield from rows.filter(n__gt=1).order_by("subscription__number", "number")


@invariant("I25", _("Every active subscription has exactly one next delivery"), is_local=True)
def one_next(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    nexts = Count("deliveries", filter=Q(deliveries__is_next=True, deliveries__status=DeliveryStatus.SCHEDULED))
    active = touched.of(Subscription.objects.active(), "number").annotate(nexts=nexts)
    return active.exclude(nexts=1).order_by("pk").values("number", "nexts")


@invariant("I26", _("The numbers of deliveries have no hole before the next one"), is_local=True)
def no_hole(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    """A number without a row is one that was never touched: such lie only after the next one."""
    own = Delivery.objects.filter(subscription=OuterRef("pk"))
    last = own.filter(status=DeliveryStatus.ORDERED).order_by("-number").values("number")[:1]
    first = CalendarSegment.objects.filter(subscription=OuterRef("pk")).order_by("first_number").values("first_number")
    rows = (
        touched.of(Subscription.objects.all(), "number")
        .annotate(first=Subquery(first[:1]), last=Subquery(last))
        .exclude(last=None)
    )
    there = own.filter(number__lte=OuterRef("last")).order_by().values("subscription").annotate(n=Count("pk"))
    counted = rows.annotate(count=Subquery(there.values("n")))
    return counted.exclude(count=F("last") - F("first") + 1).order_by("pk").values("number", "first", "last", "count")


@invariant("I27", _("Deliveries are on the days their anchor and their history say"), is_local=True)
def right_days(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    last = 0
    begun = touched.of(Subscription.objects.exclude(status=SubscriptionStatus.PENDING), "number")
    rows = begun.select_related("version").order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        for s, found in reckon(chunk, now=now):
            if found.kind in (FindingKind.WRONG_DATE, FindingKind.DOUBLE):
                yield {"subscription": s.number, "delivery": found.number, "finding": found.words}
        last = chunk[-1].pk


@invariant("I28", _("Nothing that is due waits longer than a run takes, unless it is parked or stopped"))
def nothing_late(now: datetime) -> Iterable[Any]:
    if open_stops(now):
        return []
    late = Delivery.objects.due(now - LATE).order_by("pk")
    return late.values("subscription__number", "number", "order_at")


@invariant("I29", _("What is paused or over has no next delivery, and no charge for later ones"), is_local=True)
def nothing_after_the_end(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    nexts = Delivery.objects.filter(is_next=True).exclude(subscription__status=SubscriptionStatus.ACTIVE)
    yield from touched.of(nexts, "subscription__number").order_by("pk").values("subscription__number", "number")
    later = Charge.objects.filter(status__in=LIVE_CHARGES, invoice__subscription__status__in=OVER)
    after = Delivery.objects.filter(cycle__invoice=OuterRef("invoice"), status=DeliveryStatus.ORDERED)
    billed = touched.of(later.filter(invoice__billing_cycle__isnull=False), "invoice__subscription__number")
    yield from billed.exclude(Exists(after)).order_by("pk").values("invoice__number", "idempotency_key")
