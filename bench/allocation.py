"""P2: eight writers on three hot SKUs, against our own single writer; nothing oversold, nothing undersold.

Every order wants one unit of each of the three SKUs. Real processes that have taken orders in before,
as a server's have; demand exceeds the stock. Beside it what the machine gives to as many processes
that only insert such rows (one commit an order), and that only update the three levels.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.models import Sum

from bench.capture import as_new, rows_of, write_bare
from bench.measuring import p95, peak_mb, report, scratch_database, verdict
from inventory.actions.holding import promise
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku, StockLevel, Warehouse
from orders.actions.placing import place_order
from orders.drafts import OrderDraft
from orders.factories import ChannelFactory, draft
from orders.models import Allocation, Channel, Order, OrderLine

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WRITERS = 8
EACH = 60
SINGLE = 240
WARM = 10
Work = Callable[[list[Any]], Callable[[Any], Any]]
RATE_TARGET, P95_TARGET = 1.5, 8.0


def main(arguments: Sequence[str] = ()) -> None:
    with scratch_database():
        measure()


def measure() -> None:
    house, channel = WarehouseFactory(), ChannelFactory()
    _warm(house, channel)
    rows = _floor("bare insert of the same rows", house, channel, _write_bare)
    levels = _floor("stock update alone", house, channel, _write_levels)
    single = _run(1, SINGLE, house, channel)
    many = _run(WRITERS, EACH, house, channel)
    ratio, slower = many["rate"] / single["rate"], many["p95"] / single["p95"]
    report("rate with 8 writers against one", ratio=f"{ratio:.2f}", target=f"{RATE_TARGET} at least")
    report("p95 with 8 writers against one", ratio=f"{slower:.2f}", target=f"{P95_TARGET} at most")
    report("peak memory", mb=f"{peak_mb():.0f}")
    wrong = {key: single[key] + many[key] for key in ("oversold", "undersold", "deadlocks")}
    ok = ratio >= RATE_TARGET and slower <= P95_TARGET and not any(wrong.values())
    floors = {"floor_rows": round(rows, 2), "floor_levels": round(levels, 2)}
    verdict(
        "allocation",
        ratio=ratio,
        target=RATE_TARGET,
        ok=ok,
        p95_ratio=round(slower, 2),
        p95_target=P95_TARGET,
        **floors,
        **wrong,
    )


def _warm(house: Warehouse, channel: Channel) -> None:
    """What a process does once (holidays, templates) is done before the writers are forked."""
    sku = SkuFactory()
    stock(sku, house, WARM)
    for _ in range(WARM):
        place_order(draft({sku: 1}, channel=channel), by="Bench", now=NOW)


def _floor(what: str, house: Warehouse, channel: Channel, work: Work) -> float:
    """How many times the rate of one process eight reach at something simpler."""
    rates = []
    for writers in (1, WRITERS):
        skus = [SkuFactory() for _ in range(3)]
        for sku in skus:
            stock(sku, house, 100_000)
        model = place_order(draft(dict.fromkeys(skus, 1), channel=channel), by="Bench", now=NOW)
        times, _errors, elapsed = _at_once([[model] * EACH * 2 for _ in range(writers)], work)
        rates.append(len(times) / elapsed)
        ms = f"{p95(times) * 1000:.1f}"
        report(f"floor: {what}, {writers} writer(s)", per_second=f"{rates[-1]:.0f}", p95_ms=ms)
    return rates[1] / rates[0]


def _run(writers: int, each: int, house: Warehouse, channel: Channel) -> dict[str, Any]:
    skus = [SkuFactory() for _ in range(3)]
    units = writers * each * 9 // 10
    for sku in skus:
        stock(sku, house, units)
    drafts = [[draft(dict.fromkeys(skus, 1), channel=channel) for _ in range(each)] for _ in range(writers)]
    times, errors, elapsed = _at_once(drafts, _place)
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


def _at_once(things: list[list[Any]], work: Work) -> tuple[list[float], int, float]:
    """All writers start together; gives the time of each piece, errors, and the time of the whole."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(len(things) + 1), context.Queue()
    writers = [context.Process(target=_write, args=(mine, work, start, results)) for mine in things]
    for writer in writers:
        writer.start()
    start.wait()
    began = time.perf_counter()
    found = [results.get(timeout=300) for _ in writers]
    elapsed = time.perf_counter() - began
    for writer in writers:
        writer.join()
    return [one for times, _e in found for one in times], sum(errors for _t, errors in found), elapsed


def _write(mine: list[Any], work: Work, start: Any, results: Any) -> None:
    connections["default"].ensure_connection()
    do = work(mine)
    times, errors = [], 0
    start.wait()
    for one in mine:
        began = time.perf_counter()
        try:
            do(one)
        except OperationalError:
            errors += 1
        times.append(time.perf_counter() - began)
    results.put((times, errors))
    connections.close_all()


def _place(_mine: list[Any]) -> Callable[[OrderDraft], Any]:
    return lambda one: place_order(one, by="Bench", now=NOW)


def _write_bare(mine: list[Any]) -> Callable[[Order], Any]:
    """One bulk_create per table, a transaction per order; no stock."""
    groups, numbers = rows_of(mine[0]), count(1)
    return lambda _order: write_bare(as_new(groups, f"{os.getpid()}-{next(numbers)}"))


def _write_levels(mine: list[Any]) -> Callable[[Order], Any]:
    """The conditional update of the three levels in a transaction of its own."""
    skus = mine[0].lines.values("sku")
    units = dict.fromkeys(StockLevel.objects.filter(sku__in=skus).values_list("pk", flat=True), 1)

    def update(_order: Order) -> None:
        with transaction.atomic():
            promise(units)

    return update
