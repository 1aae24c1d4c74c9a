"""Figures and exceptions of tickets against what plain SQL and the list say."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from customers.exceptions import TicketsPastTarget
from customers.factories import TicketFactory
from customers.models import Ticket
from ordermgmt.factories import UserFactory
from ordermgmt.kpis import Period, find
from ordermgmt.measuring import recount
from ordermgmt.roles import Role
from orders.factories import OrderFactory
from orders.models import Order

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
WITHIN = "{0} >= '2026-10-31 23:00:00+00:00' AND {0} < '2026-11-30 23:00:00+00:00'"


def answered(minutes: int, **facts: Any) -> Ticket:
    return TicketFactory(created_at=NOON, first_answered_at=NOON + timedelta(minutes=minutes, seconds=40), **facts)


def sql(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_time_to_first_answer_by_plain_sql() -> None:
    for minutes in (10, 30, 500):
        answered(minutes)
    answered(1, channel="phone")
    answered(1, status="closed", closed_at=NOON, due_at=None, answer_due_at=None, merged_into=answered(30))
    TicketFactory(created_at=NOON)
    TicketFactory(created_at=NOON - timedelta(days=60), first_answered_at=NOON - timedelta(days=50))
    rows = sql(
        "SELECT created_at, first_answered_at FROM customers_ticket WHERE channel IN ('mail', 'status') "
        f"AND merged_into_id IS NULL AND {WITHIN.format('first_answered_at')}"
    )
    spans = sorted(int((_moment(end) - _moment(start)).total_seconds()) // 60 for start, end in rows)
    found = recount(find("first_answer_time"), NOVEMBER, {})
    assert spans == [10, 30, 30, 500]
    assert (found.value, found.count) == (30, len(spans))
    assert recount(find("first_answer_time"), NOVEMBER, {"topic": "money"}).count == 0


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def test_tickets_per_100_orders_by_plain_sql() -> None:
    for _n in range(4):
        Order.objects.filter(pk=OrderFactory().pk).update(accepted_at=NOON)
    Order.objects.filter(pk=OrderFactory().pk).update(accepted_at="2026-10-31T22:59:59Z")
    one = TicketFactory(created_at=NOON)
    TicketFactory(created_at=NOON, status="closed", closed_at=NOON, due_at=None, answer_due_at=None, merged_into=one)
    TicketFactory(created_at=NOON - timedelta(days=30))
    tickets = sql(
        f"SELECT COUNT(*) FROM customers_ticket WHERE merged_into_id IS NULL AND {WITHIN.format('created_at')}"
    )
    orders = sql(
        f"SELECT COUNT(*) FROM orders_order WHERE status IN ('accepted', 'closed') AND {WITHIN.format('accepted_at')}"
    )
    found = recount(find("tickets_per_100_orders"), NOVEMBER, {})
    assert (found.numerator, found.denominator) == (tickets[0][0], orders[0][0]) == (1, 4)
    assert found.value == Decimal("0.25")


def test_late_tickets_are_one_exception_that_counts_what_the_list_shows(client: Any) -> None:
    rule, now = TicketsPastTarget(), NOON + timedelta(days=2)
    assert list(rule.causes(now)) == []
    late = [TicketFactory(created_at=NOON, assignee=who) for who in (None, UserFactory(role=Role.SUPPORT))]
    TicketFactory(created_at=now)
    TicketFactory(created_at=NOON, status="waiting", waiting_at=NOON, due_at=None, answer_due_at=None)
    (cause,) = rule.causes(now)
    assert (list(cause.subjects), cause.count, cause.facts) == ([t.number for t in late], 2, {"nobody": 1})
    assert cause.since == late[0].due_at
    client.force_login(UserFactory(role=Role.SUPPORT), backend="ordermgmt.access.RoleBackend")
    Ticket.objects.exclude(pk__in=[t.pk for t in late]).filter(status="new").delete()
    assert 'data-total="2"' in client.get(rule.rows_url(None)).content.decode()  # type: ignore[arg-type]
    assert [row.number for row in rule.rows(None, now)] == [t.number for t in late]  # type: ignore[arg-type]
