"""The shell: rail by role, choices of the device, pages that refuse."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from ordermgmt import navigation
from ordermgmt.models import RoleGrant, User
from ordermgmt.roles import EVERY_PERMISSION, PERMISSIONS_OF, Role
from ordermgmt.views import errors

pytestmark = pytest.mark.django_db


def _person(*roles: str) -> User:
    user = User.objects.create_user("ana@example.com", name="Ana Berg")
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    return user


def _signed_in(client: Client, *roles: str) -> User:
    user = _person(*roles)
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return user


def test_every_role_has_a_rail_and_every_entry_asks_for_a_known_permission() -> None:
    assert set(navigation.RAILS) == set(Role.values)
    asked = {entry.permission for rail in navigation.RAILS.values() for entry in rail if entry.permission}
    assert asked <= EVERY_PERMISSION


def test_entries_of_a_role_are_allowed_to_that_role() -> None:
    refused = [
        (role, entry.url_name)
        for role, rail in navigation.RAILS.items()
        for entry in rail
        if entry.permission and entry.permission not in PERMISSIONS_OF[role]
    ]
    assert refused == []


def test_the_device_may_work_as_any_role_of_the_person_and_no_other(client: Client) -> None:
    _signed_in(client, Role.LEAD, Role.SUPPORT)
    client.post("/preferences/role/", {"role": "support"})
    assert client.cookies["role"].value == "support"
    client.post("/preferences/role/", {"role": "finance"})
    assert client.cookies["role"].value == "support"
    page = client.get("/styleguide/list/")
    assert page.context["shell"]["role"] == "support"


def test_a_forged_role_cookie_gives_nothing(client: Client) -> None:
    _signed_in(client, Role.OPERATOR)
    client.cookies["role"] = "admin"
    page = client.get("/styleguide/list/")
    assert page.context["shell"]["role"] == "operator"


def test_the_theme_is_kept_and_never_leads_to_another_site(client: Client) -> None:
    _signed_in(client, Role.SUPPORT)
    answer = client.post("/preferences/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    assert 'data-theme="dark"' in client.get("/styleguide/list/").content.decode()
    client.post("/preferences/theme/", {"theme": '"><script>', "next": "/styleguide/"})
    assert "data-theme" not in client.get("/styleguide/list/").content.decode().split(">")[1]


def test_choices_need_a_post_and_a_person(client: Client) -> None:
    assert client.post("/preferences/theme/", {"theme": "dark"}).status_code == 302
    assert "theme" not in client.cookies
    _signed_in(client, Role.SUPPORT)
    assert client.get("/preferences/theme/").status_code == 405


def test_the_admin_zone_is_entered_by_the_portals_sign_in(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_a_refusal_names_who_may_and_who_can_grant_it(client: Client) -> None:
    admin = User.objects.create_superuser("boss@example.com", name="Bo Ek")
    _signed_in(client, Role.OPERATOR)
    answer = client.get("/admin/", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert admin.name in page
    assert "It belongs to these roles: Admin." in page


def test_strangers_get_the_customers_frame_and_a_way_to_their_order(client: Client) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert "Find my order" in page
    assert 'class="rail"' not in page


def test_the_api_answers_in_json(client: Client) -> None:
    answer = client.get("/api/v1/nowhere/at/all/")
    assert answer.status_code in {401, 403, 404}
    assert "json" in answer["Content-Type"]


def test_a_silent_database_is_a_pause_not_a_fault(rf: Any) -> None:
    try:
        raise OperationalError("could not connect")
    except OperationalError:
        answer = errors.server_error(rf.get("/orders/"))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "Back at" in answer.content.decode()


def test_a_fault_gives_a_reference(rf: Any) -> None:
    answer = errors.server_error(rf.get("/orders/"))
    assert answer.status_code == 500
    assert "reference: <strong>" in answer.content.decode()
