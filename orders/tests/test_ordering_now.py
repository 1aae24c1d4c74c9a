"""Order now: the order exists after the click, one for two clicks, and never one beside an unpaid one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, connections

from inventory.factories import WarehouseFactory
from ordermgmt.proofs import check_books
from orders.actions.charging import decide_charge, send_charge
from orders.actions.deliveries import OrderNow
from orders.actions.ordering_now import order_now
from orders.actions.renewing import renew_due
from orders.actions.subscription_changes import Conflict, undo_change
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.billing_states import ChargeStatus, DeliveryStatus
from orders.factories import DunningFactory
from orders.factories.orders import NOW
from orders.models import Charge, Delivery, Order, RenewalStop, Subscription
from orders.payments.protocol import Outcome, Result
from orders.states import OrderStatus
from orders.tests.subscribed import days, fresh, subscribe, the_next
from orders.tests.subscriber_steps import by_card

pytestmark = pytest.mark.django_db
RUN_AT = datetime(2026, 12, 1, 9, tzinfo=NOW.tzinfo)


@pytest.fixture
def s() -> Subscription:
    WarehouseFactory()
    return by_card()


def test_the_order_is_there_at_once_and_the_calendar_stays(s: Subscription) -> None:
    made = order_now(s.pk, OrderNow(number=1), by="Ana", now=NOW)
    first = Delivery.objects.get(subscription=s, number=1)
    assert (first.status, first.order, first.leaves_on) == (DeliveryStatus.ORDERED, made.order, NOW.date())
    assert days(s, 1) == ["2026-12-31"]
    assert made.order is not None
    assert made.order.total == s.invoices.get().gross_total
    assert [(p.code, p.rows) for p in check_books(now=NOW) if not p.holds] == []
    with pytest.raises((NotAllowed, TooLate)):
        undo_change(made.event.pk, by="Ana", now=NOW)


def test_two_clicks_are_one_order(s: Subscription) -> None:
    seen = fresh(s).row_version
    first = order_now(s.pk, OrderNow(number=1), by="Ana", now=NOW, expected=seen)
    again = order_now(s.pk, OrderNow(number=1), by="Ana", now=NOW, expected=seen)
    assert (again.order, again.was_there) == (first.order, True)
    with pytest.raises(Conflict):
        order_now(s.pk, OrderNow(number=2), by="Ana", now=NOW, expected=seen)
    with pytest.raises(NotAllowed, match="not the next"):
        order_now(s.pk, OrderNow(number=5), by="Ana", now=NOW)
    assert Order.objects.count() == 1


def test_what_cannot_be_ordered_leaves_all_as_it_was(s: Subscription) -> None:
    stop = RenewalStop.objects.create(scope="all", reason="Stocktaking", opened_by="Ana", opened_at=NOW)
    with pytest.raises(NotAllowed, match="Stocktaking"):
        order_now(s.pk, OrderNow(), by="Ana", now=NOW)
    stop.delete()
    Subscription.objects.filter(pk=s.pk).update(address=None)
    with pytest.raises(NotAllowed, match="address"):
        order_now(s.pk, OrderNow(), by="Ana", now=NOW)
    following = the_next(s)
    assert following is not None
    assert (following.leaves_on.isoformat(), Order.objects.count()) == ("2026-12-03", 0)


def test_an_unpaid_one_is_collected_and_leaves_before_another_is_made(s: Subscription) -> None:
    renew_due(now=RUN_AT)
    invoice = s.invoices.get()
    charge = Charge.objects.get()
    Charge.objects.filter(pk=charge.pk).update(status=ChargeStatus.DECLINED, due_at=None)
    DunningFactory(invoice=invoice, next_at=RUN_AT + timedelta(days=3))
    made = order_now(s.pk, OrderNow(number=2), by="Ana", now=RUN_AT)
    assert made.order is None
    again = Charge.objects.exclude(pk=charge.pk).get()
    assert (again.invoice, again.number, again.due_at, again.status) == (invoice, 2, RUN_AT, "planned")
    assert (Order.objects.count(), days(s, 1, RUN_AT)) == (1, ["2026-12-31"])
    Charge.objects.filter(pk=again.pk).update(status=ChargeStatus.SENT)
    with pytest.raises(NotAllowed, match="under way"):
        order_now(s.pk, OrderNow(), by="Ana", now=RUN_AT)
    decide_charge(again.pk, Outcome(result=Result.SUCCEEDED, reference="pi_1"), by="charges", now=RUN_AT)
    order = Order.objects.get()
    assert (order.status, order.holds.filter(released_at=None).count()) == (OrderStatus.ACCEPTED, 0)
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    assert send_charge(again.pk, now=RUN_AT) is None


def test_without_a_card_that_can_be_tried_it_says_so() -> None:
    s = subscribe()
    renew_due(now=RUN_AT)
    DunningFactory(invoice=s.invoices.get())
    with pytest.raises(NotAllowed, match="no card"):
        order_now(s.pk, OrderNow(), by="Ana", now=RUN_AT)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time")
@pytest.mark.parametrize("round_number", range(3))
def test_clicks_and_the_run_at_once_give_one_order(round_number: int) -> None:
    WarehouseFactory()
    s = by_card()

    def click(_n: int) -> None:
        try:
            order_now(s.pk, OrderNow(number=1), by="Ana", now=NOW)
        finally:
            connections.close_all()

    def run(_n: int) -> None:
        try:
            renew_due(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (run if n % 4 == 3 else click)(n), range(8)))
    assert (Order.objects.count(), s.deliveries.get(number=1).status) == (1, DeliveryStatus.ORDERED)
    assert (s.invoices.count(), Charge.objects.count()) == (1, 1)
    assert [(p.code, p.rows) for p in check_books(now=NOW) if not p.holds] == []
