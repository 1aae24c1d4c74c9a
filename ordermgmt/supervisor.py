"""Keeps a cluster of workers running: restarts it when it ends, kills its whole group when it stands still.

Idle workers killed one by one wedge django-q2 for good, so only whole groups are ever killed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.db.models import F
from django.utils.translation import gettext_noop
from structlog import get_logger

from ordermgmt.alerts import WEDGED, WORKERS
from ordermgmt.history import record
from ordermgmt.leases import database_now
from ordermgmt.models import WorkerBeat
from ordermgmt.watch import BOOT, is_wedged

log = get_logger(__name__)
PATIENCE = timedelta(seconds=max(2 * settings.Q_CLUSTER["timeout"], 60))
GRACE = 2 * (settings.Q_CLUSTER["timeout"] + 3) + 30
PAUSE = 2.0


class Watchdog:
    """Kills a process group that has work but shows no progress."""

    def __init__(self, group: int, *, cluster: str, patience: timedelta = PATIENCE, boot: timedelta = BOOT) -> None:
        self.group, self.cluster, self.patience, self.boot = group, cluster, patience, boot
        self.started_at: datetime | None = None

    def look(self) -> bool:
        """One look; says whether the group was killed. A database that is away proves nothing."""
        try:
            close_old_connections()
            now = database_now()
            self.started_at = self.started_at or now
            if not self._is_wedged(now, self.started_at):
                return False
            self._count(now)
        except (DatabaseError, InterfaceError):
            log.warning("watchdog_sees_no_database")
            connection.close()
            return False
        log.error("workers_stand_still", cluster=self.cluster, group=self.group)
        kill_group(self.group)
        return True

    def _is_wedged(self, now: datetime, started_at: datetime) -> bool:
        return is_wedged(now, started_at=started_at, patience=self.patience, boot=self.boot, cluster=self.cluster)

    @transaction.atomic
    def _count(self, now: datetime) -> None:
        """For the health page, and in the history, from which operators are told of the second time (alerts.py)."""
        WorkerBeat.objects.filter(cluster=self.cluster).update(wedges=F("wedges") + 1)
        sentence = gettext_noop("Workers {cluster} stood still and were started again")
        record(WEDGED, sentence, subject=WORKERS, by=None, now=now, cluster=self.cluster)


class Supervisor:
    """Runs `qcluster` in a process group of its own until told to stop."""

    def __init__(
        self, *, cluster: str, patience: timedelta = PATIENCE, boot: timedelta = BOOT, every: float = 5.0
    ) -> None:
        self.cluster, self.patience, self.boot, self.every = cluster, patience, boot, every
        self.is_stopping = False

    def run(self, say: Callable[[str], Any]) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        while not self.is_stopping:
            workers = self._start()
            say(f"Workers of {self.cluster} run in process group {workers.pid}")
            self._guard(workers)
            if not self.is_stopping:
                say("Workers ended; they start again")
                time.sleep(PAUSE)

    def _stop(self, *_: Any) -> None:
        self.is_stopping = True

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "django", "qcluster"]
        environment = {**os.environ, "CLUSTER_NAME": self.cluster}
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)  # noqa: S603

    def _guard(self, workers: subprocess.Popen[bytes]) -> None:
        watchdog = Watchdog(workers.pid, cluster=self.cluster, patience=self.patience, boot=self.boot)
        while not self.is_stopping and workers.poll() is None:
            self._nap()
            if not self.is_stopping and watchdog.look():
                break
        if self.is_stopping and workers.poll() is None:
            _end_gently(workers)
        # Orphans of a dead parent would go on working unguarded.
        kill_group(workers.pid)
        workers.wait()

    def _nap(self) -> None:
        wake = time.monotonic() + self.every
        while not self.is_stopping and time.monotonic() < wake:
            time.sleep(min(0.2, self.every))


def kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _end_gently(workers: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the parent alone lets tasks finish; to the group it would kill them."""
    workers.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        workers.wait(GRACE)
