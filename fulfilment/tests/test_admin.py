"""Every fulfilment record can be found in the admin zone, at a constant price, and states are only read there."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfilment import factories
from fulfilment.models import Shipment
from ordermgmt.models import RoleGrant, User

pytestmark = pytest.mark.django_db
MODELS = list(apps.get_app_config("fulfilment").get_models())


@pytest.fixture
def zone() -> Client:
    user = User.objects.create_user("root@example.se", name="Root")
    RoleGrant.objects.create(user=user, role="admin")
    client = Client()
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_however_long(zone: Client, model: Any) -> None:
    factory = getattr(factories, f"{model.__name__}Factory")
    url = reverse(f"admin:fulfilment_{model._meta.model_name}_changelist")
    counts = []
    for _ in range(2):
        factory()
        zone.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert zone.get(url, {"q": "x"}).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_can_be_searched(model: Any) -> None:
    assert admin.site._registry[model].search_fields


def test_a_shipment_is_only_read(zone: Client) -> None:
    shipment = factories.ShipmentFactory()
    url = reverse("admin:fulfilment_shipment_change", args=[shipment.pk])
    assert zone.get(url).status_code == 200
    assert zone.post(url, {"status": "delivered"}).status_code == 403
    assert Shipment.objects.get().status == "packed"
