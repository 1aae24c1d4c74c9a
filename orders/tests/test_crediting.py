"""Credit notes, replacement, write-off, receipts and account credit: to the cent, and never more than there is."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.factories import CustomerFactory
from customers.models import Customer
from inventory.factories import SkuFactory
from orders.actions.accounts import balance_of
from orders.actions.cancellation import cancel_order, cancel_units
from orders.actions.crediting import CreditPart, CreditRefused, credit, everything
from orders.actions.cycle_invoices import BillItem, CycleBill, issue_cycle_invoices
from orders.actions.receipts import ReceiptRefused, record_receipt, use_credit
from orders.actions.replacing import Correction, correct_and_replace
from orders.actions.returning_money import GiveBack
from orders.actions.taking_money import lock_invoice, take_money
from orders.actions.writing_off import WriteOffRefused, take_back_write_off, write_off
from orders.ageing import BUCKETS, ageing
from orders.billing_states import CreditReason
from orders.crediting_sums import Credited, amount_part, units_part
from orders.factories import NOW, draft_line, order
from orders.factories.orders import InvoiceFactory
from orders.factories.subscriptions import SubscriptionFactory
from orders.invoice_sums import Amounts
from orders.models import AccountEntry, CreditNote, Invoice, Order, Payment
from orders.statements import statement
from orders.states import InvoiceStatus, PaymentStatus

pytestmark = pytest.mark.django_db


def billed(*grosses: str, customer: Customer | None = None, paid: str = "0", units: int = 3) -> Invoice:
    """An invoice in advance with a line of `units` for each gross, some of it paid."""
    subscription = SubscriptionFactory(customer=customer or CustomerFactory())
    items = [
        BillItem(
            cause=f"prepaid:{subscription.number}:{n}", description=f"Coffee {n}", quantity=units,
            net=round(Decimal(gross) / Decimal("1.25"), 2), tax=Decimal(gross) - round(Decimal(gross) / Decimal("1.25"), 2),
            tax_rate=Decimal("0.25"),
        )
        for n, gross in enumerate(grosses)
    ]  # fmt: skip
    bill = CycleBill(
        subscription=subscription, cause=f"cycle:{subscription.number}:1", bill_to={}, deliver_to={}, items=items
    )
    with transaction.atomic():
        (invoice,) = issue_cycle_invoices([bill], now=NOW, by="Run")
    if Decimal(paid):
        with transaction.atomic():
            locked = lock_invoice(invoice.pk)
            take_money(locked, amount=Decimal(paid), provider="card", effect_key=str(locked), by="Web", now=NOW)
    return Invoice.objects.get(pk=invoice.pk)


def give(invoice: Invoice, *parts: CreditPart, cause: str = "test:1", **facts: Any) -> CreditNote:
    values = {"reason": CreditReason.GOODWILL, "by": "Eva", "now": NOW} | facts
    made = credit(invoice.pk, parts=parts, cause=cause, **values)
    invoice.refresh_from_db()
    return made


def line(invoice: Invoice, position: int = 1) -> int:
    pk: int = invoice.lines.get(position=position).pk
    return pk


def test_units_are_credited_to_the_cent() -> None:
    invoice = billed("10.00")
    notes = [give(invoice, CreditPart(line_id=line(invoice), units=1), cause=f"n:{n}") for n in range(3)]
    assert [note.gross_total for note in notes] == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert [note.number for note in notes] == ["CN-2026-00001", "CN-2026-00002", "CN-2026-00003"]
    assert (invoice.credited, invoice.balance, invoice.status) == (10, 0, InvoiceStatus.CREDITED)
    assert sum(note.tax_total for note in notes) == invoice.tax_total
    assert notes[0].document is not None


def test_the_same_cause_is_one_note() -> None:
    invoice = billed("10.00")
    part = CreditPart(line_id=line(invoice), units=1)
    assert give(invoice, part) == give(invoice, part)


def test_more_than_there_is_is_refused() -> None:
    invoice = billed("10.00")
    for part in (
        CreditPart(line_id=line(invoice), units=4),
        CreditPart(line_id=line(invoice), gross=Decimal("10.01")),
        CreditPart(line_id=line(invoice), gross=Decimal(-1)),
        CreditPart(line_id=0, units=1),
    ):
        with pytest.raises(CreditRefused):
            give(invoice, part)
    with pytest.raises(CreditRefused):
        give(invoice)
    assert not CreditNote.objects.exists()


def test_w68_credit_of_a_paid_invoice_becomes_account_credit() -> None:
    """An item adjustment of 10 on a paid 100: billed 90, account credit 10, balance 0."""
    invoice = billed("100.00", paid="100.00")
    give(invoice, CreditPart(line_id=line(invoice), gross=Decimal(10)), give_back=GiveBack.ACCOUNT)
    assert invoice.customer is not None
    assert (invoice.gross_total - invoice.credited, invoice.paid, invoice.balance) == (90, 90, 0)
    assert balance_of(invoice.customer, "EUR") == 10
    assert invoice.status == InvoiceStatus.PAID


def test_w69_refund_with_item_adjustment() -> None:
    """A refund of 10 with an item adjustment of 10: 90 − (100 − 10) is 0."""
    invoice = billed("100.00", paid="100.00")
    give(invoice, CreditPart(line_id=line(invoice), gross=Decimal(10)))
    with transaction.atomic():
        locked = lock_invoice(invoice.pk)
        take_money(locked, amount=Decimal(10), provider="card", effect_key="r", by="Web", now=NOW, kind="refund")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance) == (90, 0)


def test_an_unpaid_invoice_gives_no_account_credit() -> None:
    invoice = billed("100.00")
    give(invoice, CreditPart(line_id=line(invoice), gross=Decimal(10)), give_back=GiveBack.ACCOUNT)
    assert (invoice.balance, AccountEntry.objects.count()) == (90, 0)


def test_correct_and_replace() -> None:
    invoice = billed("100.00", "20.00", paid="120.00")
    right = Correction(buyer={"company": "Kafé AB"}, grosses={line(invoice): Decimal("90.00")})
    note, new = correct_and_replace(invoice.pk, correction=right, note="Wrong company", by="Eva", now=NOW)
    invoice.refresh_from_db()
    new.refresh_from_db()
    assert (invoice.status, invoice.credited, invoice.paid) == (InvoiceStatus.CREDITED, 120, 0)
    assert (note.reason, new.replaces, new.buyer["company"]) == (CreditReason.CORRECTION, invoice, "Kafé AB")
    assert (new.gross_total, new.paid, new.status) == (110, 110, InvoiceStatus.PAID)
    with pytest.raises(CreditRefused):
        correct_and_replace(invoice.pk, correction=right, note="", by="Eva", now=NOW)


def test_write_off_and_back() -> None:
    invoice = billed("100.00", paid="40.00")
    with pytest.raises(WriteOffRefused):
        write_off(invoice.pk, reason=" ", by="Eva", now=NOW)
    row = write_off(invoice.pk, reason="Bankrupt", by="Eva", now=NOW)
    invoice.refresh_from_db()
    assert (row.amount, invoice.balance, invoice.status) == (60, 0, InvoiceStatus.WRITTEN_OFF)
    with pytest.raises(WriteOffRefused):
        write_off(invoice.pk, reason="Again", by="Eva", now=NOW)
    take_back_write_off(row.pk, by="Eva", now=NOW)
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.status) == (60, InvoiceStatus.OPEN)
    with pytest.raises(WriteOffRefused):
        take_back_write_off(row.pk, by="Eva", now=NOW)


# Receipts ------------------------------------------------------------------------------------------
def receive(customer: Customer, amount: str, **facts: Any) -> Any:
    values = {"currency": "EUR", "provider": "bank", "effect_key": f"bank:{amount}", "received_on": NOW.date()}
    return record_receipt(customer, amount=Decimal(amount), by="Eva", now=NOW, **(values | facts))


def test_money_goes_to_the_oldest_first_and_the_rest_on_account() -> None:
    customer = CustomerFactory()
    old, new = billed("100.00", customer=customer), billed("50.00", customer=customer)
    receipt = receive(customer, "170.00")
    assert receive(customer, "170.00") == receipt
    for invoice in (old, new):
        invoice.refresh_from_db()
        assert invoice.status == InvoiceStatus.PAID
    assert balance_of(customer, "EUR") == 20
    assert sum(payment.amount for payment in receipt.payments.all()) == 150


def test_money_goes_where_it_is_told() -> None:
    customer = CustomerFactory()
    old, new = billed("100.00", customer=customer), billed("50.00", customer=customer)
    receive(customer, "60.00", told={new.pk: Decimal(50)})
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.paid, new.paid, balance_of(customer, "EUR")) == (0, 50, 10)
    for told in ({new.pk: Decimal(1)}, {old.pk: Decimal(101)}, {old.pk: Decimal(-1)}):
        with pytest.raises(ReceiptRefused):
            receive(customer, "200.00", told=told, effect_key="x")
    with pytest.raises(ReceiptRefused):
        receive(customer, "0.00")
    assert use_credit(customer, currency="EUR", by="Eva", now=NOW) == 10
    old.refresh_from_db()
    assert (old.paid, balance_of(customer, "EUR")) == (10, 0)


def test_money_of_an_order_counts_for_the_order() -> None:
    made = renewed()
    assert made.customer is not None
    receive(made.customer, "30.00")
    made.refresh_from_db()
    assert (made.paid_total, made.payment_status) == (30, PaymentStatus.PAID)


def test_credit_that_was_used_up_is_nothing() -> None:
    """SQLite adds floats: 0.10 + 0.20 - 0.30 is not quite nothing there, and no payment of nothing may come of it."""
    customer = CustomerFactory()
    receive(customer, "0.10")
    receive(customer, "0.20")
    used = billed("0.30", customer=customer)
    assert (used.paid, balance_of(customer, "EUR")) == (Decimal("0.30"), 0)
    fresh = billed("5.00", customer=customer)
    assert (fresh.paid, fresh.payments.count()) == (0, 0)
    assert use_credit(customer, currency="EUR", by="Eva", now=NOW) == 0


def test_what_is_credited_and_given_up_is_the_whole() -> None:
    """SQLite subtracts floats: 0.30 - 0.10 is less than 0.20 there."""
    invoice = billed("0.30")
    give(invoice, CreditPart(line_id=line(invoice), gross=Decimal("0.20")))
    write_off(invoice.pk, reason="Small", by="Eva", now=NOW)
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.written_off, invoice.balance) == (Decimal("0.20"), Decimal("0.10"), 0)


# Cancelling what was billed ------------------------------------------------------------------------
def renewed(units: int = 3) -> Order:
    subscription, sku = SubscriptionFactory(), SkuFactory()
    made = order(
        {sku: units}, lines=(draft_line(sku, units),), customer=subscription.customer, is_paid=False, is_renewal=True
    )
    bill = CycleBill(
        subscription=subscription, cause=f"cycle:{subscription.number}:1", bill_to={}, deliver_to={},
        order=made, lines=list(made.lines.all()),
    )  # fmt: skip
    with transaction.atomic():
        issue_cycle_invoices([bill], now=NOW, by="Run")
    return made


@pytest.mark.django_db(transaction=True)
def test_units_cancelled_after_they_were_billed_are_credited() -> None:
    made = renewed()
    cancel_units(made.pk, {made.lines.get().pk: 1}, by="Eva", reason="Less", now=NOW)
    invoice = Invoice.objects.get()
    assert (invoice.credited, invoice.balance) == (10, 20)
    made.refresh_from_db()
    assert (made.total, made.credited_total, made.balance) == (20, 0, 20)
    cancel_order(made.pk, by="Eva", reason="All", now=NOW)
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.status) == (30, InvoiceStatus.CREDITED)


# Statements and ageing -----------------------------------------------------------------------------
def test_a_statement_ends_with_what_is_owed() -> None:
    customer = CustomerFactory()
    first, _second = billed("100.00", customer=customer), billed("50.00", customer=customer)
    receive(customer, "100.00")
    give(first, CreditPart(line_id=line(first), gross=Decimal(10)), give_back=GiveBack.ACCOUNT)
    day = NOW.date()
    made = statement(customer, "EUR", starts_on=day, ends_on=day)
    owed = sum(invoice.balance for invoice in Invoice.objects.all()) - balance_of(customer, "EUR")
    assert (made.opening, made.closing) == (0, owed)
    later = statement(customer, "EUR", starts_on=day + timedelta(days=1), ends_on=day + timedelta(days=9))
    assert (later.opening, later.entries, later.closing) == (owed, [], owed)


@pytest.mark.parametrize("days", [-1, 0, 1, 30, 31, 60, 61, 90, 91, 400])
def test_every_open_invoice_is_in_one_bucket(days: int) -> None:
    today = date(2026, 11, 24)
    InvoiceFactory(due_on=today - timedelta(days=days), gross_total=100, paid=60)
    (aged,) = ageing(Invoice.objects.all(), today=today)
    assert aged.total == 40
    (bucket,) = [bucket for bucket in BUCKETS if aged.sums[bucket.code]]
    assert bucket.start is None or days >= bucket.start
    assert bucket.end is None or days < bucket.end


# Any parts, in any order ---------------------------------------------------------------------------
CENTS = st.integers(min_value=1, max_value=100_000).map(lambda n: Decimal(n) / 100)


@pytest.mark.django_db(False)
@given(
    gross=CENTS,
    rate=st.sampled_from(["0", "0.07", "0.25"]),
    units=st.integers(1, 9),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.fractions(0, 1)), max_size=12),
)
def test_parts_never_exceed_the_line(gross: Decimal, rate: str, units: int, steps: list[Any]) -> None:
    net = round(gross / (1 + Decimal(rate)), 2)
    whole, had = Amounts(net=net, tax=gross - net), Credited()
    for by_units, count, fraction in steps:
        left = whole.minus(had.all)
        if by_units and had.units + count <= units:
            more = units_part(whole, of=units, units=count, before=had, currency="EUR")
            had = Credited(units=had.units + count, by_units=plus(had.by_units, more), all=plus(had.all, more))
        elif not by_units:
            amount = round(left.gross * fraction.numerator / fraction.denominator, 2)
            more = amount_part(whole, gross=amount, before=had, currency="EUR")
            assert more.gross == amount
            had = Credited(units=had.units, by_units=had.by_units, all=plus(had.all, more))
        assert 0 <= had.all.gross <= whole.gross
        assert 0 <= had.all.tax <= whole.tax
    rest = amount_part(whole, gross=whole.minus(had.all).gross, before=had, currency="EUR")
    assert plus(had.all, rest) == whole


def plus(one: Amounts, two: Amounts) -> Amounts:
    return Amounts(net=one.net + two.net, tax=one.tax + two.tax)


STEPS = st.lists(st.tuples(st.sampled_from("bcrpwu"), st.integers(0, 3), CENTS), max_size=12)


@settings(max_examples=25)  # each is a dozen transactions
@given(steps=STEPS)
def test_any_bills_credits_receipts_and_refunds_tie(steps: list[tuple[str, int, Decimal]]) -> None:
    """Whatever happens in whatever order: no balance below 0, and every cent is somewhere."""
    customer = CustomerFactory()
    for n, (what, which, amount) in enumerate(steps):
        rows = list(Invoice.objects.filter(customer=customer).order_by("pk"))
        with suppress(CreditRefused, ReceiptRefused, WriteOffRefused):
            _act(what, customer, rows[which % len(rows)] if rows else None, amount, f"{customer.pk}:{n}")
    _ties(customer)


def _act(what: str, customer: Customer, invoice: Invoice | None, amount: Decimal, key: str) -> None:
    if what == "b":
        billed(str(amount), customer=customer)
    elif what == "r":
        receive(customer, str(amount), effect_key=f"bank:{key}")
    elif what == "u":
        use_credit(customer, currency="EUR", by="Eva", now=NOW)
    elif invoice is not None and what == "w":
        write_off(invoice.pk, reason="Small", by="Eva", now=NOW)
    elif invoice is not None and what == "c":
        part = CreditPart(line_id=line(invoice), gross=min(amount, invoice.gross_total))
        give(invoice, part, cause=f"c:{key}", give_back=GiveBack.ACCOUNT)
    elif invoice is not None:
        give(invoice, *everything(invoice), cause=f"p:{key}", give_back=GiveBack.LATER)


def _ties(customer: Customer) -> None:
    rows = list(Invoice.objects.filter(customer=customer))
    assert all(0 <= row.balance == row.gross_total - row.credited - row.written_off - row.paid for row in rows)
    credit_left = balance_of(customer, "EUR")
    assert credit_left >= 0
    payments = Payment.objects.filter(invoice__customer=customer)
    net = sum((p.amount if p.kind == "capture" else -p.amount for p in payments), Decimal(0))
    over = net - sum(row.paid for row in rows)
    assert over >= 0
    made = statement(customer, "EUR", starts_on=NOW.date(), ends_on=NOW.date())
    assert made.closing == sum(row.balance for row in rows) - credit_left - over
