"""Days a delivery can still be put on: open long enough, and after the one before it."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

from ordermgmt.templatetags.portal import weekday_words
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import DeliveryStatus
from orders.models import Delivery
from orders.periods import Dates


def check_day(work: Work, number: int, dates: Dates) -> None:
    """Raises NotAllowed for a day that cannot be reached any more, or that is not after the delivery before."""
    if dates.lock_at <= work.now:
        earliest = earliest_day(work, number)
        raise NotAllowed(_("That is too soon. The earliest day is %(day)s.") % {"day": weekday_words(earliest)})
    before = day_before(work, number)
    if before and dates.leaves_on <= before:
        words = {"day": weekday_words(before)}
        raise NotAllowed(_("Choose a day after the delivery of %(day)s.") % words)


def earliest_day(work: Work, number: int) -> date:
    """The first day that can still be reached."""
    day = work.today + timedelta(days=work.s.version.cut_off_days)
    while work.calendar.dates(number, moved_to=day).lock_at <= work.now:
        day += timedelta(days=1)
    return day


def day_after(work: Work, number: int) -> date:
    """The day of the next delivery after this one that comes."""
    after = number + 1
    while after in work.rows and work.rows[after].current_status != DeliveryStatus.SCHEDULED:
        after += 1
    return work.dates(after).leaves_on


def day_before(work: Work, number: int) -> date | None:
    """The day of the last delivery before this one that was ordered or still comes."""
    coming = [n for n, row in work.rows.items() if n < number and row.current_status == DeliveryStatus.SCHEDULED]
    if coming:
        return work.dates(max(coming)).leaves_on
    if number > work.known.last_ordered + 1 and number - 1 not in work.rows:
        return work.dates(number - 1).leaves_on
    ordered = Delivery.objects.filter(subscription=work.s, number__lt=number, status=DeliveryStatus.ORDERED)
    return ordered.order_by("-number").values_list("leaves_on", flat=True).first()
