"""Background work: the registry of jobs, the doorbell, and how a run is opened, worked and closed.

A job looks at data, never at the slot it was started for: running it twice changes nothing.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django_q.models import OrmQ
from django_q.tasks import async_task

from ordermgmt.clock import business_zone
from ordermgmt.leases import LeaseLost, PutOff, claim, database_now, due, fail
from ordermgmt.models.leases import Leased
from ordermgmt.models.operations import JobRun, JobState
from ordermgmt.slots import DailyAt, Every

L = TypeVar("L", bound=Leased)
Summary = dict[str, Any]
BELLS_PER_PASS = 200
MOST_ATTEMPTS = 3
GRACE = timedelta(seconds=60)


class UnknownJob(Exception):
    """No job has this name."""


@dataclass(frozen=True)
class Job:
    """A registered job. `rank` orders synchronous runs; `timeout` is in seconds.

    `is_apart`: not among "all jobs" of a synchronous run, because it acts on the whole machine (backups).
    """

    name: str
    title: Any
    function: "Callable[[Context], Summary | None]"
    when: Every | DailyAt | None
    rank: int = 50
    timeout: int = 60
    is_apart: bool = False


@dataclass
class Context:
    """What a job is handed. `pk` is the row a bell named; `inline` means work here, ring nobody."""

    now: datetime
    name: str
    pk: int | None = None
    inline: bool = False
    run: JobRun | None = field(default=None, repr=False)

    def progress(self, done: int, total: int | None = None) -> None:
        """Show how far the run is; the watchdog takes it as a sign of life."""
        if self.run:
            JobRun.objects.filter(pk=self.run.pk).update(done=done, total=total, beat_at=database_now())

    def work(self, rows: QuerySet[L], handle: Callable[..., object]) -> Summary:
        """Let `handle(row, now=)` work the rows that are due: the one rung for, all (inline), or ring for each.

        `handle` does the outside effect first and calls `leases.finish` in its own transaction.
        """
        if self.pk is not None:
            return _tally([_work_one(rows, self.pk, handle, self.now)])
        waiting = list(due(rows, now=self.now).values_list("pk", flat=True)[:BELLS_PER_PASS])
        if not self.inline:
            return self._ring_for(waiting)
        outcomes = []
        for done, pk in enumerate(waiting, start=1):
            outcomes.append(_work_one(rows, pk, handle, self.now))
            self.progress(done, len(waiting))
        return _tally(outcomes)

    def _ring_for(self, pks: list[int]) -> Summary:
        if pks and OrmQ.objects.count() < BELLS_PER_PASS:
            for pk in pks:
                ring(self.name, pk)
        return {"due": len(pks)}


REGISTRY: dict[str, Job] = {}


def job(
    name: str,
    *,
    title: Any,
    every: int | None = None,
    at: str | None = None,
    rank: int = 50,
    timeout: int = 60,
    is_apart: bool = False,
) -> Callable[[Callable[[Context], Summary | None]], Callable[[Context], Summary | None]]:
    """Register a function as a job: `every` so many minutes, daily `at` a local time ("02:30"), or on request."""

    def register(function: Callable[[Context], Summary | None]) -> Callable[[Context], Summary | None]:
        when = Every(every) if every else DailyAt(time.fromisoformat(at), business_zone()) if at else None
        REGISTRY[name] = Job(name, title, function, when, rank, timeout, is_apart)
        return function

    return register


def in_order() -> list[Job]:
    return sorted(REGISTRY.values(), key=lambda item: (item.rank, item.name))


def find(name: str) -> Job:
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnknownJob(f"There is no job {name!r}. Jobs: {', '.join(sorted(REGISTRY))}") from None


def ring(name: str, pk: int) -> None:
    """Inside the caller's transaction: say "look at this row". Lost bells cost a minute, never an effect."""
    async_task("ordermgmt.jobs.answer", name, int(pk), q_options={"group": name})


def answer(name: str, pk: int) -> Summary:
    """A worker hears a bell."""
    summary = find(name).function(Context(now=database_now(), name=name, pk=pk))
    return summary or {}


def tick(name: str) -> Summary:
    """A worker is told to look whether a job is due, and runs it when it is."""
    item = find(name)
    now = database_now()
    run = _open_slot(item, now)
    return _run(item, run, Context(now=now, name=name, run=run)) if run else {}


def start(name: str, *, as_of: datetime, by: str) -> JobRun:
    """A person wants a job to run: the run is written down and a worker told."""
    timeout = find(name).timeout
    now = database_now()
    with transaction.atomic():
        run = JobRun.objects.create(name=name, as_of=as_of, asked_by=by, started_at=now, beat_at=now)
        options = {"group": name, "timeout": timeout}
        async_task("ordermgmt.jobs.run_asked", run.pk, q_options=options)
    return run


def run_asked(pk: int) -> Summary:
    """A worker runs what a person asked for; a bell heard twice runs it once."""
    run = JobRun.objects.get(pk=pk)
    taken = JobRun.objects.filter(pk=pk, state=JobState.RUNNING, done=0, attempts=1).update(attempts=F("attempts") + 1)
    if not taken:
        return {}
    return _run(find(run.name), run, Context(now=run.as_of, name=run.name, run=run, inline=True))


def run_now(name: str, *, as_of: datetime, by: str = "") -> JobRun:
    """Run a job here, to its end, as if it were `as_of`."""
    now = database_now()
    run = JobRun.objects.create(name=name, as_of=as_of, asked_by=by, started_at=now, beat_at=now)
    _run(find(name), run, Context(now=as_of, name=name, run=run, inline=True))
    run.refresh_from_db()
    return run


def _run(item: Job, run: JobRun, context: Context) -> Summary:
    try:
        summary = item.function(context) or {}
    except BaseException as error:
        words = "".join(traceback.format_exception(error))[-20_000:]
        _close(run, JobState.FAILED, error=words)
        if isinstance(error, Exception):
            return {"error": f"{type(error).__name__}: {error}"}
        raise
    _close(run, JobState.DONE, summary=summary)
    return summary


def _close(run: JobRun, state: str, **facts: Any) -> None:
    now = database_now()
    JobRun.objects.filter(pk=run.pk).update(state=state, finished_at=now, beat_at=now, **facts)


def _open_slot(item: Job, now: datetime) -> JobRun | None:
    """The run of the current slot when it is ours to do: not done, not running elsewhere."""
    if item.when is None:
        return None
    stale = now - timedelta(seconds=item.timeout) - GRACE
    slot = item.when.slot(now)
    running = JobRun.objects.filter(name=item.name, state=JobState.RUNNING, slot__isnull=False)
    lost = "The worker ended without an answer."
    running.filter(beat_at__lt=stale, slot__lt=slot).update(state=JobState.FAILED, finished_at=now, error=lost)
    running.filter(beat_at__lt=stale, attempts__gte=MOST_ATTEMPTS).update(
        state=JobState.FAILED, finished_at=now, error=lost
    )
    asked = JobRun.objects.filter(name=item.name, state=JobState.RUNNING, slot=None, beat_at__lt=stale)
    asked.update(state=JobState.FAILED, finished_at=now, error=lost)
    if running.filter(beat_at__gte=stale).exists():
        return None
    if running.filter(slot=slot, beat_at__lt=stale).update(beat_at=now, attempts=F("attempts") + 1):
        return running.get(slot=slot)
    return _insert(item, slot, now)


def _insert(item: Job, slot: datetime, now: datetime) -> JobRun | None:
    if JobRun.objects.filter(name=item.name, slot=slot).exists():
        return None
    try:
        with transaction.atomic():
            # Closes the race of two clusters ticking at once: UNIQUE(name, slot) lets one through.
            return JobRun.objects.create(name=item.name, as_of=now, slot=slot, started_at=now, beat_at=now)
    except IntegrityError:
        return None


def _work_one(rows: QuerySet[L], pk: int, handle: Callable[..., object], now: datetime) -> str:
    row = claim(rows, pk, now=now)
    if row is None:
        return "skipped"
    try:
        answer = handle(row, now=now)
    except LeaseLost:
        return "lost"
    except Exception as error:
        return _failed(row, error, now)
    return "put_off" if isinstance(answer, PutOff) else "done"


def _failed(row: Leased, error: Exception, now: datetime) -> str:
    """The row may have been taken over while its work went wrong; then it is not ours to mark."""
    try:
        return "failed" if fail(row, error, now=now) else "dead"
    except LeaseLost:
        return "lost"


def _tally(outcomes: list[str]) -> Summary:
    return {word: outcomes.count(word) for word in ("done", "put_off", "failed", "dead", "lost") if word in outcomes}
