"""Money and limits under real concurrency: a limit is not passed twice, nothing is sent again twice, a payment wins."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from customers.factories import CustomerFactory
from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.factories import UserFactory
from ordermgmt.proofs import REGISTRY, prove
from ordermgmt.roles import Role
from orders.actions.accounts import balance_of
from orders.actions.billing_ahead import send_link
from orders.actions.goodwill import LIMITS, CreditRefused, give_credit
from orders.actions.paying import record_payment
from orders.actions.sending_again import ReplaceRefused, replace_goods
from orders.actions.unpaid_orders import cancel_unpaid
from orders.factories import NOW, ChannelFactory, order
from orders.models import Order, OrderLine, Payment
from orders.states import OrderStatus

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: there is no race to lose"
    ),
]
ROUNDS = 2
CODES = ("I02", "I09", "I12", "I51", "I52", "I55")


def together(works: Sequence[Callable[[], Any]]) -> list[BaseException | None]:
    """Run all in threads that start together; what each raised."""
    barrier = threading.Barrier(len(works))

    def one(work: Callable[[], Any]) -> BaseException | None:
        try:
            barrier.wait()
            work()
        except BaseException as error:
            return error
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_two_gifts_at_once_stay_within_the_limit() -> None:
    customer, ana = CustomerFactory(), UserFactory(role=Role.SUPPORT)
    most = LIMITS[Role.SUPPORT]
    given = {"amount": most * Decimal("0.6"), "currency": "EUR", "reason": "Broken", "by": ana, "now": NOW}
    done = together([lambda n=n: give_credit(customer.pk, key=str(n), **given) for n in range(6)])
    assert [type(error) for error in done if error] == [CreditRefused] * 5
    assert balance_of(customer, "EUR") == most * Decimal("0.6")


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_units_are_sent_again_once(round_number: int) -> None:
    sku = SkuFactory()
    stock(sku, WarehouseFactory(), 50)
    made = order({sku: 3})
    line = made.lines.get()
    OrderLine.objects.filter(pk=line.pk).update(shipped=3, promised=0)
    facts = {"reason": "damaged", "by": "Ana", "now": NOW}
    done = together([lambda n=n: replace_goods(made.pk, {line.pk: 2}, key=str(n % 2), **facts) for n in range(6)])
    assert {type(error) for error in done if error} <= {ReplaceRefused}
    assert [again.units for again in Order.objects.filter(replaces=made)] == [2]


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_money_at_the_last_moment(round_number: int) -> None:
    """Paid in time it lives; cancelled first, the money stays on it, owed back: never a paid order that is gone unseen."""
    sku, now = SkuFactory(), timezone.now()
    stock(sku, WarehouseFactory(), 50)
    made = order({sku: 3}, channel=ChannelFactory(requires_payment=True), is_paid=False, now=now)
    assert send_link(made, by="Ana", now=now)
    late = now + timedelta(days=30)
    pay = {"amount": Decimal(10), "provider": "bank", "effect_key": "b", "by": "Fay", "now": late}
    ends = [lambda: cancel_unpaid(now=late)] * 3
    assert together([*ends, lambda: record_payment(made.pk, **pay)]) == [None] * 4
    made.refresh_from_db()
    assert Payment.objects.get().amount == 10
    assert made.balance == (20 if made.status == OrderStatus.ACCEPTED else -10)
    assert [code for code in CODES if not prove(REGISTRY[code], now=late).holds] == []
