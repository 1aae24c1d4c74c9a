"""Unpaid invoices as days pass: tries, messages, a new card, what staff do, and the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ordermgmt.clock import business_day
from ordermgmt.models import OutgoingMessage
from ordermgmt.models.messages import MessageState
from orders.actions import dunning
from orders.actions.saving_methods import keep_method
from orders.billing_states import ChargeStatus, DunningStatus, LastStep, MethodStatus, SubscriptionStatus
from orders.models import Charge, Delivery, Dunning, Invoice, PaymentMethod
from orders.payments.protocol import SavedMethod
from orders.states import InvoiceStatus, OrderStatus
from orders.tests.collecting import planned, run, unpaid
from orders.tests.stripe_server import StripeServer
from orders.tests.subscribed import fresh, plan, subscribe

pytestmark = pytest.mark.django_db
START = datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
POOR, STOLEN = "pm_card_declined_insufficient_funds", "pm_card_declined_stolen_card"


def declined(says: str = POOR, **facts: Any) -> Dunning:
    invoice = unpaid(says=says, **facts)
    planned(invoice, now=START)
    run("charges", START)
    return Dunning.objects.get(invoice=invoice)


def pass_days(first: int, last: int) -> None:
    """Both jobs every other hour of these days, as the clock would have them."""
    for hour in range(first * 24, last * 24, 2):
        now = START + timedelta(hours=hour)
        run("dunning", now)
        run("charges", now)


def mails() -> list[str]:
    return list(OutgoingMessage.objects.order_by("created_at", "pk").values_list("kind", flat=True))


def test_tries_and_messages_as_the_policy_says(stripe_server: StripeServer) -> None:
    case = declined(subscription=subscribe(now=timezone.now()))
    pass_days(0, 22)
    case.refresh_from_db()
    tried = [(c.answered_at - START).days for c in Charge.objects.order_by("number") if c.answered_at]
    assert tried == [0, 0, 2, 6, 13]
    asked = ["payment_failed", "payment_failed", "payment_last_warning"]
    assert [kind for kind in mails() if kind.startswith("payment")] == asked
    assert (case.status, case.next_at) == (DunningStatus.EXHAUSTED, None)
    mail = OutgoingMessage.objects.filter(kind="payment_failed").first()
    assert mail is not None
    assert "not enough money" in mail.text
    assert "/p/" in mail.text
    assert OutgoingMessage.objects.get(kind="payment_last_warning").text.count("pause") == 1


def test_running_twice_says_nothing_twice(stripe_server: StripeServer) -> None:
    declined()
    first = run("dunning", START)
    assert (first["due"], first["mailed"]) == (1, 1)
    assert run("dunning", START)["due"] == 0
    assert mails() == ["payment_failed"]


def test_a_hard_decline_waits_for_another_card(stripe_server: StripeServer) -> None:
    case = declined(STOLEN)
    pass_days(0, 13)
    assert Charge.objects.count() == 1
    assert mails() == ["payment_action", "payment_action", "payment_last_warning"]
    case.refresh_from_db()
    assert (case.status, case.waits_for_method) == (DunningStatus.OPEN, True)


def new_card(case: Dunning, says: str = "pm_card_visa_new") -> PaymentMethod | None:
    saved = SavedMethod(reference=says, customer="cus_1", brand="Visa", last4="1111")
    return keep_method(case.invoice.customer_id or 0, saved, provider="stripe", by="test", now=START)


@pytest.mark.parametrize("says", [POOR, STOLEN])
def test_a_new_card_is_tried_at_once_and_once(stripe_server: StripeServer, says: str) -> None:
    case = declined(says)
    pending = planned(case.invoice, now=START + timedelta(days=1))
    new_card(case)
    new_card(case)
    pending.refresh_from_db()
    assert pending.status == ChargeStatus.CANCELLED
    pass_days(0, 22)
    case.refresh_from_db()
    case.invoice.refresh_from_db()
    assert (case.status, case.invoice.status) == (DunningStatus.RECOVERED, InvoiceStatus.PAID)
    assert Charge.objects.filter(status=ChargeStatus.SUCCEEDED).count() == 1
    assert Charge.objects.count() == 3


def test_the_recovered_are_thanked_once_and_not_reminded(stripe_server: StripeServer) -> None:
    case = declined()
    run("dunning", START)
    new_card(case)
    run("charges", START)
    pass_days(0, 5)
    assert mails() == ["payment_failed", "payment_recovered"]
    assert OutgoingMessage.objects.get(kind="payment_failed").state == MessageState.WITHDRAWN


def test_nothing_is_said_while_an_answer_is_open(stripe_server: StripeServer) -> None:
    """The clock of declined charges stands while that of unknown outcomes runs."""
    case = declined()
    run("dunning", START)
    PaymentMethod.objects.update(reference="pm_card_visa_better")
    Dunning.objects.update(next_at=START + timedelta(hours=2))
    stripe_server.state.faults.extend(["lose", "drop"])
    now = START + timedelta(hours=3)
    run("dunning", now)
    run("charges", now)
    Dunning.objects.filter(pk=case.pk).update(next_at=now)
    assert run("dunning", now)["waited"] == 1
    assert mails() == ["payment_failed"]
    pass_days(1, 2)
    case.refresh_from_db()
    assert case.status == DunningStatus.RECOVERED


def test_money_that_came_in_another_way(stripe_server: StripeServer) -> None:
    case = declined()
    Invoice.objects.update(paid=10, status=InvoiceStatus.PAID)
    assert run("dunning", START)["recovered"] == 1
    case.refresh_from_db()
    assert case.status == DunningStatus.RECOVERED
    assert mails() == ["payment_recovered"]


# What staff do ---------------------------------------------------------------------------------------
def test_pausing_and_going_on(stripe_server: StripeServer) -> None:
    case = declined()
    until = business_day(START) + timedelta(days=10)
    dunning.pause_case(case.pk, until=until, note="On holiday", by="Ana", now=START)
    pass_days(0, 9)
    assert (Charge.objects.count(), mails()) == (1, [])
    pass_days(9, 12)
    case.refresh_from_db()
    assert (case.status, mails()) == (DunningStatus.OPEN, ["payment_failed"])
    assert Charge.objects.count() == 2


def test_a_promise_that_is_not_kept(stripe_server: StripeServer) -> None:
    case = declined()
    on = business_day(START) + timedelta(days=3)
    dunning.promise_payment(case.pk, on=on, by="Ana", now=START)
    pass_days(0, 3)
    case.refresh_from_db()
    assert case.status == DunningStatus.PROMISED
    pass_days(3, 5)
    case.refresh_from_db()
    assert case.status == DunningStatus.OPEN


def test_another_day_for_the_next_step(stripe_server: StripeServer) -> None:
    case = declined()
    run("dunning", START)
    dunning.set_next_date(case.pk, on=business_day(START) + timedelta(days=5), by="Ana", now=START)
    pass_days(0, 4)
    assert Charge.objects.count() == 1
    pass_days(4, 6)
    assert Charge.objects.count() == 2
    with pytest.raises(dunning.BadDay):
        dunning.set_next_date(case.pk, on=business_day(START), by="Ana", now=START)


def test_stopping_and_starting_again(stripe_server: StripeServer) -> None:
    case = declined()
    dunning.stop_case(case.pk, note="Agreed by phone", by="Ana", now=START)
    pass_days(0, 3)
    assert mails() == []
    with pytest.raises(dunning.CaseClosed):
        dunning.retry_now(case.pk, by="Ana", now=START)
    dunning.start_again(case.pk, by="Ana", now=START)
    run("dunning", START)
    assert mails() == ["payment_failed"]


def test_trying_now(stripe_server: StripeServer) -> None:
    case = declined()
    dunning.retry_now(case.pk, by="Ana", now=START)
    stripe_server.state.faults.append("lose")
    run("charges", START)
    with pytest.raises(dunning.StillAsked):
        dunning.retry_now(case.pk, by="Ana", now=START)
    Invoice.objects.update(paid=10, status=InvoiceStatus.PAID)
    with pytest.raises(dunning.NotOwed):
        dunning.retry_now(case.pk, by="Ana", now=START)


def test_cards_that_end_soon(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    PaymentMethod.objects.update(expires_on=business_day(START) + timedelta(days=10))
    assert run("expiring_cards", START) == {"warned": 1}
    run("expiring_cards", START)
    assert mails() == ["card_expiring"]
    run("expiring_cards", START + timedelta(days=11))
    assert PaymentMethod.objects.get(customer=invoice.customer).status == MethodStatus.EXPIRED


# The end ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("last_step", LastStep.values)
def test_the_last_step_is_the_plans(stripe_server: StripeServer, last_step: str) -> None:
    subscription = subscribe(plan(last_step=last_step), now=timezone.now())
    case = declined(subscription=subscription, with_order=True)
    Dunning.objects.filter(pk=case.pk).update(step=7, next_at=START)
    assert run("dunning", START)["ended"] == 1
    assert run("dunning", START)["due"] == 0
    case.refresh_from_db()
    case.invoice.order.refresh_from_db()
    wanted = {"pause": SubscriptionStatus.PAUSED, "cancel": SubscriptionStatus.CANCELLED}
    assert case.status == DunningStatus.EXHAUSTED
    assert fresh(subscription).status == wanted.get(last_step, SubscriptionStatus.ACTIVE)
    is_left_out = last_step != LastStep.PAUSE
    assert (case.invoice.order.status == OrderStatus.CANCELLED) is is_left_out
    assert Delivery.objects.filter(subscription=subscription, is_next=True).count() == int(last_step == LastStep.SKIP)


def test_a_last_step_that_was_killed_is_done_again(
    stripe_server: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = subscribe(plan(), now=timezone.now())
    case = declined(subscription=subscription)
    Dunning.objects.filter(pk=case.pk).update(step=7, next_at=START)
    with monkeypatch.context() as patched:
        patched.setattr("orders.actions.dunning_run._end", lambda pk, now: 1 / 0)
        assert run("dunning", START)["failed"] == 1
    assert run("dunning", START)["ended"] == 1
    assert fresh(subscription).status == SubscriptionStatus.PAUSED
