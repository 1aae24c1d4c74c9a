"""Ending a subscription, taking that back, and beginning again."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.templatetags.portal import weekday_words
from orders.actions.changing_plan import first_unpaid
from orders.actions.giving_back import give_back_owed
from orders.actions.particulars import OVER, complete_address
from orders.actions.reachable_days import check_day
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import DeliveryStatus, EventKind, SkipReason, SubscriptionStatus

NOW, END = "now", "end"


@dataclass(frozen=True)
class Cancel:
    """At once (`now`), when what is paid has been delivered (`end`), or with no delivery on or after a day.

    A delivery that is being made still comes. With `give_back` (not with `end`) deliveries that are paid do not come
    any more: their part of the invoice is credited, and the money goes where it says. What is paid and cannot come,
    because it is paused or ends on a day before, is credited in any case and paid back after approval. That cannot be
    undone.
    """

    reason: str
    at: str | date = NOW
    note: str = ""
    give_back: GiveBack | None = None
    kind: ClassVar[str] = EventKind.CANCELLED

    def apply(self, work: Work) -> Made:
        if work.s.current_status in OVER:
            raise NotAllowed(_("%(number)s has ended already.") % {"number": work.s.number})
        if self.give_back and self.at == END:
            raise NotAllowed(_("What is paid cannot be given back when it is delivered before the end."))
        if not self.reason:
            raise NotAllowed(_("Choose a reason."))
        self._check_plan(work)
        why = {"cancel_reason": self.reason, "cancel_note": self.note}
        ends_on = self._ends_on(work)
        given = self._give_back(work, left=0 if ends_on is None else _paid_before(work, ends_on))
        if ends_on is None:
            return self._end(work, why, given)
        work.save(ends_on=ends_on, **why)
        facts = {"ends_on": ends_on.isoformat(), "day": weekday_words(ends_on), "reason": self.reason, **given}
        return Made(gettext_noop("Ends before {day}"), facts, mail="subscription_cancelled")

    def _check_plan(self, work: Work) -> None:
        if not work.is_customer:
            return
        if not work.s.version.may_cancel:
            raise NotAllowed(_("Write to us to cancel this plan."))
        missing = work.s.version.minimum_deliveries - work.sent
        if missing > 0:
            number = (work.next_number() or work.first_open()) + missing - 1
            words = {"day": weekday_words(work.dates(number).leaves_on)}
            raise NotAllowed(_("The plan runs at least until the delivery of %(day)s.") % words)

    def _ends_on(self, work: Work) -> date | None:
        """The day from which nothing comes; None: nothing comes any more now."""
        if work.s.current_status != SubscriptionStatus.ACTIVE:
            return None
        number = work.next_number()
        if number is None:
            return None
        if isinstance(self.at, date):
            wanted = self.at
        else:
            first = number if self.give_back else first_unpaid(work, number)
            wanted = work.dates(first).planned_on
        dates = work.dates(number)
        if dates.lock_at <= work.now and not work.override and number in work.rows and not work.rows[number].parked_at:
            wanted = max(wanted, dates.planned_on + timedelta(days=1))
        return wanted if wanted > dates.planned_on else None

    def _give_back(self, work: Work, *, left: int) -> dict[str, Any]:
        """Credit what is paid and does not come, all but `left`; what the history says of it."""
        count = work.s.deliveries_owed - left
        if count < 1:
            return {}
        try:
            return give_back_owed(work, count, self.give_back or GiveBack.REFUND)
        except NotAllowed:
            if self.give_back:
                raise
            # Paid before it was taken over: the reckoning names it until it is credited by hand.
            return {}

    def _end(self, work: Work, why: dict[str, str], given: dict[str, Any]) -> Made:
        for row in list(work.rows.values()):
            if row.current_status == DeliveryStatus.SCHEDULED:
                row.move_to(DeliveryStatus.CANCELLED, now=work.now, is_next=False)
        facts: dict[str, Any] = {"reason": self.reason, **given}
        work.s.move_to(
            SubscriptionStatus.CANCELLED,
            now=work.now,
            ends_on=work.s.ends_on or work.today,
            resumes_on=None,
            **why,
        )
        return Made(gettext_noop("Cancelled"), facts, mail="subscription_cancelled")


def _paid_before(work: Work, ends_on: date) -> int:
    """How many of the deliveries that are paid come before a day."""
    number, left = work.next_number(), 0
    while number is not None and left < work.s.deliveries_owed and work.dates(number).planned_on < ends_on:
        left += number not in work.rows or work.rows[number].current_status == DeliveryStatus.SCHEDULED
        number += 1
    return left


@dataclass(frozen=True)
class TakeBackCancel:
    """Go on after all, while it has not ended yet."""

    kind: ClassVar[str] = EventKind.CANCEL_TAKEN_BACK

    def apply(self, work: Work) -> Made:
        if work.s.current_status in OVER or work.s.ends_on is None:
            raise NotAllowed(_("No end of %(number)s is planned.") % {"number": work.s.number})
        work.save(ends_on=None, cancel_reason="", cancel_note="")
        return Made(gettext_noop("It goes on after all"))


@dataclass(frozen=True)
class Reactivate:
    """Begin again: with the next day of the old calendar, or from a day of one's own. Numbers count on."""

    on: date | None = None
    kind: ClassVar[str] = EventKind.REACTIVATED

    def apply(self, work: Work) -> Made:
        self._check(work)
        number = self._first(work)
        for past in range(work.known.last_ordered + 1, number):
            if work.row(past).current_status == DeliveryStatus.SCHEDULED:
                work.row(past).move_to(DeliveryStatus.CANCELLED, now=work.now, is_next=False)
        if self.on:
            work.add_segment(number, self.on, work.calendar.interval(number))
            check_day(work, number, work.calendar.dates(number))
        for later in sorted(n for n in work.rows if n >= number):
            row = work.rows[later]
            if row.current_status == DeliveryStatus.CANCELLED or row.skip_reason == SkipReason.PAUSE:
                work.take_in(later)
            work.redate(later)
        cleared = {"ends_on": None, "cancel_reason": "", "cancel_note": "", "cancelled_at": None, "expired_at": None}
        work.s.move_to(SubscriptionStatus.ACTIVE, now=work.now, **cleared)
        leaves_on = work.dates(number).leaves_on
        facts = {"number": number, "day": weekday_words(leaves_on), "leaves_on": leaves_on.isoformat()}
        sentence = gettext_noop("Reactivated: the next delivery is on {day}")
        return Made(sentence, facts, number, "subscription_reactivated")

    def _check(self, work: Work) -> None:
        if work.s.current_status not in OVER:
            raise NotAllowed(_("%(number)s has not ended.") % {"number": work.s.number})
        most = work.s.version.ends_after
        if most is not None and work.sent >= most:
            raise NotAllowed(_("All its deliveries were sent. Start a new subscription."))
        if not work.s.version.prices.filter(currency=work.s.currency).exists() or work.s.address_id is None:
            raise NotAllowed(_("Its plan has no price or it has no address. Start a new subscription."))
        complete_address(work.s.address_id, work.s.customer_id)

    def _first(self, work: Work) -> int:
        if self.on:
            return max([work.known.last_ordered, *(n for n in work.rows if _is_over(work, n))]) + 1
        number = max(work.known.last_ordered + 1, work.calendar.segments[0].first_number)
        while work.calendar.dates(number).lock_at <= work.now:
            number += 1
        return number


def _is_over(work: Work, number: int) -> bool:
    """A number whose day is past or can not be reached is not used again."""
    return work.calendar.dates(number).lock_at <= work.now
