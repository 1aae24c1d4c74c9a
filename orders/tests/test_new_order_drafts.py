"""P09: an order by phone that is kept for later, opened again, placed or thrown away."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from inventory.models import Sku
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.factories import order
from orders.models import Order, OrderInWork
from orders.states import OrderStatus
from orders.tests.order_desk import URL, broken, filled, form, known, new_customer, open_shop, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def shop() -> dict[str, Sku]:
    return open_shop()


def test_a_draft_is_listed_opened_again_and_placed_under_its_number(support: Client, shop: Any) -> None:
    maria = known(shop)
    sent(support, "save", filled(support, maria, "4*oat", note="Ring twice", pay="invoice"))
    kept = Order.objects.get()
    assert (kept.status, kept.total, kept.units, kept.recipient) == ("draft", Decimal("14.50"), 4, "Maria Lindqvist")
    assert kept.number in support.get("/orders/?view=draft").content.decode()
    assert support.get(f"/orders/{kept.number}/").url == f"{URL}?draft={kept.number}"
    assert broken() == []
    page = support.get(f"{URL}?draft={kept.number}")
    fields = form(page)
    assert (fields["item"], fields["units"], fields["note"]) == ("OAT-1L", "4", "Ring twice")
    assert "The same was ordered" not in page.content.decode()
    assert sent(support, "place", fields).url == f"/orders/{kept.number}/"
    made = Order.objects.get()
    assert (made.pk, made.number, made.status) == (kept.pk, kept.number, OrderStatus.ACCEPTED)
    assert made.lines.get().promised == 4
    assert broken() == []


def test_a_draft_may_lack_everything_but_something(support: Client, shop: Any) -> None:
    assert sent(support, "save", {}).status_code == 422
    sent(support, "save", new_customer(caller_name="", to_country="", to_postcode="x"))
    assert Order.objects.get().status == "draft"
    assert not Customer.objects.exists()


def test_a_discarded_draft_comes_back(support: Client, shop: Any) -> None:
    sent(support, "save", filled(support, known(shop), "4*oat"))
    kept = Order.objects.get()
    fields = form(support.get(f"{URL}?draft={kept.number}"))
    page = support.post(URL, {**fields, "do": "discard"}, follow=True)
    assert not Order.objects.exists()
    undo = f"/orders/new/restore/{fields['token']}/"
    assert undo in page.content.decode()
    support.post(undo)
    assert Order.objects.get().number == kept.number
    assert form(support.get(f"{URL}?draft={kept.number}"))["units"] == "4"


def test_a_draft_placed_while_it_is_restored_is_shown(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "4*oat")
    sent(support, "save", fields)
    sent(support, "discard", fields)
    other = order()

    def place(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Somebody places it just before it is claimed."""
        if sql.startswith("INSERT") and "orders_orderinwork" in sql:
            OrderInWork.objects.filter(token=fields["token"]).update(
                order=other, placed_at=timezone.now(), discarded_at=None
            )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(place):
        answer = support.post(f"/orders/new/restore/{fields['token']}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/orders/{other.number}/")


def test_a_placed_draft_is_not_discarded(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "oat", pay="invoice")
    sent(support, "place", fields)
    sent(support, "discard", fields)
    assert Order.objects.get().status == "accepted"
    assert OrderInWork.objects.get().discarded_at is None


def test_a_draft_that_was_cancelled_stays_cancelled(support: Client, shop: Any) -> None:
    fields = filled(support, known(shop), "OAT-1L")
    sent(support, "save", fields)
    draft = Order.objects.get()
    cancel_order(draft.pk, by="Ana", reason="Not wanted", now=timezone.now())
    sent(support, "place", fields)
    placed = Order.objects.exclude(pk=draft.pk).get()
    draft.refresh_from_db()
    assert (draft.status, placed.status) == (OrderStatus.CANCELLED, OrderStatus.ACCEPTED)
    assert placed.number != draft.number
