"""Deliveries that are paid and do not come are credited, however a subscription ends; the books hold after each."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ordermgmt.proofs import check_books
from ordermgmt.tests.planting import found
from orders.actions.accounts import balance_of
from orders.actions.cancellation import cancel_order
from orders.actions.deliveries import Skip
from orders.actions.dunning_end import take_last_step
from orders.actions.dunning_run import run_dunning
from orders.actions.ending import Cancel
from orders.actions.giving_back import SettleByHand, give_back_ended
from orders.actions.links import CUSTOMER
from orders.actions.pausing import Pause
from orders.actions.reckoning import reckon_all
from orders.actions.renewing import renew_due
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_work import NotAllowed
from orders.billing_states import LastStep
from orders.factories import DunningFactory
from orders.factories.orders import NOW
from orders.models import (
    CreditNote,
    Delivery,
    Invoice,
    Order,
    PlanVersion,
    ReckoningFinding,
    Refund,
    Subscription,
)
from orders.tests.subscribed import RUN_AT, do, fresh, pay_invoice, plan, subscribe

pytestmark = pytest.mark.django_db
D = Decimal
LATER = datetime(2027, 1, 1, 9, tzinfo=NOW.tzinfo)


def paid(price: str = "10", *, pays: bool = True, **terms: Any) -> Subscription:
    """The first of three is ordered, two are owed."""
    s = subscribe(plan(price, bill_every=3, **terms))
    renew_due(now=RUN_AT)
    if pays:
        pay_invoice(s.invoices.get())
    return s


def faults(now: datetime = RUN_AT) -> list[Any]:
    return [(p.code, p.rows) for p in check_books(now=now) if not p.holds]


def state(s: Subscription) -> tuple[str, int]:
    return fresh(s).status, fresh(s).deliveries_owed


@pytest.mark.parametrize("by", ["Ana", CUSTOMER])
def test_a_paused_one_that_is_cancelled_gives_back_what_is_paid(by: str) -> None:
    s = paid()
    do(s, Pause(date(2027, 3, 1)), now=RUN_AT)
    event = do(s, Cancel("moved"), now=RUN_AT, by=by)
    assert (event.facts["given_up"], D(event.facts["credited"])) == (2, 20)
    assert (Refund.objects.get().amount, Refund.objects.get().status) == (20, "requested")
    assert state(s) == ("cancelled", 0)
    assert faults() == []


def test_a_paused_one_to_account_credit_where_that_is_wished() -> None:
    s = paid()
    do(s, Pause(), now=RUN_AT)
    do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
    assert balance_of(s.customer, "EUR") == 20
    assert state(s) == ("cancelled", 0)


@pytest.mark.parametrize(
    ("last_day", "comes", "credited"),
    [(date(2026, 12, 20), 0, 20), (date(2027, 1, 20), 1, 10), (date(2027, 2, 20), 2, 0)],
)
def test_ending_on_a_day_gives_back_what_would_come_after_it(last_day: date, comes: int, credited: int) -> None:
    s = paid()
    event = do(s, Cancel("moved", last_day), now=RUN_AT)
    assert D(event.facts.get("credited", 0)) == credited
    assert fresh(s).deliveries_owed == comes
    for month in (1, 2, 3):
        renew_due(now=RUN_AT.replace(year=2027, month=month))
    assert state(s) == ("cancelled", 0)
    assert Order.objects.count() == 1 + comes
    assert faults(RUN_AT.replace(year=2027, month=3)) == []


def test_what_was_skipped_past_the_end_is_given_back_by_the_run() -> None:
    s = paid()
    do(s, Cancel("moved"), now=RUN_AT)
    do(s, Skip(2), now=RUN_AT)
    for month in (1, 2):
        renew_due(now=RUN_AT.replace(year=2027, month=month))
    now = RUN_AT.replace(year=2027, month=2)
    assert state(s) == ("cancelled", 1)
    assert give_back_ended(now=now) == {"given_back": 1, "by_hand": 0}
    assert (state(s), Refund.objects.get().amount) == (("cancelled", 0), 10)
    assert give_back_ended(now=now) == {"given_back": 0, "by_hand": 0}
    assert faults(now) == []


class TestPaidElsewhere:
    """Taken over with deliveries that somebody else billed."""

    def taken_over(self) -> Subscription:
        s = subscribe(plan(bill_every=3))
        Subscription.objects.filter(pk=s.pk).update(deliveries_owed=2, external_id="OLD-7")
        do(s, Pause())
        do(s, Cancel("moved"))
        return s

    def test_it_ends_and_is_named_until_it_is_settled_by_hand(self) -> None:
        s = self.taken_over()
        assert state(s) == ("cancelled", 2)
        assert give_back_ended(now=RUN_AT) == {"given_back": 0, "by_hand": 1}
        assert found("I75", now=RUN_AT).rows == [{"number": s.number, "deliveries_owed": 2}]
        reckon_all(now=RUN_AT)
        finding = ReckoningFinding.objects.get()
        assert (finding.kind, "2 paid deliveries" in finding.words) == ("still_owed", True)
        with pytest.raises(NotAllowed, match="how it was given back"):
            do(s, SettleByHand(" "), now=RUN_AT)
        do(s, SettleByHand("Paid back by transfer"), now=RUN_AT)
        reckon_all(now=RUN_AT)
        assert state(s) == ("cancelled", 0)
        assert (found("I75", now=RUN_AT).holds, ReckoningFinding.objects.filter(gone_at=None).count()) == (True, 0)

    def test_one_that_runs_delivers_instead(self) -> None:
        s = subscribe(plan(bill_every=3))
        Subscription.objects.filter(pk=s.pk).update(deliveries_owed=2)
        with pytest.raises(NotAllowed, match="has not ended"):
            do(s, SettleByHand("Paid back by transfer"))


def test_the_books_see_an_owed_number_that_drifted() -> None:
    s = paid()
    Subscription.objects.filter(pk=s.pk).update(deliveries_owed=3)
    assert found("I76").rows == [{"subscription": s.number, "owed": 3, "paid": 2}]
    Subscription.objects.filter(pk=s.pk).update(deliveries_owed=1)
    assert not found("I76").holds


class TestOrderCancelled:
    """An order is no shipment: what was paid for it is owed again."""

    def test_the_delivery_comes_at_the_end_and_is_not_charged_again(self) -> None:
        s = paid("66.67")
        cancel_order(Order.objects.get().pk, by="Ana", reason="Away", now=RUN_AT)
        assert state(s) == ("active", 3)
        assert faults() == []
        for month in (1, 2, 3):
            renew_due(now=RUN_AT.replace(year=2027, month=month))
            assert faults(RUN_AT.replace(year=2027, month=month)) == []
        assert (Invoice.objects.count(), Order.objects.count(), state(s)) == (1, 4, ("active", 0))
        parts = s.deliveries.filter(status="ordered").order_by("number").values_list("number", "part")
        assert list(parts) == [(1, None), (2, 1), (3, 2), (4, 3)]
        values = s.deliveries.exclude(part=None).order_by("number").values_list("value", flat=True)
        assert sum(value or 0 for value in values) == s.invoices.get().net_total

    def test_after_the_next_charge_the_oldest_comes_first(self) -> None:
        s = paid()
        for month in (1, 2, 3):
            renew_due(now=RUN_AT.replace(year=2027, month=month))
        now = RUN_AT.replace(year=2027, month=3)
        cancel_order(s.deliveries.get(number=3).order.pk, by="Ana", reason="Away", now=now)  # type: ignore[union-attr]
        assert state(s) == ("active", 3)
        for month in (4, 5, 6):
            renew_due(now=RUN_AT.replace(year=2027, month=month))
        rows = s.deliveries.filter(status="ordered").order_by("number").values_list("number", "cycle__number", "part")
        assert list(rows)[2:] == [(3, None, None), (4, 2, 1), (5, 1, 3), (6, 2, 2), (7, 2, 3)]
        assert (state(s), Invoice.objects.count()) == (("active", 0), 2)
        assert faults(RUN_AT.replace(year=2027, month=6)) == []

    def test_of_a_subscription_that_has_ended_it_is_given_back(self) -> None:
        s = paid()
        do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
        cancel_order(Order.objects.get().pk, by="Ana", reason="Away", now=RUN_AT)
        give_back_ended(now=RUN_AT)
        assert (state(s), balance_of(s.customer, "EUR"), Refund.objects.get().amount) == (("cancelled", 0), 20, 10)
        assert faults() == []

    def test_one_charged_with_its_own_order_is_credited_as_ever(self) -> None:
        s = subscribe()
        renew_due(now=RUN_AT)
        cancel_order(Order.objects.get().pk, by="Ana", reason="Away", now=RUN_AT)
        assert (state(s), CreditNote.objects.count()) == (("active", 0), 1)
        assert Delivery.objects.get(number=1).owed_again_at is None


class TestSetUpFee:
    """Paid once: it is no part of a delivery."""

    def with_fee(self) -> Subscription:
        version: PlanVersion = plan("10", bill_every=3)
        version.prices.update(set_up_fee=D(9))
        s = subscribe(version)
        renew_due(now=RUN_AT)
        pay_invoice(s.invoices.get())
        return s

    def test_it_does_not_go_back_with_a_delivery(self) -> None:
        s = self.with_fee()
        event = do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
        assert D(event.facts["credited"]) == 20
        fee = s.invoices.get().revenue.filter(invoice_line__cause__endswith=":fee")
        assert [bool(row.recognised_on) for row in fee.order_by("part")] == [False, True, True]
        assert faults() == []

    def test_it_goes_back_where_nothing_came(self) -> None:
        s = self.with_fee()
        cancel_order(Order.objects.get().pk, by="Ana", reason="Away", now=RUN_AT)
        event = do(s, Cancel("moved", give_back=GiveBack.ACCOUNT), now=RUN_AT)
        assert (D(event.facts["credited"]), s.invoices.get().credited) == (39, 39)
        assert faults() == []


class TestLastStep:
    """The last step of dunning on a charge for three, of which the first is ordered and held."""

    def taken(self, step: str, *, left: bool = False) -> Subscription:
        s = paid(pays=False, last_step=step)
        case = DunningFactory(invoice=s.invoices.get())
        if left:
            Order.objects.get().lines.update(shipped=2, promised=0, backordered=0)
        for _ in range(2):
            take_last_step(case, by="Dunning", now=RUN_AT)
        return s

    @pytest.mark.parametrize(("step", "status"), [(LastStep.CANCEL, "cancelled"), (LastStep.SKIP, "active")])
    def test_nothing_comes_and_nothing_is_owed(self, step: str, status: str) -> None:
        s = self.taken(step)
        assert state(s) == (status, 0)
        assert Order.objects.get().status == "cancelled"
        invoice = s.invoices.get()
        assert (invoice.balance, invoice.credited) == (0, 30)
        renew_due(now=LATER)
        run_dunning(now=LATER)
        assert Order.objects.count() == (1 if status == "cancelled" else 2)
        assert faults(LATER) == []

    def test_what_has_left_stays_owed(self) -> None:
        s = self.taken(LastStep.CANCEL, left=True)
        assert (state(s), s.invoices.get().balance) == (("cancelled", 0), 10)

    def test_a_paused_one_owes_what_it_was_billed(self) -> None:
        s = self.taken(LastStep.PAUSE)
        assert (state(s), s.invoices.get().balance) == (("paused", 2), 30)
