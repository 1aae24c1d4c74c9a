"""P1: taking in a 3-line order with validation, promise, activity and message, against the bare insert of its rows.

The floor writes the same rows with one bulk_create per table, a transaction per order; both are
measured in turns in one run.
"""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from bench.measuring import p95, peak_mb, report, scratch_database, seconds, verdict
from customers.factories import CustomerFactory
from inventory.factories import SkuFactory, WarehouseFactory, stock
from inventory.models import Sku
from ordermgmt.models import Activity, OutgoingMessage
from orders.actions.placing import place_order
from orders.drafts import DraftCharge, OrderDraft
from orders.factories import ChannelFactory, draft
from orders.models import (
    Allocation,
    Order,
    OrderAddress,
    OrderCharge,
    OrderLine,
    OrderLink,
    Payment,
    SourcingDecision,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDERS = 400
TURN = 20
TARGET = 2.0
# Peers, measured on the same kind of machine: orders a second of the floor and of django-oscar.
OSCAR = 19 / 137
CHILDREN = (OrderLine, OrderAddress, OrderCharge, OrderLink, Payment, SourcingDecision)


def make_drafts(skus: Sequence[Sku], number: int) -> list[OrderDraft]:
    channel = ChannelFactory(checks_prices=True, requires_payment=True)
    customers = [CustomerFactory() for _ in range(50)]
    shipping = (DraftCharge(title="Standard", amount=Decimal("4.90")),)
    return [
        draft(
            {skus[(3 * i + k) % len(skus)]: 1 + (i + k) % 2 for k in range(3)},
            channel=channel,
            customer=customers[i % len(customers)],
            charges=shipping,
        )
        for i in range(number)
    ]


def rows_of(order: Order) -> list[list[models.Model]]:
    """All rows that taking this order in has written, by table."""
    groups: list[list[models.Model]] = [[Order.objects.get(pk=order.pk)]]
    groups += [list(model._default_manager.filter(order=order)) for model in CHILDREN]
    groups.append(list(Allocation.objects.filter(line__order=order)))
    groups.append(list(Activity.objects.filter(subject=order.number)))
    groups.append(list(OutgoingMessage.objects.filter(thread=order.number)))
    return [group for group in groups if group]


def write_bare(groups: list[list[models.Model]]) -> None:
    """One bulk_create per table: the floor."""
    with transaction.atomic():
        (order,) = type(groups[0][0])._default_manager.bulk_create(groups[0])
        for group in groups[1:]:
            for row in group:
                if hasattr(row, "order_id"):
                    row.order = order  # type: ignore[attr-defined]
            type(group[0])._default_manager.bulk_create(group)


def as_new(groups: list[list[models.Model]], n: object) -> list[list[models.Model]]:
    """The same rows once more, with the keys that must differ; allocations stay with new lines."""
    lines = {row.pk: row for group in groups for row in group if isinstance(row, OrderLine)}
    for group in groups:
        for row in group:
            _renew(row, lines, n)
    return groups


def _renew(row: Any, lines: dict[Any, OrderLine], n: object) -> None:
    if isinstance(row, Allocation):
        row.line = lines[row.line_id]
    for field in ("number", "token", "about", "effect_key", "subject", "thread"):
        if hasattr(row, field):
            setattr(row, field, f"X-{n}")
    row.pk = None


def main(arguments: Sequence[str] = ()) -> None:
    with scratch_database():
        measure()


def measure() -> None:
    house = WarehouseFactory()
    skus = [SkuFactory() for _ in range(300)]
    for sku in skus:
        stock(sku, house, 100_000)
    drafts = make_drafts(skus, ORDERS + TURN)
    warm = [place_order(one, by="Bench", now=NOW) for one in drafts[:TURN]]
    numbers = count(1)
    ours, floor = [], []
    for i, one in enumerate(drafts[TURN:]):
        rows = as_new(rows_of(warm[i % TURN]), next(numbers))
        floor.append(seconds(lambda rows=rows: write_bare(rows)))
        ours.append(seconds(lambda one=one: place_order(one, by="Bench", now=NOW)))
    (last,) = make_drafts(skus, 1)
    with CaptureQueriesContext(connection) as statements:
        place_order(last, by="Bench", now=NOW)
    _report(ours, floor, rows=sum(map(len, rows_of(warm[0]))), statements=len(statements))


def _report(ours: list[float], floor: list[float], *, rows: int, statements: int) -> None:
    a, b = statistics.median(ours), statistics.median(floor)
    for what, times in (("floor: bulk_create per order", floor), ("ours: place_order", ours)):
        ms = f"{statistics.median(times) * 1000:.2f}"
        report(
            what,
            rows=rows,
            median_ms=ms,
            p95_ms=f"{p95(times) * 1000:.2f}",
            per_second=f"{len(times) / sum(times):.0f}",
        )
    report("statements of one order", ours=statements, target="25 at most")
    oscar = (b / a) / OSCAR
    report("against django-oscar (by the floor)", times=f"{oscar:.1f}", target="4 at least")
    report("peak memory", mb=f"{peak_mb():.0f}")
    ok = a / b <= TARGET and statements <= 25 and oscar >= 4
    verdict("capture", ratio=a / b, target=TARGET, ok=ok, statements=statements, times_oscar=round(oscar, 2), rows=rows)
