"""The days of a subscription when deliveries are skipped, moved, paused or ordered now, and what is refused."""

from datetime import date, datetime, timedelta

import pytest

from ordermgmt.models import OutgoingMessage
from orders.actions.deliveries import Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.links import CUSTOMER
from orders.actions.pausing import Pause, Resume, resume_due
from orders.actions.renewing import renew_due
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.billing_states import DeliveryStatus, SubscriptionStatus
from orders.factories.orders import NOW
from orders.models import MrrMovement, Subscription
from orders.projecting import project
from orders.tests.subscribed import LATE, days, do, fresh, plan, subscribe, the_next

pytestmark = pytest.mark.django_db


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return subscribe()


def test_skip_leaves_later_days_as_they_are(s: Subscription) -> None:
    do(s, Skip())
    assert days(s) == ["(2026-12-03)", "2027-01-03", "2027-02-03", "2027-03-03"]
    following = the_next(s)
    assert following is not None
    assert following.number == 2
    message = OutgoingMessage.objects.get(kind="subscription_skipped")
    assert "left out" in message.text


def test_skip_is_no_change_of_revenue(s: Subscription) -> None:
    do(s, Skip())
    assert MrrMovement.objects.count() == 1


def test_skip_too_late_names_the_first_that_can_change(s: Subscription) -> None:
    with pytest.raises(TooLate) as refusal:
        do(s, Skip(), now=LATE)
    assert (refusal.value.first_number, refusal.value.first_on) == (2, date(2027, 1, 3))
    do(s, Skip(2), now=LATE)
    assert days(s, now=LATE)[:2] == ["2026-12-03", "(2027-01-03)"]


def test_staff_may_skip_what_is_closed_with_a_reason(s: Subscription) -> None:
    event = do(s, Skip(), now=LATE, override="Customer rang")
    assert event.facts["override"] == "Customer rang"


def test_not_more_in_a_row_than_the_plan_allows(s: Subscription) -> None:
    for number in (1, 2, 4):
        do(s, Skip(number))
    with pytest.raises(NotAllowed, match="At most 3"):
        do(s, Skip(3))


def test_unskip_until_it_closes(s: Subscription) -> None:
    do(s, Skip())
    do(s, Unskip(1))
    assert days(s, 2) == ["2026-12-03", "2027-01-03"]
    do(s, Skip())
    with pytest.raises(TooLate):
        do(s, Unskip(1), now=LATE)


def test_move_one_between_its_neighbours_w58(s: Subscription) -> None:
    do(s, Move(date(2026, 12, 20)))
    assert days(s, 3) == ["2026-12-20", "2027-01-03", "2027-02-03"]
    with pytest.raises(NotAllowed, match="before the next"):
        do(s, Move(date(2027, 1, 3)))
    with pytest.raises(NotAllowed, match="too soon"):
        do(s, Move(date(2026, 11, 24)))
    with pytest.raises(NotAllowed, match="after the delivery"):
        do(s, Move(date(2026, 12, 20), number=2))


def test_move_all_sets_a_new_anchor_w58(s: Subscription) -> None:
    do(s, MoveAllAfter(date(2026, 12, 10)))
    assert days(s, 3) == ["2026-12-10", "2027-01-10", "2027-02-10"]


def test_change_frequency_w56() -> None:
    """Last one 30 Sep, two months become one: 30 Nov then 30 Dec, or counted anew 30 Oct."""
    version = plan(deliver_every=2, bill_every=2, allowed_intervals=["1 month"])
    start = datetime(2026, 8, 1, tzinfo=NOW.tzinfo)
    kept = subscribe(version, starts_on=date(2026, 9, 30), now=start)
    anew = subscribe(version, starts_on=date(2026, 9, 30), now=start)
    for s, recalculate in ((kept, False), (anew, True)):
        do(s, Skip(1), now=start)
        do(s, ChangeFrequency(1, "month", recalculate), now=start, by=CUSTOMER)
    assert days(kept, 3, start) == ["(2026-09-30)", "2026-11-30", "2026-12-30"]
    assert days(anew, 3, start) == ["(2026-09-30)", "2026-10-30", "2026-11-30"]


def test_change_frequency_keeps_what_still_falls_on_a_day(s: Subscription) -> None:
    do(s, Skip(3))
    do(s, Skip(4))
    event = do(s, ChangeFrequency(2, "month"))
    assert days(s, 3) == ["2026-12-03", "(2027-02-03)", "2027-04-03"]
    assert event.facts["kept"] == ["2027-02-03"]
    assert event.facts["lost"] == ["2027-03-03"]


def test_a_customer_chooses_only_what_is_offered(s: Subscription) -> None:
    with pytest.raises(NotAllowed, match="so often"):
        do(s, ChangeFrequency(2, "month"), by=CUSTOMER)


def test_pause_until_a_day_keeps_the_anchor(s: Subscription) -> None:
    do(s, Pause(date(2027, 2, 1)))
    assert fresh(s).status == SubscriptionStatus.PAUSED
    assert the_next(s) is None
    assert days(s) == ["(2026-12-03)", "(2027-01-03)", "2027-02-03", "2027-03-03"]
    contraction = MrrMovement.objects.order_by("pk")[1]
    assert (contraction.kind, contraction.reason) == ("contraction", "pause")


def test_a_pause_ends_by_itself_in_time_for_the_reminder(s: Subscription) -> None:
    do(s, Pause(date(2027, 2, 1)))
    assert resume_due(now=datetime(2027, 1, 20, tzinfo=NOW.tzinfo)).done == 0
    assert resume_due(now=datetime(2027, 1, 27, tzinfo=NOW.tzinfo)).done == 1
    following = the_next(s)
    assert following is not None
    assert (following.number, following.leaves_on) == (3, date(2027, 2, 3))
    assert sum(m.amount for m in MrrMovement.objects.all()) == fresh(s).mrr > 0


def test_a_pause_that_ended_unheard_loses_no_delivery(s: Subscription) -> None:
    """The job did not run for a week: what was promised for 3 February comes next, and is due at once."""
    do(s, Pause(date(2027, 2, 1)))
    late = datetime(2027, 2, 4, 9, tzinfo=NOW.tzinfo)
    assert resume_due(now=late).done == 1
    following = the_next(s)
    assert following is not None
    assert (following.number, following.leaves_on) == (3, date(2027, 2, 3))
    assert following.lock_at < late
    assert s.deliveries.filter(status="skipped", skip_reason="pause").count() == 2
    assert renew_due(now=late).ordered == 1
    assert s.deliveries.get(number=3).status == DeliveryStatus.ORDERED


def test_a_pause_that_ended_long_ago_waits_for_a_decision(s: Subscription) -> None:
    do(s, Pause(date(2027, 2, 1)))
    late = datetime(2027, 4, 10, 9, tzinfo=NOW.tzinfo)
    assert resume_due(now=late).done == 1
    following = the_next(s)
    assert following is not None
    assert following.number == 3
    assert renew_due(now=late).failed == 1
    assert s.deliveries.get(number=3).parked_code == "missed"


def test_what_was_left_out_by_choice_stays_so_when_it_resumes(s: Subscription) -> None:
    do(s, Skip(3))
    do(s, Pause(date(2027, 2, 1)))
    assert resume_due(now=datetime(2027, 2, 4, 9, tzinfo=NOW.tzinfo)).done == 1
    following = the_next(s)
    assert following is not None
    assert (following.number, following.leaves_on) == (4, date(2027, 3, 3))
    resumed = s.events.get(kind="resumed")
    assert resumed.facts["leaves_on"] == "2027-03-03"


def test_a_pause_without_end_is_filled_when_it_ends(s: Subscription) -> None:
    do(s, Pause())
    assert project(fresh(s), now=NOW) == []
    later = datetime(2027, 3, 10, tzinfo=NOW.tzinfo)
    do(s, Resume(), now=later)
    following = the_next(s)
    assert following is not None
    assert (following.number, following.leaves_on) == (5, date(2027, 4, 3))
    assert s.deliveries.filter(status="skipped", skip_reason="pause").count() == 4


def test_resume_early_takes_back_in_what_can_still_be_made(s: Subscription) -> None:
    do(s, Pause(date(2027, 3, 1)))
    do(s, Resume(), now=datetime(2026, 12, 20, tzinfo=NOW.tzinfo))
    following = the_next(s)
    assert following is not None
    assert following.leaves_on == date(2027, 1, 3)


def test_limits_of_a_pause(s: Subscription) -> None:
    with pytest.raises(NotAllowed, match="at the latest"):
        do(s, Pause(date(2028, 1, 1)))
    with pytest.raises(NotAllowed, match="after the next"):
        do(s, Pause(date(2026, 12, 1)))
    with pytest.raises(NotAllowed, match="goes on"):
        do(s, Pause(), by=CUSTOMER)
    with pytest.raises(TooLate):
        do(s, Pause(date(2027, 2, 1)), now=LATE)


def test_order_now_uses_up_the_next_and_keeps_the_calendar(s: Subscription) -> None:
    do(s, OrderNow())
    first = the_next(s)
    assert first is not None
    assert (first.number, first.order_at, first.leaves_on) == (1, NOW, NOW.date())
    assert days(s, 2)[1] == "2027-01-03"
    with pytest.raises(NotAllowed, match="being made"):
        do(s, OrderNow(), now=NOW + timedelta(minutes=1))


def test_order_now_may_start_the_calendar_again(s: Subscription) -> None:
    do(s, OrderNow(restart=True))
    assert days(s, 3) == ["2026-11-23", "2026-12-23", "2027-01-23"]
