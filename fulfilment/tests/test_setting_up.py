"""The first page of admins: tasks until an installation can work, then how every way in and out does."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.actions.printer_testing import TEST_CODE
from fulfilment.factories import CarrierMessageFactory, CarrierRateFactory
from inventory.factories import BinFactory, ServedZoneFactory, WarehouseFactory
from ordermgmt.factories import OutgoingMessageFactory, UserFactory
from ordermgmt.models import Activity, MessageState
from ordermgmt.roles import Role
from ordermgmt.setting_up import setup_tasks
from orders.factories import InboundOrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    return client


def undone() -> set[str]:
    return {str(task.title) for task in setup_tasks() if not task.is_done}


def test_tasks_are_done_by_what_is_there(admin: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert undone() == {"Warehouse", "Carrier", "Tax", "Mail domain", "First plan", "Label printer test"}
    warehouse = WarehouseFactory()
    BinFactory(warehouse=warehouse)
    ServedZoneFactory(warehouse=warehouse)
    CarrierRateFactory()
    settings.SHOP = {**settings.SHOP, "vat_id": "SE999999999901"}
    settings.EMAIL_BACKEND = "ordermgmt.smtp.DeadlineEmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Shop <hello@shop.test>"
    assert undone() == {"First plan", "Label printer test"}
    assert "4 of 6 done" in admin.get("/").content.decode()


def test_a_printer_is_proved_by_the_scan_of_its_label(admin: Client) -> None:
    assert admin.post("/scan/printer/", {"code": "SO-1"}).status_code == 422
    assert "Label printer test" in undone()
    assert admin.post("/scan/printer/", {"code": f" {TEST_CODE.lower()} "}).status_code == 302
    assert "Label printer test" not in undone()
    assert Activity.objects.get().subject == "label printer"


def test_every_way_in_and_out_says_what_is_wrong(admin: Client) -> None:
    now = timezone.now()
    CarrierMessageFactory(received_at=now - timedelta(hours=1))
    CarrierMessageFactory(received_at=now, state="refused", reason="No such parcel: NP1")
    OutgoingMessageFactory(created_at=now, state=MessageState.DEAD, dead_at=now, last_error="550 no such user")
    waiting = InboundOrderFactory(state="held", channel__kind="csv")
    page = admin.get("/").content.decode()
    assert "No such parcel: NP1" in page
    assert "550 no such user" in page
    assert f"/inbound/?channel={waiting.channel_id}" in page
    assert "0 of 1" in page


@pytest.mark.parametrize("count", [1, 3])
def test_a_constant_number_of_queries(admin: Client, count: int, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        InboundOrderFactory(state="held", channel__kind="csv")
        CarrierMessageFactory(source="house")
    admin.get("/")
    with django_assert_num_queries(40):
        admin.get("/home/parts/")
