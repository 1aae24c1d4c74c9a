"""Deeds on many orders: what is skipped is said before, what was done can be taken back."""

import pytest
from django.test import Client

from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.roles import Role
from orders import factories
from orders.models import Hold, Order
from orders.states import OrderStatus
from orders.views import order_bulk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


def orders(count: int = 2) -> list[Order]:
    made = [factories.order() for _n in range(count)]
    Hold.objects.all().delete()
    return made


def keys(made: list[Order]) -> list[int]:
    return [order.pk for order in made]


def undo_of(client: Client) -> str:
    page = client.get("/orders/").content.decode()
    return page.split('action="/orders/bulk/undo/')[1].split('"')[0].replace("&amp;", "&")


def test_hold_names_whom_it_skips_then_holds_the_others_and_is_undone(support: Client) -> None:
    first, second, gone = orders(3)
    Order.objects.filter(pk=gone.pk).update(status=OrderStatus.CLOSED, closed_at=factories.NOW)
    page = support.post("/orders/bulk/hold/", {"pk": keys([first, second, gone])}).content.decode()
    assert "1 order is skipped" in page
    assert "is closed already" in page
    assert "Hold 2 orders" in page
    assert not Hold.objects.exists()
    missing = support.post("/orders/bulk/hold/", {"pk": keys([first]), "confirm": 1, "code": "operator", "reason": ""})
    assert missing.status_code == 422
    support.post(
        "/orders/bulk/hold/", {"pk": keys([first, second]), "confirm": 1, "code": "operator", "reason": "Recall"}
    )
    assert Hold.objects.open().count() == 2
    support.post("/orders/bulk/undo/" + undo_of(support))
    assert not Hold.objects.open().exists()


def test_release_happens_at_once_and_comes_back(support: Client) -> None:
    held = orders(1)[0]
    factories.HoldFactory(order=held)
    support.post("/orders/bulk/release/", {"pk": [held.pk]})
    assert not Hold.objects.open().exists()
    support.post("/orders/bulk/undo/" + undo_of(support))
    assert Hold.objects.open().count() == 1


def test_tag_and_assign(support: Client) -> None:
    made = orders()
    support.post("/orders/bulk/tag/", {"pk": keys(made), "confirm": 1, "tag": "vip"})
    assert [order.tags for order in Order.objects.all()] == [["vip"], ["vip"]]
    support.post("/orders/bulk/undo/" + undo_of(support))
    assert [order.tags for order in Order.objects.all()] == [[], []]
    person = UserFactory(role=Role.SUPPORT, name="Tom")
    support.post("/orders/bulk/assign/", {"pk": keys(made), "confirm": 1, "to": person.pk})
    assert Order.objects.filter(assignee=person).count() == 2
    assert Activity.objects.filter(verb="order.assigned").count() == 2


def test_who_had_them_before_gets_them_back(support: Client) -> None:
    made = orders()
    ana, tom = UserFactory(role=Role.SUPPORT, name="Ana"), UserFactory(role=Role.SUPPORT, name="Tom")
    Order.objects.update(assignee=ana)
    support.post("/orders/bulk/assign/", {"pk": keys(made), "confirm": 1, "to": tom.pk})
    support.post("/orders/bulk/undo/" + undo_of(support))
    assert Order.objects.filter(assignee=ana).count() == 2


def test_the_undo_leaves_holds_of_others_alone(support: Client) -> None:
    first, second = orders()
    factories.HoldFactory(order=first, code="operator", handle="operator")
    support.post(
        "/orders/bulk/hold/", {"pk": keys([first, second]), "confirm": 1, "code": "operator", "reason": "Recall"}
    )
    support.post("/orders/bulk/undo/" + undo_of(support))
    assert Hold.objects.open().get().order == first


def test_all_that_match_and_cancel(support: Client) -> None:
    made = orders(3)
    Order.objects.filter(pk=made[0].pk).update(fulfilment_status="shipped")
    data = {"matching": 1, "list": "state=open", "confirm": 1, "reason": "Shop closed"}
    support.post("/orders/bulk/cancel/", data)
    assert set(Order.objects.filter(status="cancelled")) == set(made[1:])


def test_each_deed_needs_its_permission(client: Client) -> None:
    client.force_login(UserFactory(role=Role.LEAD), backend="ordermgmt.access.RoleBackend")
    order = orders(1)[0]
    assert client.post("/orders/bulk/cancel/", {"pk": [order.pk], "confirm": 1, "reason": "x"}).status_code == 403
    assert client.post("/orders/bulk/nothing/", {"pk": [order.pk]}).status_code == 404
    assert client.get("/orders/bulk/hold/").status_code == 405


def test_only_the_first_of_many_that_match_are_worked_and_it_says_so(
    support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_bulk, "MOST", 2)
    made = orders(3)
    for one in made:
        factories.HoldFactory(order=one)
    page = support.post("/orders/bulk/release/", {"matching": 1, "list": "view=all"}).content.decode()
    assert "The first 2 of 3 orders that match" in page
    assert Hold.objects.open().count() == 3
    chosen = keys(made)[:2]
    after = support.post("/orders/bulk/release/", {"pk": chosen, "confirm": 1, "of": "3"}, follow=True)
    assert "These were the first 2 of 3" in after.content.decode()
    assert Hold.objects.open().count() == 1
    refused = support.post("/orders/bulk/release/", {"pk": keys(made), "confirm": 1}, follow=True)
    assert "3 orders are too many at once. Narrow the list" in refused.content.decode()
    assert Hold.objects.open().count() == 1
