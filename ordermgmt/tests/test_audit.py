"""The audit log: what was before and after, masked; who, from where; filters, and queries that do not grow."""

from typing import Any

import pytest
from django.test import Client

from ordermgmt.audit import change_words
from ordermgmt.factories import NOW, ActivityFactory, UserFactory
from ordermgmt.history import record
from ordermgmt.masking import masked
from ordermgmt.models import Activity, User
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN, name="Noor Haddad"), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("from maria.lind@mail.example to m@x.example", "from m…@mail.example to m…@x.example"),
        ("call +46 70 174 06 05", "call +46…05"),
        ("SE45 5000 0000 0583 9825 7466", "SE45…"),
        ("opened /o/abcDEF123456/ twice", "opened /o/…/ twice"),
        ("token=abcdefgh12345", "token=…"),
        (
            "SO-104999 moved from 2026-11-24 to 2026-11-25, 12 units",
            "SO-104999 moved from 2026-11-24 to 2026-11-25, 12 units",
        ),
    ],
)
def test_what_is_masked(words: str, shown: str) -> None:
    assert masked(words) == shown


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"old": "2026-11-24", "new": "2026-11-25"}, "2026-11-24 → 2026-11-25"),
        ({"before": {"note": "", "units": 2}, "after": {"note": "Gift", "units": 2}}, "note: – → Gift"),
        ({"changes": {"email": ["a@b.example", "c@d.example"]}}, "email: a…@b.example → c…@d.example"),
        ({"changes": {"iban": ["1", "2"]}}, "iban: … → …"),
        ({"reason": "x"}, ""),
    ],
)
def test_before_and_after(facts: dict[str, Any], words: str) -> None:
    assert change_words(Activity(facts=facts)) == words


def test_a_deed_says_from_where_it_was_done(admin: Client) -> None:
    person = UserFactory(role=Role.OPERATOR)
    admin.post(f"/settings/people/{person.pk}/active/", {"active": "0"})
    line = Activity.objects.get(verb="set_active")
    assert line.ip == "127.0.0.1"
    assert len(line.request_id) == 36
    assert f"127.0.0.1 · {line.request_id[:8]}" in admin.get("/audit/").content.decode()


def test_the_address_of_others_is_not_kept() -> None:
    line = record("x", "y", subject="SO-1", by="Customer", now=NOW)
    assert (line.ip, line.request_id) == ("", "")


def test_filters(admin: Client) -> None:
    sam: User = UserFactory(name="Sam Holm")
    ActivityFactory(subject="SO-1", actor_id=sam.pk, verb="order.held", at=NOW)
    ActivityFactory(subject="SH-7", thread="SO-1", verb="shipment.packed", at=NOW)
    ActivityFactory(subject="C-3", verb="customer.edited", at=NOW)
    found = {
        "": 3,
        "subject=SO-1": 2,
        "of=SO-": 1,
        "of=C-": 1,
        f"person={sam.pk}": 1,
        "verb=customer.edited": 1,
        "q=so-1": 1,
        "q=holm": 1,
        f"at_after={NOW:%Y-%m-%d}&at_before={NOW:%Y-%m-%d}": 3,
        "at_before=2020-01-01": 0,
        "of=SO-&verb=customer.edited": 0,
    }
    for query, count in found.items():
        assert f'data-total="{count}"' in admin.get(f"/audit/?{query}").content.decode(), query


def test_an_export_is_masked_and_leaves_a_line(admin: Client) -> None:
    ActivityFactory(subject="C-3", sentence="E-mail is {email}", facts={"email": "maria@mail.example"})
    text = b"".join(admin.post("/audit/", {"do": "export"})).decode()  # type: ignore[call-overload]
    assert "m…@mail.example" in text
    assert Activity.objects.filter(verb="list.exported", subject="list audit").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_a_constant_number_of_queries(admin: Client, count: int, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        ActivityFactory(facts={"old": "1", "new": "2"})
    with django_assert_num_queries(6):
        admin.get("/audit/")


def test_a_record_leads_to_its_changes(admin: Client) -> None:
    person = UserFactory()
    assert f'href="/audit/?subject=person+{person.pk}"' in admin.get(f"/settings/people/{person.pk}/").content.decode()
    support = Client()
    support.force_login(UserFactory(role=Role.LEAD), backend="ordermgmt.access.RoleBackend")
    assert "/audit/?subject" not in support.get(f"/settings/people/{person.pk}/").content.decode()
