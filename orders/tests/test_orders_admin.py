"""Orders in the admin zone: everything found and opened, little of it changed."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ordermgmt.factories import UserFactory
from ordermgmt.master_admin import ReadOnlyAdmin
from ordermgmt.roles import Role
from orders import factories
from orders.states import ChannelKind
from orders.tests.test_intake_verbs import payload, send

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = list(apps.get_app_config("orders").get_models())


@pytest.fixture
def boss(client):
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_searches_and_opens_with_a_constant_number_of_queries(model, boss) -> None:
    made = getattr(factories, f"{model.__name__}Factory")
    url, counts = f"/admin/orders/{model._meta.model_name}/", []
    for _turn in range(3):
        row = made()
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert boss.get(url, {"q": "x"}).status_code == 200
    assert boss.get(f"{url}{row.pk}/change/").status_code == 200


def test_only_what_is_kept_by_hand_may_be_changed() -> None:
    kept = {m.__name__ for m in MODELS if not isinstance(admin.site._registry[m], ReadOnlyAdmin)}
    assert kept == {"Channel", "DunningPolicy", "Promotion", "SkuAlias", "TaxRate"}


def test_a_document_and_its_order_open_without_the_link_of_the_customer(boss) -> None:
    shop = factories.ChannelFactory(code="shop", kind=ChannelKind.SHOPIFY)
    order = send(shop, payload())[0].inbound.order
    assert order is not None
    link = order.links.get()
    for url in (f"orderlink/{link.pk}", f"order/{order.pk}", f"inboundorder/{order.inbound.pk}"):
        page = boss.get(f"/admin/orders/{url}/change/")
        assert page.status_code == 200
        assert link.token not in page.content.decode()
