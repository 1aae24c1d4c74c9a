"""People and roles, account, audit log."""

import pytest

from ordermgmt.abilities import WORDS
from ordermgmt.actions import people
from ordermgmt.factories import NOW, ActivityFactory, UserFactory
from ordermgmt.models import Activity, User
from ordermgmt.roles import EVERY_PERMISSION, Role

pytestmark = pytest.mark.django_db
BACKEND = "ordermgmt.access.RoleBackend"


@pytest.fixture
def chief():
    return UserFactory(name="Chief", role=Role.ADMIN)


@pytest.fixture
def admin(client, chief):
    client.force_login(chief, backend=BACKEND)
    return client


def text(answer):
    return answer.content.decode()


def test_every_permission_has_words():
    assert set(WORDS) == EVERY_PERMISSION


def test_people_are_listed_with_their_roles(admin, django_assert_max_num_queries):
    UserFactory(name="Sami", roles=[Role.SUPPORT, Role.LEAD])
    with django_assert_max_num_queries(12):
        page = text(admin.get("/settings/people/"))
    assert "Warehouse lead, Support" in page
    assert "Cancel orders" in page


def test_a_person_is_added_without_a_password(admin):
    admin.post("/settings/people/", {"name": "Ida", "email": "Ida@Example.com", "roles": ["support"]})
    ida = User.objects.get(email="ida@example.com")
    assert (ida.roles, ida.has_usable_password()) == ({"support"}, False)
    again = admin.post("/settings/people/", {"name": "Ida", "email": "ida@example.com"})
    assert again.status_code == 422
    assert "exists already" in text(again)


def test_roles_are_given_and_taken_with_a_line_each(admin):
    sami = UserFactory(role=Role.SUPPORT)
    admin.post(f"/settings/people/{sami.pk}/roles/", {"roles": ["lead", "operator"]})
    assert User.objects.get(pk=sami.pk).roles == {"lead", "operator"}
    assert sorted(Activity.objects.values_list("verb", flat=True)) == ["grant_role", "grant_role", "revoke_role"]
    admin.post(f"/settings/people/{sami.pk}/roles/", {"roles": ["emperor"]})
    assert User.objects.get(pk=sami.pk).roles == {"lead", "operator"}


def test_nobody_changes_their_own_rights(admin, chief):
    page = admin.post(f"/settings/people/{chief.pk}/roles/", {"roles": ["admin", "finance"]}, follow=True)
    assert "cannot change your own rights" in text(page)
    assert User.objects.get(pk=chief.pk).roles == {"admin"}


def test_somebody_must_remain_who_gives_roles(chief):
    stranger = UserFactory()
    with pytest.raises(people.LastAdmin):
        people.set_roles(chief.pk, [], by=stranger, now=NOW)
    with pytest.raises(people.LastAdmin):
        people.set_active(chief.pk, False, by=stranger, now=NOW)


def test_a_person_kept_out_is_out_at_once(admin, client_of):
    sami = UserFactory(role=Role.SUPPORT)
    theirs = client_of(sami)
    assert theirs.get("/account/").status_code == 200
    admin.post(f"/settings/people/{sami.pk}/active/", {"active": "0"})
    assert theirs.get("/account/").status_code == 302
    admin.post(f"/settings/people/{sami.pk}/active/", {"active": "1"})
    assert User.objects.get(pk=sami.pk).is_active


@pytest.fixture
def client_of():
    from django.test import Client

    def make(user):
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return make


def test_a_manager_sees_but_does_not_change(client_of):
    manager, sami = client_of(UserFactory(role=Role.MANAGER)), UserFactory()
    assert "Save roles" not in text(manager.get(f"/settings/people/{sami.pk}/"))
    assert manager.post(f"/settings/people/{sami.pk}/roles/", {"roles": ["admin"]}).status_code == 403
    manager.post("/settings/people/", {"name": "X", "email": "x@example.com", "roles": ["admin"]})
    assert not User.objects.filter(email="x@example.com").exists()


def test_support_sees_neither_people_nor_audit(client_of):
    support = client_of(UserFactory(role=Role.SUPPORT))
    assert support.get("/settings/people/").status_code == 403
    assert support.get("/audit/").status_code == 403


def test_a_person_sets_their_own_account(client_of):
    sami = UserFactory(role=Role.SUPPORT)
    client_of(sami).post("/account/", {"name": "Sami K", "language": "en-gb", "theme": "dark", "roles": "admin"})
    sami = User.objects.get(pk=sami.pk)
    assert (sami.name, sami.theme, sami.has_single_keys, sami.roles) == ("Sami K", "dark", False, {"support"})


def test_the_audit_log_filters(admin):
    ActivityFactory(subject="SO-1", sentence="Held: {reason}", facts={"reason": "<risk>"})
    ActivityFactory(subject="SH-1", thread="SO-1")
    ActivityFactory(subject="SO-2", actor="Zebedee")
    page = text(admin.get("/audit/?subject=SO-1"))
    assert "Held: &lt;risk&gt;" in page
    assert "SH-1" in page
    assert "Zebedee" not in page
