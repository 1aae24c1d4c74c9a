"""What a person decides about deliveries that were put aside: try again, ship all, ship one, move the calendar."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.each import Tally, each
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.parking import park
from orders.actions.renewing import renew, renew_one
from orders.billing_states import DeliveryStatus, EventKind, SkipReason
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.catching_up import Busy, CannotRenew, NotNext
from orders.models import CalendarSegment, Delivery, Order, Subscription, SubscriptionEvent
from orders.periods import Segment

SHIP_ALL, SHIP_ONE, MOVE, AGAIN = "all", "one", "move", "again"
# However long the outage was, nobody is sent more than this at once.
MOST_AT_ONCE = 12


def replay(delivery_id: int, *, by: User | str, now: datetime) -> Order:
    """Order a parked delivery whose fault was mended; otherwise it keeps its new reason. Raises CannotRenew."""
    try:
        return renew_one(delivery_id, by=by, now=now)
    except Busy:
        raise
    except CannotRenew as fault:
        with transaction.atomic(durable=True):
            rows = Delivery.objects.filter(pk=delivery_id, parked_at__isnull=False)
            rows.update(parked_at=None, parked_code="", parked_reason="")
            park({delivery_id: fault}, by=by, now=now)
        raise


def replay_all(delivery_ids: Iterable[int], *, by: User | str, now: datetime) -> Tally:
    """Each on its own: what still cannot be ordered is named and stays where it is."""
    ids = list(delivery_ids)
    numbers = dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "subscription__number"))
    return each(ids, lambda pk: replay(pk, by=by, now=now), number=numbers.__getitem__)


@retries_conflicts
@transaction.atomic(durable=True)
def ship_all(delivery_id: int, *, by: User | str, now: datetime) -> list[Order]:
    """Order it and every later one that should have been ordered by now. Raises CannotRenew."""
    orders = [renew(delivery_id, by=by, now=now, is_forced=True)]
    owner = Delivery.objects.values_list("subscription", flat=True).get(pk=delivery_id)
    due = Delivery.objects.due(now).filter(subscription=owner)
    while len(orders) < MOST_AT_ONCE and (pk := due.values_list("pk", flat=True).first()):
        orders.append(renew(pk, by=by, now=now, is_forced=True))
    return orders


@retries_conflicts
@transaction.atomic(durable=True)
def ship_one(delivery_id: int, *, by: User | str, now: datetime) -> Order:
    """Order it and leave out every later one that was missed. Raises CannotRenew."""
    order = renew(delivery_id, by=by, now=now, is_forced=True)
    owner = Delivery.objects.values_list("subscription", flat=True).get(pk=delivery_id)
    while missed := Delivery.objects.due(now).filter(subscription=owner).select_related("subscription").first():
        _leave_out(missed, by=by, now=now)
    return order


def _leave_out(row: Delivery, *, by: User | str, now: datetime) -> None:
    """The next one is scheduled before this one is not any more."""
    calendar = _calendar(row.subscription, now)
    row.move_to(DeliveryStatus.SKIPPED, now=now, skip_reason=SkipReason.OUTAGE, is_next=False)
    number = row.number + 1
    taken = Delivery.objects.filter(subscription=row.subscription)
    while taken.filter(number=number).exclude(status=DeliveryStatus.SCHEDULED).exists():
        number += 1
    if not taken.filter(number=number).update(is_next=True):
        dates = calendar.dates(number)
        facts = {name: getattr(dates, name) for name in ("planned_on", "leaves_on", "lock_at", "order_at")}
        Delivery.objects.create(subscription=row.subscription, number=number, is_next=True, **facts)
    facts = {"reason": SkipReason.OUTAGE, "planned_on": row.planned_on.isoformat()}
    sentence = gettext_noop("Delivery {number} left out: it was missed in an outage")
    _write(row, EventKind.SKIPPED, facts, "delivery.skipped", sentence, by, now)


@retries_conflicts
@transaction.atomic(durable=True)
def move_calendar(delivery_id: int, *, by: User | str, now: datetime) -> Delivery:
    """The missed delivery and all after it start anew from the first day that can still be made."""
    row = Delivery.objects.select_related("subscription").get(pk=delivery_id)
    # Closes the race with the run and with the customer: whoever comes second sees what was decided.
    row.subscription = Subscription.objects.locked().get(pk=row.subscription_id)
    row = Delivery.objects.select_related("subscription__version", "subscription__address").get(pk=delivery_id)
    if not row.is_next:
        raise NotNext
    calendar = _calendar(row.subscription, now)
    day = _first_open_day(row, calendar, now)
    interval = calendar.interval(row.number)
    segment = Segment(row.number, day, day.day, interval)
    facts = {"first_number": row.number, "anchor_on": day, "anchor_day": day.day}
    CalendarSegment.objects.filter(subscription=row.subscription, first_number__gte=row.number).delete()
    made = {**facts, "every": interval.every, "unit": interval.unit}
    CalendarSegment.objects.create(subscription=row.subscription, created_at=now, **made)
    dates = calendar.with_segments([*(s for s in calendar.segments if s.first_number < row.number), segment])
    new = dates.dates(row.number)
    before = {"planned_on": row.planned_on.isoformat(), "leaves_on": row.leaves_on.isoformat()}
    row.planned_on, row.leaves_on, row.lock_at, row.order_at = new.planned_on, new.leaves_on, new.lock_at, new.order_at
    row.parked_at, row.parked_code, row.parked_reason = None, "", ""
    row.save()
    sentence = gettext_noop("Calendar moved after an outage: delivery {number} and all later ones")
    told = {**made, "anchor_on": day.isoformat(), "before": before}
    _write(row, EventKind.REANCHORED, told, "subscription.reanchored", sentence, by, now)
    return row


def _first_open_day(row: Delivery, calendar: SubscriptionCalendar, now: datetime) -> date:
    day = business_day(now)
    while calendar.dates(row.number, moved_to=day).lock_at <= now:
        day += timedelta(days=1)
    return day


def _calendar(s: Subscription, now: datetime) -> SubscriptionCalendar:
    return load_calendars([s], now=now)[s.pk]


def _write(
    row: Delivery, kind: str, facts: dict[str, object], verb: str, sentence: str, by: User | str, now: datetime
) -> None:
    s = row.subscription
    Subscription.objects.filter(pk=s.pk).update(row_version=F("row_version") + 1)
    SubscriptionEvent.objects.create(
        subscription=s, kind=kind, delivery_number=row.number, facts=facts, by=str(by), at=now
    )
    record(verb, sentence, subject=s.number, by=by, now=now, number=row.number)
