"""The demo card network answers as a provider does; it is there only when it was chosen, and never in production."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.utils import timezone

from ordermgmt.tests.planting import found
from orders.factories import PayLinkFactory
from orders.models import Charge, Dunning, Payment, PaymentMethod, Payout
from orders.payments.demo import Demo
from orders.payments.demo_network import Network, acting_at
from orders.payments.manual import Manual
from orders.payments.protocol import ChargeWish, PageWish, ProviderRefused, RefundWish, Result
from orders.payments.registry import online_provider, provider_of
from orders.tests.collecting import planned, run, unpaid

D = Decimal


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Demo:
    settings.DEMO_CARDS, settings.DEBUG, settings.DATA_DIR = True, True, tmp_path
    return Demo()


def wish(card: str = "visa", key: str = "k1", amount: str = "10.00", attempt: int = 1) -> ChargeWish:
    facts = {"attempt": str(attempt)}
    return ChargeWish(
        key=key, amount=D(amount), currency="EUR", method=f"dm_{card}_1", customer="", words="", facts=facts
    )


class TestNetwork:
    def test_the_same_key_moves_money_once(self, demo: Demo) -> None:
        first, again = demo.charge(wish()), Demo(demo.network).charge(wish())
        assert (first.result, first) == (Result.SUCCEEDED, again)
        assert demo.find(wish(), since=timezone.now()) == first
        assert len(demo.network.moved_since(timezone.now() - timedelta(days=1))) == 1
        assert demo.charge(wish(amount="11.00")).code == "invalid_request"

    def test_what_never_arrived_is_not_there(self, demo: Demo) -> None:
        assert demo.find(wish(), since=timezone.now()) is None

    @pytest.mark.parametrize(
        ("card", "attempt", "code", "is_hard"),
        [
            ("master", 1, "", False),
            ("poor", 1, "insufficient_funds", False),
            ("poor", 3, "", False),
            ("broke", 9, "insufficient_funds", False),
            ("expired", 1, "expired_card", True),
            ("stolen", 1, "stolen_card", True),
            ("confirm", 1, "authentication_required", True),
            ("nobody", 1, "payment_method_gone", True),
        ],
    )
    def test_what_the_cards_say(self, demo: Demo, card: str, attempt: int, code: str, is_hard: bool) -> None:
        outcome = demo.charge(wish(card, attempt=attempt))
        assert (outcome.code, outcome.is_hard) == (code, is_hard)

    def test_no_more_goes_back_than_came(self, demo: Demo) -> None:
        reference = demo.charge(wish()).reference
        back = [RefundWish(key=f"r{n}", amount=D(6), currency="EUR", reference=reference) for n in (1, 2)]
        results = [demo.refund(one).result for one in [*back, back[0]]]
        assert results == [Result.SUCCEEDED, Result.DECLINED, Result.SUCCEEDED]
        found = demo.find_refund(back[1])
        assert found is not None
        assert found.code == "charge_not_found"

    def test_a_page_is_used_once(self, demo: Demo) -> None:
        page = demo.page(PageWish(key="p1", amount=D(5), currency="EUR", words="INV-1", customer_number="C1"))
        assert demo.page_outcome(page.reference).result == Result.PENDING
        assert demo.use_card(page.reference, "stolen") == "stolen_card"
        assert demo.use_card(page.reference, "confirm") == ""
        outcome = demo.page_outcome(page.reference)
        assert (outcome.result, outcome.method.last4 if outcome.method else "") == (Result.SUCCEEDED, "3184")
        assert outcome.method is not None
        assert demo.charge(replace(wish(), method=outcome.method.reference)).code == ""
        with pytest.raises(ProviderRefused):
            demo.use_card(page.reference, "visa")
        assert demo.close_page(page.reference).result == Result.SUCCEEDED
        over = demo.page(PageWish(key="p2", amount=None, currency="EUR", words="", customer_number="C1"))
        assert demo.close_page(over.reference).result == Result.ENDED

    def test_payouts_clear_on_weekdays_less_fees(self, demo: Demo) -> None:
        thursday, later = (datetime(2026, 11, day, 9, tzinfo=timezone.get_current_timezone()) for day in (19, 25))
        with acting_at(thursday):
            charge = demo.charge(wish(amount="100.00"))
            demo.charge(wish("broke", key="k2"))
            demo.refund(RefundWish(key="r1", amount=D(20), currency="EUR", reference=charge.reference))
        with acting_at(later):
            (payout,) = demo.payouts(since=thursday)
        assert (payout.arrives_on.weekday(), payout.amount) == (0, D("78.35"))
        assert sum(part.amount - part.fee for part in payout.parts) == payout.amount


@pytest.mark.django_db
class TestShop:
    def test_renewals_are_collected_declined_and_tried_again(self, demo: Demo) -> None:
        good, poor = unpaid(), unpaid()
        PaymentMethod.objects.update(provider="demo")
        for n, invoice in enumerate((good, poor)):
            PaymentMethod.objects.filter(customer=invoice.customer).update(reference=f"dm_{('visa', 'poor')[n]}_{n}")
            planned(invoice)
        assert run("charges") == {"done": 2}
        assert set(Charge.objects.values_list("status", "provider")) == {("succeeded", "demo"), ("declined", "demo")}
        assert Dunning.objects.get().reason == "insufficient_funds"
        for day in range(1, 5):
            moment = timezone.now() + timedelta(days=day)
            run("dunning", moment)
            run("charges", moment + timedelta(minutes=1))
        assert (Dunning.objects.get().status, Payment.objects.count()) == ("recovered", 2)
        assert [code for code in ("I16", "I17", "I18", "I77") if not found(code).holds] == []

    def test_payouts_find_their_payments(self, demo: Demo) -> None:
        planned(unpaid())
        PaymentMethod.objects.update(provider="demo", reference="dm_visa_1")
        with acting_at(timezone.now() - timedelta(days=6)):
            run("charges")
        assert run("payouts")["new"] == 1
        assert Payout.objects.get().lines.get().payment == Payment.objects.get()
        assert run("payouts")["new"] == 0

    def test_a_customer_pays_on_its_page(self, demo: Demo, client: Client) -> None:
        link = PayLinkFactory(invoice=unpaid(says=""))
        answer = client.post(f"/p/{link.token}/start/")
        page = answer["Location"].split("/", 3)[3]
        shown = client.get(f"/{page}").content.decode()
        assert "€10.00 for" in shown
        assert (
            "was declined: the card was reported stolen" in client.post(f"/{page}", {"card": "stolen"}).content.decode()
        )
        assert client.post(f"/{page}", {"card": "visa"})["Location"].endswith("?done=1")
        run("provider_events")
        link.invoice.refresh_from_db()
        assert (link.invoice.balance, PaymentMethod.objects.get().last4) == (0, "4242")
        assert "This page is over." in client.get(f"/{page}").content.decode()


class TestChosen:
    @pytest.mark.parametrize(("chosen", "debug", "name"), [(True, True, "demo"), (True, False, ""), (False, True, "")])
    def test_only_with_debug_and_when_it_was_chosen(self, settings: Any, chosen: bool, debug: bool, name: str) -> None:
        settings.DEMO_CARDS, settings.DEBUG = chosen, debug
        online = online_provider()
        assert (online.name if online else "") == name
        assert isinstance(provider_of("demo"), Demo if name else Manual)

    def test_stripe_comes_first(self, settings: Any) -> None:
        settings.DEMO_CARDS, settings.DEBUG, settings.STRIPE_SECRET_KEY = True, True, "sk_test_1"
        online = online_provider()
        assert online is not None
        assert online.name == "stripe"

    def test_production_refuses_it(self, settings: Any) -> None:
        settings.DEMO_CARDS = True
        with pytest.raises(SystemCheckError, match=r"orders\.E001"):
            call_command("check", "--deploy", tags=["security"])

    @pytest.mark.django_db
    def test_its_page_is_nobody_where_it_was_not_chosen(self, settings: Any, tmp_path: Path, client: Client) -> None:
        settings.DATA_DIR = tmp_path
        assert client.get("/demo-cards/cs_demo_x/").status_code == 404


def test_the_network_forgets_when_a_shop_begins_anew(tmp_path: Path) -> None:
    demo = Demo(Network(tmp_path / "cards.sqlite3"))
    demo.charge(wish())
    demo.network.forget()
    assert demo.find(wish(), since=timezone.now()) is None
