"""The first page of support answers a caller: state, arrival, last event and the sentence to say."""

import re
from datetime import UTC, date, datetime

import pytest
from django.test import Client

from customers.factories import FollowUpFactory
from fulfilment.factories import ShipmentFactory, item
from fulfilment.states import ShipmentStatus
from inventory.factories import WarehouseFactory
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders import factories
from orders.models import Order
from orders.saying import say_this
from orders.wording import state_of

pytestmark = pytest.mark.django_db
LEFT = datetime(2026, 11, 23, 17, 40, tzinfo=UTC)


def sent(**parcel: object) -> Order:
    """An order on its way, due on 25 November by the carrier."""
    order = factories.order({item(WarehouseFactory(), 9): 1})
    Order.objects.filter(pk=order.pk).update(fulfilment_status="shipped", promised_delivery_on=date(2026, 11, 26))
    order.lines.update(promised=0, shipped=1)
    facts = {"status": ShipmentStatus.DISPATCHED, "dispatched_at": LEFT, "expected_on": date(2026, 11, 25)}
    ShipmentFactory(work__order=order, **{**facts, **parcel})
    return order


def said(order: Order) -> str:
    row = Order.objects.with_state().get(pk=order.pk)
    return say_this(row, state_of(row), []).replace("\xa0", " ")


def test_on_its_way() -> None:
    assert said(sent()) == "It left us on Mon 23 Nov. It should arrive on Wed 25 Nov."


def test_without_a_day_of_the_carrier_the_promise_counts() -> None:
    assert said(sent(expected_on=None)) == "It left us on Mon 23 Nov. It should arrive on Thu 26 Nov."


def test_a_parcel_in_trouble_is_not_promised() -> None:
    assert "left us" not in said(sent(problem="Address not found"))


def test_arrived() -> None:
    order = sent(status=ShipmentStatus.DELIVERED, delivered_at=LEFT)
    Order.objects.filter(pk=order.pk).update(fulfilment_status="delivered")
    assert said(order) == "It was delivered on Mon 23 Nov."


def test_the_row_answers_without_being_opened(client: Client) -> None:
    order = sent()
    person = UserFactory(role=Role.SUPPORT)
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    row = client.get(f"/search/?q={order.number}&fragment=1").content.decode().replace("\xa0", " ")
    assert "arrives 25 Nov" in row
    assert re.findall('data-say="(.*?)"', row) == ["It left us on Mon 23 Nov. It should arrive on Wed 25 Nov."]


def test_what_i_promised_stands_on_my_first_page(client: Client) -> None:
    person = UserFactory(role=Role.SUPPORT)
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    assert "Nothing due today." in client.get("/").content.decode()
    FollowUpFactory(person=person, text="Call about the jar", due_on=date(2026, 11, 1))
    FollowUpFactory(text="Of somebody else", due_on=date(2026, 11, 1))
    page = client.get("/").content.decode()
    assert "Call about the jar" in page
    assert "Of somebody else" not in page
