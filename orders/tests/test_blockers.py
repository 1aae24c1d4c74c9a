from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.blocking import Blocker, blockers_of
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.cancellation import cancel_order
from orders.actions.holds import place_hold
from orders.actions.splitting import ship_in_parts
from orders.factories import NOW, PaymentFactory, order
from orders.models import Order
from orders.states import HoldCode, PaymentState

pytestmark = pytest.mark.django_db


def why(made: Order, hours: int = 0) -> list[Blocker]:
    rows = Order.objects.with_state().filter(pk=made.pk)
    return blockers_of(rows, now=NOW + timedelta(hours=hours)).get(made.pk, [])


def test_a_hold_says_since_when_who_and_what_next() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 1)
    made = order({sku: 1})
    held = place_hold(made.pk, code=HoldCode.ADDRESS, reason="No street.", by="Ana", now=NOW)
    (one,) = why(made)
    assert one.sentence == "Address not complete. No street."
    assert (one.since, one.target_at, one.owner_role) == (NOW, NOW + timedelta(hours=4), Role.SUPPORT)
    assert one.customer_sentence == "We need your full address."
    assert [(str(fix.label), fix.method) for fix in one.fixes] == [("Edit address", "GET"), ("Release hold", "POST")]
    assert one.fixes[1].url == f"/orders/{made.number}/holds/{held.pk}/release/"


def test_missing_stock_and_what_can_be_done() -> None:
    house, here, missing = WarehouseFactory(), SkuFactory(), SkuFactory(code="COF-1K")
    stock(here, house, 1)
    made = order({here: 1, missing: 2})
    (one,) = why(made)
    assert one.sentence == "2 of 2 units wait for stock: COF-1K. Expected 7 Dec"
    assert [str(fix.label) for fix in one.fixes] == ["Ship rest now", "Edit items"]
    ship_in_parts(made.pk, by="Ana", now=NOW)
    assert [blocker.code for blocker in why(made)] == ["stock", "release"]


def test_late_comes_first_and_is_measured_against_the_first_promise() -> None:
    house, sku = WarehouseFactory(), SkuFactory()
    stock(sku, house, 1)
    made = order({sku: 1})
    assert [blocker.code for blocker in why(made)] == ["release"]
    Order.objects.update(promised_ship_on=NOW.date() + timedelta(days=9))
    late, release = why(made, hours=48)
    assert late.sentence == "It was to leave on 23 Nov. 2 days late."
    assert (late.tone, release.code) == ("bad", "release")


def test_a_payment_that_failed() -> None:
    made = order({SkuFactory(): 1}, is_paid=False)
    PaymentFactory(order=made, state=PaymentState.FAILED, reason="Not enough money.")
    assert "payment.failed" in [blocker.code for blocker in why(made)]
    PaymentFactory(order=made, at=NOW + timedelta(minutes=1))
    assert "payment.failed" not in [blocker.code for blocker in why(made)]


def test_what_is_finished_is_blocked_by_nothing() -> None:
    made = order()
    cancel_order(made.pk, by="Ana", reason="x", now=NOW)
    assert why(made) == []


def test_three_orders_take_as_many_statements_as_one() -> None:
    def statements() -> int:
        rows = list(Order.objects.with_state())
        with CaptureQueriesContext(connection) as seen:
            assert len(blockers_of(rows, now=NOW)) == len(rows)
        return len(seen)

    order({SkuFactory(): 1}, is_paid=False)
    one = statements()
    for _ in range(2):
        order({SkuFactory(): 1}, is_paid=False)
    assert statements() == one <= 4


def test_only_fixes_that_the_reader_may_do_are_offered(client: Client) -> None:
    made = order()
    held = place_hold(made.pk, code=HoldCode.ADDRESS, reason="No street.", by="Ana", now=NOW)
    release = f"/orders/{made.number}/holds/{held.pk}/release/"
    for role, may_edit, may_release in (
        (Role.SUPPORT, True, True),
        (Role.LEAD, False, True),
        (Role.FINANCE, False, False),
    ):
        client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
        why = client.get(f"/orders/{made.number}/").content.decode().split('class="why')[1].split("</section>")[0]
        for shown in (why, client.get(f"/orders/{made.number}/peek/").content.decode()):
            assert ("Edit address" in shown) is may_edit
            assert (f'action="{release}"' in shown) is may_release
