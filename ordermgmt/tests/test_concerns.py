"""What managers must know: sorted by harm, at most five, hidden until tomorrow by one person for themselves."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ordermgmt import concerns
from ordermgmt.actions.concerns import tomorrow
from ordermgmt.concerns import Concern
from ordermgmt.factories import KnownProblemFactory, UserFactory
from ordermgmt.models import Activity, HiddenConcern, OutgoingMessage
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def concern(name: str, count: int, late: float, worth: int = 0) -> Concern:
    target = NOW - timedelta(hours=late)
    return Concern(
        key=name, sentence=f"{count} {name}", url=f"/{name}/", count=count, target_at=target, worth=Decimal(worth)
    )


@pytest.fixture
def told() -> Iterator[list[Concern]]:
    """Concerns of a provider that lives as long as the test."""
    rows: list[Concern] = []
    before = list(concerns._PROVIDERS)
    concerns._PROVIDERS[:] = [lambda request, now: rows]
    yield rows
    concerns._PROVIDERS[:] = before


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    return client


def test_money_at_risk_times_lateness_comes_first() -> None:
    made = [
        concern("early", 90, -3),
        concern("rows", 30, 2),
        concern("money", 1, 1, worth=1000),
        concern("fresh-money", 1, -3, worth=500),
    ]
    assert [one.key for one in sorted(made, key=lambda one: one.harm(NOW), reverse=True)] == [
        "money",
        "rows",
        "fresh-money",
        "early",
    ]


def test_at_most_five_sentences(manager: Client, told: list[Concern]) -> None:
    told += [concern(f"trouble-{n}", n, 1) for n in range(1, 8)]
    page = manager.get("/").content.decode()
    assert page.count('name="hide" value="known ') == 5
    assert 'href="/trouble-7/"' in page
    assert 'href="/trouble-2/"' not in page


def test_nothing_needs_me(manager: Client, told: list[Concern]) -> None:
    assert "Nothing needs you. Last check" in manager.get("/").content.decode()


def test_hidden_until_tomorrow_and_back(manager: Client, told: list[Concern]) -> None:
    told.append(concern("late-orders", 3, 1))
    manager.post("/home/hide/", {"hide": "known late-orders"})
    page = manager.get("/").content.decode()
    assert 'href="/late-orders/"' not in page
    assert "1 hidden until tomorrow" in page
    assert "/home/show/?key=late-orders" in page
    hidden = HiddenConcern.objects.get()
    assert (hidden.reason, hidden.until) == ("known", tomorrow(hidden.hidden_at))
    manager.post("/home/show/?key=late-orders")
    assert 'href="/late-orders/"' in manager.get("/").content.decode()
    assert list(Activity.objects.values_list("verb", flat=True)) == ["concern.hidden", "concern.shown"]


def test_others_still_see_it(manager: Client, told: list[Concern]) -> None:
    told.append(concern("late-orders", 3, 1))
    manager.post("/home/hide/", {"hide": "known late-orders"})
    other = Client()
    other.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    assert 'href="/late-orders/"' in other.get("/").content.decode()


def test_what_is_not_there_cannot_be_hidden(manager: Client, told: list[Concern]) -> None:
    assert manager.post("/home/hide/", {"hide": "known nothing"}).status_code == 404
    assert manager.post("/home/hide/", {"hide": "nonsense"}).status_code == 404
    assert not HiddenConcern.objects.exists()


@pytest.mark.counts_exceptions
def test_everybody_reads_the_known_problems(manager: Client, told: list[Concern]) -> None:
    KnownProblemFactory(sentence="Depot south is a day late")
    assert "Depot south is a day late" in manager.get("/").content.decode()
    assert not OutgoingMessage.objects.exists()
