"""P6 for the workflow map: two weeks from the stored days against a recount of the same rows, and the map of now.

`python -m bench workflow [orders]`: on a scratch database of 1,000,000 orders; the days are worked out first.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.scratch import BIG, TURNS, child, databases, peak_mb

TARGET, NOW_TARGET_MS, DAY_TARGET = 50.0, 500, 1 / 200


def main(arguments: list[str]) -> None:
    size = int(arguments[0]) if arguments else BIG
    with databases(size) as urls:
        found = child("bench.workflow", urls[size], "measure")
    print(f"{size:,} orders, {found['open']:,} of them open")
    for name in ("now_ms", "now_cpu_ms", "stored_ms", "raw_ms", "rebuild_s", "day_s"):
        print(f"  {name:12} {found[name]}")
    print(f"  statements   now {found['now_statements']}, two weeks {found['stored_statements']}")
    ratio, day = found["raw_ms"] / found["stored_ms"], found["day_s"] / found["rebuild_s"]
    ok = ratio >= TARGET and found["now_ms"] <= NOW_TARGET_MS and day <= DAY_TARGET and found["equal"]
    facts = {"name": "workflow", "ratio": round(ratio, 1), "target": TARGET, "ok": ok, "orders": size}
    more = {"day_against_rebuild": round(day, 5), "day_target": DAY_TARGET, "now_target_ms": NOW_TARGET_MS}
    print(json.dumps({**facts, **more, **found}))


def measure() -> dict[str, Any]:
    import django

    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from fulfilment.flow.reading import last_days, now_map, past_map
    from fulfilment.flow.visits import FIGURES
    from ordermgmt.measuring import recount
    from ordermgmt.rollups import rebuild

    settings.DEBUG = False
    now = timezone.now()
    week = last_days(now, 7)
    rebuilt = _seconds(lambda: rebuild(FIGURES.values(), now=now))
    cpu = time.process_time()
    now_ms, now_statements = _turns(lambda: now_map({}, now=now))
    cpu_ms = round((time.process_time() - cpu) * 1000 / (TURNS + 1), 1)
    stored_ms, stored_statements = _turns(lambda: past_map(week, {}, now=now, earlier=week.before))
    stored = past_map(week, {}, now=now, earlier=week.before)
    raw: dict[str, Any] = {}

    def from_rows() -> None:
        raw.update({code: (recount(figure, week), recount(figure, week.before)) for code, figure in FIGURES.items()})

    raw_ms = _seconds(from_rows) * 1000
    equal = all(
        (stored.figure(code).count, stored.before[code].count) == (after.count, before.count)
        and stored.figure(code).median == after.value
        for code, (after, before) in raw.items()
    )
    return {
        "open": now_map({}, now=now).total, "now_ms": now_ms, "now_cpu_ms": cpu_ms, "now_statements": now_statements,
        "stored_ms": stored_ms, "stored_statements": stored_statements, "raw_ms": round(raw_ms, 1), "equal": equal,
        "rebuild_s": round(rebuilt, 1), "day_s": round(_one_day(now), 2), "peak_mb": peak_mb(),
    }  # fmt: skip


def _one_day(now: Any) -> float:
    """A refresh after everything that was delivered on one day was named by the history."""
    from fulfilment.flow.visits import FIGURES
    from fulfilment.models import Shipment
    from ordermgmt.models import Activity
    from ordermgmt.rollups import refresh

    last = (
        Shipment.objects.filter(delivered_at__isnull=False).order_by("-delivered_at").values_list("delivered_at")[0][0]
    )
    numbers = Shipment.objects.filter(delivered_at__gt=last - timedelta(days=1)).values_list("order__number", flat=True)
    lines = [Activity(at=now, actor="B", verb="x", subject=n, thread=n, sentence="x") for n in numbers]
    Activity.objects.bulk_create(lines, batch_size=2000)
    return _seconds(lambda: refresh(now=now, kpis=FIGURES.values()))


def _turns(work: Callable[[], Any]) -> tuple[float, int]:
    """Median milliseconds of many turns, and statements of one."""
    from django.db import connection

    said: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        said.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        work()
    return round(statistics.median(_seconds(work) * 1000 for _ in range(TURNS)), 1), len(said)


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
    print(json.dumps(measure()) if sys.argv[1] == "measure" else "{}")
