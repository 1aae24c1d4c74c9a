"""Schemathesis over the OpenAPI document: whatever is sent, the answer is never a 500."""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.factories import ApiClientFactory
from ordermgmt.wsgi import application
from orders.factories import OrderFactory
from orders.models import Order

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))


@pytest.fixture
def _keep_connection():
    """Requests through WSGI end the connection they found; the test's transaction lives on it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def described(settings, _keep_connection):
    """The API as it describes itself, with something in it."""
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
    ApiClientFactory(key="fuzz")
    sku = SkuFactory(code="SKU-A")
    stock(sku, WarehouseFactory(), 50)
    OrderFactory(units={sku: 1})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


def test_no_input_makes_the_server_fail(described):
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 7

    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def send(case):
            if "number" in case.path_parameters and len(str(case.path_parameters["number"])) % 2:
                case.path_parameters["number"] = Order.objects.values_list("number", flat=True)[0]
            answer = case.call(headers={"Authorization": "Bearer fuzz"})
            case.validate_response(answer, checks=[not_a_server_error])
            assert answer.status_code != 401

        send()
