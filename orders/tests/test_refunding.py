"""Money that goes back: never more than came, once, with a second decision, whatever is lost on the way."""

import threading
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from ordermgmt.models import OutgoingMessage
from ordermgmt.proofs import REGISTRY, prove
from orders.actions.refund_work import decide_refund, note_paid_back
from orders.actions.refunding import RefundRefused, approve_refund, refund_again, refuse_refund, request_refund
from orders.actions.refunding_invoices import refund_invoice
from orders.billing_states import RefundStatus
from orders.factories import CreditNoteFactory, PaymentFactory
from orders.models import AccountEntry, Payment, Refund
from orders.payments.protocol import Outcome, Result
from orders.refund_rules import RefundOrder, Split, split_refund
from orders.states import InvoiceStatus, PaymentKind, PaymentState
from orders.tests.collecting import deliver, planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db


def paid(*, with_order: bool = False) -> Payment:
    planned(unpaid(with_order=with_order))
    run("charges")
    return Payment.objects.get(kind=PaymentKind.CAPTURE)


def ask(payment: Payment, amount: str = "4.00", **facts: Any) -> Refund:
    facts = {"reason": "Damaged", "by": "Ana"} | facts
    return request_refund(payment.pk, amount=Decimal(amount), now=timezone.now(), **facts)


def approved(payment: Payment, amount: str = "4.00") -> Refund:
    return approve_refund(ask(payment, amount).pk, by="Bo", now=timezone.now())


def gone_back(server: StripeServer) -> int:
    return sum(row["amount"] for row in server.state.rows.get("refund", {}).values())


def test_cents_add_up_to_the_payment() -> None:
    """SQLite adds floats: 0.10 + 0.20 is more than 0.30 there."""
    payment = PaymentFactory(amount=Decimal("0.30"))
    first, second = ask(payment, "0.10"), ask(payment, "0.20")
    payment.refresh_from_db()
    assert payment.returning == payment.amount
    assert prove(REGISTRY["I57"], now=timezone.now()).holds
    for refund in (second, first):
        refuse_refund(refund.pk, reason="No", by="Bo", now=timezone.now())
    payment.refresh_from_db()
    assert payment.returning == 0


@pytest.mark.parametrize("with_order", [True, False])
def test_asked_approved_sent(stripe_server: StripeServer, with_order: bool) -> None:
    payment = paid(with_order=with_order)
    refund = ask(payment)
    run("refunds")
    assert gone_back(stripe_server) == 0
    approve_refund(refund.pk, by="Bo", now=timezone.now())
    run("refunds")
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.requested_by, refund.approved_by) == (RefundStatus.SUCCEEDED, "Ana", "Bo")
    assert (payment.returning, gone_back(stripe_server)) == (4, 400)
    back = refund.money_back
    assert back is not None
    assert (back.kind, back.amount, back.parent, back.reason) == (PaymentKind.REFUND, 4, payment, "Damaged")
    if with_order:
        assert payment.order is not None
        payment.order.refresh_from_db()
        assert (payment.order.refunded_total, payment.order.payment_status) == (4, "part_refunded")
    else:
        assert payment.invoice is not None
        assert (payment.invoice.paid, payment.invoice.status) == (6, InvoiceStatus.OPEN)
    assert OutgoingMessage.objects.get(kind="payment_refund").about == refund.number


def test_never_more_than_came(stripe_server: StripeServer) -> None:
    payment = paid()
    ask(payment, "6.00")
    with pytest.raises(RefundRefused, match=r"Only €4\.00"):
        ask(payment, "4.01")
    ask(payment, "4.00")
    with pytest.raises(RefundRefused, match="Only €0"):
        ask(payment, "0.01")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(returning=Decimal("10.01"))


@pytest.mark.parametrize(("amount", "reason"), [("0", "x"), ("-1", "x"), ("1", " ")])
def test_what_is_refused(stripe_server: StripeServer, amount: str, reason: str) -> None:
    payment = paid()
    with pytest.raises(RefundRefused):
        ask(payment, amount, reason=reason)
    assert not Refund.objects.exists()


def test_a_credit_note_is_its_limit_and_its_reason(stripe_server: StripeServer) -> None:
    payment = paid()
    note = CreditNoteFactory(invoice=payment.invoice, gross_total=5, net_total=5, tax_total=0)
    refund = ask(payment, "3.00", credit_note=note, reason="")
    assert refund.reason == f"Credit note {note.number}"
    with pytest.raises(RefundRefused, match=r"only €2\.00"):
        ask(payment, "2.01", credit_note=note)


def test_refused_is_free_again(stripe_server: StripeServer) -> None:
    payment = paid()
    refund = ask(payment, "10.00")
    refuse_refund(refund.pk, reason="Photo shows no damage", by="Bo", now=timezone.now())
    ask(payment, "10.00")
    with pytest.raises(RefundRefused):
        approve_refund(refund.pk, by="Bo", now=timezone.now())


@pytest.mark.parametrize("fault", ["lose", "500", "drop", "503"])
def test_a_lost_answer(stripe_server: StripeServer, fault: str) -> None:
    payment = paid()
    refund = approved(payment)
    stripe_server.state.faults.append(fault)
    run("refunds")
    refund.refresh_from_db()
    assert refund.status == RefundStatus.UNKNOWN
    run("refunds", timezone.now() + timedelta(hours=1))
    refund.refresh_from_db()
    assert (refund.status, gone_back(stripe_server)) == (RefundStatus.SUCCEEDED, 400)
    assert Payment.objects.filter(kind=PaymentKind.REFUND).count() == 1


def test_a_refund_that_comes_back_and_goes_again(stripe_server: StripeServer) -> None:
    payment = paid(with_order=True)
    refund = approved(payment)
    run("refunds")
    failed = Outcome(result=Result.DECLINED, code="lost_or_stolen_card", reference="re_1")
    decide_refund(refund.pk, failed, by="stripe", now=timezone.now())
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.money_back, payment.returning) == (RefundStatus.FAILED, None, 0)
    assert Payment.objects.get(kind=PaymentKind.REFUND).state == PaymentState.FAILED
    refund_again(refund.pk, by="Bo", now=timezone.now())
    run("refunds")
    refund.refresh_from_db()
    assert (refund.status, refund.idempotency_key[-2:]) == (RefundStatus.SUCCEEDED, ":2")
    assert Payment.objects.filter(kind=PaymentKind.REFUND, state=PaymentState.SUCCEEDED).count() == 1


def test_told_in_any_order(stripe_server: StripeServer, client: Any) -> None:
    ends = set()
    for number, words in enumerate(permutations(["pending", "succeeded", "failed"])):
        invoice = unpaid()
        planned(invoice)
        run("charges")
        payment = Payment.objects.get(invoice=invoice)
        refund = approved(payment)
        Refund.objects.filter(pk=refund.pk).update(status=RefundStatus.SENT, due_at=None)
        for word in (*words, words[0]):
            thing = {"id": f"re_x{number}", "status": word, "amount": 400, "currency": "eur",
                     "metadata": {"key": refund.idempotency_key}, "payment_intent": payment.reference}  # fmt: skip
            event = {
                "id": f"evt_{number}_{word}",
                "object": "event",
                "type": "refund.updated",
                "data": {"object": thing},
            }
            deliver(client, stripe_server, event)
            run("provider_events")
        refund.refresh_from_db()
        payment.refresh_from_db()
        ends.add((refund.status, payment.returning, Payment.objects.get(pk=payment.pk).state))
    assert ends == {(RefundStatus.FAILED, Decimal(0), PaymentState.SUCCEEDED)}


def test_made_on_the_pages_of_the_provider(stripe_server: StripeServer, client: Any) -> None:
    payment = paid()
    stripe_server.state.create_refund({"payment_intent": payment.reference, "amount": "250"})
    deliver(client, stripe_server)
    run("provider_events")
    deliver(client, stripe_server)
    run("provider_events")
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.approved_by) == (Decimal("2.50"), RefundStatus.SUCCEEDED, "stripe")
    assert payment.invoice is not None
    payment.invoice.refresh_from_db()
    assert payment.invoice.paid == Decimal("7.50")


def test_bank_money_is_paid_back_by_hand(stripe_server: StripeServer) -> None:
    payment = paid()
    Payment.objects.update(provider="bank")
    refund = approved(payment)
    run("refunds")
    refund.refresh_from_db()
    assert refund.status == RefundStatus.APPROVED
    note_paid_back(refund.pk, reference="SEB 4711", by="Bo", now=timezone.now())
    refund.refresh_from_db()
    assert (refund.status, refund.provider_reference) == (RefundStatus.SUCCEEDED, "SEB 4711")
    with pytest.raises(RefundRefused):
        note_paid_back(refund.pk, reference="again", by="Bo", now=timezone.now())


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (RefundOrder.MONEY_FIRST, (Decimal(2), Decimal(6), Decimal(0))),
        (RefundOrder.CREDIT_FIRST, (Decimal(4), Decimal(4), Decimal(0))),
        (RefundOrder.ALL_MONEY, (Decimal(0), Decimal(6), Decimal(2))),
        (RefundOrder.ALL_CREDIT, (Decimal(8), Decimal(0), Decimal(0))),
    ],
)
def test_what_comes_first(order: str, expected: tuple[Decimal, ...]) -> None:
    """8 of an invoice of 10 that was paid with 4 of account credit and 6 of a card."""
    assert split_refund(Decimal(8), by_credit=Decimal(4), by_money=Decimal(6), order=order) == Split(*expected)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_ask_at_once(stripe_server: StripeServer) -> None:
    """Eight people ask for 3 of 10 at once: three are served."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    payment, results = paid(), []

    def one() -> None:
        try:
            results.append(ask(payment, "3.00"))
        except RefundRefused:
            results.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    payment.refresh_from_db()
    assert (len([r for r in results if r]), len(results), payment.returning) == (3, 8, 9)


def test_an_invoice_paid_in_two_ways(stripe_server: StripeServer) -> None:
    payment = paid()
    invoice = payment.invoice
    assert invoice is not None
    PaymentFactory(order=None, invoice=invoice, provider="account", amount=Decimal(3))
    now = timezone.now()
    facts: dict[str, Any] = {"reason": "Late", "by": "Ana", "now": now}
    (refund,) = refund_invoice(invoice.pk, amount=Decimal(8), order=RefundOrder.CREDIT_FIRST, **facts)
    assert (refund.amount, refund.payment) == (Decimal(5), payment)
    assert AccountEntry.objects.get(customer=invoice.customer).amount == 3
    with pytest.raises(RefundRefused, match=r"Only €5\.00"):
        refund_invoice(invoice.pk, amount=Decimal(6), order=RefundOrder.MONEY_FIRST, **facts)
