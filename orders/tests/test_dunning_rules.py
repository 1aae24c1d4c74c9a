"""Schedules other systems publish (subscriptions.md W59 to W65), as policies of ours: the days come out the same."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.dunning_rules import StepKind, next_moment, plan, refused_days, steps_of
from orders.payments.declines import is_hard

ZONE = ZoneInfo("Europe/Stockholm")
FIRST = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@dataclass
class Policy:
    retry_days: list[int]
    mail_days: list[int] = field(default_factory=lambda: [0])
    last_day: int = 60


PUBLISHED = {
    "W59 Kill Bill": list(accumulate([8, 8, 8])),
    "W60 Recharge": [1, *(1 + 6 * n for n in range(1, 7))],
    "W61 Kill Bill's advice": list(accumulate([1, 8, 4, 7])),
    "W62 Chargebee": [1, 4, 7, 8, 9],
    "W63 Stripe": [1, 2, 3, 5, 7, 9, 11, 14],
    "W64 Recurly": [2 * n for n in range(1, 7)],
    "W65 Shopify": list(accumulate([7, 7, 7])),
}
DAYS = {
    "W59 Kill Bill": [8, 16, 24],
    "W60 Recharge": [1, 7, 13, 19, 25, 31, 37],
    "W61 Kill Bill's advice": [1, 9, 13, 20],
    "W62 Chargebee": [1, 4, 7, 8, 9],
    "W63 Stripe": [1, 2, 3, 5, 7, 9, 11, 14],
    "W64 Recurly": [2, 4, 6, 8, 10, 12],
    "W65 Shopify": [7, 14, 21],
}


def walked(policy: Policy) -> list[tuple[StepKind, date]]:
    """Every step on the day it is due, done when it is due."""
    steps, at, days = steps_of(policy), FIRST, []
    for done in range(len(steps)):
        moment = next_moment(steps, done, at=at, zone=ZONE)
        assert moment is not None
        days.append((steps[done].kind, moment.astimezone(ZONE).date()))
        at = moment
    assert next_moment(steps, len(steps), at=at, zone=ZONE) is None
    return days


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_schedules(name: str) -> None:
    days = walked(Policy(PUBLISHED[name]))
    start = FIRST.astimezone(ZONE).date()
    assert [(day - start).days for kind, day in days if kind == StepKind.RETRY] == DAYS[name]
    assert days[-1] == (StepKind.LAST, start + timedelta(days=60))


def test_ours_is_the_rule_adopted() -> None:
    policy = Policy([1, 3, 7, 14], [0, 3, 10], 21)
    words = [f"{kind}:{(day - date(2026, 11, 24)).days}" for kind, day in walked(policy)]
    assert words == [
        "mail:0", "retry:1", "retry:3", "mail:3", "retry:7", "mail:10", "retry:14", "last:21",
    ]  # fmt: skip


def test_w63_hard_declines_never() -> None:
    assert is_hard("stolen_card")
    assert is_hard("generic_decline", "do_not_try_again")
    assert not is_hard("insufficient_funds")


def test_the_first_message_leaves_at_once_and_tries_come_in_the_morning() -> None:
    steps = steps_of(Policy([1], [0], 3))
    assert next_moment(steps, 0, at=FIRST, zone=ZONE) == FIRST
    assert next_moment(steps, 1, at=FIRST, zone=ZONE) == datetime(2026, 11, 25, 6, 0, tzinfo=ZONE)


def test_steps_after_an_outage_do_not_come_in_a_heap() -> None:
    steps = steps_of(Policy([1, 3, 7], [], 14))
    late = FIRST + timedelta(days=10)
    moment = next_moment(steps, 1, at=late, zone=ZONE)
    assert moment is not None
    assert (moment.astimezone(ZONE).date() - late.astimezone(ZONE).date()).days == 2


def test_days_across_the_change_of_clocks() -> None:
    at = datetime(2026, 10, 24, 4, 0, tzinfo=UTC)
    moment = next_moment(steps_of(Policy([1], [], 3)), 0, at=at, zone=ZONE)
    assert moment is not None
    assert moment.astimezone(ZONE).isoformat() == "2026-10-25T06:00:00+01:00"


@pytest.mark.parametrize(
    ("retries", "mails", "last", "ok"),
    [([1, 3], [0], 5, True), ([0], [], 5, False), ([3, 1], [], 5, False), ([1, 1], [], 5, False), ([9], [], 5, False)],
)
def test_what_a_policy_may_be(retries: list[int], mails: list[int], last: int, ok: bool) -> None:
    assert (refused_days(retries, mails, last) == "") is ok


@given(
    st.lists(st.integers(1, 40), unique=True, max_size=6).map(sorted),
    st.lists(st.integers(0, 40), unique=True, max_size=4).map(sorted),
)
def test_what_is_shown_is_what_happens(retries: list[int], mails: list[int]) -> None:
    policy = Policy(retries, mails, 41)
    steps = steps_of(policy)
    first = next_moment(steps, 0, at=FIRST, zone=ZONE)
    assert first is not None
    assert [(step.kind, on) for step, on in plan(steps, 0, next_at=first, zone=ZONE)] == walked(policy)
