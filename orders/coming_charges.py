"""What collects an invoice by itself: its customer need not, and must not, pay it as well."""

from datetime import date
from typing import NamedTuple

from ordermgmt.clock import business_day
from orders.billing_states import LIVE_CHARGES
from orders.models import Invoice


class ComingCharge(NamedTuple):
    """By what it is collected, and on which day where that is known."""

    method: str
    on: date | None


def coming_charge(invoice: Invoice) -> ComingCharge | None:
    """The attempt that is planned or under way; None when the customer is to pay."""
    charge = invoice.charges.filter(status__in=LIVE_CHARGES).select_related("method").order_by("-number").first()
    if charge is None or charge.method is None:
        return None
    return ComingCharge(str(charge.method), business_day(charge.due_at) if charge.due_at else None)
