"""P3: a renewal run of 10,000 and of 100,000 due subscriptions, against the bulk insert of the same rows.

Each size runs in a process and a database of its own, so that peak memory is its own. The floor writes the rows
the run made (copies with other keys) with bulk_create in batches of 1,000 orders, in the same database.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from bench.measuring import peak_mb, report, scratch_database, seconds, verdict
from ordermgmt.models import Activity, OutgoingMessage, StoredDocument
from orders.actions.renewing import CHUNK, renew_due
from orders.factories.running import coffee_plan, running
from orders.models import (
    Allocation,
    BillingCycle,
    Charge,
    Delivery,
    Invoice,
    InvoiceLine,
    Order,
    OrderAddress,
    OrderLine,
    OrderLink,
    SourcingDecision,
    SubscriptionEvent,
)

FIRST = date(2026, 12, 3)
START = datetime(2026, 11, 24, 9, tzinfo=UTC)
RUN_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
SMALL, BIG = 10_000, 100_000
SAMPLE, BATCH = 2_000, 1_000
RATIO, GROWTH, MEMORY = 3.0, 11.0, 1.2


def main(arguments: Sequence[str] = ()) -> None:
    if arguments and arguments[0] == "one":
        print(json.dumps(measure(int(arguments[1]))))
        return
    sizes = [int(argument) for argument in arguments] or [SMALL, BIG]
    found = [_apart(size) for size in sizes]
    for size, one in zip(sizes, found, strict=True):
        report(f"floor: bulk insert, batches of {BATCH}", rows=one["rows"], us_per_order=one["floor_us"])
        report(f"renewal run of {size:,}", seconds=one["seconds"], us_per_order=one["us"], ratio=one["ratio"])
        report("  statements of a chunk", half=one["half_chunk"], whole=one["chunk"], peak_mb=one["peak_mb"])
    first, last = found[0], found[-1]
    growth, memory = last["seconds"] / first["seconds"], last["peak_mb"] / first["peak_mb"]
    report("time and memory of the last against the first", time=f"{growth:.2f}", memory=f"{memory:.2f}")
    same = all(one["half_chunk"] == one["chunk"] for one in found)
    ok = first["ratio"] <= RATIO and same and (len(sizes) < 2 or (growth <= GROWTH and memory <= MEMORY))
    verdict("renewals", ratio=first["ratio"], target=RATIO, ok=ok, growth=round(growth, 2), memory=round(memory, 2),
            us_per_order=first["us"], us_per_order_big=last["us"], rows_per_order=first["rows"], statements=first["chunk"])  # fmt: skip


def _apart(size: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "renewals", "one", str(size)],
        env={**os.environ},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def measure(size: int) -> dict[str, Any]:
    with scratch_database():
        version = coffee_plan(units=1_000_000, items=3)
        key = 1
        for part in range(0, size, 5_000):
            running(version, [FIRST] * min(5_000, size - part), now=START, first_key=key)
            key += 5_000
        _statements(version, 5 * 10**6, 30)
        statements = [_statements(version, 10**6, CHUNK // 2), _statements(version, 2 * 10**6, CHUNK)]
        _analyse()
        taken = seconds(lambda: renew_due(now=RUN_AT))
        assert not Delivery.objects.due(RUN_AT).exists()
        peak = peak_mb()
        floor, rows = _floor()
        us = taken / size * 1e6
        return {
            "seconds": round(taken, 2),
            "us": round(us),
            "floor_us": round(floor),
            "ratio": round(us / floor, 3),
            "rows": round(rows, 1),
            "half_chunk": statements[0],
            "chunk": statements[1],
            "peak_mb": round(peak, 1),
        }


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _statements(version: Any, key: int, size: int) -> int:
    """Of one chunk of this size, alone; it is due before all others."""
    made = running(version, [FIRST] * size, now=START, first_key=key)
    Delivery.objects.filter(subscription__in=made).update(order_at=START)
    with CaptureQueriesContext(connection) as found:
        assert renew_due(now=RUN_AT, limit=size).ordered == size
    return len(found)


def _floor() -> tuple[float, float]:
    """Microseconds and rows of an order when its rows are only inserted."""
    tables = _rows(list(Order.objects.order_by("-pk")[:SAMPLE]))
    total, orders = 0.0, len(tables[0])
    for begin in range(0, orders, BATCH):
        batch = _copies(tables, begin, begin + BATCH)
        total += seconds(lambda batch=batch: _insert(batch))  # type: ignore[misc]
    return total / orders * 1e6, sum(map(len, tables)) / orders


def _rows(orders: list[Order]) -> list[list[models.Model]]:
    """All rows the run wrote for these orders, by table, those referred to first."""
    numbers = [order.number for order in orders]
    own = {"order__in": orders}
    invoices = list(Invoice.objects.filter(**own))
    cycles = BillingCycle.objects.filter(invoice__in=invoices)
    owners = Delivery.objects.filter(**own).values("subscription")
    found: list[list[Any]] = [orders, list(OrderLine.objects.filter(**own))]
    found += [list(model._default_manager.filter(**own)) for model in (OrderAddress, OrderLink, SourcingDecision)]
    found.append(list(Allocation.objects.filter(line__order__in=orders)))
    found.append(list(OutgoingMessage.objects.filter(thread__in=numbers)))
    found.append(list(StoredDocument.objects.filter(number__in=[one.number for one in invoices])))
    found += [invoices, list(InvoiceLine.objects.filter(invoice__in=invoices)), list(cycles)]
    found.append(list(Charge.objects.filter(invoice__in=invoices)))
    found.append(list(Delivery.objects.filter(subscription__in=owners, is_next=True)))
    found.append(list(SubscriptionEvent.objects.filter(subscription__in=owners, kind="ordered")))
    found.append(list(Activity.objects.filter(thread__in=numbers)))
    return found


_next = count(1)
UNIQUE = {
    Order: ("number",),
    OrderLink: ("token",),
    OutgoingMessage: ("about",),
    StoredDocument: ("number",),
    Invoice: ("number", "cause"),
    InvoiceLine: ("cause",),
    Charge: ("idempotency_key",),
}


def _copies(tables: list[list[models.Model]], begin: int, end: int) -> list[list[models.Model]]:
    """The rows of some of the orders, as new ones: with other keys, and pointing at each other."""
    orders = tables[0][begin:end]
    share = [table[len(table) * begin // len(tables[0]) : len(table) * end // len(tables[0])] for table in tables]
    share[0] = orders
    for table in share:
        for row in table:
            _renew(row)
    return share


def _renew(row: Any) -> None:
    n = next(_next)
    for name in UNIQUE.get(type(row), ()):
        setattr(row, name, f"X{n}")
    for name, value in _OTHERS.get(type(row), lambda _n: {})(n).items():
        setattr(row, name, value)
    row.pk = None


_OTHERS: dict[Any, Any] = {
    Invoice: lambda n: {"sequence": n, "series": "X", "document_id": None},
    BillingCycle: lambda n: {"number": 1000 + n, "invoice_id": None},
    Delivery: lambda n: {"number": 1000 + n, "is_next": False},
    Charge: lambda n: {"number": 1000 + n % 30_000, "status": "cancelled"},
    OrderAddress: lambda n: {"kind": f"x{n}"[:10]},
    OrderLine: lambda n: {"position": 1000 + n},
    InvoiceLine: lambda n: {"position": 1000 + n},
}


def _insert(batch: list[list[models.Model]]) -> None:
    with transaction.atomic():
        lines: list[Any] = []
        for table in batch:
            if table and isinstance(table[0], Allocation):
                for row, line in zip(table, lines, strict=False):
                    row.line_id = line.pk  # type: ignore[attr-defined]
            type(table[0])._default_manager.bulk_create(table)
            lines = table if isinstance(table[0], OrderLine) else lines
