"""P11: a year of 2,000 monthly subscriptions by a clock of our own: every day what is due is renewed and some leave a
delivery out; at its end all is reckoned and all books are proved. `python -m bench year [subscriptions]`.
"""

import random
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from bench.measuring import peak_mb, report, scratch_database, verdict
from ordermgmt.proofs import check_books
from orders.actions.deliveries import Skip
from orders.actions.overdue import mark_overdue
from orders.actions.reckoning import reckon_all
from orders.actions.renewing import renew_due
from orders.actions.subscription_changes import change_subscription
from orders.factories.running import coffee_plan, running
from orders.models import Delivery, Invoice, Order, ReckoningFinding, Subscription

SUBSCRIPTIONS, DAYS = 2_000, 365
TARGET = 120.0
START = datetime(2026, 1, 1, 5, tzinfo=UTC)
# One of so many leaves a delivery out on a day.
SKIPS_IN = 2_000
# Nobody pays within the year and nobody is late: orders of late customers are held, which costs less.
PAYMENT_DAYS = 400


def main(arguments: Sequence[str] = ()) -> None:
    count = int(arguments[0]) if arguments else SUBSCRIPTIONS
    with scratch_database():
        measure(count)


def measure(count: int) -> None:
    version = coffee_plan(units=1_000_000, items=3)
    # Spread over January, also its last days: anchors that shorter months clamp.
    firsts = [date(2026, 1, 6) + timedelta(days=i % 26) for i in range(count)]
    made = running(version, firsts, now=START, payment_days=PAYMENT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    chance, began, skipped = random.Random(7), time.perf_counter(), 0
    cpu = time.process_time()
    totals = {"ordered": 0, "failed": 0}
    # The last day is run, too: what is due on it must not look late.
    for day in range(DAYS + 1):
        now = START + timedelta(days=day)
        skipped += _skips(made, chance, now)
        done = renew_due(now=now)
        mark_overdue(now=now)
        totals["ordered"] += done.ordered
        totals["failed"] += done.failed
    ran = time.perf_counter() - began
    found = reckon_all(now=now)
    proofs = check_books(now=now)
    taken, cpu = time.perf_counter() - began, time.process_time() - cpu
    broken = [proof.code for proof in proofs if not proof.holds]
    rows = {
        "orders": Order.objects.count(),
        "invoices": Invoice.objects.count(),
        "deliveries": Delivery.objects.count(),
    }
    report(f"a year of {count:,} subscriptions", days=DAYS, seconds=f"{ran:.1f}", skipped=skipped, **totals, **rows)
    report(
        "reckoned and proved", seconds=f"{taken - ran:.1f}", invariants=len(proofs), broken=broken or "none", **found
    )
    report("active with one next delivery", **_nexts())
    report("peak memory", mb=f"{peak_mb():.0f}")
    report("processor of this process", seconds=f"{cpu:.1f}")
    findings = list(ReckoningFinding.objects.values_list("kind", flat=True)[:5])
    ok = taken <= TARGET and not broken and not findings and totals["failed"] == 0
    verdict(
        "year",
        ratio=taken / TARGET,
        target=1.0,
        ok=ok,
        seconds=round(taken, 1),
        cpu_seconds=round(cpu, 1),
        broken=broken,
        findings=findings,
        **rows,
    )


def _skips(made: Sequence[Subscription], chance: random.Random, now: datetime) -> int:
    """Some customers leave one delivery out; who is too late is told so."""
    from orders.actions.subscription_work import NotAllowed, TooLate

    done = 0
    for s in chance.sample(list(made), max(1, len(made) // SKIPS_IN)):
        try:
            change_subscription(s.pk, Skip(), by="Customer", now=now)
            done += 1
        except (NotAllowed, TooLate):
            continue
    return done


def _nexts() -> dict[str, Any]:
    active = Subscription.objects.filter(status="active").count()
    return {"active": active, "next": Delivery.objects.filter(is_next=True).count()}
