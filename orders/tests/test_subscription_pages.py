"""P12, P13: the list of subscriptions, one of them, and changing it from its page."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.factories import StockLevelFactory
from inventory.models import StockLevel
from ordermgmt.factories import UserFactory
from ordermgmt.listing.counting import forget_totals
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import change_subscription
from orders.billing_states import PriceModel, SubscriptionStatus
from orders.factories import DunningFactory, InvoiceFactory
from orders.models import Order, Subscription, SubscriptionEvent
from orders.tests.subscribed import days, fresh, item, subscribe

pytestmark = pytest.mark.django_db
PEOPLE = "ordermgmt.access.RoleBackend"


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT, name="Ana"), backend=PEOPLE)
    return client


def soon(count: int = 20) -> date:
    return timezone.localdate() + timedelta(days=count)


@pytest.fixture
def s() -> Subscription:
    """Monthly, open for two more weeks."""
    return subscribe(starts_on=soon(), now=timezone.now())


def upcoming(s: Subscription) -> list[str]:
    return days(s, now=timezone.now())


def address(s: Subscription, rest: str = "") -> str:
    return f"/subscriptions/{s.number}/{rest}"


def test_list_shows_what_comes(support: Client, s: Subscription) -> None:
    page = support.get("/subscriptions/").content.decode()
    assert s.number in page
    assert "€38.60" in page


@pytest.mark.parametrize("view", ["active", "tomorrow", "unpaid", "paused", "cancelling", "stock", "parked", "all"])
def test_every_view_answers(support: Client, s: Subscription, view: str) -> None:
    page = support.get(f"/subscriptions/?view={view}&sort=next")
    assert page.status_code == 200
    assert (s.number in page.content.decode()) == (view in ("active", "all"))


def test_stock_risk_looks_at_boxes_that_leave_soon(support: Client) -> None:
    s = subscribe(starts_on=soon(9), now=timezone.now())
    StockLevelFactory(sku=s.lines.get().sku)
    page = support.get("/subscriptions/?view=stock").content.decode()
    assert s.number in page
    StockLevel.objects.update(on_hand=50)
    forget_totals()
    assert s.number not in support.get("/subscriptions/?view=stock").content.decode()


def test_found_by_number_and_by_customer(support: Client, s: Subscription) -> None:
    for words in (s.number, s.customer.name, s.customer.email):
        assert s.number in support.get("/subscriptions/", {"view": "all", "q": words}).content.decode(), words
    answer = support.get("/search/", {"q": s.number})
    assert answer["Location"] == f"/subscriptions/{s.number}/"


def test_list_costs_the_same_for_many(support: Client, s: Subscription) -> None:

    from ordermgmt.listing.counting import forget_totals

    def cost() -> int:
        forget_totals()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            support.get("/subscriptions/?view=all")
        return len(queries)

    cost()
    one = cost()
    for _ in range(4):
        subscribe(s.version, starts_on=soon(), now=timezone.now())
    assert cost() <= one


def test_page_of_one(support: Client, s: Subscription) -> None:
    page = support.get(address(s)).content.decode()
    assert page.count('class="coming-day"') == 6
    assert "Why this price" in page
    assert support.get(address(s) + "?upcoming=month").status_code == 200
    assert support.get(address(s, "peek/")).status_code == 200


def test_skip_and_undo_restore_the_same_days(support: Client, s: Subscription) -> None:
    before = upcoming(s)
    support.post(address(s, "skip/"), {"number": "1"})
    assert upcoming(s)[0] == f"({before[0]})"
    event = SubscriptionEvent.objects.latest("pk")
    page = support.get(address(s)).content.decode()
    assert page.count(address(s, f"undo/{event.pk}/")) == 2  # the toast and the timeline
    support.post(address(s, f"undo/{event.pk}/"))
    assert upcoming(s) == before


def test_move_is_reviewed_first(support: Client, s: Subscription) -> None:
    before, day = upcoming(s), soon(25)
    asked = {"number": "1", "to": day.isoformat(), "scope": "once"}
    page = support.post(address(s, "change/move/"), asked).content.decode()
    assert "This changes" in page
    assert upcoming(s) == before
    sent = asked | {"confirm": "1", "row_version": str(fresh(s).row_version), "tell": "1"}
    assert support.post(address(s, "change/move/"), sent).status_code == 302
    assert upcoming(s)[0] == day.isoformat()
    assert upcoming(s)[1] == before[1]
    assert OutgoingMessage.objects.filter(kind="subscription_changed").count() == 1


def test_all_later_move_along(support: Client, s: Subscription) -> None:
    day = soon(24)
    sent = {"number": "1", "to": day.isoformat(), "scope": "always", "confirm": "1"}
    support.post(address(s, "change/move/"), sent)
    assert [d[-2:] for d in upcoming(s)[:2]] == [f"{day:%d}"] * 2
    assert not OutgoingMessage.objects.filter(kind="subscription_changed").exists()


def test_swap_for_one_delivery(support: Client, s: Subscription) -> None:
    other = item("14")
    asked = {"number": "", "line": "1", "sku": other.code, "scope": "once"}
    assert other.name in support.post(address(s, "change/swap/"), asked).content.decode()
    support.post(address(s, "change/swap/"), asked | {"confirm": "1"})
    assert s.deliveries.get(is_next=True).items.get().sku == other


def test_somebody_else_was_first(support: Client, s: Subscription) -> None:
    change_subscription(s.pk, Pause(soon(90)), by="Tom", now=timezone.now())
    sent = {"number": "", "line": "1", "sku": item().code, "scope": "always", "confirm": "1", "row_version": "0"}
    answer = support.post(address(s, "change/swap/"), sent)
    assert answer.status_code == 409
    assert "Tom changed this subscription" in answer.content.decode()


def test_too_late_names_the_first_that_can_change(support: Client) -> None:
    s = subscribe(starts_on=soon(8), now=timezone.now())
    s.deliveries.filter(is_next=True).update(lock_at=timezone.now())
    answer = support.post(address(s, "skip/"), {"number": "1"}, follow=True)
    assert "It is too late" in answer.content.decode()
    assert "Change it all the same" in answer.content.decode()
    sent = {"number": "1", "override": "Rang before noon", "confirm": "1"}
    support.post(address(s, "change/skip/"), sent)
    assert SubscriptionEvent.objects.latest("pk").facts["override"] == "Rang before noon"


@pytest.mark.parametrize(
    ("slug", "sent"),
    [
        ("add", {"units": "1", "scope": "once"}),
        ("units", {"line": "1", "units": "3"}),
        ("boxes", {"boxes": "2"}),
        ("frequency", {"every": "2", "unit": "week", "keeps": "keep"}),
        ("address", {"scope": "always"}),
        ("method", {"days": "20"}),
        ("note", {"text": "Rings twice"}),
        ("pause", {"until": ""}),
        ("cancel", {"at": "now", "reason": "price", "give_back": ""}),
    ],
)
def test_every_change_is_shown_done_and_undone(support: Client, s: Subscription, slug: str, sent: dict[str, str]) -> None:  # fmt: skip
    asked = {"number": "", "sku": item().code, "address": str(s.address_id)} | sent
    s.version.prices.update(model=PriceModel.PER_UNIT)
    before = upcoming(s)
    assert support.get(address(s, f"change/{slug}/")).status_code == 200
    review = support.post(address(s, f"change/{slug}/"), asked)
    assert "This changes" in review.content.decode()
    assert upcoming(s) == before
    assert support.post(address(s, f"change/{slug}/"), asked | {"confirm": "1"}).status_code == 302
    event = SubscriptionEvent.objects.latest("pk")
    support.post(address(s, f"undo/{event.pk}/"))
    assert upcoming(s) == before


def test_order_now_makes_the_order_with_the_click(support: Client, s: Subscription) -> None:
    page = support.get(address(s, "change/order-now/")).content.decode()
    assert 'name="number" value="1"' in page
    sent = {"number": "1", "restart": ""}
    assert "This changes" in support.post(address(s, "change/order-now/"), sent).content.decode()
    sent |= {"confirm": "1", "row_version": str(fresh(s).row_version)}
    answers = [support.post(address(s, "change/order-now/"), sent) for _click in range(2)]
    order = Order.objects.get()
    assert [answer["Location"] for answer in answers] == [address(s)] * 2
    assert s.deliveries.get(number=1).order == order


def test_what_is_over_can_begin_again(support: Client, s: Subscription) -> None:
    support.post(address(s, "change/cancel/"), {"at": "now", "reason": "price", "confirm": "1"})
    assert "Nothing comes" in support.get(address(s)).content.decode()
    support.post(address(s, "change/reactivate/"), {"on": "", "confirm": "1"})
    assert fresh(s).status == SubscriptionStatus.ACTIVE


def test_a_payment_problem_comes_first(support: Client, s: Subscription) -> None:
    invoice = InvoiceFactory(subscription=s, customer=s.customer, order=None, cause="cycle:SUB:1")
    DunningFactory(invoice=invoice, reason="insufficient_funds")
    page = support.get(address(s)).content.decode()
    assert f"{invoice.number} over" in page
    assert "/dunning/" not in page  # support may not open it
    assert s.number in support.get("/subscriptions/?view=unpaid").content.decode()


def test_who_may_only_look(client: Client, s: Subscription) -> None:
    client.force_login(UserFactory(role=Role.FINANCE), backend=PEOPLE)
    page = client.get(address(s)).content.decode()
    assert "change/" not in page
    assert client.post(address(s, "skip/"), {"number": "1"}).status_code == 403
    assert client.get(address(s, "change/move/")).status_code == 403
