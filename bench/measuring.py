"""What benchmarks of our verbs need: an empty scratch database in this process, a clock, one way to report."""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import django

DEFAULT_SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("LOG_LEVEL", "ERROR")
if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    os.environ["DATABASE_URL"] = os.environ.get("BENCH_DATABASE_URL", DEFAULT_SERVER)
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402


@contextmanager
def scratch_database() -> Iterator[None]:
    """A new, migrated database that is dropped afterwards. Statements are not kept: DEBUG is off."""
    settings.DEBUG = False
    old = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_verbs_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connections.close_all()
        connection.creation.destroy_test_db(old, verbosity=0)


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[18] if len(values) > 1 else values[0]


def peak_mb() -> float:
    """The most memory this process and its finished children ever held."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / (1024 if sys.platform != "darwin" else 1024 * 1024)


def report(what: str, **figures: Any) -> None:
    """One line of figures for people."""
    print(f"{what:<44}", "  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)


def verdict(name: str, *, ratio: float, target: float, ok: bool, **more: Any) -> None:
    """The last line, for machines."""
    facts = {"name": name, "ratio": round(ratio, 3), "target": target, "ok": ok, "peak_mb": round(peak_mb(), 1)}
    print(json.dumps(facts | more), flush=True)
