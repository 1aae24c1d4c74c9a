"""P07: what each view of the orders list holds, and that a row says why it waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders import factories
from orders.actions.holds import hold
from orders.factories import HoldFactory
from orders.models import Hold, Order
from orders.views.order_list import OrderList

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/orders/{query}")
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, query: str) -> set[str]:
    text = page(client, query)
    return {order.number for order in Order.objects.all() if f'/orders/{order.number}/"' in text}


def test_a_held_row_says_why_and_the_counts_agree(support: Client) -> None:
    held, free = factories.order(), factories.order()
    Hold.objects.filter(order=free).delete()
    hold(held, code="address", reason="Postcode 114 55 is not known", by="Ana", now=factories.NOW)
    text = page(support, "?view=on-hold")
    assert "On hold" in text
    assert 'data-total="1"' in text
    assert listed(support, "?view=on-hold") == {held.number}
    assert listed(support, "?view=open") == {held.number, free.number}
    assert listed(support, "?hold=address") == {held.number}
    assert listed(support, "?hold=payment") == set()


def test_each_system_view_opens_and_counts_what_it_lists(support: Client) -> None:
    factories.order()
    cancelled = factories.order()
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled", cancelled_at=factories.NOW)
    draft = factories.order()
    Order.objects.filter(pk=draft.pk).update(status="draft", accepted_at=None)
    for view in OrderList.views:
        text = page(support, f"?view={view.slug}")
        total = int(text.split('data-total="')[1].split('"')[0])
        assert text.count("<tr data-href") == total
    assert 'data-total="3"' in page(support, "?view=all")
    assert listed(support, "?view=draft") == {draft.number}
    assert listed(support, "?view=all&state=cancelled") == {cancelled.number}


def test_due_late_and_today(support: Client) -> None:
    order = factories.order()
    today = datetime.now(UTC).date()
    Order.objects.filter(pk=order.pk).update(promised_ship_on=today - timedelta(days=2))
    assert "2 d late" in page(support, "?view=late")
    Order.objects.filter(pk=order.pk).update(fulfilment_status="shipped")
    assert listed(support, "?view=late") == set()


@pytest.mark.parametrize(
    "query",
    [
        "q={number}",
        "q={digits}",
        "q=lindqvist",
        "q=maria%20lindq",
        "q={email}",
        "q=114%2055",
        "q={sku}",
        "item={sku}",
        "country=se",
        "channel={channel}",
        "amount_min=1&amount_max=100",
        "placed_after=2026-11-22&placed_before=2026-11-24",
        "payment=paid",
        "tag=vip",
    ],
)
def test_each_filter_finds_the_order_and_not_another(support: Client, query: str) -> None:
    sku = SkuFactory()
    order = factories.order({sku: 2})
    Order.objects.filter(pk=order.pk).update(tags=["vip"])
    facts = {
        "number": order.number,
        "digits": order.number[3:],
        "email": order.email,
        "sku": sku.code,
        "channel": order.channel.code,
    }
    assert listed(support, f"?view=all&{query.format(**facts)}") == {order.number}
    Order.objects.filter(pk=order.pk).update(number="SO-999999")
    narrow = {
        "q=zzzz",
        "item=NONE",
        "country=no",
        "payment=overdue",
        "tag=nobody",
        "amount_min=5000",
        "placed_before=2020-01-01",
    }
    for other in narrow:
        assert listed(support, f"?view=all&{other}") == set()


def test_same_queries_for_one_and_three_rows_and_few(support: Client) -> None:
    counts = []
    for _turn in range(3):
        order = factories.order()
        HoldFactory(order=order)
        with CaptureQueriesContext(connection) as queries:
            page(support, "?view=open")
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[0] <= 12, "\n".join(query["sql"][:200] for query in queries)


def test_columns_that_join_and_rows_without_a_name_cost_no_query_a_row(support: Client) -> None:
    counts = []
    for _turn in range(3):
        order = factories.order()
        Order.objects.filter(pk=order.pk).update(recipient="", assignee=UserFactory())
        with CaptureQueriesContext(connection) as queries:
            text = page(support, "?view=open&columns=recipient&columns=channel&columns=assignee")
        counts.append(len(queries))
        assert all(str(each) in text for each in (order.customer, order.channel.name))
    assert counts[0] == counts[2]


def test_a_whole_address_finds_its_own_orders_and_a_part_of_one_all(support: Client) -> None:
    one, other = factories.order(), factories.order()
    Order.objects.filter(pk=one.pk).update(email="ana@shop.example")
    Order.objects.filter(pk=other.pk).update(email="diana@shop.example")
    assert listed(support, "?view=all&q=Ana@shop.example") == {one.number}
    assert listed(support, "?view=all&q=na@shop.example") == {one.number, other.number}


def test_fifty_rows_stay_light(support: Client) -> None:
    order = factories.order()
    hold(order, code="address", reason="Postcode 114 55 is not known", by="Ana", now=factories.NOW)
    for _turn in range(49):
        factories.order()
    assert len(page(support, "?view=open").encode()) <= 60_000


def test_peek_and_permission(support: Client, client: Client) -> None:
    order = factories.order()
    panel = support.get(f"/orders/{order.number}/peek/").content.decode()
    assert 'id="peek"' in panel
    assert "Maria Lindqvist" in panel
    client.force_login(UserFactory(role=Role.OPERATOR), backend="ordermgmt.access.RoleBackend")
    assert client.get("/orders/").status_code == 403


def test_export_has_the_figures(support: Client) -> None:
    order = factories.order()
    answer: Any = support.post("/orders/?view=all", {"do": "export"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Order,Customer,State and reason,Due")
    assert lines[1].startswith(order.number)


def test_a_late_held_row_says_what_holds_it(support: Client) -> None:
    held = factories.order()
    hold(held, code="address", reason="Postcode 114 55 is not known", by="Ana", now=factories.NOW)
    Order.objects.filter(pk=held.pk).update(first_promised_ship_on="2026-01-02", promised_ship_on="2026-01-02")
    text = page(support, "?view=on-hold")
    assert "Postcode 114 55 is not known" in text
    assert "It was to leave" not in text
