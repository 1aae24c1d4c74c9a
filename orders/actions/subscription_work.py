"""A subscription under change: locked, with its calendar and its open deliveries in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.models import User
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.links import CUSTOMER
from orders.billing_states import DeliveryStatus, SubscriptionStatus
from orders.billing_terms import is_over
from orders.calendars import SubscriptionCalendar, load_calendars
from orders.models import CalendarSegment, Delivery, Subscription
from orders.periods import Dates, Interval, Segment
from orders.projecting import Known, load_known

NOT_PARKED: dict[str, Any] = {"parked_at": None, "parked_code": "", "parked_reason": ""}


class NotAllowed(Exception):
    """The plan, the state of the subscription or its history does not allow it; the sentence says why."""


class TooLate(Exception):
    """Changes to a delivery have closed. `first_number` and `first_on`: the first one that can still change."""

    def __init__(self, closed_on: date, first_number: int, first_on: date) -> None:
        words = {"day": weekday_words(closed_on), "first": weekday_words(first_on)}
        super().__init__(
            _("It is too late to change the delivery of %(day)s. The first one that can change is that of %(first)s.")
            % words
        )
        self.first_number, self.first_on = first_number, first_on


@dataclass(slots=True)
class Work:
    """What changes work on. `override` is the reason why staff may change a delivery that is closed already."""

    s: Subscription
    calendar: SubscriptionCalendar
    known: Known
    by: User | str
    now: datetime
    override: str = ""

    @property
    def today(self) -> date:
        return business_day(self.now)

    @property
    def sent(self) -> int:
        """Deliveries made so far, here and before it was taken over."""
        return self.calendar.sent_elsewhere + self.known.ordered

    @property
    def rows(self) -> dict[int, Delivery]:
        return self.known.rows

    def row(self, number: int) -> Delivery:
        """The stored delivery of this number; written as the calendar says when there is none yet."""
        if number in self.rows:
            return self.rows[number]
        if number <= self.known.last_ordered or number < self.calendar.segments[0].first_number:
            raise NotAllowed(_("Delivery %(number)d is past.") % {"number": number})
        made = Delivery(subscription=self.s, number=number)
        self.set_dates(made, self.calendar.dates(number))
        made.save(force_insert=True)
        self.rows[number] = made
        return made

    def set_dates(self, row: Delivery, dates: Dates) -> None:
        """Not saved."""
        row.planned_on, row.leaves_on = dates.planned_on, dates.leaves_on
        row.lock_at, row.order_at = dates.lock_at, dates.order_at

    def dates(self, number: int) -> Dates:
        row = self.rows.get(number)
        if row is None:
            return self.calendar.dates(number)
        return Dates(row.planned_on, row.leaves_on, row.lock_at, row.leaves_on, row.order_at)

    def next_number(self) -> int | None:
        """The lowest number that is to be ordered, whether it has a row yet or not; None when nothing comes."""
        first = max(self.known.last_ordered + 1, self.calendar.segments[0].first_number)
        early = [n for n, row in self.rows.items() if n < first and row.current_status == DeliveryStatus.SCHEDULED]
        number = min(early, default=first)
        while number in self.rows and self.rows[number].current_status != DeliveryStatus.SCHEDULED:
            number += 1
        planned_on = self.rows[number].planned_on if number in self.rows else self.calendar.planned_on(number)
        return None if is_over(self.s, planned_on, self.sent) else number

    def the_next(self) -> int:
        """As `next_number`. Raises NotAllowed when nothing comes."""
        if self.s.current_status != SubscriptionStatus.ACTIVE:
            raise NotAllowed(_("%(subscription)s is %(state)s.") % _named(self.s))
        number = self.next_number()
        if number is None:
            raise NotAllowed(_("No delivery of %(subscription)s is to come.") % _named(self.s))
        return number

    def check_open(self, number: int) -> None:
        """Raises TooLate when changes to this delivery have closed and no reason was given to change it still."""
        dates = self.dates(number)
        if dates.lock_at > self.now or self.override:
            return
        first = self.first_open()
        raise TooLate(dates.leaves_on, first, self.dates(first).leaves_on)

    def first_open(self) -> int:
        """The first delivery that can still change."""
        number = self.known.last_ordered + 1
        number = max(number, self.calendar.segments[0].first_number)
        while self.dates(number).lock_at <= self.now or not self._is_scheduled(number):
            number += 1
        return number

    def first_affected(self) -> int:
        """From where a change of all that follows holds: the next delivery, which must be open. Raises TooLate."""
        number = self.next_number() or self.first_open()
        if self.s.current_status == SubscriptionStatus.ACTIVE:
            self.check_open(number)
        return number

    def _is_scheduled(self, number: int) -> bool:
        return number not in self.rows or self.rows[number].current_status == DeliveryStatus.SCHEDULED

    @property
    def is_customer(self) -> bool:
        return self.by == CUSTOMER

    def skip(self, number: int, reason: str) -> None:
        """Leave a delivery out; what it was parked for does not matter any more."""
        self.row(number).move_to(DeliveryStatus.SKIPPED, now=self.now, skip_reason=reason, is_next=False, **NOT_PARKED)

    def take_in(self, number: int) -> None:
        """A delivery that was left out or cancelled comes after all, on the day its row says."""
        row = self.row(number)
        if row.current_status != DeliveryStatus.SCHEDULED:
            row.move_to(DeliveryStatus.SCHEDULED, now=self.now, skip_reason="", skipped_at=None, cancelled_at=None)

    def redate(self, number: int, *, moved_to: date | None = None) -> None:
        """Give a stored delivery the days of the calendar, or another day for this one only."""
        row = self.row(number)
        planned_on = self.calendar.planned_on(number)
        moved_to = None if moved_to == planned_on else moved_to
        self.set_dates(row, self.calendar.dates(number, moved_to=moved_to))
        row.moved_from = planned_on if moved_to else None
        row.save(update_fields=["planned_on", "leaves_on", "lock_at", "order_at", "moved_from"])

    def add_segment(self, first_number: int, anchor_on: date, interval: Interval, *, anchor_day: int = 0) -> None:
        """From this number on the calendar counts from a new anchor; later segments end."""
        CalendarSegment.objects.filter(subscription=self.s, first_number__gte=first_number).delete()
        segment = Segment(first_number, anchor_on, anchor_day or anchor_on.day, interval)
        CalendarSegment.objects.create(
            subscription=self.s,
            first_number=first_number,
            anchor_on=anchor_on,
            anchor_day=segment.anchor_day,
            every=interval.every,
            unit=interval.unit,
            created_at=self.now,
        )
        kept = [old for old in self.calendar.segments if old.first_number < first_number]
        self.calendar = self.calendar.with_segments([*kept, segment])

    def settle_next(self) -> None:
        """Exactly one next delivery while active, none otherwise; what has come to its end is ended."""
        number = self.next_number() if self.s.current_status == SubscriptionStatus.ACTIVE else None
        for row in self.rows.values():
            if row.is_next and row.number != number:
                row.is_next = False
                row.save(update_fields=["is_next"])
        if number is None:
            self._end()
        elif not (row := self.row(number)).is_next:
            row.is_next = True
            row.save(update_fields=["is_next"])

    def _end(self) -> None:
        if self.s.current_status == SubscriptionStatus.ACTIVE:
            ended = SubscriptionStatus.CANCELLED if self.s.cancel_reason else SubscriptionStatus.EXPIRED
            self.s.move_to(ended, now=self.now)

    def save(self, **fields: Any) -> None:
        """Set fields of the subscription and save them."""
        for name, value in fields.items():
            setattr(self.s, name, value)
        self.s.save(update_fields=list(fields))


def _named(s: Subscription) -> dict[str, str]:
    return {"subscription": s.number, "state": s.get_status_display().lower()}


RELATED = ("version__plan", "next_version__plan", "customer", "address", "channel")


def start_work(subscription_id: int, *, by: User | str, now: datetime, override: str = "") -> Work:
    """Inside the caller's transaction: lock a subscription (first in the lock order) and read what changes need."""
    s = Subscription.objects.locked().select_related(*RELATED).get(pk=subscription_id)
    return load_work([s], by=by, now=now, override=override)[0]


def load_work(
    subscriptions: Sequence[Subscription], *, by: User | str, now: datetime, override: str = ""
) -> list[Work]:
    """Works on subscriptions that are locked already, in constant statements."""
    calendars, known = load_calendars(subscriptions, now=now), load_known(subscriptions)
    return [Work(s, calendars[s.pk], known[s.pk], by, now, override) for s in subscriptions]
