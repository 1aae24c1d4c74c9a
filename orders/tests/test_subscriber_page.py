"""P38: what customers see and do about their subscription; what it hides, what it refuses, that looking changes nothing."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ordermgmt.logs import hide_tokens
from ordermgmt.models import OutgoingMessage
from orders import factories
from orders.actions.contents import AddExtra, Swap
from orders.actions.deliveries import AddOnce, Skip
from orders.actions.ending import Cancel
from orders.actions.links import CUSTOMER
from orders.actions.pausing import Pause
from orders.actions.subscription_changes import change_subscription, preview_change
from orders.actions.subscription_work import NotAllowed
from orders.factories import PlanItemFactory
from orders.factories.orders import NOW
from orders.models import Delivery, PayLink, PlanVersion, Subscription, SubscriptionEvent, SubscriptionLink
from orders.subscriber_choices import contents_for
from orders.subscription_snapshots import state_of
from orders.tests.subscribed import days, fresh, item, plan
from orders.tests.subscriber_steps import PAGES, after, by_card, proven, see, tap, text_of, url

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 12, 1, 12, tzinfo=NOW.tzinfo)  # closed since 30 Nov 23:59


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def s() -> Subscription:
    """Monthly from Thu 3 Dec 2026, open until 30 Nov."""
    return by_card()


# What it says ---------------------------------------------------------------------------------------
def test_the_next_delivery_its_charge_and_until_when(s: Subscription) -> None:
    text = see(s)
    assert "Next delivery Thu 3 Dec" in text
    assert "We charge €38.60 on Tue 1 Dec." in text
    assert "Change it before Mon 30 Nov, 23:59." in text
    assert "After that: Sun 3 Jan 2027 · Wed 3 Feb 2027 · Wed 3 Mar 2027" in text
    assert "Cancel plan" in text


def test_a_trial_is_called_free_and_has_no_price_of_nothing() -> None:
    text = see(by_card(plan("30", trial_days=40)))
    assert "Free trial · Every month" in text
    assert "€0.00" not in text


def test_it_tells_nobody_who_it_is(s: Subscription) -> None:
    html = Client().get(url(s)).content.decode()
    address = s.address
    assert address
    for fact in (address.line1, address.postcode, s.customer.email, s.customer.name):
        assert fact not in html
    assert address.city in html


def test_answers_are_not_kept_indexed_or_told_to_others(s: Subscription) -> None:
    answer = Client().get(url(s))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    assert "<script" not in answer.content.decode()


def test_logs_do_not_keep_the_link() -> None:
    assert hide_tokens(None, "", {"request": "GET /s/abc-123/cancel/"}) == {"request": "GET /s/…/cancel/"}


def test_after_the_cut_off_it_says_what_can_still_be_done(s: Subscription, clock: Any) -> None:
    clock.move_to(LATE)
    text = see(s)
    assert "already being packed" in text
    assert "The first one that can still change is Sun 3 Jan 2027." in text
    assert "Skip Sun 3 Jan 2027" in text
    assert "Skip this delivery" not in text


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [("2026-11-30T22:58:00+00:00", True), ("2026-11-30T22:59:01+00:00", False)],
    ids=["a minute before", "after"],
)
def test_the_cut_off_to_the_minute(s: Subscription, clock: Any, moment: str, is_open: bool) -> None:
    clock.move_to(datetime.fromisoformat(moment))
    assert ("Skip this delivery" in see(s)) is is_open


def test_paid_in_advance_says_so() -> None:
    prepaid = by_card(plan("90", bill_every=3))
    assert "We charge €270.00 on Tue 1 Dec, for 3 deliveries." in see(prepaid)


def test_a_price_rise_stays_until_its_day(s: Subscription) -> None:
    factories.PriceChangeItemFactory(
        subscription=s,
        old_price=Decimal("38.60"),
        new_price=Decimal("42.10"),
        effective_on=date(2027, 1, 3),
        noticed_at=NOW,
    )
    assert "From Sun 3 Jan 2027 a delivery costs €42.10. Until then it costs €38.60" in see(s)


# Skip, undo ------------------------------------------------------------------------------------------
def test_skip_in_one_tap_and_undo(s: Subscription) -> None:
    text = after(tap(s, "do/skip/", number=1, seen=s.row_version))
    assert "Skipped: Thu 3 Dec. We do not charge it on Tue 1 Dec. Next is Sun 3 Jan 2027. We mailed it to you." in text
    assert days(s)[:2] == ["(2026-12-03)", "2027-01-03"]
    event = SubscriptionEvent.objects.get(kind="skipped")
    assert event.by == CUSTOMER
    assert "Undone" in after(tap(s, f"undo/{event.pk}/"))
    assert days(s)[0] == "2026-12-03"
    assert OutgoingMessage.objects.get(kind="subscription_skipped").state == "withdrawn"


def test_the_same_tap_twice_is_one(s: Subscription) -> None:
    first = tap(s, "do/skip/", number=1, seen=s.row_version)
    second = tap(s, "do/skip/", number=1, seen=s.row_version)
    assert first["Location"] == second["Location"]
    assert SubscriptionEvent.objects.filter(kind="skipped").count() == 1


def test_an_old_page_changes_nothing(s: Subscription) -> None:
    change_subscription(s.pk, Skip(2), by="Ana", now=NOW)
    answer = tap(s, "do/skip/", number=3, seen=s.row_version)
    assert answer.status_code == 409
    assert "was changed meanwhile" in text_of(answer.content.decode())
    assert SubscriptionEvent.objects.filter(kind="skipped").count() == 1


def test_a_later_one_is_skipped_and_taken_back_in(s: Subscription) -> None:
    after(tap(s, "do/skip/", number=2))
    assert days(s)[:3] == ["2026-12-03", "(2027-01-03)", "2027-02-03"]
    assert "Take back in" in see(s)
    after(tap(s, "do/unskip/", number=2))
    assert days(s)[1] == "2027-01-03"


def test_no_more_skips_than_the_plan_allows() -> None:
    s = by_card(plan(most_skips=1))
    after(tap(s, "do/skip/", number=1))
    answer = tap(s, "do/skip/", number=2)
    assert answer.status_code == 409
    assert "At most 1" in text_of(answer.content.decode())
    assert days(s)[:2] == ["(2026-12-03)", "2027-01-03"]


def test_too_late_names_the_first_that_can_change(s: Subscription, clock: Any) -> None:
    clock.move_to(LATE)
    answer = tap(s, "do/skip/", number=1)
    assert answer.status_code == 409
    assert "The first one that can change is that of Sun 3 Jan 2027." in text_of(answer.content.decode())


def test_what_staff_did_is_not_undone_by_customers(s: Subscription) -> None:
    event = change_subscription(s.pk, Skip(), by="Ana", now=NOW)
    assert "Undo" not in text_of(Client().get(url(s) + f"?done={event.pk}").content.decode())
    assert tap(s, f"undo/{event.pk}/").status_code == 409
    assert days(s)[0] == "(2026-12-03)"


def test_links_of_mails_make_it_ready_and_do_nothing(s: Subscription) -> None:
    before = state_of(s)
    text = text_of(Client().get(url(s) + "?do=skip").content.decode())
    assert "Skip Thu 3 Dec? Skip this delivery Next is then Sun 3 Jan 2027. We do not charge you on Tue 1 Dec." in text
    assert text.count("Skip this delivery") == 1
    assert state_of(s) == before


@pytest.mark.parametrize("query", ["?do=skip&n=1", "?do=skip&n=99999999", "?do=x&n=-1", "?done=1", "?done=9" * 30])
def test_wishes_that_cannot_be_met_are_no_dead_end(s: Subscription, query: str) -> None:
    after(tap(s, "do/skip/", number=1))
    assert Client().get(url(s) + query).status_code == 200


# Day, pause, how often, contents ---------------------------------------------------------------------
def test_another_day_from_those_offered(s: Subscription) -> None:
    assert "Fri 4 Dec" in see(s, "date/1/")
    assert "Moved to Fri 4 Dec." in after(tap(s, "date/1/", day="2026-12-04", which="one"))
    assert days(s)[:2] == ["2026-12-04", "2027-01-03"]


def test_all_later_ones_move_too(s: Subscription) -> None:
    after(tap(s, "date/1/", day="2026-12-07", which="all"))
    assert days(s)[:2] == ["2026-12-07", "2027-01-07"]


@pytest.mark.parametrize("day", ["2026-11-24", "2027-02-01", "x", ""])
def test_no_day_that_was_not_offered(s: Subscription, day: str) -> None:
    assert tap(s, "date/1/", day=day, which="one").status_code == 422
    assert days(s)[0] == "2026-12-03"


def test_pause_says_when_it_starts_again_and_what_is_charged(s: Subscription) -> None:
    assert "2 months: starts again Wed 3 Feb 2027" in see(s, "pause/")
    assert "Paused. It starts again on Wed 3 Feb 2027." in after(tap(s, "pause/", how_long="2"))
    text = see(s)
    assert "Paused. It starts again on Wed 3 Feb 2027 We charge €38.60 on Mon 1 Feb 2027." in text
    assert "It goes on. Next is Thu 3 Dec." in after(tap(s, "do/resume/"))
    assert days(s)[0] == "2026-12-03"


def test_pause_until_a_day(s: Subscription) -> None:
    after(tap(s, "pause/", how_long="day", until="2027-01-20"))
    assert fresh(s).resumes_on == date(2027, 1, 20)


@pytest.mark.parametrize("until", ["", "x", "2020-01-01"])
def test_no_pause_without_a_day_that_works(s: Subscription, until: str) -> None:
    assert tap(s, "pause/", how_long="day", until=until).status_code in (409, 422)
    assert fresh(s).status == "active"


def test_how_often_shows_three_days_of_each(s: Subscription) -> None:
    version = s.version
    PlanVersion.objects.filter(pk=version.pk).update(allowed_intervals=["4 week", "2 month"])
    text = see(s, "often/")
    assert "Every month: Thu 3 Dec · Sun 3 Jan 2027 · Wed 3 Feb 2027" in text
    assert "Every 4 weeks: Thu 3 Dec · Thu 31 Dec · Thu 28 Jan 2027" in text
    assert "Every 2 months: Thu 3 Dec · Wed 3 Feb 2027 · Sat 3 Apr 2027" in text
    after(tap(s, "often/", every="4 week"))
    assert days(s)[:3] == ["2026-12-03", "2026-12-31", "2027-01-28"]
    assert tap(s, "often/", every="1 day").status_code == 422


def group_plan(**terms: Any) -> PlanVersion:
    """2 of an item at 10, which may be swapped for one at 13.50."""
    version = plan(content="group", choices_per_box=1, **terms)
    version.items.update(group="coffee")
    PlanItemFactory(version=version, sku=item("13.50"), quantity=2, group="coffee", is_default=False)
    return version


def test_a_swap_says_what_it_costs_and_costs_that() -> None:
    s = by_card(group_plan())
    slot = contents_for(s).box[0]
    dearer = next(offer for offer in slot.offers if not offer.is_current)
    assert dearer.more == Decimal("7.00")
    assert f"{dearer.sku.name}: +€7.00 each time" in see(s, "contents/")
    shown = preview_change(s.pk, Swap(slot.line.position, dearer.sku.pk), by=CUSTOMER, now=NOW)
    assert shown.after[0].amount - shown.before[0].amount == dearer.more
    answer = tap(s, "contents/", what=f"swap{slot.line.position}", **{f"swap{slot.line.position}-sku": dearer.sku.pk})
    assert "Saved: what is in it." in after(answer)
    assert "We charge €45.60 on" in see(s)
    again = contents_for(fresh(s)).box[0]
    assert [offer.more for offer in again.offers if not offer.is_current] == [Decimal("-7.00")]


def test_no_swap_where_the_plan_has_none() -> None:
    s = by_card(group_plan(may_swap=False))
    other = s.version.items.exclude(is_default=True).get()
    assert "cannot be swapped" in see(s, "contents/")
    assert tap(s, "contents/", what="swap1", **{"swap1-sku": other.sku_id}).status_code == 404


def test_something_more_once_or_each_time(s: Subscription) -> None:
    more = s.version.items.get().sku
    given = {"what": "add", "add-sku": more.pk, "add-units": 2}
    after(tap(s, "contents/", **given, **{"add-how": "once"}))
    assert "We charge €58.60" in see(s)
    after(tap(s, "contents/", **given, **{"add-how": "each"}))
    assert "We charge €78.60" in see(s)
    position = s.lines.get(unit_price__isnull=False).position
    after(tap(s, "contents/", what=f"units{position}", **{f"units{position}-units": 0}))
    assert "We charge €58.60" in see(s)


@pytest.mark.parametrize(("sku", "units"), [("x", "1"), ("999999", "1"), ("", "1"), (None, "0"), (None, "-1")])
def test_only_what_is_offered_is_added(s: Subscription, sku: str | None, units: str) -> None:
    sku = str(s.version.items.get().sku_id) if sku is None else sku
    answer = tap(s, "contents/", what="add", **{"add-sku": sku, "add-units": units, "add-how": "once"})
    assert answer.status_code == 422
    item_of_another_plan = item("5")
    answer = tap(s, "contents/", what="add", **{"add-sku": item_of_another_plan.pk, "add-units": 1, "add-how": "once"})
    assert answer.status_code == 422


@pytest.mark.parametrize("may_swap", [True, False])
def test_the_verbs_themselves_keep_customers_to_what_the_plan_allows(may_swap: bool) -> None:
    s = by_card(group_plan(may_swap=may_swap))
    position, offered = s.lines.get().position, s.version.items.get(is_default=False).sku_id
    stranger = item("1").pk
    allowed = [(AddOnce(offered, replaces=position), may_swap), (Swap(position, offered), may_swap)]
    refused = [
        AddOnce(stranger, replaces=position),
        Swap(position, stranger),
        AddOnce(offered, 0),
        AddExtra(offered, 0),
    ]
    for change, is_allowed in [*allowed, *((change, False) for change in refused)]:
        if is_allowed:
            assert preview_change(s.pk, change, by=CUSTOMER, now=NOW).after
        else:
            with pytest.raises(NotAllowed):
                preview_change(s.pk, change, by=CUSTOMER, now=NOW)


# GET and numbers of statements -----------------------------------------------------------------------
@pytest.mark.parametrize("path", ["", "?do=skip", *PAGES[1:]])
def test_looking_changes_nothing(s: Subscription, path: str) -> None:
    client = proven(s)
    address = url(s, path)
    before = (state_of(s), counts())
    assert client.get(address).status_code == 200
    assert (state_of(s), counts()) == before


def counts() -> list[int]:
    return [
        model.objects.count() for model in (SubscriptionEvent, SubscriptionLink, OutgoingMessage, Delivery, PayLink)
    ]


@pytest.mark.parametrize("path", ["", "do=later", "contents/", "pause/", "often/", "date/1/"])
def test_one_or_three_of_everything_cost_the_same(s: Subscription, path: str) -> None:
    path = "" if path.startswith("do") else path
    Client().get(url(s, path))
    with CaptureQueriesContext(connection) as one:
        Client().get(url(s, path))
    for n in range(3):
        more = item(f"{n + 1}")
        PlanItemFactory(version=s.version, sku=more)
        s.lines.create(position=n + 2, sku=more, quantity=1, unit_price=Decimal(1))
        invoice = factories.InvoiceFactory(subscription=s, order=None, customer=s.customer)
        factories.DunningFactory(invoice=invoice)
    for number in (2, 3):
        change_subscription(s.pk, Skip(number), by="Ana", now=NOW)
    with CaptureQueriesContext(connection) as three:
        Client().get(url(s, path))
    assert len(three) == len(one) <= 30
    assert not [query for query in three.captured_queries if not query["sql"].startswith("SELECT")]


def test_changes_are_limited_with_words(s: Subscription) -> None:
    answers = [tap(s, "do/skip/", number=99) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "tried too often" in text_of(answers[-1].content.decode())


# Ended and back -------------------------------------------------------------------------------------
def test_an_ended_plan_can_start_again(s: Subscription) -> None:
    change_subscription(s.pk, Cancel("price"), by="Ana", now=NOW)
    text = see(s)
    assert "This plan has ended" in text
    assert "the first delivery is then on Thu 3 Dec, charged on Tue 1 Dec." in text
    assert "Welcome back. Next is Thu 3 Dec." in after(tap(s, "do/restart/"))
    assert fresh(s).status == "active"
    assert days(s)[0] == "2026-12-03"


def test_pages_of_a_plan_that_rests_lead_back(s: Subscription) -> None:
    change_subscription(s.pk, Pause(date(2027, 2, 1)), by="Ana", now=NOW)
    for path in ("date/1/", "contents/", "pause/", "often/"):
        assert Client().get(url(s, path))["Location"] == url(s)
