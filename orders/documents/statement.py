"""The statement of a customer as a paper, printed afresh each time."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from ordermgmt.clock import business_day
from ordermgmt.documents import UnknownDocument, document_kind
from ordermgmt.printing import paper
from ordermgmt.typesetting import Paper
from orders.statements import currencies_of, statement

STATEMENT_DAYS = 90


@document_kind("statement", title=_("Statement"), permission="orders.finance", is_kept=False, shows_time=True)
def customer_statement(number: str, now: datetime) -> Paper:
    """All currencies of a customer over the last ninety days."""
    customer = Customer.objects.filter(number=number).first()
    if customer is None:
        raise UnknownDocument(number)
    ends_on = business_day(now)
    starts_on = ends_on - timedelta(days=STATEMENT_DAYS)
    statements = [
        statement(customer, currency, starts_on=starts_on, ends_on=ends_on) for currency in currencies_of(customer)
    ]
    address = customer.current_address
    facts = {
        "customer": customer,
        "to": {"name": customer.name, "company": customer.company, **(address.as_postal() if address else {})},
        "statements": statements,
        "printed_on": ends_on,
        "starts_on": starts_on,
    }
    return paper("statement", facts, style="invoice", language=customer.language)
