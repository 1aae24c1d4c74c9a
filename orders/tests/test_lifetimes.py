"""Random lifetimes of a subscription against a model that knows no code of ours (reliability.md, subscriptions.md 2.6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inventory.factories import WarehouseFactory
from orders.actions.deliveries import Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.ending import Cancel, Reactivate
from orders.actions.pausing import Pause, Resume
from orders.actions.renewing import renew_due
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import Change, Conflict, change_subscription, preview_change, undo_change
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.models import Delivery, FindingKind, Subscription
from orders.projecting import project
from orders.reckoning import reckon
from orders.subscription_snapshots import state_of
from orders.tests.lifetimes import CUT_OFF, ZONE, Life, Stretch
from orders.tests.subscribed import fresh, plan, subscribe

pytestmark = pytest.mark.slow
BEGINS = datetime(2027, 1, 4, 9, tzinfo=UTC)


class LifetimeMachine(RuleBasedStateMachine):
    s: Subscription
    life: Life
    now: datetime

    @initialize(first=st.dates(date(2027, 1, 15), date(2027, 2, 28)))
    def start(self, first: date) -> None:
        self.savepoint = transaction.savepoint()
        self.now = BEGINS
        WarehouseFactory(country="SE", work_days="1234567", observes_holidays=False)
        version = plan(most_skips=99, cut_off_days=CUT_OFF, most_pause_days=365)
        self.s = subscribe(version, starts_on=first, now=self.now)
        self.life = Life([Stretch(1, first, first.day, 1, "month")])
        self.undo: tuple[int, Life] | None = None

    def teardown(self) -> None:
        """Each lifetime leaves nothing behind for the next."""
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    def _do(self, change: Change) -> bool:
        """Shown, then done: the same. What is refused changes nothing."""
        before = state_of(self.s)
        try:
            shown = preview_change(self.s.pk, change, by="Ana", now=self.now, tell=False)
        except (NotAllowed, TooLate):
            assert state_of(self.s) == before
            return False
        event = change_subscription(self.s.pk, change, by="Ana", now=self.now, tell=False)
        assert project(fresh(self.s), now=self.now) == list(shown.after)
        self.undo = (event.pk, self.life.copy())
        return True

    # Time --------------------------------------------------------------------------------------
    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        """Never beyond the next delivery, which the run takes in its time."""
        self.now += timedelta(days=days)
        if self.life.status == "active":
            due = self._next_row()
            self.now = min(self.now, max(due.order_at - timedelta(minutes=1), self.now - timedelta(days=days)))

    @precondition(lambda self: self.life.status == "active")
    @rule(again=st.booleans())
    def the_run_comes(self, again: bool) -> None:
        row = self._next_row()
        number = row.number
        self.now = max(self.now, row.order_at)
        done = renew_due(now=self.now)
        if done.failed:  # missed by more than an interval, or too often on one day: a person decides
            self._next_row()
            Delivery.objects.filter(pk=row.pk).update(parked_at=None, parked_code="", parked_reason="")
            return
        assert done.ordered == 1
        self.life.ordered.add(number)
        if again:
            more = renew_due(now=self.now)
            for _ in range(more.ordered):
                self.life.ordered.add(self.life.next)

    def _next_row(self) -> Delivery:
        return Delivery.objects.get(subscription=self.s, is_next=True)

    # Actions -----------------------------------------------------------------------------------
    @precondition(lambda self: self.life.status == "active")
    @rule(ahead=st.integers(0, 3))
    def skip(self, ahead: int) -> None:
        number = self.life.next + ahead
        if self._do(Skip(number)):
            self.life.skipped[number] = "staff"

    @precondition(lambda self: self.life.status == "active" and self.life.skipped)
    @rule(data=st.data())
    def unskip(self, data: Any) -> None:
        number = data.draw(st.sampled_from(sorted(self.life.skipped)))
        if self._do(Unskip(number)):
            del self.life.skipped[number]

    @precondition(lambda self: self.life.status == "active")
    @rule(ahead=st.integers(0, 2), days=st.integers(-8, 12))
    def move(self, ahead: int, days: int) -> None:
        number = self.life.next + ahead
        to = self.life.planned(number) + timedelta(days=days)
        if self._do(Move(to, number)):
            self.life.moved[number] = to

    @precondition(lambda self: self.life.status == "active" and not self.life.has_wishes)
    @rule(days=st.integers(-8, 20))
    def move_all(self, days: int) -> None:
        number, life = self.life.next, self.life
        to = life.leaves(number) + timedelta(days=days)
        old = [x for x in life.stretches if x.first <= number][-1]
        if self._do(MoveAllAfter(to)):
            kept = [x for x in life.stretches if x.first < number]
            life.stretches = [*kept, Stretch(number, to, to.day, old.every, old.unit)]

    @precondition(lambda self: self.life.status == "active" and not self.life.has_wishes)
    @rule(cadence=st.sampled_from([(1, "month"), (2, "week"), (4, "week"), (2, "month")]))
    def another_cadence(self, cadence: tuple[int, str]) -> None:
        life, number = self.life, self.life.next
        old = [x for x in life.stretches if x.first <= number][-1]
        anchor = life.planned(number)
        if self._do(ChangeFrequency(*cadence)):
            day = old.day if old.unit == cadence[1] == "month" else anchor.day
            kept = [x for x in life.stretches if x.first < number]
            life.stretches = [*kept, Stretch(number, anchor, day, *cadence)]

    @precondition(lambda self: self.life.status == "active")
    @rule(days=st.one_of(st.none(), st.integers(1, 200)))
    def pause(self, days: int | None) -> None:
        until = (self.now + timedelta(days=days)).date() if days else None
        if self._do(Pause(until)):
            self.life.pause(until)

    @precondition(lambda self: self.life.status == "paused")
    @rule()
    def resume(self) -> None:
        assert self._do(Resume())
        self.life.resume(self.now)

    @precondition(lambda self: self.life.status == "active")
    @rule()
    def order_now(self) -> None:
        number = self.life.next
        if self._do(OrderNow()):
            self.life.moved[number] = self.now.astimezone(ZONE).date()
            self.life.hurried.add(number)

    @precondition(lambda self: self.life.status == "active")
    @rule()
    def cancel(self) -> None:
        if self.life.is_open(self.life.next, self.now) and self._do(Cancel("too_much")):
            self.life.cancel()

    @precondition(lambda self: self.life.status == "cancelled")
    @rule()
    def reactivate(self) -> None:
        if self._do(Reactivate()):
            self.life.reactivate(self.now)

    @precondition(lambda self: self.undo is not None)
    @rule()
    def take_back(self) -> None:
        """All as it was, but what was ordered meanwhile stays ordered."""
        assert self.undo is not None
        (event, before), self.undo = self.undo, None
        state = state_of(self.s)
        try:
            undo_change(event, by="Ana", now=self.now)
        except (NotAllowed, TooLate, Conflict):
            assert state_of(self.s) == state
            return
        before.ordered = self.life.ordered
        self.life = before

    # What always holds -------------------------------------------------------------------------
    @invariant()
    def one_next_while_active(self) -> None:
        if not hasattr(self, "life"):
            return
        rows = list(Delivery.objects.filter(subscription=self.s, is_next=True))
        assert fresh(self.s).status == self.life.status
        assert len(rows) == (1 if self.life.status == "active" else 0)
        for row in rows:
            assert (row.number, row.leaves_on) == (self.life.next, self.life.leaves(self.life.next))

    @invariant()
    def days_follow_from_the_anchors(self) -> None:
        if not hasattr(self, "life"):
            return
        seen = [(u.number, u.leaves_on) for u in project(fresh(self.s), now=self.now, count=30) if not u.skip_reason]
        wanted = self.life.coming(4)
        if self.life.status != "paused":
            assert seen[:4] == wanted

    @invariant()
    def numbers_have_no_holes(self) -> None:
        if not hasattr(self, "life"):
            return
        rows = dict(Delivery.objects.filter(subscription=self.s).values_list("number", "status"))
        assert {n for n, status in rows.items() if status == "ordered"} == self.life.ordered
        assert all(n in rows for n in range(1, self.life.last + 1))

    @invariant()
    def revenue_is_the_sum_of_its_movements(self) -> None:
        if hasattr(self, "life"):
            total = self.s.movements.aggregate(n=Sum("amount"))["n"]
            assert round(total or 0, 4) == fresh(self.s).mrr

    @invariant()
    def the_reckoning_finds_nothing(self) -> None:
        """What waits for a person because it was missed is due, and rightly said to be missing."""
        if not hasattr(self, "life"):
            return
        is_due = Delivery.objects.due(self.now).filter(subscription=self.s).exists()
        found = [difference for _s, difference in reckon([fresh(self.s)], now=self.now)]
        assert [one for one in found if not (is_due and one.kind == FindingKind.MISSING)] == []


@pytest.mark.django_db
class TestLifetimes(LifetimeMachine.TestCase, TestCase):  # type: ignore[name-defined,misc]
    settings = settings(
        max_examples=8,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=False,
    )
