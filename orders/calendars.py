"""The calendars of many subscriptions, read at once: anchors, terms of their plans, days their warehouse works."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings

from customers.models import Address
from ordermgmt.clock import business_zone
from orders.models import CalendarSegment, PlanVersion, Subscription
from orders.network import Destination, Network, load_network
from orders.periods import LONGEST_CLOSURE, Dates, Interval, Segment, Terms, dates_for, planned_on, segment_of

# Closed days are looked up as far ahead as any delivery is shown.
HORIZON_DAYS = 800


@dataclass(frozen=True, slots=True)
class SubscriptionCalendar:
    """When the deliveries of one subscription are; every number has a day, whatever became of it."""

    segments: tuple[Segment, ...]
    terms: Terms
    works_on: Callable[[date], bool]

    @property
    def sent_elsewhere(self) -> int:
        """Deliveries made before it was taken over: their numbers come before the calendar."""
        return self.segments[0].first_number - 1

    def planned_on(self, number: int) -> date:
        return planned_on(self.segments, number)

    def dates(self, number: int, *, moved_to: date | None = None) -> Dates:
        return dates_for(self.planned_on(number), self.terms, self.works_on, moved_to=moved_to)

    def first_working_day(self, day: date) -> date:
        """This day, or the first after it on which the warehouse works."""
        found = (day + timedelta(days=n) for n in range(LONGEST_CLOSURE))
        return next((d for d in found if self.works_on(d)), day)

    def interval(self, number: int) -> Interval:
        return segment_of(self.segments, number).interval

    def with_segments(self, segments: Iterable[Segment]) -> "SubscriptionCalendar":
        return replace(self, segments=tuple(sorted(segments, key=lambda s: s.first_number)))

    def first_from(self, day: date) -> int:
        """The first number that is planned on or after a day."""
        number = self.segments[0].first_number
        while self.planned_on(number) < day:
            number += 1
        return number

    def first_open(self, now: datetime, *, after: int = 0) -> int:
        """The first number after `after` that can still be changed."""
        number = max(after + 1, self.segments[0].first_number)
        while self.dates(number).lock_at <= now:
            number += 1
        return number


def slot_of(number: str) -> int:
    """The second of the renewal window a subscription has for ever: a stable hash of its number."""
    digest = int.from_bytes(sha256(number.encode()).digest()[:8], "big")
    return digest % max(int(settings.RENEWAL_WINDOW_SECONDS), 1)


def as_segment(row: CalendarSegment) -> Segment:
    return Segment(row.first_number, row.anchor_on, row.anchor_day, Interval(row.every, row.unit))


def terms_of(version: PlanVersion, slot: int) -> Terms:
    return Terms(version.cut_off_days, version.charge_days, slot, business_zone())


def every_day(_day: date) -> bool:
    return True


def works_on(network: Network, address: Address | None) -> Callable[[date], bool]:
    """The working days of the warehouse nearest to an address; where nobody delivers every day counts."""
    zones = network.serving(Destination(address.country, address.postcode)) if address else []
    return network.calendars[zones[0].warehouse_id].works_on if zones else every_day


def load_calendars(
    subscriptions: Sequence[Subscription], *, now: datetime, network: Network | None = None
) -> dict[int, SubscriptionCalendar]:
    """By primary key, in three statements. Loads versions and addresses unless they came with the rows."""
    network = network or load_network(now=now, horizon_days=HORIZON_DAYS)
    rows = defaultdict(list)
    for row in CalendarSegment.objects.filter(subscription__in=[s.pk for s in subscriptions]).order_by("first_number"):
        rows[row.subscription_id].append(as_segment(row))
    return {
        s.pk: SubscriptionCalendar(tuple(rows[s.pk]), terms_of(s.version, s.slot), works_on(network, s.address))
        for s in subscriptions
        if rows[s.pk]
    }
