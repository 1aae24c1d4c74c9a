"""Pausing and resuming: deliveries of the pause are left out, their numbers count on, the anchor is kept."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.each import Tally, each
from ordermgmt.history import SYSTEM
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.subscription_changes import Made, change_subscription
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import DeliveryStatus, EventKind, SkipReason, SubscriptionStatus
from orders.calendars import load_calendars
from orders.models import Subscription

PAUSE = "pause"


@dataclass(frozen=True)
class Pause:
    """From the next delivery until a day; without one until somebody resumes it (staff and dunning only)."""

    until: date | None = None
    reason: str = ""
    kind: ClassVar[str] = EventKind.PAUSED

    def apply(self, work: Work) -> Made:
        number = work.the_next()
        work.check_open(number)
        self._check(work, work.dates(number).leaves_on)
        while self.until and work.dates(number).planned_on < self.until:
            if work.row(number).current_status == DeliveryStatus.SCHEDULED:
                work.skip(number, SkipReason.PAUSE)
            number += 1
        for row in work.rows.values():
            row.is_next = False
        work.s.deliveries.filter(is_next=True).update(is_next=False)
        work.s.move_to(SubscriptionStatus.PAUSED, now=work.now, resumes_on=self.until)
        facts = {"until": self.until.isoformat() if self.until else "", "day": weekday_words(self.until)}
        if self.reason:
            facts["reason"] = self.reason
        sentence = gettext_noop("Paused until {day}") if self.until else gettext_noop("Paused")
        return Made(sentence, facts, mail="subscription_paused", mrr_reason=PAUSE)

    def _check(self, work: Work, next_on: date) -> None:
        if self.until is None:
            if work.is_customer:
                raise NotAllowed(_("Choose the day it goes on."))
            return
        if self.until <= next_on:
            words = {"day": weekday_words(next_on)}
            raise NotAllowed(_("Choose a day after the next delivery on %(day)s.") % words)
        last = work.today + timedelta(days=work.s.version.most_pause_days)
        if self.until > last and not work.override:
            words = {"day": weekday_words(last)}
            raise NotAllowed(_("The plan can be paused until %(day)s at the latest.") % words)


@dataclass(frozen=True)
class Resume:
    """Go on from a day (None: as soon as possible) with the days of the old calendar.

    `is_promised`: the delivery of that day was promised, and comes next even when its changes have closed meanwhile;
    the run that orders it catches up as after any outage.
    """

    on: date | None = None
    is_promised: bool = False
    kind: ClassVar[str] = EventKind.RESUMED

    def apply(self, work: Work) -> Made:
        if work.s.current_status != SubscriptionStatus.PAUSED:
            raise NotAllowed(_("%(number)s is not paused.") % {"number": work.s.number})
        first = self._first(work)
        for number in range(work.known.last_ordered + 1, first):
            if work.row(number).current_status == DeliveryStatus.SCHEDULED:
                work.skip(number, SkipReason.PAUSE)
        paused = [n for n, row in work.rows.items() if n >= first and row.skip_reason == SkipReason.PAUSE]
        for number in sorted(paused):
            work.take_in(number)
        work.s.move_to(SubscriptionStatus.ACTIVE, now=work.now, resumes_on=None, paused_at=None)
        leaves_on = work.dates(first).leaves_on
        facts = {"number": first, "day": weekday_words(leaves_on), "leaves_on": leaves_on.isoformat()}
        sentence = gettext_noop("Resumed: the next delivery is on {day}")
        return Made(sentence, facts, first, "subscription_resumed", PAUSE)

    def _first(self, work: Work) -> int:
        """The first delivery on or after the day that is not made yet, can still be and was not left out by choice."""
        number = max(work.known.last_ordered + 1, work.calendar.segments[0].first_number)
        while not self._may_be_first(work, number):
            number += 1
        return number

    def _may_be_first(self, work: Work, number: int) -> bool:
        dates, row = work.dates(number), work.rows.get(number)
        is_open = self.is_promised or dates.lock_at > work.now
        is_wanted = row is None or row.current_status == DeliveryStatus.SCHEDULED or row.skip_reason == PAUSE
        return is_wanted and is_open and dates.planned_on >= (self.on or work.today)


def resume_due(*, now: datetime) -> Tally:
    """A run: what is paused until a day goes on when the reminder of its first delivery is to be written.

    However late it runs, no delivery is lost: the first one on or after that day is the next.
    """
    soon = business_day(now) + timedelta(days=60)
    rows = Subscription.objects.filter(status=SubscriptionStatus.PAUSED, resumes_on__lte=soon)
    found = list(rows.select_related("version", "address").order_by("resumes_on", "pk"))
    calendars = load_calendars(found, now=now)

    def act(s: Subscription) -> object:
        calendar, on = calendars[s.pk], s.resumes_on or business_day(now)
        starts_at = calendar.dates(calendar.first_from(on)).lock_at - timedelta(days=s.version.reminder_days + 1)
        return starts_at <= now and change_subscription(s.pk, Resume(on, is_promised=True), by=SYSTEM, now=now)

    return each(found, act)
