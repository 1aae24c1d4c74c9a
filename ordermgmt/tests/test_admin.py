"""The admin zone of the frame: everything findable, nothing rewritten, no secret shown."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from ordermgmt import factories
from ordermgmt.models import ApiClient
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
MODELS = list(apps.get_app_config("ordermgmt").get_models())


@pytest.fixture
def admin_zone(client):
    client.force_login(factories.UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    return client


def url(model, deed, *args):
    return reverse(f"admin:ordermgmt_{model._meta.model_name}_{deed}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_record_is_listed_searched_and_shown(admin_zone, model, django_assert_max_num_queries):
    factory = getattr(factories, f"{model.__name__}Factory")
    facts = {"key": "other"} if model is ApiClient else {}
    rows = [factory(), factory(**facts)]
    with django_assert_max_num_queries(10):
        page = admin_zone.get(url(model, "changelist"), {"q": "x"})
    assert page.status_code == 200
    assert admin.site._registry[model].search_fields
    assert admin_zone.get(url(model, "change", rows[0].pk)).status_code == 200
    assert admin_zone.get(url(model, "add")).status_code == 403
    assert admin_zone.post(url(model, "delete", rows[0].pk), {"post": "yes"}).status_code == 403


def test_no_secret_is_shown(admin_zone):
    person, client = factories.UserFactory(), factories.ApiClientFactory()
    for row, secret in ((person, person.password), (client, client.key_hash)):
        assert secret not in admin_zone.get(url(type(row), "change", row.pk)).content.decode()


def test_a_key_is_switched_off(admin_zone):
    row = factories.ApiClientFactory()
    admin_zone.post(url(ApiClient, "change", row.pk), {"scopes": '["orders:read"]'})
    row.refresh_from_db()
    assert (row.is_active, row.scopes) == (False, ["orders:read"])


def test_the_queue_is_not_in_the_admin_zone():
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]
