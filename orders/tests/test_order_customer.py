"""Staff's side of the customer's page: what they got, sending anew, ending links; and the help page."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity, MessageState, OutgoingMessage
from ordermgmt.page_help import PAGES
from ordermgmt.roles import PERMISSIONS_OF, Role
from orders.models import Order
from orders.saying import say_this
from orders.tests.customer_orders import in_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return in_stock()


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


def test_support_sees_messages_and_links(order: Order) -> None:
    html = signed_in(Role.SUPPORT).get(f"/orders/{order.number}/customer/").content.decode()
    assert OutgoingMessage.objects.get(thread=order.number).subject_line in html
    assert order.links.get().token not in html, "what only the customer may hold"


def test_the_order_page_leads_there(order: Order) -> None:
    html = signed_in(Role.SUPPORT).get(f"/orders/{order.number}/").content.decode()
    assert f"/orders/{order.number}/customer/" in html
    assert order.links.get().token not in html
    assert f"/orders/{order.number}/customer/look/" in html


@pytest.mark.parametrize("has_customer", [True, False])
def test_support_looks_at_the_page_without_a_link_of_the_customer(order: Order, has_customer: bool) -> None:
    if not has_customer:
        Order.objects.filter(pk=order.pk).update(customer=None)
    client = signed_in(Role.SUPPORT)
    seen = client.post(f"/orders/{order.number}/customer/look/", follow=True).content.decode()
    assert "You look at this as staff." in seen
    line = Activity.objects.get(verb="customer.viewed_as")
    assert line.subject == (order.customer.number if has_customer and order.customer else order.number)
    assert signed_in(Role.OPERATOR).post(f"/orders/{order.number}/customer/look/").status_code == 403


def test_more_messages_cost_no_more_queries(order: Order) -> None:
    client, counts = signed_in(Role.SUPPORT), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/orders/{order.number}/customer/")
        counts.append(len(queries))
        client.post(f"/orders/{order.number}/customer/link/")
        client.get(f"/orders/{order.number}/customer/")
    assert counts[0] == counts[1]


def test_a_new_link_is_mailed_and_written_down(order: Order) -> None:
    signed_in(Role.SUPPORT).post(f"/orders/{order.number}/customer/link/")
    message = OutgoingMessage.objects.get(kind="order_link")
    assert message.recipient == order.email
    assert order.links.count() == 2
    assert Activity.objects.filter(subject=order.number, verb="link.sent").exists()


def test_without_an_address_nothing_is_sent(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(email="")
    answer = signed_in(Role.SUPPORT).post(f"/orders/{order.number}/customer/link/", follow=True)
    assert "has no e-mail address" in answer.content.decode()
    assert not OutgoingMessage.objects.filter(kind="order_link").exists()


def test_ending_links(order: Order) -> None:
    token = order.links.get().token
    signed_in(Role.SUPPORT).post(f"/orders/{order.number}/customer/end-links/")
    assert Client().get(f"/o/{token}/").status_code == 410


def test_a_sent_message_is_sent_again_as_a_copy(order: Order) -> None:
    row = OutgoingMessage.objects.get(thread=order.number)
    OutgoingMessage.objects.filter(pk=row.pk).update(state=MessageState.SENT, due_at=None)
    signed_in(Role.SUPPORT).post(f"/orders/{order.number}/customer/messages/{row.pk}/")
    assert OutgoingMessage.objects.filter(thread=order.number, about__startswith=f"{order.number} #").count() == 1


def test_a_message_of_another_order_is_not_found(order: Order) -> None:
    row = OutgoingMessage.objects.get(thread=in_stock().number)
    answer = signed_in(Role.SUPPORT).post(f"/orders/{order.number}/customer/messages/{row.pk}/")
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["link/", "end-links/", "messages/1/"])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEAD, Role.FINANCE])
def test_others_may_not(order: Order, path: str, role: str) -> None:
    assert signed_in(role).post(f"/orders/{order.number}/customer/{path}").status_code == 403
    assert order.links.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize("role", Role.values)
def test_help_shows_each_role_its_own_pages(role: str, django_assert_max_num_queries: Any) -> None:
    client = signed_in(role)
    with django_assert_max_num_queries(8):
        html = client.get("/help/").content.decode()
    for page in PAGES:
        assert (escape(str(page.lines[0])) in html) == (page.permission in PERMISSIONS_OF[role]), page.title
    assert "<kbd>" in html


def test_strangers_get_no_help() -> None:
    assert Client().get("/help/").status_code == 302


def test_the_sentence_to_say_names_the_day_in_bare_words() -> None:
    state: Any = SimpleNamespace(customer="We are packing it.")
    said = say_this(Order(promised_delivery_on=date(2026, 11, 26)), state, [])
    assert said.replace("\u00a0", " ") == "We are packing it. It should arrive on Thu 26 Nov."
