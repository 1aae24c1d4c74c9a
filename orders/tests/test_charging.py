"""Every charge once: written before it leaves, asked for when its answer is lost, told by webhooks in any order."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from ordermgmt.models import OutgoingMessage
from ordermgmt.proofs import REGISTRY, prove
from orders.actions.charge_planning import plan_charge
from orders.actions.charging import decide_charge, send_charge
from orders.actions.dunning import retry_now
from orders.billing_states import ChargeStatus, DunningStatus, MethodStatus, RefundStatus
from orders.factories import RenewalStopFactory
from orders.models import Charge, Dunning, Invoice, Payment, PaymentMethod, Refund
from orders.payments.protocol import Outcome, Result
from orders.states import InvoiceStatus
from orders.tests.collecting import card, deliver, planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db


def captured(server: StripeServer) -> int:
    """Minor units that the provider took in all."""
    return sum(row["amount_received"] for row in server.state.rows.get("payment_intent", {}).values())


@pytest.mark.parametrize("with_order", [True, False])
def test_a_charge_that_succeeds(stripe_server: StripeServer, with_order: bool) -> None:
    invoice = unpaid(with_order=with_order)
    charge = planned(invoice)
    assert run("charges") == {"done": 1}
    charge.refresh_from_db()
    invoice.refresh_from_db()
    assert (charge.status, charge.due_at, charge.lease_until) == (ChargeStatus.SUCCEEDED, None, None)
    assert (invoice.status, invoice.paid, invoice.balance) == (InvoiceStatus.PAID, Decimal(10), 0)
    payment = Payment.objects.get()
    assert (payment.effect_key, payment.reference) == (f"charge:{invoice.cause}:1", charge.provider_reference)
    assert (payment.order_id, payment.invoice_id) == ((invoice.order_id, None) if with_order else (None, invoice.pk))
    mail = OutgoingMessage.objects.get(kind="payment_receipt")
    assert (mail.about, mail.recipient) == (f"{invoice.number} 1", "maria@example.com")
    assert run("charges") == {}
    assert captured(stripe_server) == 1000


def test_the_key_is_of_the_invoice_and_the_attempt(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    assert planned(invoice).idempotency_key == f"{invoice.cause}:1"
    assert plan_charge(invoice, due_at=timezone.now(), by="x", now=timezone.now()) is None


@pytest.mark.parametrize("fault", ["lose", "500", "drop", "503"])
@pytest.mark.parametrize("with_order", [True, False])
def test_a_lost_answer_is_asked_for(stripe_server: StripeServer, fault: str, with_order: bool) -> None:
    invoice = unpaid(with_order=with_order)
    charge = planned(invoice)
    stripe_server.state.faults.append(fault)
    run("charges")
    charge.refresh_from_db()
    assert (charge.status, Payment.objects.count()) == (ChargeStatus.UNKNOWN, 0)
    assert run("charges") == {}
    run("charges", timezone.now() + timedelta(hours=1))
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert captured(stripe_server) == 1000
    asked = [call for call in stripe_server.state.calls if call == "GET /v1/payment_intents"]
    assert asked


def test_nothing_is_charged_while_the_answer_is_open(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    planned(invoice)
    stripe_server.state.faults.append("lose")
    run("charges")
    assert plan_charge(invoice, due_at=timezone.now(), by="x", now=timezone.now()) is None
    assert not Dunning.objects.exists()


def test_a_worker_that_died_after_sending(stripe_server: StripeServer) -> None:
    """Between the commit of SENT and the call: the provider never heard of it; the same key goes out once."""
    charge = planned(unpaid())
    send_charge(charge.pk, now=timezone.now())
    run("charges")
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED
    assert captured(stripe_server) == 1000


def test_a_declined_charge_opens_a_case(stripe_server: StripeServer) -> None:
    invoice = unpaid(says="pm_card_declined_insufficient_funds")
    charge = planned(invoice)
    run("charges")
    charge.refresh_from_db()
    assert (charge.status, charge.decline_code, charge.is_hard_decline) == (
        ChargeStatus.DECLINED, "insufficient_funds", False,
    )  # fmt: skip
    case = Dunning.objects.get()
    assert (case.status, case.reason, case.waits_for_method) == (DunningStatus.OPEN, "insufficient_funds", False)


def test_no_card_is_a_case_that_waits_for_one(stripe_server: StripeServer) -> None:
    planned(unpaid(says=""))
    run("charges")
    assert Dunning.objects.get().waits_for_method
    assert stripe_server.state.calls == []


def test_a_removed_card_is_not_charged(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    charge = planned(invoice)
    PaymentMethod.objects.update(status=MethodStatus.REMOVED)
    run("charges")
    charge.refresh_from_db()
    assert charge.decline_code == "no_method"


def test_a_stop_makes_it_wait_uncounted(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    charge = planned(invoice)
    stop = RenewalStopFactory(reference=invoice.customer.number)
    for _again in range(3):
        run("charges", timezone.now() + timedelta(hours=1))
    charge.refresh_from_db()
    assert (charge.status, charge.attempts) == (ChargeStatus.PLANNED, 0)
    assert "Moving house" in charge.last_error
    stop.lifted_at = timezone.now()
    stop.save()
    run("charges", timezone.now() + timedelta(hours=3))
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED


def test_without_a_provider_it_waits(settings: Any) -> None:
    charge = planned(unpaid())
    run("charges")
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.PLANNED


def test_what_was_paid_meanwhile_is_not_charged(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    charge = planned(invoice)
    Invoice.objects.filter(pk=invoice.pk).update(paid=10, status=InvoiceStatus.PAID)
    run("charges")
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.CANCELLED


def test_what_was_paid_in_part_is_charged_for_the_rest(stripe_server: StripeServer) -> None:
    invoice = unpaid()
    planned(invoice)
    Invoice.objects.filter(pk=invoice.pk).update(credited=4)
    run("charges")
    assert captured(stripe_server) == 600


# Webhooks -------------------------------------------------------------------------------------------
def test_a_webhook_settles_what_was_lost(stripe_server: StripeServer, client: Any) -> None:
    charge = planned(unpaid())
    stripe_server.state.faults.append("lose")
    run("charges")
    assert deliver(client, stripe_server) == [200]
    run("provider_events")
    charge.refresh_from_db()
    assert (charge.status, Payment.objects.count()) == (ChargeStatus.SUCCEEDED, 1)
    run("charges", timezone.now() + timedelta(hours=1))
    assert captured(stripe_server) == 1000


def test_events_in_any_order_and_again(stripe_server: StripeServer, client: Any) -> None:
    """A provider that says no and then yes, told in every order and twice: the end is the same."""
    ends = set()
    for order in permutations(["failed", "succeeded", "succeeded", "failed"]):
        invoice = unpaid()
        charge = planned(invoice)
        Charge.objects.filter(pk=charge.pk).update(status=ChargeStatus.SENT, sent_at=timezone.now())
        for number, word in enumerate(order):
            intent = {
                "id": f"pi_{invoice.pk}", "metadata": {"key": charge.idempotency_key},
                "status": "succeeded" if word == "succeeded" else "requires_payment_method",
                "last_payment_error": None if word == "succeeded" else {"decline_code": "do_not_honor"},
            }  # fmt: skip
            kind = "payment_intent.succeeded" if word == "succeeded" else "payment_intent.payment_failed"
            event = {"id": f"evt_{invoice.pk}_{number}", "object": "event", "type": kind, "data": {"object": intent}}
            assert deliver(client, stripe_server, event, event) == [200, 200]
            run("provider_events")
        charge.refresh_from_db()
        invoice.refresh_from_db()
        states = tuple(Dunning.objects.filter(invoice=invoice).values_list("status", flat=True))
        ends.add((charge.status, invoice.status, states in ((), (DunningStatus.RECOVERED,))))
        assert Payment.objects.filter(invoice=invoice).count() == 1
    assert ends == {(ChargeStatus.SUCCEEDED, InvoiceStatus.PAID, True)}


def test_a_webhook_that_never_came_is_fetched(stripe_server: StripeServer) -> None:
    charge = planned(unpaid())
    stripe_server.state.faults.append("lose")
    run("charges")
    assert run("fetch_provider_events") == {"found": 1}
    assert run("fetch_provider_events") == {"found": 0}
    run("provider_events")
    charge.refresh_from_db()
    assert charge.status == ChargeStatus.SUCCEEDED


def test_an_answer_that_comes_late_changes_nothing(stripe_server: StripeServer) -> None:
    charge = planned(unpaid())
    run("charges")
    for late in (Result.UNKNOWN, Result.DECLINED, Result.PENDING, Result.ENDED, Result.SUCCEEDED):
        decide_charge(charge.pk, Outcome(result=late, code="x"), by="late", now=timezone.now())
    charge.refresh_from_db()
    assert (charge.status, Payment.objects.count()) == (ChargeStatus.SUCCEEDED, 1)


def test_a_second_card_of_the_customer(stripe_server: StripeServer) -> None:
    """Only the default is charged where the subscription's own is gone."""
    invoice = unpaid()
    PaymentMethod.objects.update(status=MethodStatus.EXPIRED, is_default=False)
    other = card(invoice.customer, "pm_card_mastercard")
    charge = planned(invoice)
    run("charges")
    charge.refresh_from_db()
    assert (charge.status, charge.method) == (ChargeStatus.SUCCEEDED, other)


@pytest.mark.parametrize("with_order", [True, False])
def test_two_attempts_that_both_took_the_money(stripe_server: StripeServer, with_order: bool) -> None:
    """What is too much is asked back by itself and waits for approval; the books say that it happened."""
    invoice = unpaid(with_order=with_order, says="pm_card_declined_insufficient_funds")
    first = planned(invoice)
    run("charges")
    PaymentMethod.objects.update(reference="pm_card_visa")
    retry_now(Dunning.objects.get().pk, by="Ana", now=timezone.now())
    run("charges")
    assert not Refund.objects.exists()
    for _twice in range(2):
        took = Outcome(result=Result.SUCCEEDED, reference="pi_late")
        decide_charge(first.pk, took, by="stripe", now=timezone.now())
    refund = Refund.objects.get()
    assert (refund.status, refund.amount, refund.payment.reference) == (RefundStatus.REQUESTED, 10, "pi_late")
    assert refund.reason == f"Charged twice: attempt 1 took more than {invoice.number} asks"
    assert [row["number"] for row in prove(REGISTRY["I16"], now=timezone.now()).rows] == [invoice.number]
