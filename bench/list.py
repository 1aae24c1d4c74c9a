"""P4: the orders list at 1,000,000 orders against 10,000, page by page; HTML weight and query count.

Both databases are asked in turns, page by page, so that what else the machine does hits both alike.
"""

import json
import os
import statistics
import sys
import time
from typing import Any

from bench.scratch import BIG, SMALL, TURNS, Asked, databases, peak_mb

TARGET, WEIGHT = 1.5, 60_000
WARM = 2


def pages(orders: int) -> dict[str, str]:
    """Each page by name; what is searched exists in both databases."""
    number = 100_000 + orders - 77
    return {
        "first, open": "/orders/?view=open",
        "first, all": "/orders/?view=all",
        **{f"view {slug}": f"/orders/?view={slug}" for slug in ("on-hold", "due-today", "late", "backordered", "ready", "shipped-today", "problem", "draft", "unpaid-shipped")},
        "payment unpaid": "/orders/?view=all&payment=unpaid",
        "channel": "/orders/?view=all&channel=shop-2",
        "country": "/orders/?view=all&country=SE",
        "tag": "/orders/?view=all&tag=vip",
        "warehouse": "/orders/?view=all&warehouse=W1",
        "item": "/orders/?view=all&item=SKU-17",
        "placed, 30 days": f"/orders/?view=all&placed_after={_days_ago(30)}",
        "amount": "/orders/?view=all&amount_min=190&sort=total",
        "hold reason": "/orders/?view=all&hold=address",
        "sort by total": "/orders/?view=all&sort=-total",
        "sort by due": "/orders/?view=open&sort=due",
        "search number": f"/orders/?view=all&q=SO-{number}",
        "search shop number": "/orders/?view=all&q=%231234",
        "search name": "/orders/?view=all&q=maria+lindqvist",
        "search rare name": "/orders/?view=all&q=lindqvist+c.",
        "search e-mail": "/orders/?view=all&q=c777@mail27.example",
        "search phone": "/orders/?view=all&q=070-100+07+77",
        "search postcode": "/orders/?view=all&q=10777",
        "search SKU": "/orders/?view=all&q=SKU-17",
    }  # fmt: skip


def _days_ago(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def serve(orders: int) -> None:
    """Answer every line (the name of a page) with the facts of one visit, through the whole stack but the network.

    A line that starts with "!" asks for a visit on which no count is remembered.
    """
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from ordermgmt.listing.counting import forget_totals

    settings.DEBUG = False
    client = staff_client(Client)
    addresses = {**pages(orders), "deep": _deep(client)}
    statements: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        for line in sys.stdin:
            if line.startswith("!"):
                forget_totals()
            statements.clear()
            start = time.perf_counter()
            body = client.get(addresses[line.strip().lstrip("!")])
            took = (time.perf_counter() - start) * 1000
            assert body.status_code == 200, (line, body.status_code)
            facts = {"ms": took, "bytes": len(body.content), "queries": len(statements), "peak_mb": peak_mb()}
            print(json.dumps(facts), flush=True)


def measure(urls: dict[int, str]) -> dict[int, dict[str, Any]]:
    """Of each page in each database: median and p95 of many visits, weight and statements."""
    asked = {size: Asked("bench.list", url, str(size)) for size, url in urls.items()}
    found: dict[int, dict[str, Any]] = {size: {} for size in urls}
    for name in [*pages(SMALL), "deep"]:
        visits: dict[int, list[Any]] = {size: [] for size in urls}
        first = {size: ask(f"!{name}") for size, ask in asked.items()}
        for turn in range(WARM + TURNS):
            for size, ask in asked.items():
                visit = ask(name)
                if turn >= WARM:
                    visits[size].append(visit)
        for size, seen in visits.items():
            times = sorted(visit["ms"] for visit in seen)
            tail = times[int(len(times) * 0.95) - 1]
            found[size][name] = {
                **seen[-1],
                "queries": first[size]["queries"],
                "median": round(statistics.median(times), 2),
                "p95": round(tail, 2),
            }
    for ask in asked.values():
        ask.end()
    return found


def staff_client(kind: Any) -> Any:
    """A client signed in as a manager."""
    from ordermgmt.models import RoleGrant, User

    user = User.objects.filter(email="bench@example.com").first()
    if user is None:
        user = User.objects.create_user("bench@example.com", name="Bench")
        RoleGrant.objects.create(user=user, role="manager")
    client = kind(headers={"host": "localhost"})
    client.force_login(user, backend="ordermgmt.access.RoleBackend")
    return client


def _deep(client: Any) -> str:
    """The page after the middle of the list, by its key, as a person who clicked Next thousands of times has it."""
    from ordermgmt.listing.keyset import write_cursor
    from orders.models import Order

    middle = Order.objects.order_by("-id")[:1][0].pk // 2
    row = Order.objects.get(pk=middle)
    return f"/orders/?view=all&after={write_cursor(row, ('-placed_at', '-id'), middle)}"


def main(arguments: list[str]) -> None:
    big = int(arguments[0]) if arguments else BIG
    with databases(SMALL, big) as urls:
        found = measure(urls)
    small_run, big_run = found[SMALL], found[big]
    worst = 0.0
    print(
        f"{'page':22} {'10,000: median':>15} {'p95':>8} {f'{big:,}: median':>18} {'p95':>8} {'ratio':>6} {'p95':>6} {'KB':>5} {'queries':>8}"
    )
    for name, one in big_run.items():
        base = small_run[name]
        ratio, tail = one["median"] / base["median"], one["p95"] / base["p95"]
        worst = max(worst, ratio, tail)
        mark = "" if max(ratio, tail) <= TARGET else "  <-- above target"
        print(
            f"{name:22} {base['median']:15} {base['p95']:8} {one['median']:18} {one['p95']:8} {ratio:6.2f} {tail:6.2f} {one['bytes'] / 1000:5.0f} {one['queries']:8}{mark}"
        )
    heaviest = max(one["bytes"] for one in big_run.values())
    differing = sorted(name for name, one in big_run.items() if one["queries"] != small_run[name]["queries"])
    answer = {"name": "list", "ratio": round(worst, 2), "target": TARGET, "heaviest_page_bytes": heaviest, "weight_target": WEIGHT,
              "most_queries": max(one["queries"] for one in big_run.values()), "differing_queries": differing,
              "peak_mb": max(one["peak_mb"] for one in big_run.values()), "ok": worst <= TARGET and heaviest <= WEIGHT}  # fmt: skip
    print(json.dumps(answer))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    serve(int(sys.argv[1]))
