"""Expected against actual: every planted fault is found, and nothing where there is none."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ordermgmt.models import OutgoingMessage
from ordermgmt.tests.planting import found, lift_guards, plant
from orders.actions.deliveries import Move
from orders.actions.ending import Cancel, Reactivate
from orders.actions.missed import ship_one
from orders.actions.reckoning import reckon_all
from orders.actions.renewing import renew_due, renew_one
from orders.actions.subscription_changes import change_subscription
from orders.billing_states import DeliveryStatus, EventKind
from orders.expected import Anchor
from orders.factories import NOW
from orders.factories.running import coffee_plan, running
from orders.models import (
    Delivery,
    FindingKind,
    Invoice,
    Order,
    ReckoningFinding,
    Subscription,
    SubscriptionEvent,
)
from orders.periods import Interval, Segment

pytestmark = pytest.mark.django_db
FIRST = date(2026, 12, 3)
RUN_AT = NOW.replace(month=12, day=1, hour=9)


def ordered_once() -> Subscription:
    (s,) = running(coffee_plan(), [FIRST])
    renew_due(now=RUN_AT)
    return s


def findings(now: datetime = RUN_AT) -> set[tuple[str, int]]:
    reckon_all(now=now)
    return set(ReckoningFinding.objects.filter(gone_at=None).values_list("kind", "number"))


def test_nothing_is_found_where_all_is_well() -> None:
    s = ordered_once()
    renew_due(now=RUN_AT.replace(year=2027, month=1, day=1))
    late = RUN_AT.replace(year=2027, month=4, day=20)
    renew_due(now=late)
    ship_one(s.deliveries.get(is_next=True).pk, by="Ana", now=late)
    assert findings(late) - {(FindingKind.NOT_SHIPPED, 1)} == set()


def delete_next(s: Subscription) -> None:
    s.deliveries.filter(is_next=True).delete()


def delete_ordered(s: Subscription) -> None:
    s.deliveries.filter(status=DeliveryStatus.ORDERED).delete()


def another_day(s: Subscription) -> None:
    s.deliveries.filter(is_next=True).update(leaves_on=date(2027, 1, 9), planned_on=date(2027, 1, 9))


def another_day_of_an_ordered_one(s: Subscription) -> None:
    s.deliveries.filter(number=1).update(leaves_on=date(2026, 12, 9))


def ordered_too_early(s: Subscription) -> None:
    s.deliveries.filter(number=1).update(ordered_at=RUN_AT - timedelta(days=20))


def told_twice(s: Subscription) -> None:
    SubscriptionEvent.objects.create(
        subscription=s, kind=EventKind.ORDERED, delivery_number=1, facts={"order": "SO-1"}, by="Test", at=RUN_AT
    )


def left_out_by_hand(s: Subscription) -> None:
    row = s.deliveries.get(is_next=True)
    row.move_to(DeliveryStatus.SKIPPED, now=RUN_AT, skip_reason="staff", is_next=False)


def pushed_far_away(s: Subscription) -> None:
    s.deliveries.filter(is_next=True).update(order_at=RUN_AT + timedelta(days=400))


FAULTS: list[tuple[Callable[[Subscription], None], datetime, set[tuple[str, int]]]] = [
    (delete_next, RUN_AT, {(FindingKind.MISSING, 2)}),
    (delete_ordered, RUN_AT, {(FindingKind.MISSING, 1)}),
    (another_day, RUN_AT, {(FindingKind.WRONG_DATE, 2)}),
    (another_day_of_an_ordered_one, RUN_AT, {(FindingKind.WRONG_DATE, 1)}),
    (ordered_too_early, RUN_AT, {(FindingKind.EARLY, 1)}),
    (told_twice, RUN_AT, {(FindingKind.DOUBLE, 1)}),
    (left_out_by_hand, RUN_AT, {(FindingKind.MISSING, 2), (FindingKind.UNEXPLAINED, 2)}),
    (pushed_far_away, RUN_AT.replace(year=2027, month=1, day=6), {(FindingKind.MISSING, 2)}),
]


@pytest.mark.parametrize(("fault", "now", "expected"), FAULTS, ids=[fault.__name__ for fault, _n, _e in FAULTS])
def test_a_planted_fault_is_found(fault: Any, now: datetime, expected: set[tuple[str, int]]) -> None:
    fault(ordered_once())
    assert findings(now) == expected


def test_paid_and_not_shipped() -> None:
    ordered_once()
    Invoice.objects.update(status="paid")
    assert findings(RUN_AT + timedelta(days=4)) == set()
    assert findings(RUN_AT + timedelta(days=7)) == {(FindingKind.NOT_SHIPPED, 1)}


def test_shipped_and_not_paid() -> None:
    s = ordered_once()
    Order.objects.update(fulfilment_status="delivered")
    now = RUN_AT + timedelta(days=60)
    assert (FindingKind.NOT_PAID, 1) not in findings(now)
    Invoice.objects.get().charges.update(status="cancelled")
    assert (FindingKind.NOT_PAID, 1) in findings(now)
    assert s.findings.exists()


def test_a_finding_is_told_once_and_marked_when_gone(settings: Any) -> None:
    settings.ALERT_EMAILS = ["ops@example.com"]
    s = ordered_once()
    row = s.deliveries.get(is_next=True)
    delete_next(s)
    assert reckon_all(now=RUN_AT) == {"subscriptions": 1, "new": 1, "open": 1}
    assert reckon_all(now=RUN_AT) == {"subscriptions": 1, "new": 0, "open": 1}
    message = OutgoingMessage.objects.get(kind="alert")
    assert s.number in message.subject_line
    row.save(force_insert=True)
    assert reckon_all(now=RUN_AT) == {"subscriptions": 1, "new": 0, "open": 0}
    assert ReckoningFinding.objects.get().gone_at == RUN_AT


def test_ordering_at_once_by_a_person_is_early_only_without_history() -> None:
    (s,) = running(coffee_plan(), [FIRST])
    renew_one(s.deliveries.get().pk, by="Ana", now=NOW)
    assert findings(NOW) == {(FindingKind.EARLY, 1)}
    SubscriptionEvent.objects.create(
        subscription=s, kind=EventKind.ORDERED_NOW, delivery_number=1, facts={"leaves_on": "2026-12-03"}, by="A", at=NOW
    )
    assert findings(NOW) == set()


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
@pytest.mark.parametrize("day", [date(2024, 1, 31), date(2024, 2, 29), date(2025, 12, 30)])
def test_both_calendars_agree(unit: str, day: date) -> None:
    ours = Segment(1, day, day.day, Interval(2, unit))
    other = Anchor(1, day, day.day, 2, unit)
    assert [ours.day_of(n) for n in range(1, 40)] == [other.planned_on(n) for n in range(1, 40)]


# Invariants -------------------------------------------------------------------------------------
def test_i24_finds_a_renewal_without_its_delivery() -> None:
    s = ordered_once()
    assert found("I24", RUN_AT).holds
    delete_ordered(s)
    assert not found("I24", RUN_AT).holds


def test_i25_finds_none_and_two() -> None:
    s = ordered_once()
    assert found("I25", RUN_AT).holds
    lift_guards(Delivery)
    plant(s.deliveries.get(is_next=True), number=9)
    assert found("I25", RUN_AT).count == 1
    delete_next(s)
    assert found("I25", RUN_AT).count == 1


def test_i26_finds_a_hole() -> None:
    s = ordered_once()
    renew_due(now=RUN_AT.replace(year=2027, month=1, day=1))
    assert found("I26", RUN_AT).holds
    s.deliveries.filter(number=1).delete()
    assert not found("I26", RUN_AT).holds


def test_i27_finds_a_wrong_day() -> None:
    s = ordered_once()
    assert found("I27", RUN_AT).holds
    another_day(s)
    assert found("I27", RUN_AT).count == 1


def test_i28_finds_what_waits_too_long() -> None:
    ordered_once()
    now = RUN_AT.replace(year=2027, month=1, day=1)
    assert found("I28", RUN_AT).holds
    assert found("I28", now).count == 1


def test_i29_finds_a_next_one_after_the_end() -> None:
    s = ordered_once()
    assert found("I29", RUN_AT).holds
    Subscription.objects.filter(pk=s.pk).update(status="expired", expired_at=RUN_AT)
    assert found("I29", RUN_AT).count == 1


def test_a_single_move_is_over_when_an_ended_one_begins_again() -> None:
    (s,) = running(coffee_plan(), [FIRST])
    s = Subscription.objects.get(pk=s.pk)
    now = NOW + timedelta(minutes=1)
    for change in (Move(FIRST + timedelta(days=-2), 1), Cancel("moved"), Reactivate()):
        change_subscription(s.pk, change, by="Ana", now=now)
    assert s.deliveries.get(is_next=True).leaves_on == FIRST
    assert findings(now) == set()
