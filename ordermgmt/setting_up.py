"""What an installation still needs before it can work, and how its doors to the outside do (P06).

Apps register both in `<app>/homes.py`; the first page of admins shows the tasks until all are done, then only health.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise


@dataclass(frozen=True, kw_only=True)
class SetupTask:
    """One thing to set up, where, and whether it is done."""

    title: str | Promise
    url: str
    is_done: bool
    note: str | Promise = ""


@dataclass(frozen=True, kw_only=True)
class Door:
    """One way in or out: when it last worked, what waits behind it, and its last error in a sentence.

    `log_url` opens the rows of what waits or failed; they are tried again from there.
    """

    name: str
    log_url: str
    last_at: datetime | None = None
    waiting: int = 0
    error: str = ""

    @property
    def tone(self) -> str:
        return "bad" if self.error else "warn" if self.waiting else "good" if self.last_at else "neutral"


Task = Callable[[], SetupTask]
_TASKS: list[tuple[int, Task]] = []
Doors = Callable[[datetime], Iterable[Door]]
_DOORS: list[Doors] = []


def setup_task(rank: int) -> Callable[[Task], Task]:
    """Register a task; lower rank comes first."""

    def register(task: Task) -> Task:
        _TASKS.append((rank, task))
        return task

    return register


def doors(tell: Doors) -> Doors:
    """Register who tells of ways in or out: a constant number of queries."""
    _DOORS.append(tell)
    return tell


def setup_tasks() -> list[SetupTask]:
    return [task() for _rank, task in sorted(_TASKS, key=lambda pair: pair[0])]


def all_doors(now: datetime) -> list[Door]:
    return [door for tell in _DOORS for door in tell(now)]
