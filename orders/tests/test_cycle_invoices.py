"""Invoices of renewals: many at once, gapless, billed once, account credit used in the right order."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from customers.factories import AddressFactory
from inventory.factories import SkuFactory
from orders.actions.cycle_invoices import BillItem, CycleBill, issue_cycle_invoices
from orders.actions.invoicing import InvoicePart, issue_invoice
from orders.actions.posting import facts_hash
from orders.drafts import DraftCharge
from orders.factories import NOW, draft_line, order
from orders.factories.billing import AccountEntryFactory
from orders.factories.subscriptions import SubscriptionFactory
from orders.models import AccountEntry, Invoice, Order, OrderCharge, OrderLine, Payment, Subscription
from orders.states import InvoiceStatus, PaymentStatus

pytestmark = pytest.mark.django_db
RATE = Decimal("0.12")


def item(cause: str, gross: str, rate: str = "0.12") -> BillItem:
    amount = Decimal(gross)
    net = round(amount / (1 + Decimal(rate)), 2)
    return BillItem(cause=cause, description="Coffee, 3 deliveries", net=net, tax=amount - net, tax_rate=Decimal(rate))


def bill(subscription: Subscription, *, n: int = 1, **facts: Any) -> CycleBill:
    address = AddressFactory.build(customer=subscription.customer).as_postal()
    values = {"cause": f"cycle:{subscription.number}:{n}", "bill_to": address, "deliver_to": address} | facts
    return CycleBill(subscription=subscription, **values)


def issue(*bills: CycleBill) -> list[Invoice]:
    with transaction.atomic():
        return issue_cycle_invoices(bills, now=NOW, by="Renewals")


def renewal(subscription: Subscription, price: str = "10.00") -> tuple[Order, OrderLine, list[OrderCharge]]:
    """An order of a delivery: 3 units at `price` and 5.00 for delivery."""
    sku = SkuFactory()
    charge = DraftCharge(kind="shipping", title="Delivery", amount=Decimal(5), tax_rate=RATE, tax=Decimal("0.54"))
    line = draft_line(sku, 3, price)
    facts = {"customer": subscription.customer, "is_paid": False, "is_renewal": True}
    made = order({sku: 3}, lines=(line,), charges=(charge,), **facts)
    return made, made.lines.get(), list(made.charges.all())


def leave(line: OrderLine, units: int, **facts: Any) -> Invoice | None:
    """The units leave in a parcel."""
    stages = {"backordered": 0, "promised": 0, "ordered": units, "shipped": units}
    OrderLine.objects.filter(pk=line.pk).update(**stages, **facts)
    parts = [InvoicePart(order_line_id=line.pk, quantity=units, cause="shipment-line:1")]
    with transaction.atomic():
        return issue_invoice(Order.objects.get(pk=line.order_id), cause="SH-1", parts=parts, now=NOW, by="Ana")


def test_a_chunk_is_numbered_in_a_row_and_frozen() -> None:
    made = issue(*(bill(SubscriptionFactory(), items=[item(f"prepaid:{n}", "90.00")]) for n in range(3)))
    assert [row.number for row in made] == ["INV-2026-00001", "INV-2026-00002", "INV-2026-00003"]
    for row in Invoice.objects.all():
        assert (row.order, row.gross_total, row.net_total + row.tax_total) == (None, Decimal(90), Decimal(90))
        assert row.subscription is not None
        assert row.facts_hash == facts_hash(row, row.lines.all())
        assert row.document is not None
        assert row.document.thread == row.subscription.number


def test_the_same_bill_again_is_the_same_invoice() -> None:
    one, two = (bill(SubscriptionFactory(), items=[item(f"prepaid:{n}", "9.00")]) for n in range(2))
    (first,) = issue(one)
    again, second = issue(one, two)
    assert (again, second.number) == (first, "INV-2026-00002")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite takes long lists of rows apart")
def test_statements_do_not_grow_with_the_bills() -> None:
    def statements(count: int, start: int) -> int:
        bills = [bill(SubscriptionFactory(), items=[item(f"prepaid:{start + n}", "9.00")]) for n in range(count)]
        for each in bills[::2]:
            AccountEntryFactory(customer=each.subscription.customer, amount=4)
        with CaptureQueriesContext(connection) as seen:
            issue(*bills)
        return len(seen)

    issue(bill(SubscriptionFactory(), items=[item("prepaid:first", "9.00")]))  # the series exists from now on
    assert statements(30, 100) == statements(60, 200)


def test_dispatch_bills_nothing_again() -> None:
    subscription = SubscriptionFactory()
    made, line, charges = renewal(subscription)
    (row,) = issue(bill(subscription, order=made, lines=[line], charges=charges))
    assert (row.order, row.gross_total) == (made, Decimal(35))
    assert leave(line, 3) is None
    assert Invoice.objects.count() == 1


def test_what_was_added_after_the_renewal_is_billed_when_it_leaves() -> None:
    subscription = SubscriptionFactory()
    made, line, charges = renewal(subscription)
    issue(bill(subscription, order=made, lines=[line], charges=charges))
    Order.objects.filter(pk=made.pk).update(total=45)
    extra = leave(line, 4, total=40, tax=Decimal("4.29"))
    assert extra is not None
    assert [(row.quantity, row.gross) for row in extra.lines.all()] == [(1, Decimal(10))]


def test_a_delivery_paid_in_advance_leaves_without_an_invoice() -> None:
    _made, line, charges = renewal(SubscriptionFactory(), price="0.00")
    charges[0].delete()
    Order.objects.update(total=0)
    assert leave(line, 3) is None


def test_w66_credit_comes_after_lines_discount_and_tax() -> None:
    """50 + 20 − 10 = 60; tax 10 % is 66; 20 of a credit note and 30 paid in advance are taken off: 16 are due."""
    subscription = SubscriptionFactory()
    AccountEntryFactory(customer=subscription.customer, amount=20)
    AccountEntryFactory(customer=subscription.customer, amount=30)
    nets = {"prepaid:a": "50", "prepaid:b": "20", "charge:coupon": "-10"}
    items = [
        BillItem(cause=cause, description="Item", net=Decimal(net), tax=Decimal(net) / 10, tax_rate=Decimal("0.1"))
        for cause, net in nets.items()
    ]
    (row,) = issue(bill(subscription, items=items))
    assert (row.net_total, row.gross_total, row.paid, row.balance) == (60, 66, 50, 16)
    assert sum(entry.amount for entry in AccountEntry.objects.all()) == 0


def test_w67_account_credit_lowers_the_charge() -> None:
    subscription = SubscriptionFactory()
    AccountEntryFactory(customer=subscription.customer, amount=20)
    (row,) = issue(bill(subscription, items=[item("prepaid:1", "100.00")]))
    assert (row.balance, row.status) == (80, InvoiceStatus.OPEN)


def test_credit_is_used_once_by_two_bills_of_a_customer() -> None:
    first = SubscriptionFactory()
    second = SubscriptionFactory(customer=first.customer)
    AccountEntryFactory(customer=first.customer, amount=15)
    made = issue(*(bill(each, items=[item(f"prepaid:{each.pk}", "10.00")]) for each in (first, second)))
    assert [(row.paid, row.status) for row in made] == [(10, InvoiceStatus.PAID), (5, InvoiceStatus.OPEN)]
    assert made[0].due_on == made[0].issued_on
    assert sorted(Payment.objects.values_list("amount", "provider", "invoice")) == [
        (5, "account", made[1].pk),
        (10, "account", made[0].pk),
    ]


def test_credit_used_for_an_order_is_money_of_the_order() -> None:
    subscription = SubscriptionFactory()
    AccountEntryFactory(customer=subscription.customer, amount=50)
    made, line, charges = renewal(subscription)
    issue(bill(subscription, order=made, lines=[line], charges=charges))
    made.refresh_from_db()
    assert (made.paid_total, made.payment_status) == (35, PaymentStatus.PAID)
