"""Two workers look at once, and people decide while a rule looks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, connections

from ordermgmt.actions.exceptions import dismiss
from ordermgmt.exception_refresh import look
from ordermgmt.exceptions import REGISTRY, Cause, ExceptionRule
from ordermgmt.factories import NOW, UserFactory
from ordermgmt.models import Activity, ExceptionItem, ExceptionState, RuleLook
from ordermgmt.roles import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _only_where_rows_lock() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL: SQLite has one writer")


class Seen(ExceptionRule):
    """Tells the causes it was given, after it did what it was told to wait for."""

    name = "test.seen"
    title = "Seen"

    def __init__(self, keys: list[str], meanwhile: Callable[[], Any] = lambda: None) -> None:
        self.keys, self.meanwhile = keys, meanwhile

    def causes(self, now: datetime) -> list[Cause]:
        self.meanwhile()
        return [Cause(key=key, since=NOW, subjects=[f"SO-{key}"]) for key in self.keys]

    def sentence(self, item: ExceptionItem) -> str:
        return item.cause


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, Seen.name, Seen([]))


def together(*deeds: Callable[[], Any]) -> list[Any]:
    def run(deed: Callable[[], Any]) -> Any:
        try:
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result(timeout=30) for each in [pool.submit(run, deed) for deed in deeds]]


def test_two_that_see_the_same_in_another_order_open_it_once() -> None:
    keys = [f"K{n:03}" for n in range(400)]
    for turn in range(5):
        at, gate = NOW + turn * MINUTE, Barrier(2)
        done = together(
            lambda at=at, gate=gate: look(Seen(keys, lambda: gate.wait(20)), now=at),
            lambda at=at, gate=gate: look(Seen(keys[::-1], lambda: gate.wait(20)), now=at),
        )
        assert sum(one.opened for one in done) == 400
        assert ExceptionItem.objects.live().count() == 400
        look(Seen([]), now=at + MINUTE / 2)
    assert Activity.objects.filter(verb="exception.closed").count() == 2000


def test_what_was_seen_before_another_wrote_closes_nothing() -> None:
    """The slow worker looked before the cause was there; it must not close what the quick one opened."""
    has_seen, has_written = Event(), Event()

    def slow() -> None:
        has_seen.set()
        assert has_written.wait(20)

    def quick() -> Any:
        assert has_seen.wait(20)
        found = look(Seen(["OAT"]), now=NOW + MINUTE)
        has_written.set()
        return found

    late, first = together(lambda: look(Seen([], slow), now=NOW), quick)
    assert (first.opened, late.closed) == (1, 0)
    assert ExceptionItem.objects.get().state == ExceptionState.OPEN
    assert RuleLook.objects.get(rule=Seen.name).looks == 1


def test_people_decide_while_a_rule_looks() -> None:
    look(Seen(["OAT"]), now=NOW)
    item, lead, is_looking, has_decided = ExceptionItem.objects.get(), UserFactory(role=Role.LEAD), Event(), Event()

    def slow() -> None:
        is_looking.set()
        assert has_decided.wait(20)

    def decide() -> None:
        assert is_looking.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '2s'")
        dismiss(item.pk, reason="known", by=lead, now=NOW + MINUTE)
        has_decided.set()

    together(lambda: look(Seen(["OAT"], slow), now=NOW + MINUTE), decide)
    item.refresh_from_db()
    assert item.state == ExceptionState.DISMISSED
