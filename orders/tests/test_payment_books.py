"""Every invariant of money that moves is broken on purpose once and must name itself."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from ordermgmt.tests.planting import found, lift_guards, plant
from orders.actions.payouts import import_payouts
from orders.actions.refunding import approve_refund, request_refund
from orders.billing_states import ChargeStatus, RefundStatus
from orders.factories import ChargeFactory, PaymentFactory, ProviderEventFactory
from orders.models import Charge, Dunning, Payment, Payout, PayoutLine, Refund
from orders.tests.collecting import planned, run, unpaid
from orders.tests.stripe_server import StripeServer

pytestmark = pytest.mark.django_db
CODES = ("I12", "I13", "I14", "I57", "I15", "I16", "I17", "I18")


@pytest.fixture
def made(stripe_server: StripeServer) -> Charge:
    """Paid with and without an order, one refunded in part, one declined, all paid out."""
    now = timezone.now()
    planned(unpaid(with_order=True))
    charge = planned(unpaid())
    planned(unpaid(says="pm_card_declined_insufficient_funds"))
    run("charges")
    charge.refresh_from_db()
    assert charge.payment is not None
    refund = request_refund(charge.payment.pk, amount=Decimal(4), reason="Late", by="Ana", now=now)
    approve_refund(refund.pk, by="Bo", now=now)
    run("refunds")
    stripe_server.state.pay_out()
    import_payouts(now=now)
    return charge


def rows(code: str, **later: Any) -> list[dict[str, Any]]:
    return found(code, timezone.now() + timedelta(**later)).rows


def test_all_hold(made: Charge) -> None:
    assert {code: rows(code) for code in CODES if not found(code).holds} == {}


def test_i57_asked_back_and_not_counted(made: Charge) -> None:
    Payment.objects.filter(pk=made.payment_id).update(returning=3)
    assert rows("I57")[0]["effect_key"] == f"charge:{made.idempotency_key}"


def test_i57_more_asked_than_came(made: Charge) -> None:
    payment = Payment.objects.get(pk=made.payment_id)
    lift_guards(Payment)
    plant(payment, returning=Decimal(11), effect_key="x")
    assert any(row["effect_key"] == "x" for row in rows("I57"))


def test_i57_gone_without_a_trace(made: Charge) -> None:
    Refund.objects.update(money_back=None)
    assert rows("I57")[0]["number"] == Refund.objects.get().number


def test_i57_written_down_and_not_gone(made: Charge) -> None:
    Refund.objects.update(status=RefundStatus.FAILED)
    assert rows("I57")[0]["number"] == Refund.objects.get().number


def test_i15_a_payout_that_is_no_sum(made: Charge) -> None:
    Payout.objects.update(amount=1)
    assert rows("I15")[0]["reference"] == Payout.objects.get().reference


def test_i15_a_line_nobody_knows(made: Charge) -> None:
    PayoutLine.objects.filter(kind="refund").update(payment=None)
    assert rows("I15") == []
    assert len(rows("I15", days=8)) == 1


def test_i15_a_line_over_another_amount(made: Charge) -> None:
    line = PayoutLine.objects.filter(kind="refund").get()
    PayoutLine.objects.filter(pk=line.pk).update(amount=-3, fee=1)
    assert rows("I15")[0]["reference"] == line.reference


def test_i16_two_attempts_at_once(made: Charge) -> None:
    live = ChargeFactory(invoice=made.invoice, number=8)
    lift_guards(Charge)
    plant(live, number=9, idempotency_key="other")
    assert rows("I16")[0]["number"] == made.invoice.number


def test_i16_charged_for_more_than_it_asks(made: Charge) -> None:
    Charge.objects.filter(pk=made.pk).update(amount=Decimal("10.01"))
    assert rows("I16")[0]["number"] == made.invoice.number


@pytest.mark.parametrize("facts", [{"amount": 9}, {"reference": "pi_other"}, {"currency": "SEK"}])
def test_i17_charge_and_payment_differ(made: Charge, facts: dict[str, Any]) -> None:
    Payment.objects.filter(pk=made.payment_id).update(**facts)
    assert rows("I17")[0]["idempotency_key"] == made.idempotency_key


def test_i17_a_payment_without_its_charge(made: Charge) -> None:
    PaymentFactory(effect_key="charge:nobody:1")
    assert rows("I17")[0]["effect_key"] == "charge:nobody:1"


def test_i18_undecided_for_too_long(made: Charge) -> None:
    now = timezone.now()
    ChargeFactory(invoice=made.invoice, number=7, status=ChargeStatus.UNKNOWN, sent_at=now, due_at=now)
    assert rows("I18") == []
    assert rows("I18", days=3)[0]["status"] == "unknown"
    Charge.objects.filter(number=7).update(due_at=None)
    assert rows("I18")[0]["status"] == "unknown"


def test_i18_a_refund(made: Charge) -> None:
    Refund.objects.update(status=RefundStatus.UNKNOWN, due_at=timezone.now())
    assert rows("I18", days=3)[0]["number"] == Refund.objects.get().number


def test_i18_an_event_nobody_read_and_a_case_that_stands(made: Charge) -> None:
    ProviderEventFactory(received_at=timezone.now())
    Dunning.objects.update(next_at=None)
    assert len(rows("I18", minutes=5)) == 1
    assert rows("I18", hours=2)[0]["event_id"].startswith("evt_")
