"""P14: list, editor with preview, review, archive, promotion codes; refusals, conflicts, constant queries."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.plans import draft_of, live_of
from orders.factories.billing import PromotionFactory
from orders.factories.subscriptions import PlanItemFactory, PlanPriceFactory, PlanVersionFactory, SubscriptionFactory
from orders.models import Plan, Promotion

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Coffee monthly", "description": "Two bags", "content": "fixed", "deliver_every": "4",
    "deliver_unit": "week", "allowed_intervals": "4, 2", "bill_every": "4", "bill_unit": "week", "cut_off_days": "3",
    "charge_days": "2", "reminder_days": "4", "most_skips": "3", "most_pause_days": "180", "shortage": "wait",
    "last_step": "pause", "may_swap": "on", "may_cancel": "on",
    "prices-TOTAL_FORMS": "1", "prices-INITIAL_FORMS": "0", "prices-0-currency": "EUR", "prices-0-model": "flat",
    "prices-0-amount": "42,10", "items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "0", "items-0-code": "cof-1k",
    "items-0-quantity": "2", "items-0-is_default": "on",
}  # fmt: skip


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER)


@pytest.fixture
def plan() -> Plan:
    version = PlanVersionFactory()
    PlanPriceFactory(version=version)
    PlanItemFactory(version=version, sku__code="COF-1K")
    made: Plan = version.plan
    return made


def seen_in(answer: Any) -> str:
    return str(answer.context["seen"])


def test_without_plans_there_are_three_to_begin_with(manager: Client) -> None:
    page = manager.get("/plans/")
    assert page.content.count(b"/plans/new/?from=") == 3
    assert b"/plans/new/" not in signed_in(Role.SUPPORT).get("/plans/").content
    for key in ("fixed", "choice", "prepaid"):
        assert manager.get(f"/plans/new/?from={key}").context["preview"] is not None


def test_a_plan_is_drafted_reviewed_and_published(manager: Client) -> None:
    SkuFactory(code="COF-1K")
    assert manager.post("/plans/new/", FORM).status_code == 302
    plan = Plan.objects.get()
    draft = draft_of(plan)
    assert draft
    assert (draft.allowed_intervals, draft.prices.get().amount) == (["2 week", "4 week"], Decimal("42.10"))
    review = manager.get(f"/plans/{plan.number}/publish/")
    assert "€42.10".encode() in review.content
    assert manager.post(f"/plans/{plan.number}/publish/", {"seen": seen_in(review)}).status_code == 302
    assert live_of(plan) == draft


def test_what_cannot_be_is_said_at_its_field(manager: Client) -> None:
    page = manager.post("/plans/new/", FORM | {"name": "", "prices-0-amount": "much", "items-0-code": "NOPE"})
    assert page.status_code == 422
    for words in (b"Enter a name", b"Enter an amount like 48.20", b"We do not know the item NOPE"):
        assert words in page.content
    assert not Plan.objects.exists()


def test_a_plan_that_the_guards_block_is_not_published(manager: Client) -> None:
    SkuFactory(code="COF-1K")
    manager.post("/plans/new/", FORM | {"charge_days": "3", "bill_every": "2"})
    plan = Plan.objects.get()
    review = manager.get(f"/plans/{plan.number}/publish/")
    page = manager.post(f"/plans/{plan.number}/publish/", {"seen": seen_in(review)})
    assert (page.status_code, b"charged more often than it is sent" in page.content) == (409, True)
    assert live_of(plan) is None


def test_the_preview_shows_what_a_customer_gets_and_pays_and_keeps_nothing(manager: Client) -> None:
    SkuFactory(code="COF-1K")
    page = manager.post("/plans/preview/", FORM | {"bill_every": "8", "prices-0-set_up_fee": "5"})
    coming = page.context["coming"]
    assert [row.amount for row in coming] == [Decimal("89.20"), None, Decimal("84.20"), None]
    assert all(after.leaves_on > before.leaves_on for before, after in pairwise(coming))
    assert not Plan.objects.exists()


def test_editing_begins_a_draft_only_when_it_is_saved(manager: Client, plan: Plan) -> None:
    page = manager.get(f"/plans/{plan.number}/edit/")
    assert draft_of(plan) is None
    answer = manager.post(f"/plans/{plan.number}/edit/", FORM | {"seen": seen_in(page), "do": "review"})
    assert answer.url == f"/plans/{plan.number}/publish/"
    draft = draft_of(plan)
    assert draft
    assert (draft.number, draft.deliver_every) == (2, 4)


def test_the_first_draft_of_a_plan_sold_in_several_currencies_is_saved(manager: Client, plan: Plan) -> None:
    live = live_of(plan)
    for currency in ("SEK", "DKK"):
        PlanPriceFactory(version=live, currency=currency)
    page = manager.get(f"/plans/{plan.number}/edit/")
    answer = manager.post(f"/plans/{plan.number}/edit/", FORM | {"seen": seen_in(page)})
    assert answer.status_code == 302


def test_two_people_do_not_overwrite_each_other(manager: Client, plan: Plan) -> None:
    seen = seen_in(manager.get(f"/plans/{plan.number}/edit/"))
    manager.post(f"/plans/{plan.number}/edit/", FORM | {"seen": seen})
    late = manager.post(f"/plans/{plan.number}/edit/", FORM | {"seen": seen, "cut_off_days": "9"})
    assert (late.status_code, b"changed by someone else" in late.content) == (409, True)
    draft = draft_of(plan)
    assert draft
    assert draft.cut_off_days == 3


def test_it_is_archived_with_its_subscribers_named_and_offered_again(manager: Client, plan: Plan) -> None:
    SubscriptionFactory(version=live_of(plan))
    assert b"1 subscriber stays on it" in manager.get(f"/plans/{plan.number}/archive/").content
    manager.post(f"/plans/{plan.number}/archive/")
    assert plan.number.encode() in manager.get("/plans/?archived=1").content
    manager.post(f"/plans/{plan.number}/restore/")
    plan.refresh_from_db()
    assert plan.status == "active"


def test_the_list_asks_as_much_for_many_as_for_one(manager: Client, plan: Plan) -> None:
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            manager.get("/plans/")
        counts.append(len(queries))
        PlanPriceFactory(version=PlanVersionFactory())
    assert counts[0] == counts[1]


def test_support_reads_and_does_not_edit(plan: Plan) -> None:
    support = signed_in(Role.SUPPORT)
    assert support.get(f"/plans/{plan.number}/").status_code == 200
    for path in ("edit/", "publish/", "archive/"):
        assert support.get(f"/plans/{plan.number}/{path}").status_code == 403


def test_a_code_is_offered_stopped_and_offered_again(manager: Client) -> None:
    facts = {"code": "new 10", "name": "Welcome", "kind": "percent", "percent": "10", "cycles": "3",
             "most_per_customer": "1"}  # fmt: skip
    assert manager.post("/plans/promotions/new/", facts).status_code == 302
    assert b"NEW10" in manager.get("/plans/promotions/").content
    manager.post("/plans/promotions/NEW10/", {"do": "stop"})
    assert not Promotion.objects.get().is_active
    manager.post("/plans/promotions/NEW10/", {"do": "resume"})
    assert Promotion.objects.get().is_active


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("percent", {"percent": "0"}),
        ("amount", {"kind": "amount", "currency": "EUR"}),
        ("currency", {"kind": "amount", "amount": "5"}),
        ("ends_on", {"starts_on": "2026-12-02", "ends_on": "2026-12-01"}),
        ("code", {"code": "X"}),
        ("code", {"code": "taken"}),
    ],
)
def test_a_code_that_cannot_be_is_said_at_its_field(manager: Client, field: str, wrong: dict[str, str]) -> None:
    PromotionFactory(code="TAKEN")
    facts = {"code": "GOOD", "name": "Welcome", "kind": "percent", "percent": "10", "most_per_customer": "1"}
    page = manager.post("/plans/promotions/new/", facts | wrong)
    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert Promotion.objects.count() == 1
