"""Promotion codes: every refusal, uses, what they take off, and that shares add up."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordermgmt.models import Activity
from orders.actions.promotions import (
    CodeRefused,
    PromotionRefused,
    offer_promotion,
    redeem,
    resume_promotion,
    spend_charges,
    stop_promotion,
    use_code,
)
from orders.billing_states import DiscountKind
from orders.factories.billing import PromotionFactory
from orders.factories.orders import NOW, OrderFactory
from orders.factories.subscriptions import PlanFactory, SubscriptionFactory
from orders.models import Promotion, Redemption, SubscriptionEvent
from orders.promotions import discounts

D = Decimal
TODAY = NOW.date()


def offer(kind: str = "percent", *, percent: str = "0", amount: str = "0") -> Any:
    return SimpleNamespace(kind=kind, percent=D(percent), amount=D(amount))


class TestWhatItGives:
    def test_per_cents_and_amounts_add_up_and_are_shared(self) -> None:
        given = [offer(percent="10"), offer("amount", amount="5.00")]
        found = discounts(given, [D("30.00"), D("20.00")], delivery=D("4.90"), currency="EUR")
        assert (found.lines, found.delivery, found.total) == ([D("6.00"), D("4.00")], 0, D("10.00"))

    def test_free_delivery_takes_the_charge_and_nothing_else(self) -> None:
        found = discounts([offer("free_delivery")], [D("30.00")], delivery=D("4.90"), currency="EUR")
        assert (found.lines, found.delivery) == ([D("0.00")], D("4.90"))

    @given(
        st.lists(st.decimals(0, 500, places=2), min_size=1, max_size=8),
        st.decimals(1, 100, places=2),
        st.decimals(0, 900, places=2),
    )
    def test_it_adds_up_and_no_line_goes_below_nothing(
        self, totals: list[Decimal], percent: Decimal, amount: Decimal
    ) -> None:
        offers = [SimpleNamespace(kind="percent", percent=percent, amount=None),
                  SimpleNamespace(kind="amount", percent=None, amount=amount)]  # fmt: skip
        found = discounts(offers, totals, delivery=D(0), currency="EUR")
        assert all(0 <= part <= total for part, total in zip(found.lines, totals, strict=True))
        assert found.total <= sum(totals)
        if amount >= sum(totals):
            assert found.total == sum(totals)


@pytest.mark.django_db
class TestUsing:
    def test_a_use_is_counted_and_told_once(self) -> None:
        promotion = PromotionFactory(code="WELCOME", cycles=3, most_uses=10)
        subscription = SubscriptionFactory()
        first = redeem(" wel come ", subscription=subscription, by="Eva", now=NOW)
        assert redeem("WELCOME", subscription=subscription, by="Eva", now=NOW) == first
        promotion.refresh_from_db()
        assert (promotion.uses, first.charges_left) == (1, 3)
        (event,) = SubscriptionEvent.objects.filter(subscription=subscription, kind="promotion")
        assert event.facts["code"] == "WELCOME"

    @pytest.mark.parametrize(
        ("reason", "facts"),
        [
            ("stopped", {"is_active": False}),
            ("too_early", {"starts_on": TODAY + timedelta(days=1)}),
            ("expired", {"ends_on": TODAY - timedelta(days=1)}),
            ("used_up", {"most_uses": 4, "uses": 4}),
            ("used_before", {"most_per_customer": 0}),
            ("wrong_currency", {"kind": DiscountKind.AMOUNT, "percent": None, "amount": D(5), "currency": "CHF"}),
        ],
    )
    def test_every_refusal_leaves_nothing(self, reason: str, facts: dict[str, Any]) -> None:
        promotion = PromotionFactory(code="NO", **facts)
        with pytest.raises(CodeRefused) as refused:
            redeem("NO", subscription=SubscriptionFactory(), by="Eva", now=NOW)
        before = promotion.uses
        promotion.refresh_from_db()
        assert (refused.value.reason, promotion.uses, Redemption.objects.count()) == (reason, before, 0)

    def test_the_last_day_counts(self) -> None:
        PromotionFactory(code="TODAY", starts_on=TODAY, ends_on=TODAY)
        assert redeem("TODAY", subscription=SubscriptionFactory(), by="Eva", now=NOW)

    def test_once_per_customer_whatever_the_subscription(self) -> None:
        PromotionFactory(code="ONCE")
        first = SubscriptionFactory()
        second = SubscriptionFactory(customer=first.customer)
        redeem("ONCE", subscription=first, by="Eva", now=NOW)
        with pytest.raises(CodeRefused) as refused:
            redeem("ONCE", subscription=second, by="Eva", now=NOW)
        assert refused.value.reason == "used_before"

    def test_a_code_for_other_plans_is_refused_and_for_its_own_taken(self) -> None:
        subscription = SubscriptionFactory()
        promotion = PromotionFactory(code="COFFEE")
        promotion.plans.set([PlanFactory()])
        with pytest.raises(CodeRefused) as refused:
            redeem("COFFEE", subscription=subscription, by="Eva", now=NOW)
        assert refused.value.reason == "wrong_plan"
        promotion.plans.add(subscription.version.plan)
        assert redeem("COFFEE", subscription=subscription, by="Eva", now=NOW).charges_left == 1

    def test_an_unknown_code_is_said(self) -> None:
        with pytest.raises(CodeRefused) as refused:
            redeem("NOPE", subscription=SubscriptionFactory(), by="Eva", now=NOW)
        assert refused.value.reason == "unknown"

    def test_charges_are_spent_but_never_below_none_and_for_ever_stays(self) -> None:
        PromotionFactory(code="TWICE", cycles=2)
        PromotionFactory(code="EVER", cycles=None)
        subscription = SubscriptionFactory()
        ids = [redeem(code, subscription=subscription, by="Eva", now=NOW).pk for code in ("TWICE", "EVER")]
        for _ in range(3):
            spend_charges(ids)
        assert list(Redemption.objects.order_by("pk").values_list("charges_left", flat=True)) == [0, None]

    def test_an_order_has_one_use(self) -> None:
        PromotionFactory(code="ORDER", cycles=5)
        order = OrderFactory(customer=SubscriptionFactory().customer)
        assert use_code("order", order=order, now=NOW).charges_left == 1


@pytest.mark.django_db
class TestOffering:
    def test_it_is_offered_stopped_and_offered_again(self) -> None:
        facts = {"name": "Welcome", "kind": DiscountKind.PERCENT, "percent": D(10)}
        promotion = offer_promotion(code="new-10", by="Eva", now=NOW, **facts)
        assert promotion.code == "NEW-10"
        assert not stop_promotion(promotion=promotion, by="Eva", now=NOW).is_active
        assert resume_promotion(promotion=promotion, by="Eva", now=NOW).is_active
        verbs = Activity.objects.filter(subject="NEW-10").order_by("pk").values_list("verb", flat=True)
        assert list(verbs) == ["promotion.offered", "promotion.stopped", "promotion.resumed"]

    @pytest.mark.parametrize("code", ["", "A", "ÅÄÖ", "X" * 41, "-AB"])
    def test_a_code_that_nobody_can_type_is_refused(self, code: str) -> None:
        with pytest.raises(PromotionRefused):
            offer_promotion(code=code, name="x", kind=DiscountKind.FREE_DELIVERY, by="Eva", now=NOW)
        assert not Promotion.objects.exists()

    def test_a_code_is_there_once(self) -> None:
        PromotionFactory(code="SUMMER", starts_on=date(2026, 6, 1))
        with pytest.raises(PromotionRefused):
            offer_promotion(code="summer", name="x", kind=DiscountKind.FREE_DELIVERY, by="Eva", now=NOW)
