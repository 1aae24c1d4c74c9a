"""The same change to many subscriptions: tried out, worked by a job, undone as a whole."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inventory.models import Sku
from ordermgmt.factories import UserFactory
from ordermgmt.jobs import Context
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.actions.bulk_changes import CannotUndo, start_bulk, undo_all, work_bulk
from orders.bulk_jobs import bulk_changes
from orders.factories import BulkChangeFactory
from orders.models import BulkChange, Subscription, SubscriptionEvent
from orders.tests.subscribed import days, item, plan, subscribe

pytestmark = pytest.mark.django_db


def soon(count: int = 20) -> date:
    return timezone.localdate() + timedelta(days=count)


@pytest.fixture
def three() -> list[Subscription]:
    version = plan()
    return [subscribe(version, starts_on=soon(), now=timezone.now()) for _ in range(3)]


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT, name="Ana"), backend="ordermgmt.access.RoleBackend")
    return client


def work() -> None:
    bulk_changes(Context(now=timezone.now(), name="bulk_changes", inline=True))


def upcoming(s: Subscription) -> list[str]:
    return days(s, now=timezone.now())


def keys(rows: list[Subscription]) -> list[str]:
    return [str(s.pk) for s in rows]


def test_skip_is_tried_out_done_and_undone(support: Client, three: list[Subscription]) -> None:
    before = [upcoming(s) for s in three]
    page = support.post("/subscriptions/bulk/skip/", {"pk": keys(three)}).content.decode()
    assert "Change 3 subscriptions" in page
    assert "left out" in page
    assert [upcoming(s) for s in three] == before
    sent = {"pk": keys(three), "asked": "1", "confirm": "1"}
    answer = support.post("/subscriptions/bulk/skip/", sent)
    work()
    assert all(upcoming(s)[0].startswith("(") for s in three)
    assert not OutgoingMessage.objects.filter(kind="subscription_skipped").exists()
    assert "3 changed, 0 refused" in support.get(answer["Location"]).content.decode()
    support.post(f"{answer['Location']}undo/")
    work()
    assert [upcoming(s) for s in three] == before
    assert "3 changes were undone" in support.get(answer["Location"]).content.decode()


def test_what_matches_the_list(support: Client, three: list[Subscription]) -> None:
    sent = {"matching": "1", "list": f"q={three[0].number}"}
    assert "Change 1 subscription" in support.post("/subscriptions/bulk/skip/", sent).content.decode()


def test_swap_finds_the_item_in_each_box(support: Client, three: list[Subscription]) -> None:
    old, new = Sku.objects.get(pk=three[0].lines.get().sku_id), item("12")
    other = subscribe(starts_on=soon(), now=timezone.now())
    asked = {"pk": keys([*three, other]), "old": old.code, "new": new.code, "scope": "once", "asked": "1"}
    page = support.post("/subscriptions/bulk/swap/", asked).content.decode()
    assert "is not in the box" in page
    support.post("/subscriptions/bulk/swap/", asked | {"confirm": "1"})
    work()
    assert [s.deliveries.get(is_next=True).items.get().sku for s in three] == [new] * 3
    assert [number for number, _why in BulkChange.objects.get().refused] == [other.number]


def test_a_crash_does_nothing_twice(three: list[Subscription]) -> None:
    now, ana = timezone.now(), UserFactory()
    bulk = start_bulk("skip", {}, [s.pk for s in three], tells=True, by=ana, now=now)
    assert not work_bulk(bulk, now=now, enough=iter([False, True]).__next__)
    # The change is there, its position was lost.
    BulkChange.objects.update(position=0, done=0, attempts=2)
    work_bulk(BulkChange.objects.get(), now=now, enough=lambda: False)
    assert SubscriptionEvent.objects.filter(bulk=bulk.number).count() == 3
    assert BulkChange.objects.get().done == 3


def test_move_and_pause(support: Client, three: list[Subscription]) -> None:
    for slug, sent in (("move", {"to": soon(23).isoformat()}), ("pause", {"until": soon(60).isoformat()})):
        page = support.post(f"/subscriptions/bulk/{slug}/", {"pk": keys(three)} | sent | {"asked": "1"})
        assert "Change 3 subscriptions" in page.content.decode()
        support.post(f"/subscriptions/bulk/{slug}/", {"pk": keys(three)} | sent | {"asked": "1", "confirm": "1"})
        work()
    assert SubscriptionEvent.objects.exclude(bulk="").count() == 6


def test_too_old_to_undo() -> None:
    now = timezone.now()
    bulk = BulkChangeFactory(finished_at=now - timedelta(days=31))
    with pytest.raises(CannotUndo):
        undo_all(bulk.pk, by=bulk.by, now=now)


def test_who_may_only_look(client: Client, three: list[Subscription]) -> None:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    assert client.post("/subscriptions/bulk/skip/", {"pk": keys(three)}).status_code == 403
    bulk = BulkChangeFactory()
    assert client.get(f"/subscriptions/runs/{bulk.number}/").status_code == 200
    assert client.post(f"/subscriptions/runs/{bulk.number}/undo/").status_code == 403


def test_a_new_subscription_by_phone(support: Client) -> None:
    version = plan()
    s = subscribe(version, starts_on=soon(), now=timezone.now())
    customer, address = s.customer, s.address
    assert address is not None
    assert customer.number in support.get("/subscriptions/new/", {"q": customer.name}).content.decode()
    url = f"/subscriptions/new/?customer={customer.number}"
    assert version.plan.name in support.get(url).content.decode()
    url += f"&plan={version.plan.number}"
    asked = {"starts_on": soon(12).isoformat(), "interval": "1 month", "boxes": "1", "currency": "EUR", "address": str(address.pk)}  # fmt: skip
    assert support.get(url).status_code == 200
    page = support.post(url, asked | {"preview": "1"}).content.decode()
    assert page.count('class="coming-day"') == 6
    assert Subscription.objects.count() == 1
    assert support.post(url, asked | {"starts_on": soon(0).isoformat()}).status_code == 422
    answer = support.post(url, asked | {"start": "1"})
    started = Subscription.objects.latest("pk")
    assert answer["Location"] == f"/subscriptions/{started.number}/"
    assert upcoming(started)[0] == soon(12).isoformat()
