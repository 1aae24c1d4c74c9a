"""A new link to pay for one that ended. Nobody is told whether the old one was known."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import OutgoingMessage
from ordermgmt.models.history import ActivityCategory
from orders.collection_mails import pay_link_message
from orders.models import PayLink

BY = "customer"


@transaction.atomic(durable=True)
def send_new_pay_link(token: str, *, now: datetime) -> OutgoingMessage | None:
    """Mail a lasting link to the address of the customer the old one was made for; None where there is none."""
    old = PayLink.objects.select_related("customer", "invoice").filter(token=token).first()
    if old is None or not old.customer.email:
        return None
    link = PayLink.objects.lasting(customer_id=old.customer_id, invoice=old.invoice, now=now)
    subject = str(old.invoice or old.customer.number)
    record("pay_link.sent", gettext_noop("Sent a new link to pay on request"), subject=subject, by=BY, now=now,
           category=ActivityCategory.MESSAGES)  # fmt: skip
    return pay_link_message(link, customer=old.customer, now=now)
