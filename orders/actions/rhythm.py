"""How often: a new stretch of the calendar. Deliveries left out or moved keep that where they still fall on a day."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.actions.deliveries import day_facts
from orders.actions.reachable_days import check_day
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import DeliveryStatus, EventKind, IntervalUnit, SkipReason
from orders.models import Delivery
from orders.periods import Interval


@dataclass(frozen=True)
class ChangeFrequency:
    """Another cadence. The next delivery keeps its day, or is counted anew from the one before it (`recalculate`)."""

    every: int
    unit: str
    recalculate: bool = False
    kind: ClassVar[str] = EventKind.FREQUENCY

    def apply(self, work: Work) -> Made:
        number, interval = work.first_affected(), self._interval(work)
        anchor_on = self._anchor(work, number, interval)
        kept, lost = change_interval(work, number, anchor_on, interval)
        check_day(work, number, work.calendar.dates(number))
        facts = day_facts(work, number) | {"every": self.every, "unit": self.unit, "kept": kept, "lost": lost}
        facts |= {"anchor_on": anchor_on.isoformat(), "cadence": str(IntervalUnit(self.unit).label)}
        return Made(gettext_noop("Every {every} {cadence} from {day} on"), facts, number)

    def _interval(self, work: Work) -> Interval:
        if self.unit not in IntervalUnit.values or self.every < 1:
            raise NotAllowed(_("Choose how often."))
        interval = Interval(self.every, self.unit)
        if work.is_customer and interval not in offered(work):
            raise NotAllowed(_("The plan is not offered so often."))
        return interval

    def _anchor(self, work: Work, number: int, interval: Interval) -> date:
        if self.recalculate and number > work.calendar.segments[0].first_number:
            before = work.calendar.planned_on(number - 1)
            return interval.after(before, intended_day(work, number), 1)
        return work.calendar.planned_on(number)


def offered(work: Work) -> list[Interval]:
    """The cadences a customer may choose."""
    version = work.s.version
    pairs = [str(words).split() for words in version.allowed_intervals]
    return [Interval(version.deliver_every, version.deliver_unit), *(Interval(int(n), unit) for n, unit in pairs)]


def intended_day(work: Work, number: int) -> int:
    """The day of the month that is meant, kept through February."""
    return (
        work.calendar.segments[-1].anchor_day
        if work.calendar.interval(number).days is None
        else (work.calendar.planned_on(number).day)
    )


def change_interval(work: Work, number: int, anchor_on: date, interval: Interval) -> tuple[list[str], list[str]]:
    """A new stretch from `number` on; says which days that were left out or moved are kept, and which are lost."""
    touched = [row for n, row in sorted(work.rows.items()) if n >= number]
    old = {row.number: row.planned_on for row in touched}
    anchor_day = intended_day(work, number) if interval.days is None else 0
    work.add_segment(number, anchor_on, interval, anchor_day=anchor_day)
    wishes = [_wish(row) for row in touched]
    for row in touched:
        _clear(work, row)
    kept: list[str] = []
    lost: list[str] = []
    for wish in wishes:
        target = _number_on(work, number, old[wish["number"]])
        if wish["items"]:
            _take_items(work, wish, target or _first_after(work, number, old[wish["number"]]))
        if wish["is_special"]:
            (kept if target else lost).append(old[wish["number"]].isoformat())
        if target and wish["is_special"]:
            _again(work, target, wish)
    return kept, lost


def _wish(row: Delivery) -> dict[str, Any]:
    skipped = row.current_status == DeliveryStatus.SKIPPED
    return {
        "number": row.number,
        "skip_reason": row.skip_reason if skipped else "",
        "moved_to": row.leaves_on if row.moved_from else None,
        "items": list(row.items.all()),
        "is_special": skipped or row.moved_from is not None,
    }


def _clear(work: Work, row: Delivery) -> None:
    """Its number is another day now: an ordinary delivery of the new calendar."""
    if row.current_status == DeliveryStatus.SKIPPED:
        work.take_in(row.number)
    if row.current_status == DeliveryStatus.SCHEDULED:
        work.redate(row.number)


def _number_on(work: Work, number: int, day: date) -> int | None:
    found = _first_after(work, number, day)
    return found if work.calendar.planned_on(found) == day else None


def _first_after(work: Work, number: int, day: date) -> int:
    while work.calendar.planned_on(number) < day:
        number += 1
    return number


def _take_items(work: Work, wish: dict[str, Any], target: int) -> None:
    row = work.row(target)
    for item in wish["items"]:
        item.delivery = row
        item.save(update_fields=["delivery"])


def _again(work: Work, target: int, wish: dict[str, Any]) -> None:
    if wish["moved_to"]:
        work.redate(target, moved_to=wish["moved_to"])
    if wish["skip_reason"]:
        work.skip(target, SkipReason(wish["skip_reason"]))
