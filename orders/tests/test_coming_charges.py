"""An invoice that is collected by itself does not ask its customer to pay it as well."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ordermgmt.mail import html_of
from orders.billing_states import ChargeStatus
from orders.documents.einvoice import invoice_xml
from orders.documents.invoice import invoice as invoice_paper
from orders.factories.billing import ChargeFactory, PaymentMethodFactory
from orders.factories.orders import InvoiceFactory, InvoiceLineFactory
from orders.factories.subscriptions import SubscriptionFactory
from orders.invoice_mails import invoice_message
from orders.models import Charge, Invoice

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
COLLECTED = "We collect €10.00 with your Visa ••4242"


@pytest.fixture
def unpaid() -> Invoice:
    s = SubscriptionFactory()
    parties = {
        "seller": {"iban": "SE45 5000", "country": "SE"},
        "buyer": {"email": "lena@mail.example", "country": "SE"},
    }
    made: Invoice = InvoiceFactory(order=None, subscription=s, customer=s.customer, cause="cycle:SUB:1", **parties)
    InvoiceLineFactory(invoice=made, gross=Decimal("10.00"))
    return made


def plan_charge(invoice: Invoice) -> Charge:
    method = PaymentMethodFactory(customer=invoice.customer)
    charge: Charge = ChargeFactory(invoice=invoice, method=method, due_at=datetime(2026, 12, 1, 5, tzinfo=UTC))
    return charge


def test_without_a_charge_the_customer_pays(unpaid: Invoice) -> None:
    assert "Please pay €10.00" in invoice_paper(unpaid.number).html
    assert "<ram:TypeCode>58</ram:TypeCode>" in invoice_xml(unpaid)


def test_with_a_charge_the_paper_says_when_it_is_collected(unpaid: Invoice) -> None:
    plan_charge(unpaid)
    words = invoice_paper(unpaid.number).html
    assert f"{COLLECTED} on 1 Dec 2026." in words
    assert "Please pay" not in words
    assert "<ram:TypeCode>48</ram:TypeCode>" in invoice_xml(unpaid)


def test_after_a_decline_the_customer_pays(unpaid: Invoice) -> None:
    charge = plan_charge(unpaid)
    Charge.objects.filter(pk=charge.pk).update(status=ChargeStatus.DECLINED)
    assert "Please pay" in invoice_paper(unpaid.number).html


def test_the_mail_says_the_same(unpaid: Invoice) -> None:
    plan_charge(unpaid)
    mail = invoice_message(unpaid, now=NOW)
    assert COLLECTED in mail.text
    assert COLLECTED in html_of(mail)
    assert "IBAN" not in mail.text
