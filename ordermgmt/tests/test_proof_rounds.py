"""The nightly proof is worked in parts: it stops in time, goes on where it was, and survives a killed worker."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from ordermgmt import jobs, proof_rounds, proofs
from ordermgmt.factories import NOW, ActivityFactory, BooksProofFactory, UserFactory
from ordermgmt.models import Activity, BooksProof, BooksRound, JobRun, JobState, OutgoingMessage
from ordermgmt.proofs import Invariant, all_proved_at, broken_now, prove
from ordermgmt.roles import Role
from ordermgmt.touched import EVERYTHING, Touched

MINUTE = timedelta(minutes=1)


def odd_verbs(now: datetime, touched: Touched = EVERYTHING) -> Any:
    return touched.of(Activity.objects.filter(verb="odd"), "subject").order_by("pk").values("subject")


def nothing(now: datetime) -> list[Any]:
    return []


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Invariant]:
    """Two that look at everything at once, and between them one that is asked span by span."""
    for code in list(proofs.REGISTRY):
        monkeypatch.delitem(proofs.REGISTRY, code)
    for code in ("A1", "C3"):
        monkeypatch.setitem(proofs.REGISTRY, code, Invariant(code, code, nothing))
    monkeypatch.setitem(proofs.REGISTRY, "B2", Invariant("B2", "B2", odd_verbs, is_local=True))
    monkeypatch.setattr(proofs, "SPAN", 2)
    return proofs.REGISTRY


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_rounds, "BUDGET", timedelta(0))


def work(minutes: int = 0, name: str = "prove_on") -> JobRun:
    return jobs.run_now(name, as_of=NOW + minutes * MINUTE)


def stands() -> tuple[str, int]:
    row = BooksRound.objects.latest("pk")
    return row.proved, row.count


@pytest.mark.django_db
def test_a_run_without_time_does_a_part_and_the_next_goes_on(rules: Any, no_time: None) -> None:
    for verb in ("odd", "even", "even", "odd", "odd"):
        ActivityFactory(verb=verb)
    runs = [work(name="check_books"), *(work(n) for n in range(1, 20))]
    done = [run.summary for run in runs if run.summary]
    assert done[0] == {"proved": 1, "of": 3}
    assert len(done) > 3
    (ended,) = [run for run in runs if run.state == JobState.FAILED]
    assert ended.error.strip().endswith("BooksBroken: B2")
    assert [(p.code, p.count, len(p.rows)) for p in BooksProof.objects.order_by("pk")] == [
        ("A1", 0, 0),
        ("B2", 3, 3),
        ("C3", 0, 0),
    ]
    row = BooksRound.objects.get()
    assert (row.is_open, row.due_at, row.finished_at is not None) == (False, None, True)


@pytest.mark.django_db
def test_with_time_it_is_one_run(rules: Any) -> None:
    assert work(name="check_books").summary == {"invariants": 3}
    assert work(1).summary == {}
    assert work(2, name="check_books").summary == {"invariants": 3}
    assert BooksRound.objects.count() == 2


@pytest.mark.django_db
def test_a_worker_that_is_killed_costs_the_part_it_was_at(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ActivityFactory(verb="odd")

    def killed(now: datetime) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setitem(rules, "C3", Invariant("C3", "C3", killed))
    with pytest.raises(KeyboardInterrupt):
        work(name="check_books")
    assert stands() == ("B2", 0)
    assert work(1).summary == {}
    BooksRound.objects.update(lease_until=NOW)
    monkeypatch.setitem(rules, "C3", Invariant("C3", "C3", nothing))
    assert work(6).state == JobState.FAILED
    assert list(BooksProof.objects.order_by("pk").values_list("code", "count")) == [("A1", 0), ("B2", 1), ("C3", 0)]


@pytest.mark.django_db
def test_a_part_that_kills_every_worker_ends_the_round_and_not_the_next(
    rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(now: datetime) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setitem(rules, "B2", Invariant("B2", "B2", killed))
    for n in range(4):
        with pytest.raises(KeyboardInterrupt):
            work(n, name="check_books")
        BooksRound.objects.update(lease_until=NOW)
    assert work(5).summary == {}
    row = BooksRound.objects.get()
    assert (row.is_open, row.dead_at is not None) == (False, True)
    monkeypatch.setitem(rules, "B2", Invariant("B2", "B2", nothing))
    assert work(6, name="check_books").summary == {"invariants": 3}


@pytest.mark.django_db
def test_who_was_taken_over_writes_nothing_more(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(now: datetime) -> list[Any]:
        BooksRound.objects.update(fence=99)
        return []

    monkeypatch.setitem(rules, "A1", Invariant("A1", "A1", overtaken))
    assert work(name="check_books").summary == {"lost": 1}
    assert not BooksProof.objects.exists()


@pytest.mark.django_db
def test_while_it_is_worked_the_page_says_so_and_nobody_is_told(
    rules: Any, no_time: None, client: Client, settings: Any
) -> None:
    settings.ALERT_EMAILS = ["ops@example.com"]
    ActivityFactory(verb="odd")
    work(name="check_books")
    BooksProofFactory(code="B2", checked_at=NOW, holds=False, count=1)
    jobs.run_now("send_alerts", as_of=NOW + MINUTE)
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    page = client.get("/books/").content.decode()
    assert "All rows are being proved: 1 of 3 rules are done." in page
    assert not OutgoingMessage.objects.filter(kind="alert").exists()
    for n in range(1, 9):
        work(n)
    jobs.run_now("send_alerts", as_of=NOW + 9 * MINUTE)
    assert OutgoingMessage.objects.filter(kind="alert").count() == 1
    assert "being proved" not in client.get("/books/").content.decode()


@pytest.mark.django_db
def test_what_counts_is_the_last_proof_of_each(rules: Any) -> None:
    """A round that did not reach a rule does not make it whole or young."""
    for code, holds in (("A1", True), ("B2", False), ("C3", True)):
        BooksProofFactory(code=code, checked_at=NOW, holds=holds)
    BooksProofFactory(code="A1", checked_at=NOW + MINUTE)
    BooksProofFactory(code="Z9", checked_at=NOW, holds=False)
    assert [proof.code for proof in broken_now()] == ["B2"]
    assert all_proved_at() == NOW


@pytest.mark.django_db(transaction=True)
def test_what_others_write_between_two_questions_is_not_seen() -> None:
    def add() -> None:
        try:
            ActivityFactory(verb="odd")
        finally:
            connections.close_all()

    def compare(now: datetime) -> list[Any]:
        before = Activity.objects.count()
        writer = Thread(target=add)
        writer.start()
        writer.join(20)
        after = Activity.objects.count()
        return [] if before == after else [{"before": before, "after": after}]

    proof = prove(Invariant("X", "x", compare), now=NOW)
    assert proof.rows == []
    assert Activity.objects.count() == 1
