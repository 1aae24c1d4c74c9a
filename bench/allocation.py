"""P2: eight writers on three hot SKUs, against our own single writer; nothing oversold, nothing undersold.

Every order wants one unit of each of the three SKUs. Real processes; demand exceeds the stock.
"""

import multiprocessing
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connections
from django.db.models import Sum

from bench.measuring import p95, peak_mb, report, scratch_database, verdict
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, StockLevel
from orders.actions.placing import place_order
from orders.drafts import OrderDraft
from orders.factories import ChannelFactory, draft
from orders.models import Allocation, OrderLine

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WRITERS = 8
EACH = 60
SINGLE = 160
RATE_TARGET, P95_TARGET = 1.5, 8.0


def main(arguments: Sequence[str] = ()) -> None:
    with scratch_database():
        measure()


def measure() -> None:
    single = _run(1, SINGLE)
    many = _run(WRITERS, EACH)
    ratio, slower = many["rate"] / single["rate"], many["p95"] / single["p95"]
    report("rate with 8 writers against one", ratio=f"{ratio:.2f}", target=f"{RATE_TARGET} at least")
    report("p95 with 8 writers against one", ratio=f"{slower:.2f}", target=f"{P95_TARGET} at most")
    report("peak memory", mb=f"{peak_mb():.0f}")
    wrong = {key: single[key] + many[key] for key in ("oversold", "undersold", "deadlocks")}
    ok = ratio >= RATE_TARGET and slower <= P95_TARGET and not any(wrong.values())
    verdict(
        "allocation", ratio=ratio, target=RATE_TARGET, ok=ok, p95_ratio=round(slower, 2), p95_target=P95_TARGET, **wrong
    )


def _run(writers: int, each: int) -> dict[str, Any]:
    house, channel = WarehouseFactory(), ChannelFactory()
    skus = [SkuFactory() for _ in range(3)]
    units = writers * each * 9 // 10
    for sku in skus:
        stock(sku, house, units)
    drafts = [[draft(dict.fromkeys(skus, 1), channel=channel) for _ in range(each)] for _ in range(writers)]
    times, errors, elapsed = _at_once(drafts)
    figures = {"rate": len(times) / elapsed, "p95": p95(times), "deadlocks": errors, **_sold(skus, units)}
    ms = f"{figures['p95'] * 1000:.1f}"
    report(f"{writers} writer(s) on 3 hot SKUs", orders=len(times), per_second=f"{figures['rate']:.0f}", p95_ms=ms)
    report("  units per SKU", there=units, **{key: figures[key] for key in ("oversold", "undersold", "deadlocks")})
    return figures


def _sold(skus: list[Sku], units: int) -> dict[str, int]:
    """How far the books are from selling exactly what was there."""
    levels = StockLevel.objects.filter(sku__in=skus).values_list("allocated", flat=True)
    lines = (
        OrderLine.objects.filter(sku__in=skus)
        .values_list("sku")
        .annotate(n=Sum("promised"))
        .values_list("n", flat=True)
    )
    rows = (
        Allocation.objects.filter(sku__in=skus)
        .values_list("sku")
        .annotate(n=Sum("quantity"))
        .values_list("n", flat=True)
    )
    found = [*levels, *lines, *rows]
    return {"oversold": sum(max(0, n - units) for n in found), "undersold": sum(max(0, units - n) for n in found)}


def _at_once(drafts: list[list[OrderDraft]]) -> tuple[list[float], int, float]:
    """All writers start together; gives the time of each order, errors, and the time of the whole."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(len(drafts) + 1), context.Queue()
    writers = [context.Process(target=_write, args=(mine, start, results)) for mine in drafts]
    for writer in writers:
        writer.start()
    start.wait()
    began = time.perf_counter()
    found = [results.get(timeout=300) for _ in writers]
    elapsed = time.perf_counter() - began
    for writer in writers:
        writer.join()
    return [one for times, _e in found for one in times], sum(errors for _t, errors in found), elapsed


def _write(mine: list[OrderDraft], start: Any, results: Any) -> None:
    connections["default"].ensure_connection()
    times, errors = [], 0
    start.wait()
    for one in mine:
        began = time.perf_counter()
        try:
            place_order(one, by="Bench", now=NOW)
        except OperationalError:
            errors += 1
        times.append(time.perf_counter() - began)
    results.put((times, errors))
    connections.close_all()
