"""Every change of a subscription: shown before, one line of history, done once, undone."""

from datetime import date
from typing import Any

import pytest

from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.changing_plan import ChangePlan
from orders.actions.contents import AddExtra, SetBoxes, Swap
from orders.actions.deliveries import AddOnce, Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.ending import Cancel, Reactivate, TakeBackCancel
from orders.actions.particulars import Note
from orders.actions.pausing import Pause, Resume
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import (
    Conflict,
    change_each,
    preview_change,
    undo_bulk,
    undo_change,
)
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.factories.orders import NOW
from orders.models import Subscription
from orders.projecting import project
from orders.subscription_snapshots import state_of
from orders.tests.subscribed import LATE, days, do, fresh, item, plan, subscribe

pytestmark = pytest.mark.django_db


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return subscribe()


def test_each_is_one_line_of_history(s: Subscription) -> None:
    before = Activity.objects.of(s.number).count()
    do(s, Note("Likes blue"))
    do(s, Skip())
    assert Activity.objects.of(s.number).count() == before + 2
    assert fresh(s).row_version == 2


def test_somebody_was_faster(s: Subscription) -> None:
    do(s, Skip(), expected=0)
    with pytest.raises(Conflict):
        do(s, Skip(2), expected=0)


def test_many_at_once_and_back(s: Subscription) -> None:
    late = subscribe()
    do(late, Cancel("x"))
    outcome = change_each([s.pk, late.pk], Skip(), by="Ana", now=NOW, bulk="b1")
    assert outcome.done == 1
    assert [number for number, _why in outcome.refused] == [late.number]
    assert undo_bulk("b1", by="Ana", now=NOW).done == 1
    assert days(s)[0] == "2026-12-03"
    assert undo_bulk("b1", by="Ana", now=NOW).done == 0


ALL: list[Any] = [
    Skip(), Skip(3), Move(date(2026, 12, 10)), MoveAllAfter(date(2026, 12, 10)), ChangeFrequency(2, "week"),
    Pause(date(2027, 2, 1)), Pause(), Cancel("x"), Cancel("x", date(2027, 2, 1)), OrderNow(), OrderNow(restart=True),
    SetBoxes(2), lambda: AddExtra(item().pk), lambda: AddOnce(item().pk), lambda: ChangePlan(plan("50").plan_id),
    lambda: ChangePlan(plan("50", deliver_every=2, deliver_unit="week").plan_id),
    lambda: Swap(1, item("12").pk), Resume(), Reactivate(), TakeBackCancel(), Unskip(1), Note("x"),
]  # fmt: skip


STATES: dict[str, list[Any]] = {
    "fresh": [],
    "skipped": [Skip()],
    "moved ahead": [Move(date(2027, 1, 10), number=2), Skip(4)],
    "paused": [Pause(date(2027, 2, 1))],
    "ending": [Cancel("x", date(2027, 3, 1))],
    "cancelled": [Cancel("x")],
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("which", range(len(ALL)))
def test_shown_is_what_is_done_and_undo_brings_all_back(which: int, state: str) -> None:
    s = subscribe()
    for change in STATES[state]:
        do(s, change)
    change = ALL[which]() if callable(ALL[which]) else ALL[which]
    before = (state_of(s), project(fresh(s), now=NOW), fresh(s).mrr)
    try:
        shown = preview_change(s.pk, change, by="Ana", now=NOW)
    except NotAllowed as refusal:
        with pytest.raises(NotAllowed, match="^" + str(refusal)[:10]):
            do(s, change)
        return
    assert (state_of(s), project(fresh(s), now=NOW), fresh(s).mrr) == before
    assert list(shown.before) == before[1]
    event = do(s, change)
    assert project(fresh(s), now=NOW) == list(shown.after)
    assert (fresh(s).mrr, fresh(s).status) == (shown.mrr_after, shown.status)
    if change.kind != "note":
        undo_change(event.pk, by="Ana", now=NOW)
        assert project(fresh(s), now=NOW) == before[1]
        assert fresh(s).mrr == before[2]
        with pytest.raises(NotAllowed):
            undo_change(event.pk, by="Ana", now=NOW)


def test_undo_is_refused_when_changed_again_or_closed(s: Subscription) -> None:
    event = do(s, Skip(2))
    do(s, Unskip(2))
    with pytest.raises(Conflict):
        undo_change(event.pk, by="Ana", now=NOW)
    event = do(s, Skip())
    with pytest.raises(TooLate):
        undo_change(event.pk, by="Ana", now=LATE)


def test_a_mail_that_has_not_left_is_withdrawn_by_undo(s: Subscription) -> None:
    event = do(s, Skip())
    undo_change(event.pk, by="Ana", now=NOW)
    assert OutgoingMessage.objects.get(kind="subscription_skipped").state == "withdrawn"
