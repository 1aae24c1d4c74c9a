"""Pages of finance: what is done on them is done, and they say what cannot be."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from customers.factories import CustomerFactory
from ordermgmt.factories import UserFactory
from ordermgmt.models import OutgoingMessage
from ordermgmt.roles import Role
from orders.models import CreditNote, Invoice, Receipt
from orders.states import InvoiceStatus
from orders.tests.test_crediting import billed, line

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.FINANCE), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def invoice() -> Invoice:
    return billed("100.00", customer=CustomerFactory(email="maria@example.com"))


KEY = "6d0c38bc-0a4f-4f3f-8f0e-1f4c64a9e111"


def test_a_credit_note_is_reviewed_then_written_once(finance: Client, invoice: Invoice) -> None:
    address = f"/invoices/{invoice.number}/credit/"
    given = {"key": KEY, "reason": "goodwill", "note": "Late", "give_back": "later", f"units_{line(invoice)}": "1"}
    assert "Credit note for" in finance.get(address).content.decode()
    page = finance.post(address, given).content.decode()
    assert "Credit €33.33" in page.replace("\u00a0", " ")
    assert not CreditNote.objects.exists()
    for _again in range(2):
        answer = finance.post(address, given | {"step": "do"})
        assert answer.status_code == 302
    note = CreditNote.objects.get()
    page = finance.get(f"/credit-notes/{note.number}/").content.decode()
    assert invoice.number in page
    assert note.number in finance.get("/credit-notes/").content.decode()
    assert note.number in finance.get(f"/invoices/{invoice.number}/").content.decode()
    assert finance.get(f"/papers/credit_note/{note.number}/").content[:5] == b"%PDF-"


def test_what_cannot_be_credited_is_said(finance: Client, invoice: Invoice) -> None:
    address = f"/invoices/{invoice.number}/credit/"
    base = {"key": KEY, "reason": "goodwill", "give_back": "later"}
    for given in ({}, {f"units_{line(invoice)}": "9"}, {f"units_{line(invoice)}": "1", f"gross_{line(invoice)}": "1"}):
        assert finance.post(address, base | given).status_code == 422


def test_an_invoice_is_corrected_and_replaced(finance: Client, invoice: Invoice) -> None:
    address = f"/invoices/{invoice.number}/replace/"
    assert finance.get(address).status_code == 200
    given = {"name": "Maria", "company": "Kafé AB", "note": "Company", f"gross_{line(invoice)}": "100.00"}
    new = finance.post(address, given, follow=True).content.decode()
    assert "Kafé AB" in new
    assert Invoice.objects.get(replaces=invoice).gross_total == Decimal(100)
    assert "replaced by" in finance.get(f"/invoices/{invoice.number}/").content.decode()


def test_a_debt_is_written_off_and_owed_again(finance: Client, invoice: Invoice) -> None:
    address = f"/invoices/{invoice.number}/write-off/"
    assert finance.post(address, {"reason": ""}).status_code == 422
    finance.post(address, {"reason": "Bankrupt"})
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.WRITTEN_OFF
    back = f"{address}{invoice.write_offs.get().pk}/undo/"
    finance.post(back)
    invoice.refresh_from_db()
    assert invoice.status == InvoiceStatus.OPEN
    assert "taken back already" in finance.post(back, follow=True).content.decode()


def test_money_is_recorded_and_the_rest_is_credit(finance: Client, invoice: Invoice) -> None:
    customer = invoice.customer
    assert customer is not None
    address = f"/customers/{customer.number}/receipt/"
    assert 'value="100.00"' in finance.get(f"{address}?invoice={invoice.number}").content.decode()
    given = {"key": KEY, "amount": "120.00", "way": "bank", "received_on": "2026-11-23", "reference": "Row 4"}
    for _again in range(2):
        page = finance.post(address, given, follow=True).content.decode()
    assert Receipt.objects.count() == 1
    assert "€20.00" in page
    assert finance.post(address, given | {"amount": "0"}).status_code == 422
    assert OutgoingMessage.objects.filter(kind="receipt_sent").count() == 1
    assert finance.get(f"/papers/statement/{customer.number}/").content[:5] == b"%PDF-"


def test_an_invoice_is_sent_once_a_day(finance: Client, invoice: Invoice) -> None:
    for _again in range(2):
        finance.post(f"/invoices/{invoice.number}/send/")
    mail = OutgoingMessage.objects.get(kind="invoice_sent")
    assert mail.recipient == "maria@example.com"
    assert invoice.number in mail.text


def test_credit_is_used_by_a_button(finance: Client, invoice: Invoice) -> None:
    customer = invoice.customer
    assert customer is not None
    page = finance.post(f"/customers/{customer.number}/credit/", {"currency": "EUR"}, follow=True).content.decode()
    assert "nothing open" in page


def test_only_finance_may(client: Client, invoice: Invoice, signed: Callable[[str], Client]) -> None:
    for role in (Role.SUPPORT, Role.OPERATOR, Role.LEAD):
        person = signed(role)
        for path in ("credit/", "replace/", "write-off/"):
            assert person.get(f"/invoices/{invoice.number}/{path}").status_code == 403


@pytest.fixture
def signed() -> Callable[[str], Client]:
    def sign(role: str) -> Client:
        client = Client()
        client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
        return client

    return sign
