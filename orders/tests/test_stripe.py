"""Stripe through its SDK against a server that remembers, and the real payloads people published."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orders.payments.protocol import BadSignature, ChargeWish, PageWish, ProviderRefused, RefundWish, Result
from orders.payments.registry import online_provider, provider_of
from orders.payments.stripe_reading import amount_of, charge_outcome, minor, page_outcome, part_of, refund_outcome
from orders.tests.stripe_server import StripeServer, signed

NOW = datetime.now(UTC)


def wish(key: str = "k1", card: str = "pm_card_visa", amount: str = "12.40") -> ChargeWish:
    return ChargeWish(key=key, amount=Decimal(amount), currency="EUR", method=card, customer="cus_1", words="INV-1")


def page_wish(amount: str | None = "12.40") -> PageWish:
    sum_ = Decimal(amount) if amount else None
    return PageWish(
        key="p1", amount=sum_, currency="EUR", words="INV-1", customer_number="C-1",
        done_url="http://x/done", back_url="http://x/back",
    )  # fmt: skip


def stripe() -> Any:
    return provider_of("stripe")


def test_a_charge_and_the_same_charge_again(stripe_server: StripeServer) -> None:
    first, again = stripe().charge(wish()), stripe().charge(wish())
    assert first.result == Result.SUCCEEDED
    assert first == again
    (intent,) = stripe_server.state.rows["payment_intent"].values()
    assert (intent["amount"], intent["currency"], intent["metadata"]["key"]) == (1240, "eur", "k1")


@pytest.mark.parametrize(("code", "hard"), [("insufficient_funds", False), ("stolen_card", True)])
def test_a_declined_card(stripe_server: StripeServer, code: str, hard: bool) -> None:
    outcome = stripe().charge(wish(card=f"pm_card_declined_{code}"))
    assert (outcome.result, outcome.code, outcome.is_hard) == (Result.DECLINED, code, hard)
    assert outcome.reference.startswith("pi_")
    assert stripe().find(wish(), since=NOW).code == code


def test_a_card_that_is_not_there(stripe_server: StripeServer) -> None:
    outcome = stripe().charge(wish(card="pm_gone"))
    assert (outcome.result, outcome.code, outcome.is_hard) == (Result.DECLINED, "payment_method_gone", True)


@pytest.mark.parametrize(("fault", "charged"), [("lose", True), ("500", True), ("drop", False), ("503", False)])
def test_an_answer_that_never_came(stripe_server: StripeServer, fault: str, charged: bool) -> None:
    stripe_server.state.faults.append(fault)
    assert stripe().charge(wish()).result == Result.UNKNOWN
    found = stripe().find(wish(), since=NOW)
    assert (found.result if found else None) == (Result.SUCCEEDED if charged else None)
    assert stripe().charge(wish()).result == Result.SUCCEEDED
    assert len(stripe_server.state.rows["payment_intent"]) == 1


def test_nobody_answers(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = "sk_test_x", "http://127.0.0.1:9"
    assert stripe().charge(wish()).result == Result.UNKNOWN
    assert stripe().find(wish(), since=NOW).result == Result.UNKNOWN
    with pytest.raises(ProviderRefused):
        stripe().page(page_wish())


def test_one_among_many(stripe_server: StripeServer) -> None:
    for number in range(120):
        stripe().charge(wish(key=f"other-{number}"))
    assert stripe().find(wish(key="other-3"), since=NOW).result == Result.SUCCEEDED
    assert stripe().find(wish(key="other-300"), since=NOW) is None


def test_refunds_stop_at_what_was_charged(stripe_server: StripeServer) -> None:
    paid = stripe().charge(wish())
    part = RefundWish(key="r1", amount=Decimal(10), currency="EUR", reference=paid.reference)
    assert stripe().refund(part).result == stripe().refund(part).result == Result.SUCCEEDED
    assert len(stripe_server.state.rows["refund"]) == 1
    assert stripe().find_refund(part).result == Result.SUCCEEDED
    more = RefundWish(key="r2", amount=Decimal(10), currency="EUR", reference=paid.reference)
    assert stripe().refund(more).result == Result.DECLINED
    assert stripe().find_refund(more) is None


def test_a_page_to_pay_on(stripe_server: StripeServer) -> None:
    page = stripe().page(page_wish())
    assert stripe().page(page_wish()) == page
    assert stripe().page_outcome(page.reference).result == Result.PENDING
    stripe_server.state.complete(page.reference)
    outcome = stripe().page_outcome(page.reference)
    assert outcome.result == Result.SUCCEEDED
    assert outcome.reference.startswith("pi_")
    assert (outcome.method.brand, outcome.method.last4, outcome.method.customer[:4]) == ("Visa", "4242", "cus_")
    assert stripe().close_page(page.reference).result == Result.SUCCEEDED


def test_a_page_nobody_paid_on(stripe_server: StripeServer) -> None:
    page = stripe().page(page_wish())
    assert stripe().close_page(page.reference).result == Result.ENDED
    assert stripe().page_outcome("cs_none").result == Result.UNKNOWN


def test_a_page_for_a_card(stripe_server: StripeServer) -> None:
    page = stripe().page(page_wish(None))
    stripe_server.state.complete(page.reference, card="mastercard", last4="4444")
    outcome = stripe().page_outcome(page.reference)
    assert (outcome.result, outcome.method.brand, outcome.method.last4) == (Result.SUCCEEDED, "Mastercard", "4444")
    assert outcome.method.expires_on.isoformat() == "2031-12-31"


def test_payouts_add_up(stripe_server: StripeServer) -> None:
    paid = stripe().charge(wish())
    stripe().refund(RefundWish(key="r1", amount=Decimal(2), currency="EUR", reference=paid.reference))
    stripe_server.state.pay_out()
    (payout,) = stripe().payouts(since=NOW - timedelta(days=1))
    assert payout.amount == sum(part.amount - part.fee for part in payout.parts) == Decimal("9.98")
    assert {part.kind: part.reference[:3] for part in payout.parts} == {"charge": "pi_", "refund": "re_"}


def test_signatures(stripe_server: StripeServer) -> None:
    stripe().charge(wish())
    body, header = signed(stripe_server.state.events[0])
    told = stripe().read_event(body, header)
    assert (told.kind, told.payload["data"]["object"]["amount"]) == ("payment_intent.succeeded", 1240)
    for wrong in (
        (body + b" ", header), (body, ""), (body, "t=1,v1=00"), signed(stripe_server.state.events[0], secret="other"),
        signed(stripe_server.state.events[0], at=NOW.timestamp() - 600),
    ):  # fmt: skip
        with pytest.raises(BadSignature):
            stripe().read_event(*wrong)
    assert [event.event_id for event in stripe().missed_events(since=NOW)] == [told.event_id]


def test_minor_units() -> None:
    assert minor(Decimal("12.40"), "EUR") == 1240
    assert (minor(Decimal(500), "JPY"), amount_of(500, "jpy")) == (500, Decimal(500))
    assert (minor(Decimal("1.234"), "KWD"), minor(Decimal(100), "ISK")) == (1234, 10_000)
    with pytest.raises(ValueError, match="decimals"):
        minor(Decimal("0.001"), "EUR")


def test_without_a_key_nothing_is_online(settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = ""
    assert online_provider() is None
    assert provider_of("bank").charge(wish()).result == Result.PENDING


def _sample(samples: Path, name: str) -> Any:
    return json.loads((samples / "payments" / name).read_text())


def test_real_payloads(samples: Path) -> None:
    failed = _sample(samples, "stripe_events/payment_intent.payment_failed.json")["data"]["object"]
    assert charge_outcome(failed).result == Result.DECLINED
    assert charge_outcome(failed).code == "generic_decline"
    asks = _sample(samples, "stripe_events/payment_intent.requires_action.json")["data"]["object"]
    assert (charge_outcome(asks).code, charge_outcome(asks).is_hard) == ("authentication_required", True)
    assert refund_outcome(_sample(samples, "stripe_objects/refund.json")).result == Result.SUCCEEDED
    part = part_of(_sample(samples, "stripe_objects/balance_transaction.json"))
    assert (part.kind, part.amount, part.fee) == ("charge", Decimal(1), Decimal(0))
    for name in ("checkout.session.completed", "checkout.session.completed.setup_mode"):
        session = _sample(samples, f"stripe_events/{name}.json")["data"]["object"]
        assert page_outcome(session).result in (Result.PENDING, Result.SUCCEEDED)
