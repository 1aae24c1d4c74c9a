"""What the renewal run may do by itself after an outage or a clock that jumped, and what a person decides. Pure.

A delivery missed by less than one interval is ordered at once. One missed by more is parked: shipping several at
once, leaving them out or moving the calendar is for somebody to choose. Bounds stop, they never clamp
(subscriptions.md 2.8, points 4 and 8).
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from orders.calendars import SubscriptionCalendar
from orders.models import Delivery

MOST_A_DAY = 3
# An order is made a few days before it leaves; further ahead than this the clock or the plan is wrong.
FARTHEST = timedelta(days=62)
MISSED = "missed"


class CannotRenew(Exception):
    """A delivery cannot be ordered as it is; `code` groups the reasons, the words are for staff."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class NotNext(CannotRenew):
    """It was ordered, left out or put behind another one meanwhile."""

    def __init__(self) -> None:
        super().__init__("not_next", _("It is not the next delivery any more."))


class Busy(CannotRenew):
    """Somebody else holds its subscription; nothing is wrong with the delivery."""

    def __init__(self) -> None:
        super().__init__("busy", _("It is being changed or ordered by somebody else right now. Try again in a minute."))


def is_missed(delivery: Delivery, calendar: SubscriptionCalendar, now: datetime) -> bool:
    """The one after it should have been ordered as well."""
    return calendar.dates(delivery.number + 1).order_at <= now


def check_bounds(
    delivery: Delivery, calendar: SubscriptionCalendar, *, made_today: int, now: datetime, is_forced: bool
) -> None:
    """Raises CannotRenew for what a person must look at. `is_forced`: somebody has, and wants it all the same."""
    if not is_forced and is_missed(delivery, calendar, now):
        raise CannotRenew(MISSED, _("It was missed by more than one interval. Choose what happens to it."))
    if not is_forced and made_today >= MOST_A_DAY:
        words = _("%(most)s orders of it were made today already.") % {"most": MOST_A_DAY}
        raise CannotRenew("too_many", words)
    ahead = delivery.leaves_on - business_day(now)
    if ahead > FARTHEST + timedelta(days=calendar.terms.cut_off_days):
        words = _("It leaves in %(days)s days, which is too far ahead to order it.") % {"days": ahead.days}
        raise CannotRenew("far_ahead", words)
