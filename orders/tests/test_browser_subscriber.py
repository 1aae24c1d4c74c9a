"""The customer's page of a subscription on a small phone: taps counted, no script, no accessibility fault, little weight."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customers.factories import AddressFactory
from ordermgmt.clock import business_day
from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.ending import Cancel
from orders.actions.links import CUSTOMER
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import Change, change_subscription
from orders.factories import PlanItemFactory
from orders.models import Subscription
from orders.tests.subscribed import days, fresh, item, plan, subscribe
from orders.tests.test_browser_customer import PHONE, look_at, weight

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")]
BANNED = ("are you sure", "miss you", "sorry to see", "lose", "last chance", "don't go", "do not go", "really want")


def subscribed(starts_in: int = 20) -> Subscription:
    """A box with something to swap, paid by card; first delivery in so many days."""
    version = plan(content="group", choices_per_box=1, allowed_intervals=["4 week", "2 month"])
    version.items.update(group="coffee")
    PlanItemFactory(version=version, sku=item("13.50"), quantity=2, group="coffee", is_default=False)
    address = AddressFactory()
    method = factories.PaymentMethodFactory(customer=address.customer)
    return subscribe(
        version,
        starts_on=business_day(timezone.now()) + timedelta(days=starts_in),
        now=timezone.now(),
        customer_id=address.customer_id,
        address_id=address.pk,
        method_id=method.pk,
    )


def changed(change: Change, starts_in: int = 20) -> Subscription:
    s = subscribed(starts_in)
    change_subscription(s.pk, change, by=CUSTOMER, now=timezone.now())
    return s


def unpaid() -> Subscription:
    s = subscribed()
    invoice = factories.InvoiceFactory(subscription=s, order=None, customer=s.customer, gross_total=Decimal("38.60"))
    factories.DunningFactory(invoice=invoice, next_at=timezone.now() + timedelta(days=3))
    return s


def closed() -> Subscription:
    s = subscribed(starts_in=5)
    s.deliveries.filter(is_next=True).update(lock_at=timezone.now() - timedelta(hours=1))
    return s


def rising() -> Subscription:
    s, today = subscribed(), business_day(timezone.now())
    factories.PriceChangeItemFactory(
        subscription=s, old_price=Decimal("38.60"), new_price=Decimal("42.10"), noticed_at=timezone.now(),
        effective_on=today + timedelta(days=40),
    )  # fmt: skip
    return s


STATES: dict[str, Callable[[], Subscription]] = {
    "active": subscribed,
    "closed": closed,
    "paused": lambda: changed(Pause(business_day(timezone.now()) + timedelta(days=70))),
    "ended": lambda: changed(Cancel("price")),
    "unpaid": unpaid,
    "rising": rising,
}
PAGES = ("?do=skip", "contents/", "pause/", "often/", "date/1/", "cancel/", "prove/", "code/")


def address_of(s: Subscription, path: str = "") -> str:
    return f"/s/{s.links.order_by('-expires_at').first().token}/{path}"


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_clear_in_the_first_screen(name: str, page: Any, live_server: Any) -> None:
    address = live_server.url + address_of(STATES[name]())
    assert look_at(page, address) == []
    page.set_viewport_size(PHONE)
    page.goto(address)
    first = page.locator("#unpaid button" if name == "unpaid" else "#rise" if name == "rising" else ".card .btn").first
    if name != "rising":
        assert first.bounding_box()["y"] < PHONE["height"]


@pytest.mark.parametrize("path", PAGES)
def test_what_customers_choose_on_has_no_faults(path: str, page: Any, live_server: Any) -> None:
    assert look_at(page, live_server.url + address_of(subscribed(), path)) == []


class Taps:
    """A phone without script; counts what is tapped and types nothing."""

    def __init__(self, browser: Any, address: str) -> None:
        self.context = browser.new_context(java_script_enabled=False, viewport=PHONE)
        self.page, self.count, self.pages = self.context.new_page(), 0, 1
        self.page.goto(address)

    def tap(self, role: str, name: str) -> None:
        before = self.page.url
        self.page.get_by_role(role, name=name, exact=True).first.click()
        self.count += 1
        self.pages += self.page.url != before

    def text(self) -> str:
        return str(self.page.inner_text("body"))


def test_skip_from_the_mail_in_two_taps(browser: Any, live_server: Any) -> None:
    """The first is the link in the mail; the page it opens has the button first."""
    s = subscribed()
    phone = Taps(browser, live_server.url + address_of(s, "?do=skip"))
    phone.count = 1
    box = phone.page.get_by_role("button", name="Skip this delivery").bounding_box()
    assert box["y"] + box["height"] < PHONE["height"] / 2
    phone.tap("button", "Skip this delivery")
    assert phone.count == 2
    assert "Skipped" in phone.text()
    assert days(s)[0].startswith("(")
    phone.tap("button", "Undo")
    assert not days(s)[0].startswith("(")


def test_cancel_in_three_taps_two_pages_and_no_typing(browser: Any, live_server: Any) -> None:
    s = subscribed()
    phone = Taps(browser, live_server.url + address_of(s))
    phone.tap("link", "Cancel plan")
    boxes = [phone.page.get_by_text(words, exact=True).first.bounding_box() for words in ("Cancel plan", "Keep plan")]
    assert boxes[0]["width"] == boxes[1]["width"]
    assert boxes[0]["height"] == boxes[1]["height"]
    assert max(box["y"] + box["height"] for box in boxes) < PHONE["height"]
    review = phone.text().casefold()
    assert not [words for words in BANNED if words in review]
    assert "nothing more is sent or charged" in review
    assert review.index("keep plan") < review.index("would something else help")
    phone.tap("button", "Cancel plan")
    assert phone.count <= 3
    assert phone.pages <= 3  # the plan, the review, what was done
    assert "Cancelled." in phone.text()
    assert fresh(s).status == "cancelled"
    mail = OutgoingMessage.objects.get(kind="subscription_cancelled")
    assert mail.recipient == s.customer.email
    phone.tap("button", "Start again")
    assert fresh(s).status == "active"


def test_pause_and_swap_in_three_taps(browser: Any, live_server: Any) -> None:
    s = subscribed()
    phone = Taps(browser, live_server.url + address_of(s))
    phone.tap("link", "Pause")
    phone.page.get_by_text("2 months: starts again").click()
    phone.page.get_by_role("button", name="Pause").click()
    assert "Paused" in phone.text()
    phone.tap("button", "Go on now")
    phone.tap("link", "Change what is in it")
    phone.page.get_by_text("each time").click()
    phone.page.locator("#swap1 button").click()
    assert "€45.60" in phone.text()


@pytest.mark.parametrize("path", ["", "cancel/"])
def test_the_page_weighs_little_and_asks_nobody_else(path: str, page: Any, live_server: Any) -> None:
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it is given
    page.goto(live_server.url + address_of(subscribed(), path), wait_until="networkidle")
    asked = [answer for answer in answers if not answer.url.startswith("data:")]
    assert [answer.url for answer in asked if not answer.url.startswith(live_server.url)] == []
    assert len(asked) <= 6
    assert sum(map(weight, asked)) <= 40_000
