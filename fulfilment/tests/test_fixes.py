"""Every act that a blocker offers leads somewhere, in the whole demo shop."""

import re
from collections import defaultdict

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from inventory.models import Sku
from ordermgmt.blocking import Fix, blockers_of
from ordermgmt.commands import _COMMANDS
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.actions.holds import place_hold
from orders.factories import PaymentFactory, order
from orders.models import Order
from orders.states import FulfilmentStatus, HoldCode, OrderStatus, PaymentState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def everybody(client: Client) -> Client:
    """A person who holds every role."""
    person = UserFactory(role=Role.SUPPORT)
    for role in Role:
        person.grants.get_or_create(role=role)
    client.force_login(person, backend="ordermgmt.access.RoleBackend")
    return client


def _trouble() -> None:
    """What so small a shop may lack: an order with every hold, a failed payment, something that waits for stock."""
    free = Order.objects.filter(status=OrderStatus.ACCEPTED, fulfilment_status=FulfilmentStatus.UNFULFILLED)
    made = free.order_by("-pk")[0]
    for code in HoldCode:
        place_hold(made.pk, code=code, reason="Planted.", by="Test", now=timezone.now())
    made.payments.all().delete()
    Order.objects.filter(pk=made.pk).update(paid_total=0)
    PaymentFactory(order=made, state=PaymentState.FAILED)
    order({Sku.objects.filter(is_bundle=False)[0]: 9_000, Sku.objects.filter(is_bundle=False)[1]: 1})


def offered() -> dict[str, list[Fix]]:
    """The fixes of all open orders, by the blocker that offers them."""
    found: dict[str, list[Fix]] = defaultdict(list)
    rows = list(Order.objects.with_state().filter(status=OrderStatus.ACCEPTED))
    for blockers in blockers_of(rows, now=timezone.now()).values():
        for blocker in blockers:
            found[blocker.code] += blocker.fixes
    return found


def test_every_fix_of_the_demo_shop_leads_somewhere(everybody: Client) -> None:
    call_command("load_demo", orders=300, seed=5, verbosity=0)
    _trouble()
    found = offered()
    assert {"stock", "payment.failed", *(f"hold.{code}" for code in HoldCode)} <= found.keys(), sorted(found)
    for code, fixes in found.items():
        for fix in fixes:
            send = everybody.post if fix.method == "POST" else everybody.get
            status = send(fix.url).status_code
            assert status in (200, 302), f"{code}: {fix.label} {fix.method} {fix.url} gives {status}"
    assert any(fix.method == "POST" for fixes in found.values() for fix in fixes)


def test_every_command_of_an_order_leads_somewhere(everybody: Client) -> None:
    call_command("load_demo", orders=20, seed=5, verbosity=0)
    path = f"/orders/{Order.objects.filter(status=OrderStatus.ACCEPTED).first()}/"
    here = [one for one in _COMMANDS if one.where and re.match(one.where, path)]
    assert here
    for one in here:
        assert everybody.get(one.address(path)).status_code == 200, one.address(path)
