"""Plans: every guard, versions that never change, drafts of two people, archiving."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from inventory.factories import SkuFactory
from ordermgmt.changes import ChangedMeanwhile
from ordermgmt.models import Activity
from orders.actions.plans import (
    Drafted,
    PlanRefused,
    archive_plan,
    change_draft,
    create_plan,
    discard_draft,
    draft_of,
    guards,
    live_of,
    publish,
    restore_plan,
    start_draft,
)
from orders.billing_states import PlanStatus, VersionStatus
from orders.factories.orders import NOW
from orders.factories.subscriptions import SubscriptionFactory
from orders.models import Plan, PlanVersion
from orders.periods import Interval
from orders.plan_facts import fingerprint, items_of, prices_of
from orders.plan_rules import ItemFacts, PlanFacts, PriceFacts, findings_of, interval_words, read_interval
from orders.starter_plans import starter_plans

D = Decimal
MONTH = Interval(1, "month")
PRICE = PriceFacts(currency="EUR", model="flat", amount=D("42.10"))
COFFEE = ItemFacts(sku_id=1, code="COF-1K", quantity=2, free=10)
GOOD = PlanFacts(deliver=MONTH, bill=MONTH, cut_off_days=3, charge_days=2, prices=(PRICE,), items=(COFFEE,))
HOW: dict[str, Any] = {"by": "Eva", "now": NOW}


class TestGuards:
    def test_a_good_plan_has_none(self) -> None:
        assert findings_of(GOOD) == []

    @pytest.mark.parametrize(
        ("field", "wrong", "is_blocking"),
        [
            ("charge_days", {"charge_days": 4}, True),
            ("charge_days", {"charge_days": 0}, False),
            ("minimum_deliveries", {"minimum_deliveries": 7, "ends_after": 6}, True),
            ("bill_every", {"bill": Interval(4, "week")}, True),
            ("bill_every", {"deliver": Interval(1, "year")}, True),
            ("allowed_intervals", {"bill": Interval(3, "month"), "allowed": (MONTH, Interval(14, "week"))}, True),
            ("items", {"items": ()}, True),
            ("items", {"items": (replace(COFFEE, is_default=False),)}, True),
            ("items", {"content": "group", "choices_per_box": 1}, True),
            ("choices_per_box", {"content": "group", "items": (replace(COFFEE, group="Beans"),)}, True),
            ("items", {"content": "group", "choices_per_box": 2, "items": (replace(COFFEE, group="Beans"),)}, True),
            ("items", {"content": "box", "items": (replace(COFFEE, month="2026-12-01"),)}, False),
            ("prices", {"prices": ()}, True),
            ("prices", {"prices": (replace(PRICE, model="tiered", tiers=[[5, "1"]]),)}, True),
            ("prices", {"prices": (replace(PRICE, amount=D(0)),)}, False),
            ("items", {"items": (replace(COFFEE, is_sold=False),)}, False),
            ("items", {"items": (replace(COFFEE, free=1),)}, False),
        ],
    )
    def test_each_fault_is_said_at_its_field(self, field: str, wrong: dict[str, Any], is_blocking: bool) -> None:
        (finding,) = findings_of(replace(GOOD, **wrong))
        assert (finding.field, finding.is_blocking) == (field, is_blocking)

    def test_longer_billing_is_prepaid_and_allowed(self) -> None:
        assert findings_of(replace(GOOD, bill=Interval(1, "year"), allowed=(MONTH, Interval(2, "month")))) == []

    def test_intervals_are_written_and_read(self) -> None:
        assert [interval_words(read_interval(text)) for text in ("1 month", "4 week")] == ["month", "4 weeks"]
        with pytest.raises(ValueError, match="0 day"):
            read_interval("0 day")


TERMS = {"deliver_every": 4, "deliver_unit": "week", "bill_every": 4, "bill_unit": "week",
         "allowed_intervals": ["2 week", "4 week"]}  # fmt: skip


@pytest.fixture
def drafted(db: None) -> Drafted:
    sku = SkuFactory(code="COF-1K")
    item = ItemFacts(sku_id=sku.pk, code=sku.code, quantity=2)
    return Drafted(name="Coffee  monthly", description="Good coffee", terms=TERMS, prices=[PRICE], items=[item])


@pytest.fixture
def plan(drafted: Drafted) -> Plan:
    made = create_plan(drafted, **HOW)
    publish(draft=draft(made), seen=fingerprint(draft(made)), **HOW)
    return made


def draft(plan: Plan) -> PlanVersion:
    found = draft_of(plan)
    assert found
    return found


def live(plan: Plan) -> PlanVersion:
    found = live_of(plan)
    assert found
    return found


class TestVersions:
    def test_a_new_plan_is_a_draft_until_it_is_published(self, drafted: Drafted) -> None:
        plan = create_plan(drafted, **HOW)
        assert (plan.name, live_of(plan), draft(plan).number) == ("Coffee monthly", None, 1)
        version = publish(draft=draft(plan), seen=fingerprint(draft(plan)), **HOW)
        assert (live_of(plan), version.published_at, draft_of(plan)) == (version, NOW, None)

    def test_editing_makes_a_draft_and_the_live_version_stays(self, plan: Plan, drafted: Drafted) -> None:
        before = fingerprint(live(plan))
        new = start_draft(plan=plan, **HOW)
        assert fingerprint(new) == before
        assert start_draft(plan=plan, **HOW) == new
        dearer = replace(drafted, prices=[replace(PRICE, amount=D(50))])
        change_draft(dearer, draft=new, seen=fingerprint(new), **HOW)
        assert (prices_of(new)[0].amount, fingerprint(live(plan))) == (D(50), before)

    def test_subscribers_keep_their_version_when_another_is_published(self, plan: Plan) -> None:
        old = live(plan)
        subscription = SubscriptionFactory(version=old)
        new = start_draft(plan=plan, **HOW)
        publish(draft=new, seen=fingerprint(new), **HOW)
        old.refresh_from_db()
        subscription.refresh_from_db()
        assert (old.status, subscription.version) == (VersionStatus.SUPERSEDED, old)
        assert live(plan).number == 2

    def test_what_somebody_else_saved_is_not_overwritten(self, plan: Plan, drafted: Drafted) -> None:
        new = start_draft(plan=plan, **HOW)
        seen = fingerprint(new)
        change_draft(replace(drafted, items=[]), draft=new, seen=seen, **HOW)
        with pytest.raises(ChangedMeanwhile):
            change_draft(drafted, draft=new, seen=seen, **HOW)
        with pytest.raises(ChangedMeanwhile):
            publish(draft=new, seen=seen, **HOW)
        assert items_of(new) == []

    def test_what_the_guards_block_is_not_published(self, drafted: Drafted) -> None:
        plan = create_plan(replace(drafted, items=[], prices=[]), **HOW)
        with pytest.raises(PlanRefused) as refused:
            publish(draft=draft(plan), seen=fingerprint(draft(plan)), **HOW)
        assert {finding.field for finding in refused.value.findings} == {"items", "prices"}
        assert live_of(plan) is None

    def test_a_live_version_is_no_draft(self, plan: Plan, drafted: Drafted) -> None:
        version = live(plan)
        with pytest.raises(ChangedMeanwhile):
            change_draft(drafted, draft=version, seen=fingerprint(version), **HOW)

    def test_a_draft_is_thrown_away_but_not_the_only_version(self, plan: Plan, drafted: Drafted) -> None:
        discard_draft(draft=start_draft(plan=plan, **HOW), **HOW)
        assert draft_of(plan) is None
        other = create_plan(drafted, **HOW)
        with pytest.raises(PlanRefused):
            discard_draft(draft=draft(other), **HOW)

    def test_a_plan_needs_a_name(self, drafted: Drafted) -> None:
        with pytest.raises(PlanRefused):
            create_plan(replace(drafted, name="  "), **HOW)
        assert not Plan.objects.exists()

    def test_items_out_of_stock_warn(self, plan: Plan) -> None:
        assert [(finding.field, finding.is_blocking) for finding in guards(live(plan))] == [("items", False)]


def test_archived_plans_take_no_draft_until_they_are_back(plan: Plan) -> None:
    archive_plan(plan=plan, **HOW)
    with pytest.raises(PlanRefused):
        start_draft(plan=plan, **HOW)
    restored = restore_plan(plan=plan, **HOW)
    assert (restored.status, restored.archived_at) == (PlanStatus.ACTIVE, None)
    assert start_draft(plan=plan, **HOW)
    verbs = Activity.objects.filter(subject=plan.number).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == [
        "plan.created", "plan.published", "plan.archived", "plan.restored", "plan.draft_started"]  # fmt: skip


@pytest.mark.django_db
def test_three_plans_to_begin_with_are_live_and_sound() -> None:
    assert starter_plans(**HOW) == []
    for code in ("COF-1K", "OAT-1L"):
        SkuFactory(code=code)
    plans = starter_plans(**HOW)
    assert len(plans) == 3
    for made in plans:
        assert not [finding for finding in guards(live(made)) if finding.is_blocking]
