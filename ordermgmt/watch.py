"""Does the background work move? Figures for /healthz, /metrics and the watchdog (reliability.md 7.3)."""

import shutil
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule

from ordermgmt.models import JobRun, JobState, Leased, WorkerBeat
from ordermgmt.proofs import all_proved_at, broken_now

# The sentinel looks for due schedules this often.
SCHEDULER_PASS = timedelta(seconds=30)
# A group needs this long to come up and to pass over the schedules once, before it can show a sign of life.
BOOT = timedelta(seconds=60)


@dataclass(frozen=True)
class Figures:
    """Seconds unless named otherwise; None means there is nothing to measure."""

    oldest_due: float | None
    leases_overdue: int
    dead_rows: int
    queue_waiting: int
    oldest_bell: float | None
    worker_silence: float | None
    tasks_done: int
    wedges: int
    jobs_failed_last_day: int
    disk_free_share: float
    books_age: float | None
    books_broken: int

    def as_dict(self) -> dict[str, float | int | None]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def figures(now: datetime) -> Figures:
    """Everything in a fixed, small number of queries."""
    beats = WorkerBeat.objects.aggregate(tasks=Sum("tasks"), wedges=Sum("wedges"))
    failed = JobRun.objects.filter(state=JobState.FAILED, started_at__gt=now - timedelta(days=1))
    overdue, dead, oldest = _leased(now)
    disk = shutil.disk_usage(settings.DATA_DIR)
    return Figures(
        oldest_due=_age(oldest, now),
        leases_overdue=overdue,
        dead_rows=dead,
        queue_waiting=OrmQ.objects.count(),
        oldest_bell=_age(_oldest_bell(now), now),
        worker_silence=_age(last_sign_of_life(), now),
        tasks_done=beats["tasks"] or 0,
        wedges=beats["wedges"] or 0,
        jobs_failed_last_day=failed.count(),
        disk_free_share=round(disk.free / disk.total, 4),
        books_age=_age(all_proved_at(), now),
        books_broken=len(broken_now()),
    )


def last_sign_of_life(cluster: str = "") -> datetime | None:
    """The last task a worker ended, or progress a running job showed."""
    beats = WorkerBeat.objects.filter(cluster=cluster) if cluster else WorkerBeat.objects.all()
    moments = [
        beats.order_by("-at").values_list("at", flat=True).first(),
        JobRun.objects.filter(state=JobState.RUNNING).order_by("-beat_at").values_list("beat_at", flat=True).first(),
    ]
    return max((moment for moment in moments if moment), default=None)


def work_stands(now: datetime, patience: timedelta, since: datetime | None = None) -> bool:
    """Something should have been worked by now: a bell waits too long, or a tick is late.

    Bells taken before `since` belong to workers that are gone; they are answered by the sweep.
    """
    late = now - patience
    bell = _oldest_bell(now, since)
    ticks = Schedule.objects.exclude(repeats=0).filter(next_run__lt=late - SCHEDULER_PASS)
    return (bell is not None and bell < late) or ticks.exists()


def is_wedged(
    now: datetime, *, started_at: datetime, patience: timedelta, boot: timedelta = BOOT, cluster: str = ""
) -> bool:
    """Work stands, and since `patience` no worker has shown a sign of life; a group may take `boot` to come up."""
    alive_at = max(filter(None, [last_sign_of_life(cluster), started_at + boot]))
    return alive_at < now - patience and work_stands(now, patience, started_at)


def _oldest_bell(now: datetime, since: datetime | None = None) -> datetime | None:
    # A taken task is locked until `retry` seconds later; taken or not, it was rung at least so long ago.
    retry = timedelta(seconds=Conf.RETRY)
    waiting = OrmQ.objects.filter(lock__lte=now).aggregate(at=Min("lock"))["at"]
    taken = OrmQ.objects.filter(lock__gt=max(now, since + retry if since else now)).aggregate(at=Min("lock"))["at"]
    return min((moment for moment in (waiting, taken and taken - retry) if moment), default=None)


def _leased(now: datetime) -> tuple[int, int, datetime | None]:
    overdue, dead, moments = 0, 0, []
    for model in apps.get_models():
        if not issubclass(model, Leased):
            continue
        rows = model._default_manager.filter(Q(due_at__lte=now) | Q(dead_at__isnull=False) | Q(lease_until__lt=now))
        alive = Q(dead_at=None)
        # What somebody works at just now does not wait, however long it takes.
        is_free = Q(lease_until=None) | Q(lease_until__lt=now)
        found = rows.aggregate(
            overdue=Count("pk", filter=alive & Q(lease_until__lt=now)),
            dead=Count("pk", filter=~alive),
            oldest=Min("due_at", filter=alive & is_free & Q(due_at__lte=now)),
        )
        overdue, dead = overdue + found["overdue"], dead + found["dead"]
        moments.append(found["oldest"])
    return overdue, dead, min((moment for moment in moments if moment), default=None)


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round(max(0.0, (now - moment).total_seconds()), 1)
