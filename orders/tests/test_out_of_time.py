"""P09: what a timer may not end: part of the money came, more was ordered since, or somebody let the order go."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.exception_refresh import look
from ordermgmt.exceptions import REGISTRY
from ordermgmt.factories import UserFactory
from ordermgmt.models import ExceptionItem, ExceptionState
from ordermgmt.roles import Role
from orders.actions.billing_ahead import send_link
from orders.actions.cancellation import cancel_units
from orders.actions.changes import apply_change, propose_change
from orders.actions.holds import release_hold, undo_release
from orders.actions.paying import record_payment
from orders.billing_states import LastStep
from orders.dunning_rules import steps_of
from orders.factories import RATE, ChannelFactory, DunningFactory, order
from orders.models import Dunning, Hold, Invoice, Order
from orders.states import OrderStatus, PaymentState
from orders.tests.collecting import run
from orders.wanted import NewItem, Wanted

pytestmark = pytest.mark.django_db
RULE = "order.part_asked"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def asked(now: datetime) -> Order:
    """Three units at 10.00; the customer was sent a link."""
    sku = SkuFactory()
    stock(sku, WarehouseFactory(), 9)
    made = order({sku: 3}, channel=ChannelFactory(requires_payment=True), is_paid=False, now=now)
    assert send_link(made, by="Ana", now=now)
    return made


def late(now: datetime) -> datetime:
    return now + timedelta(days=30)


def pay(made: Order, amount: str, now: datetime, **facts: str) -> None:
    record_payment(
        made.pk, amount=Decimal(amount), provider="bank", effect_key=f"b:{amount}", by="Fay", now=now, **facts
    )


def change(made: Order, wanted: Wanted, now: datetime) -> None:
    apply_change(propose_change(made.pk, wanted, by="Ana", now=now).pk, by="Ana", now=now)


def status(made: Order) -> str:
    made.refresh_from_db()
    return made.status


def opened(now: datetime) -> list[ExceptionItem]:
    look(REGISTRY[RULE], now=now)
    return list(ExceptionItem.objects.filter(rule=RULE, state=ExceptionState.OPEN))


def test_unpaid_it_ends_and_is_no_exception(asked: Order, now: datetime) -> None:
    assert opened(late(now)) == []
    assert run("cancel_unpaid", late(now)) == {"cancelled": 1}
    assert status(asked) == OrderStatus.CANCELLED


def test_paid_in_part_a_person_decides(asked: Order, now: datetime) -> None:
    pay(asked, "12.00", now)
    assert opened(now) == []
    assert run("cancel_unpaid", late(now)) == {"cancelled": 0}
    assert (status(asked), Hold.objects.open().count()) == (OrderStatus.ACCEPTED, 1)
    (item,) = opened(late(now))
    assert (item.sentence, item.amounts) == ("1 order waits for the rest of its money", {"EUR": "30.00"})
    pay(asked, "18.00", now)
    assert (opened(late(now)), Hold.objects.open().count()) == ([], 0)


def test_money_whose_outcome_is_open_counts_and_what_failed_does_not(asked: Order, now: datetime) -> None:
    pay(asked, "30.00", now, state=PaymentState.PENDING)
    assert run("cancel_unpaid", late(now)) == {"cancelled": 0}
    pay(asked, "30.00", now, state=PaymentState.FAILED)
    assert run("cancel_unpaid", late(now)) == {"cancelled": 1}


def test_more_was_ordered_than_was_asked_for(asked: Order, now: datetime, client: Client) -> None:
    new = NewItem(sku_id=SkuFactory().pk, units=1, unit_price=Decimal(5), tax_rate=RATE)
    change(asked, Wanted(add=(new,)), now)
    (item,) = opened(now)
    assert run("cancel_unpaid", late(now)) == {"cancelled": 0}
    client.force_login(UserFactory(role=Role.ADMIN), backend="ordermgmt.access.RoleBackend")
    page = client.get(f"/orders/{asked.number}/").content.decode()
    assert "not cancelled by itself" in page
    assert "Cancelled by itself on" not in page
    assert 'data-total="1"' in client.get(REGISTRY[RULE].rows_url(item)).content.decode()
    assert asked.number in client.get(f"/exceptions/{item.pk}/").content.decode()


def test_less_than_was_asked_for_still_ends(asked: Order, now: datetime) -> None:
    change(asked, Wanted(units={asked.lines.get().pk: 1}), now)
    assert Invoice.objects.get().balance == 10
    assert opened(late(now)) == []
    assert run("cancel_unpaid", late(now)) == {"cancelled": 1}


@pytest.mark.parametrize("way", ["change", "cancel"])
def test_what_came_covers_it_when_it_costs_less(asked: Order, now: datetime, way: str) -> None:
    pay(asked, "20.00", now)
    line = asked.lines.get().pk
    if way == "change":
        change(asked, Wanted(units={line: 2}), now)
    else:
        cancel_units(asked.pk, {line: 1}, by="Ana", reason="Less", now=now)
    assert (Hold.objects.open().count(), Invoice.objects.get().balance) == (0, 0)


def test_let_go_by_hand_it_does_not_end(asked: Order, now: datetime) -> None:
    held = Hold.objects.get()
    release_hold(held.pk, by="Ana", now=now)
    assert run("cancel_unpaid", late(now)) == {"cancelled": 0}
    assert (status(asked), opened(late(now))) == (OrderStatus.ACCEPTED, [])
    again = undo_release(held.pk, by="Ana", now=late(now))
    assert again.cancels_at is None
    assert run("cancel_unpaid", late(now)) == {"cancelled": 0}


def test_put_back_in_time_it_ends_as_the_customer_was_told(asked: Order, now: datetime) -> None:
    held = Hold.objects.get()
    release_hold(held.pk, by="Ana", now=now)
    assert undo_release(held.pk, by="Ana", now=now).cancels_at == held.cancels_at
    assert run("cancel_unpaid", late(now)) == {"cancelled": 1}


@pytest.mark.parametrize(("amount", "ends"), [("12.00", False), ("", True)])
def test_the_last_step_of_dunning_leaves_what_was_paid_in_part(
    asked: Order, now: datetime, amount: str, ends: bool
) -> None:
    Hold.objects.update(cancels_at=None)
    case = DunningFactory(invoice=Invoice.objects.get(), opened_at=now, policy__last_step=LastStep.CANCEL)
    if amount:
        pay(asked, amount, now)
    assert opened(now) == []
    steps = steps_of(case.policy)
    Dunning.objects.update(step=len(steps) - 1, next_at=now)
    assert run("dunning", now)["ended"] == 1
    assert status(asked) == (OrderStatus.CANCELLED if ends else OrderStatus.ACCEPTED)
    assert len(opened(late(now))) == (0 if ends else 1)
