"""What can be done to a subscription: the days afterwards, what is refused, and that undo restores them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from customers.factories import AddressFactory, CustomerFactory
from ordermgmt.models import Activity, OutgoingMessage
from ordermgmt.proofs import check_books
from orders.actions.changing_plan import ChangePlan
from orders.actions.contents import AddExtra, SetBoxes, SetUnits, Swap
from orders.actions.crediting import credit, everything
from orders.actions.deliveries import AddOnce, Move, MoveAllAfter, OrderNow, Skip, Unskip
from orders.actions.ending import Cancel, Reactivate, TakeBackCancel
from orders.actions.links import CUSTOMER
from orders.actions.particulars import ChangeAddress, ChangeMethod, Note, Transfer
from orders.actions.pausing import Pause, Resume, resume_due
from orders.actions.renewing import renew_due
from orders.actions.returning_money import GiveBack
from orders.actions.rhythm import ChangeFrequency
from orders.actions.subscription_changes import (
    Change,
    Conflict,
    change_each,
    change_subscription,
    preview_change,
    undo_bulk,
    undo_change,
)
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.actions.taking_money import lock_invoice, take_money
from orders.billing_states import DeliveryStatus, SubscriptionStatus
from orders.factories import DunningFactory, PaymentMethodFactory, PlanItemFactory
from orders.factories.orders import NOW
from orders.models import CreditNote, Invoice, MrrMovement, PlanPrice, Refund, Subscription, SubscriptionEvent
from orders.projecting import project
from orders.standing import unpaid_case
from orders.subscription_forms import CancelForm
from orders.subscription_snapshots import state_of
from orders.tests.subscribed import days, fresh, item, plan, subscribe, the_next
from orders.tests.subscriber_steps import proven, url

pytestmark = pytest.mark.django_db
RUN_AT = datetime(2026, 12, 1, 9, tzinfo=NOW.tzinfo)
LATE = datetime(2026, 12, 1, 12, tzinfo=NOW.tzinfo)  # closed since 30 Nov 23:59


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return subscribe()


def pay_invoice(invoice: Invoice) -> None:
    with transaction.atomic():
        take_money(
            lock_invoice(invoice.pk), amount=invoice.balance, provider="bank", effect_key=f"bank:{invoice}", by="Test",
            now=RUN_AT,
        )  # fmt: skip


def do(s: Subscription, change: Change, *, now: datetime = NOW, by: str = "Ana", **more: Any) -> SubscriptionEvent:
    return change_subscription(s.pk, change, by=by, now=now, **more)


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


def test_swap_shows_the_difference(s: Subscription) -> None:
    dear = item("13.50")
    PlanItemFactory(version=s.version, sku=dear, is_default=False)
    plan_shown = preview_change(s.pk, Swap(1, dear.pk), by=CUSTOMER, now=NOW)
    assert plan_shown.touched[0].before is not None
    assert plan_shown.touched[0].after is not None
    assert plan_shown.touched[0].after.amount - plan_shown.touched[0].before.amount == 7  # two units
    do(s, Swap(1, dear.pk), by=CUSTOMER)
    with pytest.raises(NotAllowed, match="not one of the items"):
        do(s, Swap(1, item("1").pk), by=CUSTOMER)


def test_more_boxes_and_extras(s: Subscription) -> None:
    with pytest.raises(NotAllowed, match="one price for one box"):
        do(s, SetBoxes(2))
    PlanPrice.objects.update(model="per_unit")
    do(s, AddExtra(item("8").pk, 2))
    assert project(fresh(s), now=NOW)[0].amount == Decimal("54.60")
    do(s, SetUnits(2, 0))
    do(s, SetBoxes(3))
    assert fresh(s).quantity == 3
    following = project(fresh(s), now=NOW)[0]
    assert following.priced is not None
    assert (following.priced.parts[0].quantity, following.amount) == (6, 3 * Decimal("38.60"))
    with pytest.raises(NotAllowed, match="one price for one box"):
        do(s, ChangePlan(plan("50").plan_id))


def test_something_once(s: Subscription) -> None:
    do(s, AddOnce(item("5").pk, 2, number=2))
    amounts = [u.amount for u in project(fresh(s), now=NOW, count=3)]
    assert amounts[1] - amounts[0] == 10
    assert amounts[2] == amounts[0]


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


def test_another_address_for_one_or_for_all(s: Subscription) -> None:
    other = AddressFactory(customer=s.customer, is_default=False, city="Malmö")
    do(s, ChangeAddress(other.pk, number=2))
    assert s.deliveries.get(number=2).address_id == other.pk
    do(s, ChangeAddress(other.pk))
    assert fresh(s).address_id == other.pk
    with pytest.raises(NotAllowed, match="address of the customer"):
        do(s, ChangeAddress(AddressFactory().pk))


def test_another_way_to_pay(s: Subscription) -> None:
    method = PaymentMethodFactory(customer=s.customer)
    do(s, ChangeMethod(method.pk))
    assert fresh(s).method_id == method.pk
    do(s, ChangeMethod(None, 30))
    assert (fresh(s).collection, fresh(s).payment_days) == ("invoice", 30)
    with pytest.raises(NotAllowed):
        do(s, ChangeMethod(PaymentMethodFactory(customer=CustomerFactory()).pk))


def test_transfer_takes_address_and_money_of_the_other(s: Subscription) -> None:
    other = AddressFactory()
    do(s, Transfer(other.customer_id, other.pk))
    assert (fresh(s).customer_id, fresh(s).address_id) == (other.customer_id, other.pk)


def test_after_a_transfer_each_sees_only_their_own(s: Subscription) -> None:
    """The first customer's link ends, and the other one finds neither their papers, orders nor debts."""
    renew_due(now=RUN_AT)
    first, invoice = fresh(s).links.get(), Invoice.objects.get()
    DunningFactory(invoice=invoice)
    other = AddressFactory()
    do(s, Transfer(other.customer_id, other.pk), now=RUN_AT)
    with time_machine.travel(RUN_AT, tick=False):
        assert Client().get(f"/s/{first.token}/").status_code == 410
        client = proven(fresh(s))
        assert client.get(url(s, f"papers/invoice/{invoice.number}/")).status_code == 404
        assert invoice.number not in client.get(url(s, "papers/")).content.decode()
        assert client.post(url(s, f"orders/{invoice.order}/")).status_code == 404
        assert client.post(url(s, "pay/"))["Location"] == url(s)
    assert unpaid_case(fresh(s)) is None


def test_another_plan_from_the_next_delivery_on(s: Subscription) -> None:
    dearer = plan("50")
    do(s, ChangePlan(dearer.plan_id))
    assert [u.amount for u in project(fresh(s), now=NOW, count=2)] == [50, 50]
    assert MrrMovement.objects.order_by("-pk")[0].kind == "expansion"


def test_another_plan_after_what_is_paid() -> None:
    s = subscribe(plan(bill_every=3))
    s.deliveries_owed = 2
    s.save()
    do(s, ChangePlan(plan("50").plan_id))
    assert [u.amount for u in project(fresh(s), now=NOW, count=3)] == [0, 0, 50]


def test_cancel_now_and_begin_again(s: Subscription) -> None:
    do(s, Cancel("too_much"))
    assert fresh(s).status == SubscriptionStatus.CANCELLED
    assert days(s) == []
    assert MrrMovement.objects.order_by("-pk")[0].kind == "churn"
    do(s, Reactivate(), now=LATE)
    assert days(s, 2, LATE) == ["2027-01-03", "2027-02-03"]
    assert MrrMovement.objects.order_by("-pk")[0].kind == "reactivation"


def test_begin_again_on_another_day_counts_on(s: Subscription) -> None:
    do(s, Cancel("moved"))
    later = datetime(2027, 6, 1, tzinfo=NOW.tzinfo)
    with pytest.raises(NotAllowed, match="too soon"):
        do(s, Reactivate(date(2027, 6, 2)), now=later)
    do(s, Reactivate(date(2027, 6, 10)), now=later)
    following = the_next(s)
    assert following is not None
    assert following.number > 1
    assert following.leaves_on == date(2027, 6, 10)


def test_what_is_being_made_still_comes_when_cancelled(s: Subscription) -> None:
    do(s, Cancel("too_much"), now=LATE)
    assert fresh(s).status == SubscriptionStatus.ACTIVE
    assert days(s, 4, LATE) == ["2026-12-03"]
    do(s, TakeBackCancel(), now=LATE)
    assert len(days(s, 4, LATE)) == 4


def test_cancel_at_the_end_of_what_is_paid() -> None:
    s = subscribe(plan(bill_every=3))
    s.deliveries_owed = 2
    s.save()
    do(s, Cancel("too_much", "end"))
    assert days(s) == ["2026-12-03", "2027-01-03"]


def test_the_minimum_term_binds_customers() -> None:
    s = subscribe(plan(minimum_deliveries=3))
    with pytest.raises(NotAllowed, match="at least until the delivery of"):
        do(s, Cancel("too_much"), by=CUSTOMER)
    do(s, Cancel("too_much"))


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


def test_paid_deliveries_are_given_back_with_a_credit_note_w51() -> None:
    """200 for three: 66.66 was sent, 133.34 goes back; what is a document is not undone."""
    s = subscribe(plan("66.67", bill_every=3))
    renew_due(now=RUN_AT)
    invoice = s.invoices.get()
    event = do(s, Cancel("moved", give_back=GiveBack.LATER), now=RUN_AT)
    note = CreditNote.objects.get(number=event.facts["credit_note"])
    assert note.reason == "term"
    assert note.gross_total == invoice.gross_total - Decimal("66.67")
    assert (fresh(s).status, fresh(s).deliveries_owed) == ("cancelled", 0)
    with pytest.raises(NotAllowed):
        undo_change(event.pk, by="Ana", now=RUN_AT)


def test_the_form_says_where_the_money_of_given_up_deliveries_goes() -> None:
    s = subscribe(plan("66.67", bill_every=3))
    renew_due(now=RUN_AT)
    form = CancelForm({"at": "now", "reason": "price", "give_back": "account"}, subscription=fresh(s))
    assert form.is_valid(), form.errors
    assert form.change() == Cancel("price", "now", "", GiveBack.ACCOUNT)


def test_what_was_credited_by_hand_is_not_given_back_twice() -> None:
    """Refused in words instead of with an error page."""
    s = subscribe(plan("66.67", bill_every=3))
    renew_due(now=RUN_AT)
    invoice = s.invoices.get()
    credit(invoice.pk, parts=everything(invoice), reason="goodwill", cause="by hand", by="Ana", now=RUN_AT)
    with pytest.raises(NotAllowed):
        do(s, Cancel("moved", give_back=GiveBack.LATER), now=RUN_AT)


@pytest.mark.parametrize("by", ["Ana", CUSTOMER])
def test_paid_deliveries_are_paid_back_after_approval(by: str) -> None:
    s = subscribe(plan("66.67", bill_every=3))
    renew_due(now=RUN_AT)
    pay_invoice(s.invoices.get())
    shown = preview_change(s.pk, Cancel("moved", give_back=GiveBack.REFUND), by=by, now=RUN_AT)
    assert Decimal(shown.facts["credited"]) == s.invoices.get().gross_total - Decimal("66.67")
    assert not Refund.objects.exists()
    do(s, Cancel("moved", give_back=GiveBack.REFUND), now=RUN_AT, by=by)
    refund = Refund.objects.get()
    assert (refund.status, refund.amount) == ("requested", Decimal(shown.facts["credited"]))
    assert refund.credit_note == CreditNote.objects.get()
    assert [(p.code, p.rows) for p in check_books(now=RUN_AT) if not p.holds] == []


def test_one_that_is_being_made_is_not_given_back() -> None:
    s = subscribe(plan("60", bill_every=3))
    renew_due(now=RUN_AT)
    late = datetime(2027, 1, 1, 12, tzinfo=NOW.tzinfo)
    event = do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=late)
    assert (event.facts["given_up"], Decimal(event.facts["credited"])) == (1, 60)
    assert (fresh(s).deliveries_owed, fresh(s).status) == (1, "active")
    assert days(s, now=late) == ["2027-01-03"]
    with pytest.raises(NotAllowed, match="ends now"):
        do(subscribe(), Cancel("moved", "end", give_back=GiveBack.ACCOUNT))
