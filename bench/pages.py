"""P10: pages under gunicorn against an empty Django view in the same process; how many statements each takes.

One worker with eight threads, as deployed, asked over one kept connection; the pages take turns, so
that what else the machine does hits all alike.
"""

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.list import staff_client
from bench.scratch import SMALL, child, databases, peak_mb

TURNS = int(os.environ.get("BENCH_TURNS", "150"))
LIST_TARGET, STATUS_TARGET, MOST_STATEMENTS = 12.0, 6.0, 25
HISTORY = 300
# Pages with a target of cost, in empty views.
TARGETS = {"orders list": LIST_TARGET, "order list rows (htmx)": LIST_TARGET, "customer status": STATUS_TARGET}


def prepare() -> dict[str, Any]:
    """In the scratch database: a person signed in, links, a long history; addresses and statements of each page."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.DEBUG = False
    client = staff_client(Client)
    addresses = _addresses()
    statements = {}
    for name, address in addresses.items():
        client.get(address, headers=_headers(name))
        seen: list[str] = []

        def count(execute: Any, sql: str, *rest: Any, seen: list[str] = seen) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            answer = client.get(address, headers=_headers(name))
        assert answer.status_code == 200, (name, address, answer.status_code)
        statements[name] = len(seen)
    return {
        "addresses": addresses,
        "statements": statements,
        "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "cookie": settings.SESSION_COOKIE_NAME,
    }


def _addresses() -> dict[str, str]:
    from django.utils import timezone

    from inventory.models import Sku
    from ordermgmt.models import Activity
    from orders.models import Order, OrderLink
    from orders.states import OrderStatus

    now = timezone.now()
    opened = Order.objects.filter(status=OrderStatus.ACCEPTED).latest("pk")
    closed = Order.objects.filter(status=OrderStatus.CLOSED, shipments__isnull=False).latest("pk")
    Activity.objects.bulk_create(
        Activity(at=now, actor="Sam", verb="note.added", subject=opened.number, thread=opened.number, sentence=f"Note {n}")
        for n in range(HISTORY)
    )  # fmt: skip
    token = OrderLink.objects.issue(closed, now=now).token
    return {
        "orders list": "/orders/?view=open",
        "order list rows (htmx)": "/orders/?view=open&sort=due",
        "customer status": f"/o/{token}/",
        "order page": f"/orders/{closed.number}/",
        f"order page, {HISTORY} entries": f"/orders/{opened.number}/",
        "item page": f"/items/{Sku.objects.earliest('pk').code}/",
        "search": f"/search/?q={opened.number}&fragment=1",
    }


def _headers(name: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": "list"} if "htmx" in name else {}


@contextmanager
def served(url: str) -> Iterator[tuple[int, int]]:
    """The portal under gunicorn: its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "DATABASE_URL": url, "DEBUG": "1", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "gunicorn", "bench.site:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "8", "--keep-alive", "60", "--log-level", "warning"]
    with subprocess.Popen(command, env=env) as server:
        try:
            _wait(port)
            yield port, server.pid
        finally:
            server.terminate()


def _wait(port: int) -> None:
    for _turn in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not come up")


def measure(port: int, facts: dict[str, Any]) -> dict[str, list[float]]:
    """Milliseconds of each page, in turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    pages = {"empty view": "/bench-empty/", **facts["addresses"]}
    cookie = {"Cookie": f"{facts['cookie']}={facts['session']}", "Host": "localhost"}
    times: dict[str, list[float]] = {name: [] for name in pages}
    for turn in range(TURNS + 8):
        for name, address in pages.items():
            own = {"Host": "localhost"} if name in ("empty view", "customer status") else cookie
            start = time.perf_counter()
            connection.request("GET", address, headers={**own, **_headers(name)})
            answer = connection.getresponse()
            answer.read()
            if turn >= 8:
                times[name].append((time.perf_counter() - start) * 1000)
            assert answer.status == 200, (name, answer.status)
    connection.close()
    return times


def _memory(pid: int) -> float:
    """The most memory the server's worker ever held, in MB; 0 where the system does not tell."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return 0
    lines = [
        line
        for child_pid in children.read_text().split()
        for line in Path(f"/proc/{child_pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return max((int(line.split()[1]) / 1024 for line in lines), default=0)


def main(arguments: list[str]) -> None:
    with databases(SMALL) as urls:
        facts = child("bench.pages", urls[SMALL])
        with served(urls[SMALL]) as (port, pid):
            times = measure(port, facts)
            memory = _memory(pid)
    floor = statistics.median(times["empty view"])
    print(f"{SMALL:,} orders, {TURNS} turns; milliseconds over one kept connection")
    ratios = {name: statistics.median(found) / floor for name, found in times.items()}
    for name, found in times.items():
        target = f"target {TARGETS[name]:.0f}" if name in TARGETS else ""
        p95 = statistics.quantiles(found, n=20)[18]
        asked = facts["statements"].get(name, 0)
        print(
            f"{name:28} median {statistics.median(found):7.2f}   p95 {p95:7.2f}   × empty {ratios[name]:6.2f}   statements {asked:3}   {target}"
        )
    pages = [name for name in ratios if name.startswith("order page")]
    most = max(facts["statements"][name] for name in pages)
    print(f"statements of an order page    {most} (target {MOST_STATEMENTS} at most, however long its history)")
    print(f"peak memory                    server {memory:.0f} MB, this process {peak_mb()} MB")
    ok = all(ratios[name] <= target for name, target in TARGETS.items()) and most <= MOST_STATEMENTS
    answer = {"name": "pages", "ratio": round(ratios["orders list"], 2), "target": LIST_TARGET, "status_ratio": round(ratios["customer status"], 2),
              "status_target": STATUS_TARGET, "order_page_statements": most, "statements_target": MOST_STATEMENTS,
              "peak_mb": round(memory), "ok": ok}  # fmt: skip
    print(json.dumps(answer))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    print(json.dumps(prepare()))
