"""The warehouses of a person."""

import pytest

from inventory.factories import MembershipFactory, WarehouseFactory
from inventory.models import Membership
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db


def test_an_admin_says_where_a_person_works(client):
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    old, new, sami = MembershipFactory(), WarehouseFactory(), UserFactory()
    MembershipFactory(user=sami, warehouse=old.warehouse)
    page = client.get(f"/settings/people/{sami.pk}/").content.decode()
    assert f'value="{old.warehouse.code}" checked' in page
    client.post(f"/settings/people/{sami.pk}/warehouses/", {"warehouse": [new.code, "NOWHERE"]})
    assert [row.warehouse for row in Membership.objects.filter(user=sami)] == [new]
    assert Membership.objects.filter(pk=old.pk).exists()
    assert Activity.objects.get().facts["warehouses"] == new.code


def test_others_may_not(client):
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    sami = UserFactory()
    assert client.post(f"/settings/people/{sami.pk}/warehouses/", {}).status_code == 403
    assert "Save warehouses" not in client.get(f"/settings/people/{sami.pk}/").content.decode()
