"""How a subscription ends and begins again, and what becomes of deliveries that are paid."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from ordermgmt.proofs import check_books
from orders.actions.crediting import credit, everything
from orders.actions.ending import Cancel, Reactivate, TakeBackCancel
from orders.actions.links import CUSTOMER
from orders.actions.renewing import renew_due
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import (
    preview_change,
    undo_change,
)
from orders.actions.subscription_work import NotAllowed
from orders.billing_states import SubscriptionStatus
from orders.factories.orders import NOW
from orders.models import CreditNote, MrrMovement, Refund, Subscription
from orders.subscription_forms import CancelForm
from orders.tests.subscribed import LATE, RUN_AT, days, do, fresh, pay_invoice, plan, subscribe, the_next

pytestmark = pytest.mark.django_db


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return subscribe()


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
    s = subscribe(plan("66.67", bill_every=3))
    renew_due(now=RUN_AT)
    invoice = s.invoices.get()
    credit(invoice.pk, parts=everything(invoice), reason="goodwill", cause="by hand", by="Ana", now=RUN_AT)
    event = do(s, Cancel("moved", give_back=GiveBack.LATER), now=RUN_AT)
    assert (event.facts["given_up"], "credit_note" in event.facts, CreditNote.objects.count()) == (2, False, 1)
    assert (fresh(s).status, fresh(s).deliveries_owed) == ("cancelled", 0)
    with pytest.raises(NotAllowed):
        undo_change(event.pk, by="Ana", now=RUN_AT)


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
    with pytest.raises(NotAllowed, match="before the end"):
        do(subscribe(), Cancel("moved", "end", give_back=GiveBack.ACCOUNT))
