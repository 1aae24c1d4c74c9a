"""Price changes end to end: previewed, told, in force at each one's own date, stopped, taken back."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.factories import CustomerFactory
from ordermgmt.factories import UserFactory
from ordermgmt.mail import html_of
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.roles import Role
from orders.actions.price_changes import (
    PriceChangeRefused,
    cancel_price_change,
    draft_price_change,
    keep_price,
    start_notices,
    work_price_changes,
)
from orders.billing_states import PriceChangeStatus, VersionStatus
from orders.factories.orders import NOW
from orders.factories.subscriptions import (
    CalendarSegmentFactory,
    DeliveryFactory,
    PlanPriceFactory,
    PlanVersionFactory,
    SubscriptionFactory,
)
from orders.models import MrrMovement, PriceChange, PriceChangeItem, Subscription, SubscriptionEvent
from orders.price_change_preview import preview_change

pytestmark = pytest.mark.django_db
D = Decimal
LONG_AGO = datetime(2024, 1, 5, tzinfo=NOW.tzinfo)
HOW: dict[str, Any] = {"by": "Eva", "now": NOW}


class World:
    """A plan whose live version costs 130 and whose subscribers pay 100, on the third of each month."""

    def __init__(self) -> None:
        self.old = PlanVersionFactory(status=VersionStatus.SUPERSEDED, superseded_at=NOW)
        self.new = PlanVersionFactory(plan=self.old.plan, number=2)
        PlanPriceFactory(version=self.old, amount=D(100))
        PlanPriceFactory(version=self.new, amount=D(130))

    def subscriber(self, *, next_on: date = date(2026, 12, 3), **facts: Any) -> Subscription:
        facts = {
            "started_at": LONG_AGO,
            "mrr": D(80),
            "customer": CustomerFactory(email="eva@customer.example"),
        } | facts
        made: Any = SubscriptionFactory(version=self.old, **facts)
        CalendarSegmentFactory(subscription=made, anchor_on=date(2024, 1, 3), created_at=NOW)
        DeliveryFactory(subscription=made, number=36, planned_on=next_on, leaves_on=next_on, is_next=True)
        DeliveryFactory(subscription=made, number=35, status="skipped", skip_reason="staff", skipped_at=NOW,
                        planned_on=date(2026, 11, 3), leaves_on=date(2026, 11, 3))  # fmt: skip
        found: Subscription = made
        return found

    def change(self, **facts: Any) -> PriceChange:
        facts = {"earliest_on": date(2026, 12, 1), "notice_days": 30, **facts}
        return draft_price_change(to_version=self.new, **facts, **HOW)


@pytest.fixture
def world() -> World:
    return World()


def send_all(at: datetime = NOW, state: str = MessageState.SENT) -> None:
    OutgoingMessage.objects.filter(kind="price_change").update(state=state, sent_at=at, due_at=None)


def reach(subscription: Subscription, day: date) -> None:
    """The deliveries before `day` have been ordered: the next one leaves then."""
    subscription.deliveries.filter(is_next=True).update(leaves_on=day, planned_on=day)


def test_the_preview_says_who_when_and_what_it_is_worth(world: World) -> None:
    world.subscriber()
    world.subscriber(agreed_price=D(130))
    world.subscriber(ends_on=date(2026, 12, 31))
    world.subscriber(currency="SEK")
    found = preview_change(world.change(cap_percent=D(20)), now=NOW)
    (row,) = found.rows
    assert (row.old, row.estimated, row.new, row.effective_on) == (100, 130, 120, date(2027, 1, 3))
    assert (found.mrr_effect, found.capped, found.by_month) == ({"EUR": D(16)}, 1, [(date(2027, 1, 1), 1)])
    assert len(found.left_out) == 3


def test_a_charge_before_the_day_is_at_the_old_price(world: World) -> None:
    """The delivery of 3 January is charged two days before it leaves."""
    world.subscriber()
    found = [preview_change(world.change(earliest_on=date(2027, 1, day)), now=NOW).rows[0] for day in (1, 2)]
    assert [row.effective_on for row in found] == [date(2027, 1, 3), date(2027, 2, 3)]


def test_the_preview_asks_as_much_for_many_as_for_one(world: World) -> None:
    world.subscriber()
    change = world.change()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            preview_change(change, now=NOW)
        counts.append(len(queries))
        world.subscriber()
        world.subscriber()
    assert counts[0] == counts[1]


def test_nobody_pays_before_they_were_told_and_their_day_has_come(world: World) -> None:
    subscription = world.subscriber()
    change = start_notices(change=world.change(), **HOW)
    assert work_price_changes(now=NOW) == {"notices": 1, "told": 0, "applied": 0}
    assert work_price_changes(now=NOW)["notices"] == 0
    send_all()
    reach(subscription, date(2027, 1, 3) - timedelta(days=1))
    assert work_price_changes(now=NOW)["applied"] == 0
    reach(subscription, date(2027, 1, 3))
    assert work_price_changes(now=NOW) == {"notices": 0, "told": 0, "applied": 1}
    subscription.refresh_from_db()
    change.refresh_from_db()
    assert (subscription.version, subscription.agreed_price, change.status) == (world.new, None, PriceChangeStatus.DONE)
    assert SubscriptionEvent.objects.get(subscription=subscription).before["version"] == world.old.pk
    assert work_price_changes(now=NOW)["applied"] == 0


def test_a_capped_price_is_agreed_and_revenue_moves_once(world: World) -> None:
    subscription = world.subscriber()
    start_notices(change=world.change(cap_percent=D(20)), **HOW)
    work_price_changes(now=NOW)
    send_all()
    reach(subscription, date(2027, 1, 3))
    work_price_changes(now=NOW)
    subscription.refresh_from_db()
    assert subscription.agreed_price == 120
    assert MrrMovement.objects.filter(subscription=subscription).count() == 1


def test_a_notice_that_goes_out_late_puts_the_price_off(world: World) -> None:
    world.subscriber()
    start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    send_all(at=NOW + timedelta(days=20))
    work_price_changes(now=NOW + timedelta(days=20))
    item = PriceChangeItem.objects.get()
    assert item.effective_on == date(2027, 2, 3)
    assert item.effective_on - (NOW + timedelta(days=20)).date() >= timedelta(days=30)


@pytest.mark.parametrize("state", [MessageState.DEAD, MessageState.WITHDRAWN])
def test_who_cannot_be_told_keeps_the_price(world: World, state: str) -> None:
    subscription = world.subscriber()
    change = start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    send_all(state=state)
    reach(subscription, date(2027, 1, 3))
    work_price_changes(now=NOW)
    subscription.refresh_from_db()
    change.refresh_from_db()
    item = PriceChangeItem.objects.get()
    assert (subscription.version, item.stopped_reason, change.status) == (
        world.old, "The notice could not be sent", PriceChangeStatus.DONE)  # fmt: skip


def test_the_first_year_and_a_rise_of_the_last_twelve_months_protect(world: World) -> None:
    started = NOW - timedelta(days=100)
    new = world.subscriber(started_at=started)
    (row,) = preview_change(world.change(), now=NOW).rows
    assert (row.subscription, row.effective_on >= date(started.year + 1, started.month, started.day)) == (new, True)


def test_it_is_taken_back_before_it_is_in_force(world: World) -> None:
    subscription = world.subscriber()
    change = start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    cancel_price_change(change=change, **HOW)
    assert OutgoingMessage.objects.get(kind="price_change").state == MessageState.WITHDRAWN
    reach(subscription, date(2027, 1, 3))
    work_price_changes(now=NOW)
    subscription.refresh_from_db()
    assert subscription.version == world.old


def test_one_subscriber_is_left_out(world: World) -> None:
    kept, other = world.subscriber(), world.subscriber()
    start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    keep_price(item=PriceChangeItem.objects.get(subscription=kept), reason="Long with us", **HOW)
    send_all()
    for subscription in (kept, other):
        reach(subscription, date(2027, 1, 3))
    work_price_changes(now=NOW)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.version, other.version) == (world.old, world.new)


def test_who_was_told_is_told_when_it_is_taken_back(world: World) -> None:
    world.subscriber()
    change = start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    send_all()
    work_price_changes(now=NOW)
    cancel_price_change(change=change, **HOW)
    cancel_price_change(change=change, **HOW)
    correction = OutgoingMessage.objects.get(kind="price_kept")
    assert "€100.00" in correction.text
    assert "€130.00" in html_of(correction)


def test_a_subscription_that_ended_is_stopped(world: World) -> None:
    subscription = world.subscriber()
    start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    send_all()
    reach(subscription, date(2027, 1, 3))
    Subscription.objects.filter(pk=subscription.pk).update(status="cancelled", cancelled_at=NOW)
    work_price_changes(now=NOW)
    assert PriceChangeItem.objects.get().stopped_reason == "Not subscribed to the plan any more"


def test_it_is_to_the_live_version_one_at_a_time_and_to_somebody(world: World) -> None:
    with pytest.raises(PriceChangeRefused):
        draft_price_change(to_version=world.old, earliest_on=date(2027, 1, 1), notice_days=30, **HOW)
    with pytest.raises(PriceChangeRefused):
        start_notices(change=world.change(), **HOW)
    world.subscriber()
    start_notices(change=world.change(), **HOW)
    with pytest.raises(PriceChangeRefused):
        world.change()


def test_the_notice_says_both_prices_and_the_day(world: World) -> None:
    world.subscriber()
    start_notices(change=world.change(), **HOW)
    work_price_changes(now=NOW)
    notice = OutgoingMessage.objects.get(kind="price_change")
    assert "3 January 2027" in notice.subject_line
    for words in ("€100.00", "€130.00", "3 January 2027", "/s/"):
        assert words in notice.text
        assert words in html_of(notice)


def test_it_is_looked_at_saved_started_and_taken_back_from_its_pages(world: World) -> None:
    manager = Client()
    manager.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    kept = world.subscriber()
    plan = world.new.plan
    terms = {"earliest_on": "2027-12-01", "notice_days": "30", "cap_percent": "20", "protects_first_year": "on"}
    look = manager.post(f"/plans/{plan.number}/prices/", terms | {"do": "look"})
    assert (len(look.context["preview"].rows), PriceChange.objects.count()) == (1, 0)
    answer = manager.post(f"/plans/{plan.number}/prices/", terms | {"do": "draft"})
    change = PriceChange.objects.get()
    assert answer.url == f"/plans/changes/{change.number}/"
    assert b"1 subscriber is written to" in manager.get(answer.url).content
    manager.post(f"{answer.url}start/")
    item = change.items.get()
    assert kept.number.encode() in manager.get(answer.url).content
    manager.post(f"{answer.url}keep/{item.pk}/")
    assert b"Keeps price" in manager.get(answer.url).content
    manager.post(f"{answer.url}cancel/")
    change.refresh_from_db()
    assert change.status == PriceChangeStatus.CANCELLED


def test_wrong_terms_are_said(world: World) -> None:
    manager = Client()
    manager.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    page = manager.post(f"/plans/{world.new.plan.number}/prices/", {"earliest_on": "soon", "notice_days": "-1"})
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"earliest_on", "notice_days"})
