"""P39: cancelling by the nine rules of ux.md, and what may not be cancelled here. Taps are counted in test_browser_subscriber."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.ending import Cancel
from orders.actions.pausing import Pause
from orders.actions.renewing import renew_due
from orders.actions.subscription_changes import change_subscription
from orders.actions.taking_money import lock_invoice, take_money
from orders.factories.orders import NOW
from orders.models import Refund, Subscription, SubscriptionEvent
from orders.tests.subscribed import days, do, fresh, pay_invoice, plan
from orders.tests.subscriber_steps import after, by_card, see, tap, text_of, url

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 12, 1, 12, tzinfo=NOW.tzinfo)
GUILT = ("are you sure", "miss", "sorry", "lose", "last chance", "really", "hurry", "left to decide")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def s() -> Subscription:
    return by_card()


def test_rule_1_the_words_are_on_the_page_itself(s: Subscription) -> None:
    assert f'href="{url(s, "cancel/")}">Cancel plan<' in Client().get(url(s)).content.decode()


def test_rule_2_one_page_and_one_tap_without_a_proof(s: Subscription) -> None:
    assert "Cancelled. Nothing more is sent or charged." in after(tap(s, "cancel/"))
    assert fresh(s).status == "cancelled"


def test_rule_3_what_might_help_once_and_after_the_buttons(s: Subscription) -> None:
    text = see(s, "cancel/")
    assert text.count("Would something else help?") == 1
    assert text.index("Keep plan") < text.index("Would something else help?")
    assert "Would something else help?" not in after(tap(s, "cancel/"))


def test_rule_4_no_guilt(s: Subscription) -> None:
    text = see(s, "cancel/").casefold()
    assert not [words for words in GUILT if words in text]


@pytest.mark.parametrize(("given", "kept"), [({}, "not_said"), ({"reason": "price"}, "price")])
def test_rule_5_a_reason_is_never_required(s: Subscription, given: dict[str, str], kept: str) -> None:
    after(tap(s, "cancel/", **given))
    assert fresh(s).cancel_reason == kept
    assert tap(by_card(), "cancel/", reason="made up").status_code == 422


def test_rule_6_what_was_and_what_stays(s: Subscription) -> None:
    factories.AccountEntryFactory(customer=s.customer, amount=Decimal(5))
    s.deliveries.create(
        number=99, status="ordered", planned_on=date(2026, 11, 5), leaves_on=date(2026, 11, 5), lock_at=NOW,
        order_at=NOW, ordered_at=NOW, order=factories.OrderFactory(),
    )  # fmt: skip
    text = see(s, "cancel/")
    assert "Your last delivery was on Thu 5 Nov. Nothing more is sent or charged." in text
    assert "Your credit of €5.00 stays yours" in text


def test_rule_6_what_is_being_made_still_comes(s: Subscription, clock: Any) -> None:
    clock.move_to(LATE)
    assert "One delivery still comes, on Thu 3 Dec. After that nothing more is sent or charged." in see(s, "cancel/")
    assert "Cancelled. The last delivery is on Thu 3 Dec." in after(tap(s, "cancel/"))
    text = see(s)
    assert "Your last delivery is on Thu 3 Dec." in text
    assert "It goes on after all." in after(tap(s, "do/keep/"))
    assert fresh(s).ends_on is None


def test_rule_6_what_is_paid_still_comes() -> None:
    s = by_card(plan("90", bill_every=3))
    Subscription.objects.filter(pk=s.pk).update(deliveries_owed=2)
    assert "2 deliveries still come, the first on Thu 3 Dec. The last is on Sun 3 Jan 2027." in see(s, "cancel/")
    after(tap(s, "cancel/"))
    assert days(s) == ["2026-12-03", "2027-01-03"]


def test_rule_6_what_is_paid_goes_back_when_wished(clock: Any) -> None:
    s = by_card(plan("30", bill_every=3))
    clock.move_to(LATE)
    renew_due(now=LATE)
    invoice = s.invoices.get()
    with transaction.atomic():
        take_money(
            lock_invoice(invoice.pk), amount=invoice.balance, provider="stripe", effect_key="x", by="T", now=LATE
        )
    assert "Do not send them, pay them back" in see(s, "cancel/")
    assert "are credited to you. Nothing more is sent or charged." in after(tap(s, "cancel/", paid="back"))
    assert Refund.objects.get().status == "requested"
    assert (fresh(s).status, fresh(s).deliveries_owed) == ("cancelled", 0)


def test_a_paused_plan_ends_at_once_and_what_is_paid_goes_back(clock: Any) -> None:
    s = by_card(plan("30", bill_every=3))
    clock.move_to(LATE)
    renew_due(now=LATE)
    pay_invoice(s.invoices.get())
    do(s, Pause(), now=LATE)
    text = see(s, "cancel/")
    assert "€60.00 for deliveries that do not come any more is given back" in text
    assert "They still come" not in text
    after(tap(s, "cancel/"))
    assert (fresh(s).status, fresh(s).deliveries_owed, Refund.objects.get().amount) == ("cancelled", 0, 60)


def test_rule_7_a_mail_at_once_with_the_way_back(s: Subscription) -> None:
    after(tap(s, "cancel/"))
    mail = OutgoingMessage.objects.get(kind="subscription_cancelled")
    assert mail.recipient == s.customer.email
    path = mail.text.split("/s/", 1)[1].split()[0]
    text = text_of(Client().get(f"/s/{path}").content.decode())
    assert "Start again" in text
    assert "Welcome back." in after(tap(s, "do/restart/"))


def test_rule_8_the_same_on_every_device(s: Subscription) -> None:
    phone = Client(headers={"user-agent": "iPhone"}).get(url(s, "cancel/")).content
    assert phone == Client(headers={"user-agent": "Windows NT"}).get(url(s, "cancel/")).content


def test_rule_9_each_is_counted_once(s: Subscription) -> None:
    first = tap(s, "cancel/", seen=s.row_version)
    second = tap(s, "cancel/", seen=s.row_version)
    assert (first.status_code, second.status_code) == (302, 302)
    assert SubscriptionEvent.objects.filter(kind="cancelled").count() == 1


def test_undo_gives_everything_back(s: Subscription) -> None:
    before = days(s)
    after(tap(s, "cancel/"))
    event = SubscriptionEvent.objects.get(kind="cancelled")
    after(tap(s, f"undo/{event.pk}/"))
    assert days(s) == before
    assert OutgoingMessage.objects.get(kind="subscription_cancelled").state == "withdrawn"


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"may_cancel": False}, "Write to us to cancel this plan."),
        ({"minimum_deliveries": 3}, "The plan runs at least until the delivery of Wed 3 Feb 2027."),
    ],
)
def test_what_the_plan_does_not_allow_is_said_with_a_way_out(terms: dict[str, Any], words: str) -> None:
    s = by_card(plan(**terms))
    text = see(s, "cancel/")
    assert words in text
    assert "Keep plan" not in text
    assert "Call +46" in text
    answer = tap(s, "cancel/")
    assert answer.status_code == 409
    assert words in text_of(answer.content.decode())
    assert fresh(s).status == "active"


def test_an_ended_plan_has_nothing_to_cancel(s: Subscription) -> None:
    change_subscription(s.pk, Cancel("price"), by="Ana", now=NOW)
    assert Client().get(url(s, "cancel/"))["Location"] == url(s)
