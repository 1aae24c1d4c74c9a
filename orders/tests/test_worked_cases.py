"""Worked cases of subscriptions.md on paying ahead, paying late, missing stock and unpaid boxes."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from inventory.factories import WarehouseFactory, stock
from ordermgmt.clock import business_day
from orders.actions.allocation import allocate_waiting
from orders.actions.charge_work import work_charge
from orders.actions.dunning_cases import open_case
from orders.actions.dunning_run import run_dunning
from orders.actions.overdue import mark_overdue
from orders.actions.renewing import renew_due
from orders.actions.taking_money import lock_invoice, take_money
from orders.actions.unpaid_boxes import mind_unpaid_boxes
from orders.billing_states import LastStep
from orders.factories.orders import NOW
from orders.models import Charge, Delivery, Dunning, Hold, Invoice, Order, PaymentMethod, Subscription
from orders.payments.demo_network import acting_at
from orders.tests.subscribed import days, fresh, item, plan, subscribe
from orders.tests.subscriber_steps import by_card

pytestmark = pytest.mark.django_db
D = Decimal


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=NOW.tzinfo)


def live(*moments: datetime) -> None:
    for moment in moments:
        renew_due(now=moment)


def pay(invoice: Invoice, now: datetime) -> None:
    with transaction.atomic():
        row = lock_invoice(invoice.pk)
        take_money(row, amount=row.balance, provider="bank", effect_key=f"test:{row.number}", by="Test", now=now)


def test_w50_a_year_by_quarters_and_an_addition_every_two_months() -> None:
    """1,200 for a year in quarters beside 600 for a year every two months: each month its value, 1,800 in all."""
    quarters = plan("300", deliver_every=3, bill_every=12)
    second = plan("100", deliver_every=2, bill_every=12)
    began = at(2026, 12, 10)
    main = subscribe(quarters, starts_on=date(2027, 1, 1), now=began)
    subscribe(second, starts_on=date(2027, 1, 1), now=began, customer_id=main.customer_id, address_id=main.address_id)
    live(*(at(2027, month, 1) - timedelta(days=1) for month in range(1, 13)))
    values: dict[int, Decimal] = defaultdict(Decimal)
    for row in Delivery.objects.filter(status="ordered").select_related("cycle__invoice"):
        invoice = row.cycle.invoice if row.cycle else None
        assert invoice is not None
        values[row.planned_on.month] += (row.value or D(0)) * invoice.gross_total / invoice.net_total
    expected = {1: 400, 3: 100, 4: 300, 5: 100, 7: 400, 9: 100, 10: 300, 11: 100}
    assert {month: round(value, 1) for month, value in sorted(values.items())} == expected
    assert Invoice.objects.count() == 2
    assert sum(invoice.gross_total for invoice in Invoice.objects.all()) == 1800


def test_w52_w53_paid_late_the_first_leaves_then_and_no_other_day_moves() -> None:
    """Paid after the second delivery was due: elsewhere its order is never made; here both wait and go on."""
    version = plan("30", bill_every=3)
    stock(version.items.get().sku, WarehouseFactory(), 10)
    s = by_card(version)
    live(at(2026, 12, 1))
    invoice = s.invoices.get()
    open_case(invoice, by="charges", now=at(2026, 12, 1), reason="insufficient_funds")
    calendar = days(s, now=at(2026, 12, 1))
    mind_unpaid_boxes(now=at(2026, 12, 5))
    live(at(2027, 1, 1))
    mind_unpaid_boxes(now=at(2027, 1, 5))
    assert Hold.objects.open().filter(source="dunning").count() == Order.objects.count() == 2
    paid_at = at(2027, 1, 8)
    pay(invoice, paid_at)
    mind_unpaid_boxes(now=paid_at)
    assert not Hold.objects.open().filter(source="dunning").exists()
    orders = Order.objects.order_by("pk")
    assert all(order.promised_ship_on is None or order.promised_ship_on >= business_day(paid_at) for order in orders)
    leaves = s.deliveries.order_by("number").values_list("leaves_on", flat=True)
    assert [f"{day}" for day in leaves][1:] == calendar[:2]
    live(at(2027, 2, 1))
    assert (Order.objects.count(), fresh(s).deliveries_owed, s.invoices.count()) == (3, 0, 1)


def test_w54_one_charge_and_several_dated_deliveries() -> None:
    s = by_card(plan("30", bill_every=3))
    live(at(2026, 12, 1), at(2027, 1, 1), at(2027, 2, 1))
    assert (s.invoices.count(), Charge.objects.count(), Order.objects.count()) == (1, 1, 3)
    rows = s.deliveries.filter(status="ordered").order_by("number").values_list("planned_on", "cycle__number", "part")
    first, second, third = date(2026, 12, 3), date(2027, 1, 3), date(2027, 2, 3)
    assert list(rows) == [(first, 1, 1), (second, 1, 2), (third, 1, 3)]


def test_w55_what_was_out_of_stock_leaves_when_it_is_there_and_the_next_day_stays() -> None:
    house = WarehouseFactory()
    version = plan("30")
    sku = version.items.get().sku
    s = subscribe(version, starts_on=date(2027, 8, 1), now=at(2027, 7, 10))
    live(at(2027, 7, 31))
    order = Order.objects.get()
    assert order.lines.get().backordered == 2
    stock(sku, house, 10)
    allocate_waiting(now=at(2027, 8, 15))
    order.refresh_from_db()
    line = order.lines.get()
    assert (line.backordered, line.promised) == (0, 2)
    assert order.promised_ship_on == date(2027, 8, 16)  # the 15th is a Sunday
    assert days(s, 1, at(2027, 8, 15)) == ["2027-09-01"]


class TestUnpaidSubscription:
    """Paying does not move the calendar (2.8, rule 5); three clocks run apart (2.9); the last step ends it."""

    def lived(self, settings: Any, tmp_path: Path, step: str) -> Subscription:
        """A card that never has money, week by week, with every run once a day."""
        settings.DEMO_CARDS, settings.DEBUG, settings.DATA_DIR = True, True, tmp_path
        version = plan("10", last_step=step, deliver_unit="week", bill_unit="week")
        stock(version.items.get().sku, WarehouseFactory(), 50)
        s = by_card(version)
        PaymentMethod.objects.update(provider="demo", reference="dm_broke_1")
        for n in range(29):
            now = at(2026, 12, 1, 12) + timedelta(days=n)
            renew_due(now=now)
            with acting_at(now):
                for charge in Charge.objects.filter(status="planned", due_at__lte=now).order_by("pk"):
                    work_charge(charge, now=now)
            run_dunning(now=now)
            mind_unpaid_boxes(now=now)
            mark_overdue(now=now)
        return fresh(s)

    def test_boxes_are_ordered_and_held_each_by_its_own_invoice_until_it_is_paused(
        self, settings: Any, tmp_path: Path
    ) -> None:
        s = self.lived(settings, tmp_path, LastStep.PAUSE)
        assert s.status == "paused"
        assert [f"{day}" for day in s.deliveries.filter(status="ordered").order_by("number").values_list("planned_on", flat=True)] == [
            "2026-12-03", "2026-12-10", "2026-12-17", "2026-12-24",
        ]  # fmt: skip
        first = list(s.invoices.order_by("pk")[:3])
        held = Hold.objects.open().filter(source="dunning", handle__in=[invoice.number for invoice in first])
        assert sorted(held.values_list("handle", flat=True)) == [invoice.number for invoice in first]
        assert set(held.values_list("keeps_stock", flat=True)) == {False}
        assert Dunning.objects.get(invoice=first[0]).status == "exhausted"
        # The tries of a box whose stock was freed go on.
        assert first[0].charges.filter(status="declined").count() == 5

    def test_cancelled_nothing_more_is_ordered_and_what_is_here_is_taken_back_case_by_case(
        self, settings: Any, tmp_path: Path
    ) -> None:
        s = self.lived(settings, tmp_path, LastStep.CANCEL)
        assert s.status == "cancelled"
        first = s.invoices.order_by("pk")[0]
        assert (first.balance, first.credited) == (0, first.gross_total)
        assert Order.objects.count() == 4


def test_an_item_that_is_not_there_does_not_touch_the_calendar() -> None:
    s = subscribe(plan("30", shortage="ship_rest"))
    s.lines.create(position=9, sku=item("4"), quantity=1, unit_price=D(4))
    before = days(s)
    live(at(2026, 12, 1))
    assert days(s, 3, at(2026, 12, 1)) == before[1:]
