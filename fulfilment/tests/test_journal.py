"""The journal: every document balances, and its accounts tie to what is owed and what is deferred."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.models import Shipment
from fulfilment.tests.parcels import COFFEE, NOW, OATS, make_order, pack, pay, stage
from fulfilment.tests.test_revenue import arrive, boxes, deferred
from ordermgmt.factories import UserFactory
from ordermgmt.models import Activity
from ordermgmt.money import ZERO
from ordermgmt.roles import Role
from orders.actions.accounts import balance_of
from orders.actions.crediting import CreditPart, credit
from orders.actions.receipts import record_receipt
from orders.actions.recognising import recognise_revenue
from orders.actions.writing_off import take_back_write_off, write_off
from orders.ageing import ageing
from orders.billing_states import CreditReason
from orders.factories.billing import AccountEntryFactory, PayoutFactory, PayoutLineFactory
from orders.journal.accounts import CLEARING, CREDIT, DEFERRED, RECEIVABLE, REVENUE, VAT
from orders.journal.export import COLUMNS, csv_lines, trial_balance
from orders.journal.sources import Period, entries
from orders.models import Invoice, RevenueEntry

pytestmark = pytest.mark.django_db
ALWAYS = Period(date(2026, 1, 1), date(2028, 1, 1))


def left(*, paid: bool) -> Invoice:
    shipment = pack(stage(make_order([OATS, COFFEE], paid=paid)))
    dispatch_shipment(shipment.pk, by="Ana", now=NOW)
    return Invoice.objects.get(cause=shipment.number)


@pytest.fixture
def busy() -> list[Invoice]:
    """Paid, unpaid, credited, written off and taken back, a receipt with a rest, goodwill, a payout, prepaid boxes."""
    paid, owed, given_up, again, by_bank = (left(paid=n == 0) for n in range(5))
    line = owed.lines.first()
    assert line is not None
    credit(owed.pk, parts=[CreditPart(line_id=line.pk, gross=Decimal("5.00"))], reason=CreditReason.PRICE, cause="a",
           by="Fia", now=NOW)  # fmt: skip
    write_off(given_up.pk, reason="Gone", by="Fia", now=NOW)
    take_back_write_off(write_off(again.pk, reason="Gone", by="Fia", now=NOW).pk, by="Fia", now=NOW)
    assert by_bank.customer is not None
    record_receipt(by_bank.customer, amount=by_bank.gross_total + 7, currency="EUR", provider="bank", reference="A1",
                   received_on=NOW.date(), effect_key="r1", by="Fia", now=NOW)  # fmt: skip
    AccountEntryFactory(customer=by_bank.customer, amount=3, at=NOW)
    PayoutLineFactory(payout=PayoutFactory(amount=95, matched_at=NOW, bank_reference="B1"), amount=100, fee=5)
    arrive(Shipment.objects.get(number=paid.cause), NOW + timedelta(days=1))
    list(boxes("31.25", 1))
    recognise_revenue(now=NOW + timedelta(days=2))
    return list(Invoice.objects.order_by("pk"))


def balance(account: str) -> Decimal:
    lines = (line for one in entries(ALWAYS) for line in one.lines)
    return sum((line.amount for line in lines if line.account == account), ZERO)


def test_every_document_balances(busy: list[Invoice]) -> None:
    found = list(entries(ALWAYS))
    assert len({one.document for one in found}) == len(found)
    assert {sum((line.amount for line in one.lines), ZERO) for one in found} == {ZERO}
    kinds = {one.document.split("-")[0] for one in found}
    assert {"INV", "CN", "PAY", "AC", "WO", "REV"} <= kinds


def test_it_ties_to_what_is_owed_deferred_and_earned(busy: list[Invoice]) -> None:
    (aged,) = ageing(Invoice.objects.all(), today=NOW.date())
    assert balance(RECEIVABLE) == pytest.approx(aged.total)
    assert -balance(DEFERRED) == deferred()
    earned = RevenueEntry.objects.exclude(recognised_on=None).values_list("amount", flat=True)
    assert -balance(REVENUE) == sum(earned, ZERO)
    tax = sum((row.tax_total - sum(n.tax_total for n in row.credit_notes.all()) for row in busy), ZERO)
    assert -balance(VAT) == tax
    customer = busy[4].customer
    assert customer is not None
    assert -balance(CREDIT) == pytest.approx(balance_of(customer, "EUR"))
    assert balance(CLEARING) == -100


def test_the_trial_balance_has_two_equal_sides(busy: list[Invoice]) -> None:
    rows = trial_balance(ALWAYS)
    assert sum(row.debit for row in rows) == sum(row.credit for row in rows) > 0
    assert {row.account.number for row in rows} >= {"1510", "1930", "2611", "2970", "3001", "6351"}


def test_the_file_says_the_same(busy: list[Invoice], settings: object) -> None:
    settings.JOURNAL_ACCOUNTS = {"bank": "1940"}  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(ALWAYS)).removeprefix("\ufeff"))))
    assert tuple(rows[0]) == COLUMNS
    assert sum(Decimal(row["debit"] or 0) for row in rows) == sum(Decimal(row["credit"] or 0) for row in rows)
    assert {row["account"] for row in rows if row["account_name"] == "Bank"} == {"1940"}
    assert {row["tax_code"] for row in rows if row["account"] == "2611"} == {"S12", "S25"}
    invoice = busy[0]
    own = [row for row in rows if row["document"] == invoice.number and row["account"] == "1510"]
    assert [Decimal(row["debit"]) for row in own] == [invoice.gross_total]
    assert own[0]["counterpart"] == invoice.customer.number  # type: ignore[union-attr]


def test_a_document_is_booked_in_its_own_month_only(busy: list[Invoice]) -> None:
    november = Period(date(2026, 11, 1), date(2026, 12, 1))
    inside = {one.document for one in entries(november)}
    outside = {one.document for one in entries(ALWAYS) if not november.first <= one.on < november.end}
    assert inside & outside == set()
    assert inside | outside == {one.document for one in entries(ALWAYS)}


def test_money_for_what_is_not_billed_stands_on_the_receivables() -> None:
    pay(make_order([OATS], paid=False), "10.00")
    assert balance(RECEIVABLE) == -10


def test_the_page_shows_it_and_notes_the_download(client: Client) -> None:
    invoice = left(paid=False)
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    page = client.get("/reports/journal/?month=2026-11")
    assert page.status_code == 200
    assert "1510" in page.content.decode()
    assert client.get("/reports/journal/?month=nonsense").status_code == 200
    answer = client.post("/reports/journal/export/", {"month": "2026-11"})
    assert invoice.number in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert Activity.objects.filter(verb="journal.exported", subject="journal:2026-11").exists()


def test_revenue_by_month_opens_its_rows(client: Client) -> None:
    invoice = left(paid=True)
    arrive(Shipment.objects.get(number=invoice.cause), NOW + timedelta(days=1))
    recognise_revenue(now=NOW + timedelta(days=2))
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    page = client.get("/reports/revenue/").content.decode()
    assert f"€{invoice.net_total:.2f}" in page
    url = "/reports/revenue/rows/?view=all&currency=EUR&recognised_on_after=2026-11-01&recognised_on_before=2026-11-30"
    assert url.replace("&", "&amp;") in page
    assert client.get(url).content.decode().count(invoice.number) >= invoice.lines.count()
    none = "/reports/revenue/rows/?view=all&currency=EUR&deferred_on=2026-11-30"
    assert invoice.number not in client.get(none).content.decode()
