"""Jobs: slots, single runs, take-over, bells, synchronous runs."""

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from hypothesis import given
from hypothesis import strategies as st

from ordermgmt import jobs
from ordermgmt.factories import JobRunFactory, OutgoingMessageFactory
from ordermgmt.leases import database_now, finish
from ordermgmt.models import JobRun, JobState, MessageState, OutgoingMessage
from ordermgmt.slots import DailyAt, Every

NOW = datetime(2026, 3, 2, 8, 7, 30, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def made(monkeypatch):
    """A registry of its own; returns a function that adds a job."""
    registry = {}
    monkeypatch.setattr(jobs, "REGISTRY", registry)

    def add(function, name="test_job", every=1, at=None, **more):
        jobs.job(name, title="Test", every=None if at else every, at=at, **more)(function)
        return registry[name]

    return add


def test_slots_of_minutes_are_the_same_on_every_host():
    assert Every(15).slot(NOW) == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    assert Every(15).next_slot(NOW) == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Europe/Warsaw", (2026, 3, 28), "02:30", "2026-03-28T01:30"),
        ("Europe/Warsaw", (2026, 3, 29), "02:30", "2026-03-29T01:30"),  # skipped by the clocks: 03:30 there
        ("Europe/Warsaw", (2026, 3, 30), "02:30", "2026-03-30T00:30"),
        ("Europe/Warsaw", (2026, 10, 25), "02:30", "2026-10-25T00:30"),  # happens twice: the first
        ("Australia/Lord_Howe", (2026, 4, 5), "01:45", "2026-04-04T14:45"),
        ("America/New_York", (2026, 3, 8), "02:30", "2026-03-08T07:30"),
    ],
)
def test_daily_slots_across_clock_changes(zone, day, at, expected):
    noon = datetime(*day, 12, tzinfo=ZoneInfo(zone))
    slot = DailyAt(time.fromisoformat(at), ZoneInfo(zone)).slot(noon)
    assert slot == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.times(),
    st.sampled_from(["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]),
)
def test_a_year_of_daily_slots_has_one_a_day(start, at, zone):
    daily = DailyAt(at.replace(second=0, microsecond=0, fold=0), ZoneInfo(zone))
    moment = daily.slot(start.replace(tzinfo=UTC))
    days = []
    for _ in range(40):
        days.append(moment.astimezone(ZoneInfo(zone)).date())
        later = daily.next_slot(moment)
        assert later > moment
        assert daily.slot(later - timedelta(microseconds=1)) == moment
        moment = later
    assert days == sorted(set(days))
    assert (days[-1] - days[0]).days == 39


@pytest.mark.django_db
class TestTicks:
    def test_two_ticks_of_a_slot_run_once(self, made):
        seen = []
        made(lambda context: seen.append(context.now), at="02:30")
        jobs.tick("test_job")
        jobs.tick("test_job")
        assert len(seen) == 1
        run = JobRun.objects.get()
        assert (run.state, run.attempts, run.slot is not None) == (JobState.DONE, 1, True)

    def test_a_failure_is_kept_in_full(self, made):
        made(lambda context: 1 / 0)
        jobs.tick("test_job")
        run = JobRun.objects.get()
        assert run.state == JobState.FAILED
        assert "ZeroDivisionError" in run.error
        assert "Traceback" in run.error

    def test_a_run_whose_worker_died_is_taken_over(self, made):
        item = made(lambda context: {"ok": 1}, at="02:30")
        now = database_now()
        lost = JobRunFactory(
            name="test_job", slot=item.when.slot(now), state=JobState.RUNNING, finished_at=None,
            started_at=now - timedelta(minutes=10), beat_at=now - timedelta(minutes=10),
        )  # fmt: skip
        assert jobs.tick("test_job") == {"ok": 1}
        lost.refresh_from_db()
        assert (lost.state, lost.attempts) == (JobState.DONE, 2)

    def test_a_run_that_kills_its_workers_is_given_up(self, made):
        item = made(lambda context: {"ok": 1}, at="02:30")
        now = database_now()
        facts = {"name": "test_job", "slot": item.when.slot(now), "state": JobState.RUNNING, "finished_at": None}
        lost = JobRunFactory(**facts, attempts=3, beat_at=now - timedelta(minutes=10))
        assert jobs.tick("test_job") == {}
        lost.refresh_from_db()
        assert (lost.state, lost.error) == (JobState.FAILED, "The worker ended without an answer.")

    def test_no_second_run_beside_a_live_one(self, made):
        made(lambda context: {"ok": 1})
        now = database_now()
        facts = {"name": "test_job", "slot": now - timedelta(minutes=3), "state": JobState.RUNNING}
        JobRunFactory(**facts, finished_at=None, beat_at=now)
        assert jobs.tick("test_job") == {}

    def test_progress_is_a_sign_of_life(self, made):
        shown = []

        def work(context):
            context.progress(3, 10)
            run = JobRun.objects.get(pk=context.run.pk)
            shown.append((run.done, run.total))

        made(work)
        jobs.run_now("test_job", as_of=NOW)
        assert shown == [(3, 10)]


@pytest.mark.django_db
class TestBells:
    def sweep(self, context):
        def send(row, *, now):
            finish(row, state=MessageState.SENT, sent_at=now, message_id=f"<{row.pk}>")

        return context.work(OutgoingMessage.objects.all(), send)

    def test_the_sweep_rings_for_each_due_row_and_a_bell_works_one(self, made):
        made(self.sweep)
        rows = [OutgoingMessageFactory(due_at=NOW) for _ in range(3)]
        OutgoingMessageFactory(due_at=database_now() + timedelta(hours=1))
        assert jobs.tick("test_job") == {"due": 3}
        bells = [SignedPackage.loads(bell.payload)["args"] for bell in OrmQ.objects.order_by("pk")]
        assert bells == [("test_job", row.pk) for row in rows]
        assert jobs.answer("test_job", rows[0].pk) == {"done": 1}
        assert jobs.answer("test_job", rows[0].pk) == {}

    def test_a_full_queue_is_not_rung_again(self, made, monkeypatch):
        made(self.sweep)
        monkeypatch.setattr(jobs, "BELLS_PER_PASS", 2)
        OutgoingMessageFactory(due_at=NOW)
        jobs.ring("test_job", 1)
        jobs.ring("test_job", 2)
        jobs.tick("test_job")
        assert OrmQ.objects.count() == 2

    def test_a_bell_is_lost_with_its_transaction(self, made):
        made(self.sweep)
        with transaction.atomic():
            jobs.ring("test_job", 1)
            transaction.set_rollback(True)
        assert not OrmQ.objects.exists()

    def test_a_run_asked_for_happens_once(self, made):
        made(self.sweep)
        OutgoingMessageFactory(due_at=NOW)
        run = jobs.start("test_job", as_of=NOW, by="Ann")
        assert jobs.run_asked(run.pk) == {"done": 1}
        assert jobs.run_asked(run.pk) == {}
        run.refresh_from_db()
        assert (run.state, run.asked_by, run.done, run.total) == (JobState.DONE, "Ann", 1, 1)


@pytest.mark.django_db
def test_every_job_changes_nothing_on_its_second_run(capsys):
    call_command("sync_schedules")
    call_command("run_jobs", "--as-of", "2026-11-24T08:00:00+01:00")
    capsys.readouterr()
    call_command("run_jobs", "--as-of", "2026-11-24T08:00:00+01:00")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    named = [item for item in jobs.in_order() if not item.is_apart]
    assert lines[-1] == {"as_of": "2026-11-24T08:00:00+01:00", "jobs": len(named), "failed": []}
    for line in lines[:-1]:
        assert not any(line["summary"].get(word) for word in ("done", "due", "failed")), line


@pytest.mark.django_db
def test_a_moment_that_is_none_is_refused():
    with pytest.raises(CommandError, match="not a moment"):
        call_command("run_jobs", "--as-of", "yesterday")


@pytest.mark.django_db
def test_a_run_that_a_person_asked_for_and_whose_worker_died_ends_as_failed(made):
    made(lambda ctx: None)
    run = JobRunFactory(
        name="test_job", state=JobState.RUNNING, slot=None, asked_by="Ana", beat_at=database_now() - timedelta(hours=1)
    )
    jobs.tick("test_job")
    run.refresh_from_db()
    assert (run.state, run.finished_at is not None) == (JobState.FAILED, True)


@pytest.mark.django_db
def test_a_row_lost_while_its_work_failed_stops_no_other_row(made):
    lost, next_one = (OutgoingMessageFactory(due_at=NOW, about=f"SO-{n}") for n in (1, 2))

    def handle(row, *, now):
        if row.pk == lost.pk:
            OutgoingMessage.objects.filter(pk=row.pk).update(fence=row.fence + 1)
            raise ValueError("too late")
        finish(row, state=MessageState.SENT, sent_at=now, message_id="<1@x>")

    made(lambda ctx: ctx.work(OutgoingMessage.objects.filter(state=MessageState.WAITING), handle))
    run = jobs.run_now("test_job", as_of=NOW)
    assert (run.state, run.summary) == (JobState.DONE, {"done": 1, "lost": 1})
    next_one.refresh_from_db()
    assert next_one.state == MessageState.SENT
