"""Random lives of an invoice: charges, lost answers, webhooks in any order, pages, refunds. Captured once, always."""

import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ordermgmt.proofs import REGISTRY, prove
from orders.actions.charge_planning import plan_charge
from orders.actions.dunning import CaseClosed, NotOwed, StillAsked, retry_now
from orders.actions.pay_pages import AttemptUnderWay, NothingToPay, open_pay_page
from orders.actions.refunding import RefundRefused, approve_refund, request_refund
from orders.billing_states import RefundStatus
from orders.factories import PayLinkFactory
from orders.models import Dunning, Invoice, Payment, PaymentMethod, Refund
from orders.payments.protocol import ProviderRefused
from orders.states import PaymentKind
from orders.tests.collecting import deliver, run, unpaid
from orders.tests.stripe_server import SECRET, Refused, StripeServer

CODES = ("I12", "I13", "I57", "I16", "I17")
FAULTS = st.lists(st.sampled_from(["", "", "lose", "drop", "500", "503"]), max_size=4)


class Collecting(RuleBasedStateMachine):
    """The model is two sums: what the provider took and gave back must be what our books say, within the invoice."""

    captures = 0  # in all lives so far

    def __init__(self) -> None:
        super().__init__()
        self.life = transaction.atomic()
        # As the atomic blocks of test cases: verbs may open what they think is outermost.
        self.life._from_testcase = True  # type: ignore[attr-defined]
        self.life.__enter__()
        self.server = StripeServer()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_local", SECRET
        settings.STRIPE_API_BASE = self.server.url
        self.now: datetime = timezone.now()
        self.invoice: Invoice = unpaid()
        plan_charge(self.invoice, due_at=self.now, by="Test", now=self.now)
        self.heard = 0

    def teardown(self) -> None:
        Collecting.captures += Payment.objects.filter(kind=PaymentKind.CAPTURE).count()
        transaction.set_rollback(True)
        self.life.__exit__(None, None, None)
        self.server.shutdown()
        self.server.server_close()

    @rule(faults=FAULTS)
    def something_will_go_wrong(self, faults: list[str]) -> None:
        self.server.state.faults.extend(faults)

    @rule(says=st.sampled_from(["pm_card_visa", "pm_card_declined_insufficient_funds", "pm_card_declined_stolen_card"]))
    def the_bank_thinks_otherwise(self, says: str) -> None:
        PaymentMethod.objects.filter(reference__startswith="pm_card").update(reference=says)

    @rule(hours=st.sampled_from([0, 1, 25, 100]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for name in ("charges", "dunning", "refunds", "provider_events"):
            run(name, self.now)

    @rule(order=st.randoms(use_true_random=False), twice=st.booleans())
    def webhooks_come(self, order: Any, twice: bool) -> None:
        events = list(self.server.state.events) * (2 if twice else 1)
        order.shuffle(events)
        if events:
            deliver(Client(), self.server, *events[: len(events) // 2 + 1])
        run("provider_events", self.now)

    @rule()
    def staff_try_now(self) -> None:
        for pk in Dunning.objects.values_list("pk", flat=True):
            try:
                retry_now(pk, by="Ana", now=self.now)
            except (CaseClosed, NotOwed, StillAsked):
                continue

    @rule(pays=st.booleans())
    def customer_opens_the_page(self, pays: bool) -> None:
        link = PayLinkFactory(
            invoice=self.invoice, customer=self.invoice.customer, token=f"t{self.now.timestamp()}{timezone.now()}"[:64],
            created_at=self.now, expires_at=self.now + timedelta(days=1),
        )  # fmt: skip
        try:
            open_pay_page(link, now=self.now)
        except (NothingToPay, AttemptUnderWay, ProviderRefused):
            return
        sessions = list(self.server.state.rows.get("checkout.session", {}))
        if pays and sessions:
            try:
                self.server.state.complete(sessions[-1])
            except Refused:
                return

    @precondition(lambda self: Payment.objects.filter(kind=PaymentKind.CAPTURE).exists())
    @rule(amount=st.sampled_from(["0.01", "4.00", "10.00"]))
    def money_is_asked_back(self, amount: str) -> None:
        payment = Payment.objects.filter(kind=PaymentKind.CAPTURE).earliest("pk")
        try:
            request_refund(payment.pk, amount=Decimal(amount), reason="x", by="Ana", now=self.now)
        except RefundRefused:
            return

    @rule()
    def refunds_are_approved(self) -> None:
        for pk in Refund.objects.filter(status=RefundStatus.REQUESTED).values_list("pk", flat=True):
            approve_refund(pk, by="Bo", now=self.now)

    @invariant()
    def captured_once_and_never_more_back(self) -> None:
        taken = sum(row.get("amount_received", 0) for row in self.server.state.rows.get("payment_intent", {}).values())
        back = sum(row["amount"] for row in self.server.state.rows.get("refund", {}).values())
        assert taken - back <= 1000
        assert back <= taken
        ours = Payment.objects.filter(kind=PaymentKind.CAPTURE)
        assert sum(int(row.amount * 100) for row in ours) <= taken

    @invariant()
    def the_books_hold(self) -> None:
        for code in CODES:
            proof = prove(REGISTRY[code], now=self.now)
            assert proof.holds, (code, proof.rows)


@pytest.mark.slow
@pytest.mark.django_db
def test_random_lives(settings: Any) -> None:
    """Each life is rolled back at its end; `settings` puts back what the machine sets."""
    settings.STRIPE_SECRET_KEY = ""
    Collecting.captures = 0
    checks = list(HealthCheck)
    how = hypothesis_settings(max_examples=8, stateful_step_count=20, suppress_health_check=checks)
    run_state_machine_as_test(Collecting, settings=how)  # type: ignore[no-untyped-call]
    assert Collecting.captures > 0, "no life took any money: nothing was proven"
    assert Payment.objects.count() == 0, "a life was not rolled back"
