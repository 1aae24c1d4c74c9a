"""The ticks of django-q2, written from the code: its own calendar arithmetic is never used."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django_q.models import Schedule

from ordermgmt.jobs import Job, in_order
from ordermgmt.leases import database_now

TICK = "ordermgmt.jobs.tick"


def wanted(item: Job) -> dict[str, Any]:
    """The schedule row a job must have (only MINUTES, only strings)."""
    return {
        "func": TICK,
        "args": repr(item.name),
        "kwargs": repr({"q_options": {"timeout": item.timeout}}),
        "schedule_type": Schedule.MINUTES,
        "minutes": item.when.tick_minutes if item.when else None,
        "repeats": -1,
        "cron": None,
        "hook": None,
        "cluster": None,
    }


def ticking() -> list[Job]:
    return [item for item in in_order() if item.when is not None]


def sync_schedules() -> None:
    """Make the schedules in the database those of the code: no more, no fewer, no other function."""
    first = database_now() + timedelta(seconds=1)
    with transaction.atomic(durable=True):
        Schedule.objects.exclude(name__in=[item.name for item in ticking()]).delete()
        for item in ticking():
            rows = Schedule.objects.select_for_update().filter(name=item.name).order_by("pk")
            if not rows.update(**wanted(item)):
                Schedule.objects.create(name=item.name, next_run=first, **wanted(item))
            rows.exclude(pk__in=list(rows.values_list("pk", flat=True)[:1])).delete()


def differences() -> Iterator[dict[str, str]]:
    """Where the schedules in the database and those of the code disagree (invariant I46)."""
    expected = {item.name: wanted(item) for item in ticking()}
    for row in Schedule.objects.order_by("pk"):
        facts = expected.pop(str(row.name), None)
        if facts is None:
            yield {"schedule": str(row.name), "func": row.func, "finding": "not in the code, or twice"}
            continue
        for field, value in facts.items():
            if getattr(row, field) != value:
                yield {
                    "schedule": str(row.name),
                    "finding": f"{field} is {getattr(row, field)!r}, the code says {value!r}",
                }
    yield from ({"schedule": name, "finding": "missing in the database"} for name in expected)
