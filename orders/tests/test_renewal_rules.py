"""What a plan says about missing items, buyers without tax, and money that must come first, kept by the run."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.factories import SkuFactory, stock
from inventory.models import Sku, StockLevel, Warehouse
from ordermgmt.jobs import run_now
from ordermgmt.models import OutgoingMessage
from ordermgmt.money import ZERO
from ordermgmt.proofs import check_books
from orders.actions.allocation import allocate_waiting
from orders.actions.renewing import renew_due
from orders.actions.taking_money import lock_invoice, take_money
from orders.billing_states import Collection, EventKind, ShortageRule, TaxTreatment
from orders.factories import NOW, ChannelFactory
from orders.factories.running import coffee_plan, running
from orders.models import (
    AccountEntry,
    Charge,
    DeliveryItem,
    Hold,
    Invoice,
    MrrMovement,
    Order,
    OrderLine,
    PlanItem,
    PlanVersion,
    Subscription,
)
from orders.states import HoldCode

pytestmark = pytest.mark.django_db
FIRST = date(2026, 12, 3)
RUN_AT = NOW.replace(month=12, day=1, hour=9)
GERMAN_VAT = "DE136695976"


def broken_books() -> list[Any]:
    return [(p.code, p.rows[:3]) for p in check_books(now=RUN_AT) if not p.holds]


def plan_without(units: int = 0, **terms: Any) -> tuple[PlanVersion, Sku, Sku]:
    """Two items, of which the second has so many units."""
    version = coffee_plan(units=1000, items=1, **terms)
    here = version.items.get().sku
    gone = SkuFactory(product=here.product)
    if units:
        stock(gone, Warehouse.objects.get(), units)
    PlanItem.objects.create(version=version, sku=gone, quantity=1)
    return version, here, gone


def lines(order: Order) -> dict[int | None, OrderLine]:
    return {line.sku_id: line for line in order.lines.all()}


class TestWait:
    def test_everything_waits(self) -> None:
        version, here, gone = plan_without()
        running(version, [FIRST])
        renew_due(now=RUN_AT)
        order = Order.objects.get()
        assert not order.ships_in_parts
        assert (lines(order)[here.pk].promised, lines(order)[gone.pk].backordered) == (1, 1)
        assert Invoice.objects.get().gross_total == Decimal("38.60")


class TestShipRest:
    def test_what_is_here_goes_and_the_rest_follows(self) -> None:
        version, here, gone = plan_without(shortage=ShortageRule.SHIP_REST)
        running(version, [FIRST])
        renew_due(now=RUN_AT)
        order = Order.objects.get()
        assert order.ships_in_parts
        assert str(order.promised_ship_on) == "2026-12-03"
        assert (lines(order)[here.pk].promised, lines(order)[gone.pk].backordered) == (1, 1)
        assert order.total == Decimal("38.60")
        stock(gone, Warehouse.objects.get(), 5)
        allocate_waiting(now=RUN_AT)
        assert lines(order)[gone.pk].promised == 1


class TestSkipLine:
    def test_the_line_is_left_out_and_not_charged(self) -> None:
        version, here, gone = plan_without(shortage=ShortageRule.SKIP_LINE)
        (s,) = running(version, [FIRST])
        renew_due(now=RUN_AT)
        order, invoice = Order.objects.get(), Invoice.objects.get()
        assert set(lines(order)) == {here.pk}
        # Neither has a list price: the box is worth the same in both.
        assert order.total == invoice.gross_total == Charge.objects.get().amount == Decimal("19.30")
        assert s.events.get(kind=EventKind.ORDERED).facts["left_out"] == gone.code
        mail = OutgoingMessage.objects.get(kind="subscription_shortened")
        assert gone.name in mail.context["sentence"]
        assert mail.recipient == s.customer.email
        assert broken_books() == []

    def test_the_next_one_has_it_again(self) -> None:
        version, _here, gone = plan_without(shortage=ShortageRule.SKIP_LINE)
        running(version, [FIRST])
        renew_due(now=RUN_AT)
        stock(gone, Warehouse.objects.get(), 5)
        renew_due(now=RUN_AT.replace(year=2027, month=1))
        assert [order.total for order in Order.objects.order_by("pk")] == [Decimal("19.30"), Decimal("38.60")]

    def test_units_are_shared_out_among_the_boxes_of_a_run(self) -> None:
        version, _here, gone = plan_without(units=2, shortage=ShortageRule.SKIP_LINE)
        running(version, [FIRST] * 3)
        renew_due(now=RUN_AT)
        assert sorted(order.units for order in Order.objects.all()) == [1, 2, 2]
        assert StockLevel.objects.get(sku=gone).allocated == 2
        assert not OrderLine.objects.filter(backordered__gt=0).exists()

    def test_no_box_leaves_empty(self) -> None:
        version = coffee_plan(units=0, shortage=ShortageRule.SKIP_LINE)
        running(version, [FIRST])
        renew_due(now=RUN_AT)
        order = Order.objects.get()
        assert order.total == Decimal("38.60")
        assert [line.backordered for line in order.lines.all()] == [1, 1]
        assert not OutgoingMessage.objects.filter(kind="subscription_shortened").exists()

    def test_what_was_paid_in_advance_is_sent_later(self) -> None:
        version, here, gone = plan_without(shortage=ShortageRule.SKIP_LINE, bill_every=3)
        (s,) = running(version, [FIRST])
        once = SkuFactory(product=here.product)
        DeliveryItem.objects.create(delivery=s.deliveries.get(), sku=once, quantity=1, unit_price=Decimal(7))
        renew_due(now=RUN_AT)
        order = Order.objects.get()
        assert order.ships_in_parts
        assert {sku: line.backordered for sku, line in lines(order).items()} == {here.pk: 0, gone.pk: 1}
        assert [row.gross_total for row in Invoice.objects.all()] == [Decimal("115.80")]
        assert once.name in OutgoingMessage.objects.get(kind="subscription_shortened").context["sentence"]


class TestReverseCharge:
    @pytest.mark.parametrize("terms", [{}, {"bill_every": 3}], ids=["with each", "in advance"])
    def test_a_business_abroad_pays_no_tax_and_its_papers_say_why(self, terms: dict[str, Any]) -> None:
        (s,) = running(coffee_plan(**terms), [FIRST])
        assert s.address is not None
        s.address.country, s.address.postcode, s.address.region = "DE", "10115", ""
        s.address.save()
        s.customer.vat_id = GERMAN_VAT
        s.customer.save()
        renew_due(now=RUN_AT)
        order, invoice = Order.objects.get(), Invoice.objects.get()
        assert order.tax_treatment == invoice.tax_treatment == TaxTreatment.REVERSE_CHARGE
        assert (order.tax_total, invoice.tax_total) == (ZERO, ZERO)
        assert ZERO < invoice.gross_total < Decimal("115.80")
        assert broken_books() == []


class TestMoneyFirst:
    """The channel asks for money before goods leave."""

    def start(self, **facts: Any) -> Subscription:
        terms = {name: facts.pop(name) for name in ("bill_every",) if name in facts}
        channel = ChannelFactory(requires_payment=True)
        return running(coffee_plan(**terms), [FIRST], channel=channel, **facts)[0]

    def held(self) -> list[str]:
        return list(Hold.objects.open().order_by("pk").values_list("code", flat=True))

    def pay(self, invoice: Invoice) -> None:
        take_money(
            lock_invoice(invoice.pk), amount=invoice.balance, provider="bank", effect_key=invoice.number, by="Ana",
            now=RUN_AT,
        )  # fmt: skip

    def test_each_waits_for_its_own_charge(self) -> None:
        self.start()
        renew_due(now=RUN_AT)
        assert self.held() == [HoldCode.PAYMENT]
        assert Order.objects.get().lines.filter(promised=0).count() == 0
        self.pay(Invoice.objects.get())
        assert self.held() == []

    def test_paid_in_advance_waits_for_the_invoice_of_all(self) -> None:
        self.start(bill_every=3)
        renew_due(now=RUN_AT)
        renew_due(now=RUN_AT.replace(year=2027, month=1))
        assert self.held() == [HoldCode.PAYMENT, HoldCode.PAYMENT]
        run_now("release_paid", as_of=RUN_AT)
        assert len(self.held()) == 2
        self.pay(Invoice.objects.get())
        assert run_now("release_paid", as_of=RUN_AT).summary == {"released": 2}
        assert self.held() == []
        renew_due(now=RUN_AT.replace(year=2027, month=2))
        assert (Order.objects.count(), self.held()) == (3, [])
        assert broken_books() == []

    def test_what_is_sent_beside_does_not_let_it_go(self) -> None:
        s = self.start(bill_every=3)
        sku = s.lines.all()[0].sku
        DeliveryItem.objects.create(delivery=s.deliveries.get(), sku=sku, quantity=1, unit_price=Decimal(7))
        renew_due(now=RUN_AT)
        self.pay(Invoice.objects.exclude(order=None).get())
        run_now("release_paid", as_of=RUN_AT)
        assert self.held() == [HoldCode.PAYMENT]

    def test_nobody_waits_for_money_that_was_on_account(self) -> None:
        s = self.start()
        AccountEntry.objects.create(
            customer=s.customer, currency="EUR", amount=Decimal(50), cause="gift", reason="Sorry", at=NOW, by="Ana"
        )
        renew_due(now=RUN_AT)
        run_now("release_paid", as_of=RUN_AT)
        assert (Invoice.objects.get().balance, self.held()) == (ZERO, [])

    @pytest.mark.parametrize("every", [1, 3])
    def test_on_invoice_nothing_waits(self, every: int) -> None:
        self.start(bill_every=every, collection=Collection.INVOICE)
        renew_due(now=RUN_AT)
        assert self.held() == []

    @pytest.mark.parametrize("every", [1, 3])
    def test_who_pays_on_invoice_from_now_on_waits_no_more(self, every: int) -> None:
        s = self.start(bill_every=every)
        renew_due(now=RUN_AT)
        Subscription.objects.filter(pk=s.pk).update(collection=Collection.INVOICE)
        run_now("release_paid", as_of=RUN_AT)
        assert self.held() == []

    def test_what_staff_holds_for_money_stays_held(self) -> None:
        self.start()
        renew_due(now=RUN_AT)
        Hold.objects.update(source="staff")
        Invoice.objects.update(status="paid")
        run_now("release_paid", as_of=RUN_AT)
        assert self.held() == [HoldCode.PAYMENT]


class TestMonthlyRevenue:
    def test_trials_that_end_count_with_a_constant_number_of_statements(self) -> None:
        version = coffee_plan()
        running(version, [FIRST], mrr=ZERO)
        renew_due(now=RUN_AT)
        counts = []
        for i, size in enumerate((20, 50)):
            running(version, [FIRST] * size, first_key=100 * (i + 1), mrr=ZERO)
            with CaptureQueriesContext(connection) as statements:
                assert renew_due(now=RUN_AT).ordered == size
            counts.append(len([one for one in statements if not one["sql"].startswith("INSERT")]))
        assert counts[0] == counts[1]
        assert set(MrrMovement.objects.values_list("kind", flat=True)) == {"new"}
        assert MrrMovement.objects.count() == 71

    def test_the_second_of_a_customer_is_no_new_one(self) -> None:
        one, other = running(coffee_plan(), [FIRST] * 2, mrr=ZERO)
        Subscription.objects.filter(pk=other.pk).update(customer=one.customer)
        renew_due(now=RUN_AT)
        kinds = list(MrrMovement.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["new", "expansion"]
        assert {row.customer_id for row in MrrMovement.objects.all()} == {one.customer_id}
