"""Every number of a home page opens a list that shows the same number."""

import re

import pytest
from django.test import Client

from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders import factories
from orders.actions.holds import hold
from orders.models import Order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.MANAGER, Role.FINANCE])
def test_numbers_open_rows(client: Client, role: str) -> None:
    user = UserFactory(role=role)
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    held, late, plain = factories.order(), factories.order(), factories.order()
    hold(held, code="address", reason="Postcode not known", by="Ana", now=factories.NOW)
    Order.objects.filter(pk=late.pk).update(promised_ship_on="2026-11-01", assignee=user)
    Order.objects.filter(pk=plain.pk).update(fulfilment_status="shipped", payment_status="unpaid")
    page = client.get("/").content.decode()
    drills = re.findall(
        r'<a (?:class="num" )?data-drill href="([^"]+)">([\d,]+)\+?</a>|<a href="([^"]+)" data-drill>([\d,]+)', page
    )
    assert drills
    found = 0
    for one, words, other, more in drills:
        url, count = (one or other).replace("&amp;", "&"), int((words or more).replace(",", ""))
        if not url.startswith("/orders/"):
            continue
        assert f'data-total="{count}"' in client.get(url).content.decode(), url
        found += count
    assert found


def test_admin_sees_health_and_the_operator_is_sent_to_work(client: Client) -> None:
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    assert "Jobs that failed" in client.get("/").content.decode()


def test_home_of_support_with_a_phone_call(client: Client) -> None:
    factories.order()
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    assert "Maria Lindqvist" in client.get("/?phone=070-174 06 05").content.decode()


def test_strangers_sign_in_first(client: Client) -> None:
    assert client.get("/").url.startswith("/accounts/login/")
