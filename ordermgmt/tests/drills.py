"""Real processes for drills: workers of their own on the test's database, in process groups of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection


def environment(**more: str) -> dict[str, str]:
    facts = connection.get_connection_params()
    url = f"postgres://{facts['user']}@{facts.get('host', '')}:{facts.get('port') or 5432}/{facts['dbname']}"
    return {**os.environ, "DEBUG": "1", "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "ordermgmt.settings", **more}


class Group:
    """One `manage.py work` with everything under it."""

    def __init__(self, log: Path, name: str, **more: str) -> None:
        command = [
            sys.executable,
            "-m",
            "django",
            "work",
            "--name",
            name,
            "--patience",
            "6",
            "--boot",
            "12",
            "--every",
            "1",
        ]
        self.log = log.open("wb")
        self.parent = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=environment(**more),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def workers(self, count: int) -> list[int]:
        """The processes that do the work. The sentinel starts them before monitor and pusher."""
        table = _processes()
        cluster = next((pid for pid, parent in table.items() if parent == self.parent.pid), 0)
        sentinel = next((pid for pid, parent in table.items() if parent == cluster and cluster), 0)
        return sorted(pid for pid, parent in table.items() if parent == sentinel and sentinel)[:count]

    def everything(self) -> list[int]:
        table = _processes()
        return sorted(pid for pid in table if self.parent.pid in _ancestors(pid, table))

    def end(self) -> None:
        below = self.everything()
        self.parent.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.parent.wait(5)
        for pid in [*below, self.parent.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.parent.wait(5)
        self.log.close()


@contextlib.contextmanager
def group(folder: Path, name: str = "drill", **more: str) -> Iterator[Group]:
    made = Group(folder / f"{name}.log", name, DATA_DIR=str(folder), **more)
    try:
        yield made
    finally:
        made.end()
        # What a killed process held (a lock, a session) must not keep the next test waiting.
        cut_all_connections()


def wait_for(question: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask until the answer is true."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if found := question():
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def cut_all_connections() -> int:
    """What a restart of the database looks like to everyone: all other backends of this database end."""
    facts = connection.get_connection_params()
    with psycopg.connect(
        host=facts.get("host"), port=facts.get("port") or 5432, user=facts["user"], dbname="postgres", autocommit=True
    ) as server:
        cut = server.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            [facts["dbname"], connection.connection.info.backend_pid if connection.connection else 0],
        ).fetchone()
    return int(cut[0]) if cut else 0


def _processes() -> dict[int, int]:
    """pid → parent's pid."""
    table = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                table[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return table


def _ancestors(pid: int, table: dict[int, int]) -> set[int]:
    found = set()
    while pid in table and pid not in found:
        found.add(pid)
        pid = table[pid]
    return found - {0, 1}
