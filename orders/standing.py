"""What customers see of their subscription: what comes next, until when it can change, what is owed, what was said.

Nothing is written. All of it costs the same number of statements, however much there is to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from orders.billing_states import LIVE_DUNNING, Collection, DeliveryStatus, SkipReason, SubscriptionStatus
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.models import Delivery, Dunning, PriceChangeItem, Subscription
from orders.periods import Dates, Interval
from orders.projecting import project
from orders.upcoming import Upcoming

SHOWN, LATER = 12, 5
# A pause may be long and deliveries frequent: so many are looked through for the first after it.
SHOWN_IN_PAUSE = 200
BY_CHOICE = (SkipReason.CUSTOMER, SkipReason.STAFF)


@dataclass(frozen=True, slots=True)
class Rise:
    """A price that was announced: of one delivery, tax included."""

    old: Decimal
    new: Decimal
    effective_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """`coming` are deliveries in their order, those left out among them. `last_on`: the last that was ordered."""

    s: Subscription
    coming: Sequence[Upcoming]
    interval: Interval
    last_on: date | None
    restart: Dates | None
    unpaid: Dunning | None
    rise: Rise | None

    @property
    def status(self) -> str:
        return self.s.current_status

    @property
    def is_active(self) -> bool:
        return self.status == SubscriptionStatus.ACTIVE

    @property
    def is_paused(self) -> bool:
        return self.status == SubscriptionStatus.PAUSED

    @property
    def is_over(self) -> bool:
        return self.status in (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED)

    @property
    def next(self) -> Upcoming | None:
        return next((u for u in self.coming if u.is_next), None)

    @property
    def scheduled(self) -> list[Upcoming]:
        return [u for u in self.coming if u.status == DeliveryStatus.SCHEDULED]

    @property
    def last(self) -> Upcoming | None:
        """The last one before a planned end."""
        return self.scheduled[-1] if self.s.ends_on and self.scheduled else None

    @property
    def first_open(self) -> Upcoming | None:
        return next((u for u in self.scheduled if u.is_open), None)

    @property
    def later(self) -> list[Upcoming]:
        """After the next one: those that come, and those the customer left out and may take back in."""
        first = self.next.number if self.next else 0
        return [u for u in self.coming if u.number > first and (u in self.scheduled or is_taken_out(u))][:LATER]

    @property
    def earlier_skips(self) -> list[Upcoming]:
        """Left out before the next one, and still open."""
        first = self.next.number if self.next else 0
        return [u for u in self.coming if u.number < first and is_taken_out(u) and u.is_open]

    @property
    def is_charged(self) -> bool:
        return self.s.collection == Collection.AUTOMATIC

    def at(self, number: int) -> Upcoming | None:
        return next((u for u in self.coming if u.number == number), None)

    def after(self, upcoming: Upcoming) -> Upcoming | None:
        return next((u for u in self.scheduled if u.number > upcoming.number), None)


def is_taken_out(upcoming: Upcoming) -> bool:
    return upcoming.status == DeliveryStatus.SKIPPED and upcoming.skip_reason in BY_CHOICE


def load_standing(s: Subscription, *, now: datetime) -> Standing:
    """`s` with version and plan, next version, customer and address."""
    is_paused = s.current_status == SubscriptionStatus.PAUSED
    coming = project(s, now=now, count=SHOWN_IN_PAUSE if is_paused else SHOWN)
    calendar = load_calendars([s], now=now)[s.pk]
    ordered = Delivery.objects.filter(subscription=s, status=DeliveryStatus.ORDERED)
    last = ordered.order_by("-number").values_list("number", "leaves_on").first() or (0, None)
    first = next((u.number for u in coming if u.is_next), max(last[0], calendar.segments[0].first_number))
    return Standing(
        s,
        coming,
        calendar.interval(first),
        last[1],
        _restart(s, calendar, last[0], now),
        unpaid_case(s),
        _rise(s),
    )


def _restart(s: Subscription, calendar: SubscriptionCalendar, last: int, now: datetime) -> Dates | None:
    """When it would begin again: the first delivery of the old calendar that can still be reached."""
    if s.current_status not in (SubscriptionStatus.CANCELLED, SubscriptionStatus.EXPIRED):
        return None
    return calendar.dates(calendar.first_open(now, after=last))


def unpaid_case(s: Subscription) -> Dunning | None:
    """Of this customer: not what somebody owes who had the subscription before."""
    cases = Dunning.objects.filter(invoice__subscription=s, invoice__customer=s.customer_id, status__in=LIVE_DUNNING)
    return cases.select_related("invoice").order_by("pk").first()


def _rise(s: Subscription) -> Rise | None:
    told = PriceChangeItem.objects.filter(subscription=s, noticed_at__isnull=False, applied_at=None, stopped_at=None)
    row = told.order_by("effective_on", "pk").first()
    return Rise(row.old_price, row.new_price, row.effective_on) if row else None
