"""An order that is paid before it leaves is billed when it is placed, and its customer asked for the money (P09)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.jobs import ring
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from orders.actions.charge_planning import plan_charge
from orders.actions.invoicing import ahead_cause, draft_of, ordered_rows
from orders.actions.posting import post
from orders.invoice_mails import invoice_message
from orders.models import Hold, Invoice, Order
from orders.states import HoldCode


def bill_ahead(order: Order, *, due_at: datetime, by: User | str, now: datetime) -> Invoice | None:
    """Inside the caller's transaction (order locked or new): bill all of it, so that dispatch bills nothing again.

    None when it costs nothing. Asked again it answers with the invoice there is. The series is the last lock.
    """
    cause = ahead_cause(order)
    if existing := Invoice.objects.filter(cause=cause).first():
        return existing
    rows = ordered_rows(order, order.lines.select_related("sku").order_by("position"), order.charges.order_by("pk"))
    if not rows or not order.total:
        return None
    (invoice,) = post([draft_of(order, cause, rows, due_on=business_day(due_at))], now=now, by=by)
    return invoice


def send_link(order: Order, *, by: User | str, now: datetime) -> Invoice | None:
    """Inside the caller's transaction: mail the way to pay. Unpaid by then, the order is cancelled by itself."""
    ends_at = now + timedelta(days=settings.PAY_LINK_DAYS)
    invoice = bill_ahead(order, due_at=ends_at, by=by, now=now)
    if invoice is None or invoice.balance <= 0:
        return invoice
    Hold.objects.filter(order=order, code=HoldCode.PAYMENT).open().update(cancels_at=ends_at)
    invoice_message(invoice, now=now, cancels_at=ends_at)
    record("pay_link.sent", gettext_noop("Sent a link to pay {number}"), subject=order.number, by=by, now=now,
           category=ActivityCategory.MESSAGES, number=invoice.number)  # fmt: skip
    return invoice


def charge_card(order: Order, *, by: User | str, now: datetime) -> Invoice | None:
    """Inside the caller's transaction: the saved card of the customer is charged as soon as a worker hears of it."""
    invoice = bill_ahead(order, due_at=now, by=by, now=now)
    charge = plan_charge(invoice, due_at=now, by=by, now=now) if invoice else None
    if charge:
        ring("charges", charge.pk)
    return invoice
