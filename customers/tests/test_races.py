"""Two people at one customer at once: real threads, real commits, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection, connections

from customers.actions.addresses import AddressChanged, add_address, prefer_address, replace_address
from customers.factories import CustomerFactory
from customers.models import Address

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="SQLite lets one writer in at a time: there is no race to lose"
    ),
]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LUND = {"name": "Maria", "line1": "Bredgatan 3", "city": "Lund", "postcode": "22221", "country": "SE"}


def test_the_default_address_is_changed_by_many_at_once() -> None:
    customer = CustomerFactory()
    rows = [
        add_address(customer=customer, fields={**LUND, "line1": f"Bredgatan {n}"}, by="Ana", now=NOW)
        for n in range(1, 5)
    ]
    gate = Barrier(8)

    def change(turn: int) -> None:
        gate.wait()
        address = Address.objects.get(pk=rows[turn // 2].pk)
        try:
            if turn % 2:
                prefer_address(address=address, by="Ana", now=NOW)
            else:
                fields = {**LUND, "line1": f"Storgatan {turn}"}
                replace_address(address=address, fields=fields, by="Tom", now=NOW)
        except AddressChanged:
            pass
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(8)))
    assert customer.addresses.filter(is_default=True, replaced_at=None).count() == 1
