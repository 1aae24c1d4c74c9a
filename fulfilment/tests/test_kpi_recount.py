"""Each figure of the demo shop equals a recount in plain SQL, its list has as many rows, and no figure is left out."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from fulfilment.tests import recounts as sql
from inventory.factories import CountTaskFactory
from inventory.models import Bin, Closure, CountEntry, Sku, Warehouse
from ordermgmt.factories import UserFactory
from ordermgmt.kpi_facts import rows_url
from ordermgmt.kpis import Kpi, Measure, Period, find, in_order, midnight
from ordermgmt.measuring import from_days, recount
from ordermgmt.roles import Role
from ordermgmt.rollups import rebuild
from orders.actions.sending_again import replace_goods
from orders.factories.billing import ChargeFactory, DunningFactory
from orders.factories.subscriptions import DeliveryFactory, MrrMovementFactory, SubscriptionFactory
from orders.models import Dunning, OrderLine
from orders.promising import is_holiday

PERIOD = Period(sql.FIRST, sql.LAST)
ENDS = [f"{midnight(day + timedelta(days=1)).astimezone(UTC):%Y-%m-%d %H:%M:%S}" for day in PERIOD.each]
UP_TO = f"{sql.M_ON} <= '{sql.LAST}'"

RECOUNTS: dict[str, Callable[[], str]] = {
    "on_time_dispatch": lambda: sql.share(sql.all_gone("dispatched_at", "first_promised_ship_on"), sql.promised("first_promised_ship_on")),
    "order_cycle_time": lambda: sql.percentile(sql.net(), 50),
    "order_cycle_time_p95": lambda: sql.percentile(sql.net(), 95),
    "order_cycle_time_gross": lambda: sql.percentile(sql.gross(), 50),
    "otif": lambda: sql.share(sql.all_gone("delivered_at", "first_promised_delivery_on"), sql.promised("first_promised_delivery_on")),
    "perfect_order": lambda: sql.share(
        sql.all_gone("delivered_at", "first_promised_delivery_on") + " AND " + sql.right(), sql.promised("first_promised_delivery_on")
    ),
    "pick_accuracy": lambda: sql.share(f"e.verdict IN {sql.PICKED}", sql.judged()),
    "wrong_scans": lambda: sql.share(f"e.verdict IN {sql.WRONG}", sql.judged()),
    "line_pick_accuracy": sql.line_picks,
    "lines_per_hour": sql.pace,
    "open_orders": lambda: sql.number("orders_order o WHERE o.status = 'accepted' AND o.fulfilment_status IN ('unfulfilled', 'waiting', 'in_progress', 'part_shipped')"),
    "orders_taken": lambda: sql.number(sql.accepted("AND o.replaces_id IS NULL")),
    "replacement_cost": lambda: sql.total("o.discount_total", sql.accepted("AND o.replaces_id IS NOT NULL AND o.currency = 'EUR'")),
    "unit_fill_rate": sql.unit_fill,
    "line_fill_rate": sql.line_fill,
    "order_fill_rate": sql.order_fill,
    "capacity_load": lambda: sql.number(
        f"fulfilment_fulfilmentorder f JOIN inventory_warehouse w ON w.id = f.warehouse_id WHERE w.daily_capacity > 0 AND {sql.within('f.dispatched_at')}"
    ),
    "carrier_on_time": lambda: sql.share(
        f"s.delivered_at IS NOT NULL AND {sql.day('s.delivered_at')} <= s.expected_on",
        f"fulfilment_shipment s WHERE s.status <> 'cancelled' AND s.dispatched_at IS NOT NULL AND s.expected_on {sql.ON}",
    ),
    "backorder_rate": lambda: sql.share(sql.lacked(), sql.accepted()),
    "renewal_stock_outs": lambda: sql.share(sql.lacked(), sql.accepted("AND o.is_renewal = TRUE")),
    "backorder_age": lambda: sql.percentile(
        f"SELECT {_days_until_last()} AS v FROM orders_order o WHERE o.status = 'accepted' AND o.fulfilment_status = 'waiting'", 50
    ),
    "hold_time": lambda: sql.total(f"{sql.seconds('h.opened_at', 'h.released_at')} / 60", f"orders_hold h WHERE {sql.within('h.released_at')}"),
    "holds_open": lambda: sql.number("orders_hold h WHERE h.released_at IS NULL"),
    "mrr": lambda: sql.total("m.amount", f"orders_mrrmovement m WHERE {sql.EUR} AND {UP_TO}"),
    "arr": lambda: sql.total("m.amount", f"orders_mrrmovement m WHERE {sql.EUR} AND {UP_TO}"),
    "mrr_new": lambda: sql.moves("'new'"),
    "mrr_expansion": lambda: sql.moves("'expansion'"),
    "mrr_reactivation": lambda: sql.moves("'reactivation'"),
    "mrr_contraction": lambda: sql.moves("'contraction'", "-"),
    "mrr_churn": lambda: sql.moves("'churn'", "-"),
    "subscribers": lambda: sql.total(
        "CASE WHEN m.kind = 'churn' THEN -1 ELSE 1 END", f"orders_mrrmovement m WHERE m.kind IN ('new', 'reactivation', 'churn') AND {UP_TO}"
    ),
    "customer_churn": sql.lost_customers,
    "gross_mrr_churn": lambda: sql.over_start("'contraction', 'churn'", "-"),
    "net_mrr_churn": lambda: sql.over_start("'contraction', 'churn', 'expansion', 'reactivation'", "-"),
    "net_revenue_retention": lambda: sql.over_start("'expansion', 'contraction', 'churn'", "", sql.NOT_JOINED),
    "gross_revenue_retention": lambda: sql.over_start("'contraction', 'churn'", "", sql.NOT_JOINED),
    "delivery_rate": lambda: sql.share("d.status = 'ordered'", f"orders_delivery d WHERE d.status IN ('ordered', 'skipped') AND d.planned_on {sql.ON}"),
    "deliveries_skipped": lambda: sql.number(f"orders_delivery d WHERE d.status = 'skipped' AND d.planned_on {sql.ON}"),
    "subscriptions_ended": lambda: sql.number(f"orders_subscription s WHERE s.status = 'cancelled' AND {sql.within('s.cancelled_at')}"),
    "payments_recovered": sql.recovered,
    "payments_failed": lambda: sql.cases("1 = 1"),
    "payments_retried": lambda: sql.cases(sql.RETRIED),
    "payments_come_back": lambda: sql.cases("u.status = 'recovered'"),
    "payments_lost": lambda: sql.cases("u.status IN ('exhausted', 'written_off')"),
    "customer_value": sql.value_to_date,
    "feedback_score": lambda: sql.total("f.score", f"customers_feedback f WHERE f.status <> 'asked' AND {sql.within('f.given_at')}"),
    "feedback_response": lambda: sql.share(
        "f.status <> 'asked'",
        f"""customers_feedback f WHERE {sql.within("f.asked_at")} AND EXISTS (SELECT 1 FROM ordermgmt_outgoingmessage m
        WHERE m.kind = 'check_in' AND m.about = f.order_number AND m.state = 'sent')""",
    ),
    "first_answer_time": lambda: sql.percentile(
        f"""SELECT {sql.exact_minutes("t.created_at", "t.first_answered_at")} AS v FROM customers_ticket t
        WHERE t.channel IN ('status', 'mail') AND t.merged_into_id IS NULL AND {sql.within("t.first_answered_at")}""",
        50,
    ),
    "tickets_per_100_orders": lambda: (
        f"""SELECT COUNT(*), (SELECT COUNT(*) FROM {sql.accepted()}), COUNT(*) FROM customers_ticket t
        WHERE t.merged_into_id IS NULL AND {sql.within("t.created_at")}"""
    ),
    "stock_outs": sql.out_of_stock,
    "avoidable_stock_outs": sql.avoidable,
    "inventory_accuracy": sql.counted_right,
    "stock_turnover": lambda: sql.units_shipped(ENDS),
    "days_of_stock": lambda: sql.units_shipped(ENDS),
}  # fmt: skip
PERCENTILES = {
    "first_answer_time",
    "order_cycle_time",
    "order_cycle_time_p95",
    "order_cycle_time_gross",
    "backorder_age",
}


def _days_until_last() -> str:
    accepted = sql.day("o.accepted_at")
    if sql.is_sqlite():
        return f"CAST(julianday('{sql.LAST}') - julianday({accepted}) AS INTEGER)"
    return f"(DATE '{sql.LAST}' - {accepted})"


def _load() -> None:
    call_command("load_demo", orders=60, seed=3, as_of=sql.AS_OF.isoformat(), verbosity=0)
    _plant()
    rebuild(now=sql.AS_OF)


def _plant() -> None:
    """What a small shop has too little of: lost customers, payments that failed, counts, a skipped delivery."""
    at = sql.AS_OF - timedelta(days=9)
    for status in ("recovered", "exhausted", "written_off", "stopped", "open"):
        stamp = {} if status == "open" else {f"{status}_at": at}
        next_at = {"next_at": at} if status == "open" else {}
        DunningFactory(status=status, opened_at=at, invoice__series="INV-PLANTED", **stamp, **next_at)
    charged = Dunning.objects.get(status="recovered").invoice
    ChargeFactory(
        invoice=charged, number=2, status="declined", planned_at=at + timedelta(days=1), sent_at=at, answered_at=at
    )
    long_ago = sql.AS_OF - timedelta(days=90)
    for which, kinds in enumerate((("new", "churn"), ("new", "expansion"), ("new", "churn", "reactivation"), ("new",))):
        made = SubscriptionFactory(number=f"SUB-P{which}")
        for n, kind in enumerate(kinds):
            when = (at if n else long_ago) + timedelta(days=n)
            amount = Decimal(-12 if kind == "churn" else 12 + n)
            MrrMovementFactory(subscription=made, kind=kind, amount=amount, at=when, on=when.date())
    made.status, made.cancelled_at, made.cancel_reason = "cancelled", at, "price"
    made.save()
    DeliveryFactory(
        subscription=made, number=90, status="skipped", skip_reason="customer", skipped_at=at, planned_on=at.date()
    )
    line = OrderLine.objects.filter(kind="item", shipped__gt=0, order__promised_delivery_on__lt=at.date()).earliest(
        "pk"
    )
    replace_goods(line.order_id, {line.pk: 1}, reason="damaged", key="planted", by="Ana", now=at)
    for counted in (5, 4):
        task = CountTaskFactory(done_at=at, bin=Bin.objects.filter(kind="pick")[counted], sku=Sku.objects.first())
        CountEntry.objects.create(
            task=task,
            by=UserFactory(role=Role.OPERATOR),
            counted_at=at,
            counted=[[None, counted]],
            expected=[[None, 5]],
        )


def test_no_figure_is_without_a_recount() -> None:
    assert {one.name for one in in_order()} - set(RECOUNTS) == set()


@pytest.mark.django_db(transaction=True)
def test_figures_equal_their_recount_and_their_lists(client: Client) -> None:
    _load()
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    wrong = [line for name in sorted(RECOUNTS) for line in _faults(name, client)]
    assert wrong == []


def _faults(name: str, client: Client) -> Iterator[str]:
    kpi = find(name)
    found, stored = recount(kpi, PERIOD), from_days(kpi, PERIOD)
    numerator, denominator, rows = _counted(name)
    of = ratio_of(kpi, found.denominator)
    expected = {"rows": rows, "denominator": denominator if of is not None else None, "value": numerator}
    value = found.value or Decimal(0) if name in PERCENTILES else round(found.numerator, 4)
    seen = {"rows": found.count, "denominator": of, "value": value}
    if seen != expected:
        yield f"{name}: {seen}, counted {expected}"
    if stored != found:
        yield f"{name}: stored {stored.value}, from rows {found.value}"
    listed = re.search(r'data-total="(\d+)"', client.get(rows_url(kpi, PERIOD)).content.decode())
    if not listed or int(listed.group(1)) != found.count:
        yield f"{name}: {found.count} rows, {listed and listed.group(1)} in its list"


def ratio_of(kpi: Kpi, denominator: Decimal) -> Decimal | None:
    """What it is over; other figures have none."""
    return round(denominator, 4) if kpi.measure == Measure.RATIO or kpi.base else None


def _counted(name: str) -> tuple[Decimal, Decimal, int]:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNTS[name]())
        numerator, denominator, rows = (round(Decimal(str(cell or 0)), 4) for cell in cursor.fetchone())
    return numerator, Decimal(_room()) if name == "capacity_load" else denominator, int(rows)


def _room() -> int:
    """Orders the warehouses can do on their working days."""
    closed = set(Closure.objects.values_list("warehouse_id", "day"))
    return sum(
        house.daily_capacity
        for house in Warehouse.objects.filter(is_active=True, daily_capacity__gt=0)
        for day in PERIOD.each
        if str(day.isoweekday()) in house.work_days
        and (house.pk, day) not in closed
        and not (house.observes_holidays and is_holiday(house.country, day))
    )
