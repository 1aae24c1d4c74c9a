"""When an unpaid invoice is tried again, what is said meanwhile, and what happens in the end. Pure.

Days count from the first decline. Rules: subscriptions.md 2.9.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _


class StepKind(StrEnum):
    RETRY = "retry"
    MAIL = "mail"
    LAST = "last"


class Policy(Protocol):
    retry_days: list[int]
    mail_days: list[int]
    last_day: int


# On one day: first the card is tried, then (if that failed too) the customer is told, last comes the end.
HOURS = {StepKind.RETRY: time(6), StepKind.MAIL: time(10), StepKind.LAST: time(12)}
# More than this in seven days is a nuisance, not a reminder.
MOST_MAILS_A_WEEK = 3
DEFAULT_RETRIES, DEFAULT_MAILS, DEFAULT_LAST = [1, 3, 7, 14], [0, 3, 10], 21


@dataclass(frozen=True, order=True)
class Step:
    day: int
    rank: int
    kind: StepKind


def steps_of(policy: Policy) -> tuple[Step, ...]:
    """Everything the policy does, in its order; nothing follows the last step."""
    days = {StepKind.RETRY: policy.retry_days, StepKind.MAIL: policy.mail_days, StepKind.LAST: [policy.last_day]}
    ranks = list(StepKind)
    every = [Step(int(day), ranks.index(kind), kind) for kind, own in days.items() for day in own]
    end = Step(policy.last_day, ranks.index(StepKind.LAST), StepKind.LAST)
    return tuple(sorted(step for step in every if step <= end))


def gap(steps: Sequence[Step], done: int) -> int | None:
    """Days from the step done last (or the first decline) to the next one; None at the end."""
    if done >= len(steps):
        return None
    return steps[done].day - (steps[done - 1].day if done else 0)


def next_moment(steps: Sequence[Step], done: int, *, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next step is due if the one before it was done `at`.

    Gaps are kept rather than dates: after a pause or an outage the steps do not come in a heap.
    """
    days = gap(steps, done)
    if days is None:
        return None
    if days == 0 and steps[done].day == 0:
        return at
    local = at.astimezone(zone)
    moment = datetime.combine(local.date() + timedelta(days=days), HOURS[steps[done].kind], zone)
    return max(moment, at)


def plan(steps: Sequence[Step], done: int, *, next_at: datetime, zone: ZoneInfo) -> list[tuple[Step, date]]:
    """The days of the coming steps, for people to see, if nothing is changed."""
    days = []
    on = next_at.astimezone(zone).date()
    for index in range(done, len(steps)):
        if index > done:
            on += timedelta(days=gap(steps, index) or 0)
        days.append((steps[index], on))
    return days


def refused_days(retry_days: Iterable[int], mail_days: Iterable[int], last_day: int) -> str:
    """Why a policy cannot be: in words, empty when it can."""
    retries, mails = list(retry_days), list(mail_days)
    if any(day < 1 for day in retries) or any(day < 0 for day in mails):
        return _("Tries start on day 1, messages on day 0")
    if retries != sorted(set(retries)) or mails != sorted(set(mails)):
        return _("Days rise, each once")
    if max([*retries, *mails], default=0) > last_day:
        return _("Nothing comes after the last step")
    if any(later - first < 7 for first, later in zip(mails, mails[MOST_MAILS_A_WEEK:], strict=False)):
        return _("At most %(n)s messages in seven days") % {"n": MOST_MAILS_A_WEEK}
    return ""
