"""Links that staff send to a customer: to pay an invoice, to their page."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, OutgoingMessage, User
from orders.actions.links import NoEmail
from orders.collection_mails import pay_link_message
from orders.models import Invoice, PayLink


@transaction.atomic(durable=True)
def send_pay_link(invoice_id: int, *, by: User | str, now: datetime) -> OutgoingMessage:
    """Mail the way to pay an invoice to its customer. Raises NoEmail."""
    invoice = Invoice.objects.select_related("customer").get(pk=invoice_id)
    customer = invoice.customer
    if customer is None or not customer.email:
        raise NoEmail
    link = PayLink.objects.lasting(customer_id=customer.pk, invoice=invoice, now=now)
    record("pay_link.sent", gettext_noop("Sent a link to pay {invoice}"), subject=customer.number, by=by, now=now,
           category=ActivityCategory.MESSAGES, invoice=invoice.number)  # fmt: skip
    return pay_link_message(link, customer=customer, now=now)
