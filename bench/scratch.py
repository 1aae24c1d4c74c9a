"""Scratch databases full of believable orders, made by set-based SQL on PostgreSQL and dropped afterwards.

BENCH_DATABASE_URL names a server where databases may be created (default: the local one).
BENCH_KEEP=1 leaves the databases standing, and the next run uses them again.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
KEEP = os.environ.get("BENCH_KEEP") == "1"
SMALL, BIG = 10_000, 1_000_000
TURNS = int(os.environ.get("BENCH_TURNS", "20"))


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


@contextmanager
def databases(*sizes: int) -> Iterator[dict[int, str]]:
    """Databases with that many orders: size to URL."""
    import psycopg

    names = {size: f"bench_orders_{size}" for size in sizes}
    with psycopg.connect(SERVER, autocommit=True) as server:
        found = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
        try:
            for size, name in names.items():
                if name in found and KEEP:
                    continue
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                server.execute(f"DROP DATABASE IF EXISTS {name}_new WITH (FORCE)")
                server.execute(f"CREATE DATABASE {name}_new")
                child("bench.scratch", url_of(f"{name}_new"), "fill", str(size))
                server.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
            yield {size: url_of(name) for size, name in names.items()}
        finally:
            for name in names.values() if not KEEP else ():
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def environment(url: str, **settings: str) -> dict[str, str]:
    """What a process on that database is started with."""
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DEBUG": "1",
        "LOG_LEVEL": "ERROR",
        "STATEMENT_TIMEOUT_MS": "0",
        **settings,
    }


def child(module: str, url: str, *arguments: str, **settings: str) -> dict[str, Any]:
    """Run a module on one database in its own process; its last line is JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment(url, **settings), stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1] or "{}")
    return answer


class Asked:
    """A module that runs on one database and answers each line it is given with a line of JSON."""

    def __init__(self, module: str, url: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment(url), stdin=pipe, stdout=pipe, text=True)

    def __call__(self, question: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{question}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# Filling -----------------------------------------------------------------------------------------
def fill(orders: int) -> None:
    """Make the tables and fill them (filling.py)."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.filling import statements

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        for statement in statements(orders):
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print("{}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    fill(int(sys.argv[2]))
