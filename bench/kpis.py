"""P6: the dashboard from stored days against the same figures from their rows; one day brought up to date against all.

Two databases, the bigger one the one that is judged: BENCH_ORDERS (default 1,000,000) and 10,000.
"""

import json
import os
import time
from datetime import timedelta
from typing import Any

from bench.scratch import BIG, SMALL, child, databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ordermgmt.settings")
FASTER, SHARE_OF_DAY = 50.0, 1 / 200
TURNS = 5


def serve() -> None:
    """Figures of one database as a line of JSON: seconds and numbers of statements."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from ordermgmt.clock import business_day
    from ordermgmt.kpis import Period
    from ordermgmt.measuring import recount
    from ordermgmt.report_forms import Question
    from ordermgmt.rollups import rebuild, refresh, stored
    from ordermgmt.tiles import tiles
    from orders.models import Order

    settings.DEBUG = False
    now = timezone.now()
    today = business_day(now)
    period = Period(today - timedelta(days=89), today)
    question = Question("90", period, period.before, {}, today)
    figures = stored()

    rebuilt = _seconds(lambda: rebuild(now=now))
    shown = min(_seconds(lambda: tiles(figures, question)) for _turn in range(TURNS))
    with CaptureQueriesContext(connection) as seen:
        tiles(figures, question)
    counted = _seconds(lambda: [recount(one, part) for one in figures for part in (period, period.before)])
    busy = Order.objects.filter(accepted_at__isnull=False).order_by("-accepted_at").first()
    _touch(busy)
    refreshed = _seconds(lambda: refresh(now=now + timedelta(minutes=1)))
    facts = {"figures": len(figures), "rebuild": rebuilt, "shown": shown, "counted": counted, "refreshed": refreshed}
    print(json.dumps({**facts, "queries": len(seen), "orders": Order.objects.count()}))


def _touch(order: Any) -> None:
    """One line of history for every order accepted on the day of this one, as a day of work leaves them."""
    from ordermgmt.clock import business_day
    from ordermgmt.kpis import Period
    from ordermgmt.models import Activity
    from orders.models import Order

    day = business_day(order.accepted_at)
    start, end = Period(day, day).instants
    numbers = Order.objects.filter(accepted_at__gte=start, accepted_at__lt=end).values_list("number", flat=True)
    Activity.objects.bulk_create(
        Activity(at=order.accepted_at, actor="Bench", verb="order.noted", subject=n, thread=n, sentence="Noted")
        for n in numbers
    )


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 4)


def main(_arguments: list[str]) -> None:
    big = int(os.environ.get("BENCH_ORDERS", str(BIG)))
    small = min(SMALL, big // 2)
    with databases(small, big) as urls:
        found = {size: child("bench.kpis", url) for size, url in urls.items()}
    for size, facts in found.items():
        print(f"{size:>9} orders", "  ".join(f"{name} {value}" for name, value in facts.items()))
    judged = found[big]
    faster = judged["counted"] / judged["shown"]
    part = judged["refreshed"] / judged["rebuild"]
    same = judged["queries"] == found[small]["queries"]
    print(
        f"from stored days {faster:.0f} × faster (target {FASTER:.0f}); a day {part:.5f} of a rebuild (target {SHARE_OF_DAY})"
    )
    ok = faster >= FASTER and part <= SHARE_OF_DAY and same
    facts = {
        "name": "kpis",
        "ratio": round(faster, 1),
        "target": FASTER,
        "day_of_rebuild": round(part, 5),
        "same_queries": same,
    }
    print(json.dumps({**facts, "ok": ok, "orders": big}))


if __name__ == "__main__":
    serve()
