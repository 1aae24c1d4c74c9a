"""Deliveries that are paid and will not come: their part of the invoice is credited."""

from decimal import Decimal

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO
from orders.actions.crediting import CreditPart, CreditRefused, credit_locked
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.taking_money import lock_invoice
from orders.billing_states import BillingCycleStatus, CreditReason
from orders.models import BillingCycle, CreditNote
from orders.proration import values_of_deliveries


def credit_paid_ahead(work: Work, *, give_back: GiveBack) -> CreditNote:
    """Inside the caller's transaction: a credit note for what the last charge paid for and was not sent.

    Each line by deliveries, equal parts, the remainder to the last (W51). Raises NotAllowed without such a charge.
    """
    s = work.s
    cycles = BillingCycle.objects.filter(subscription=s, status=BillingCycleStatus.BILLED).exclude(invoice=None)
    cycle = cycles.order_by("-number").first()
    if cycle is None or cycle.invoice_id is None or s.deliveries_owed > cycle.deliveries:
        raise NotAllowed(_("There is no invoice of the deliveries that are paid: credit them by hand."))
    invoice = lock_invoice(cycle.invoice_id)
    parts = [
        CreditPart(
            line_id=line.pk, gross=_of_the_rest(line.gross, cycle.deliveries, s.deliveries_owed, invoice.currency)
        )
        for line in invoice.lines.order_by("position")
    ]
    try:
        note = credit_locked(
            invoice,
            parts=[part for part in parts if part.gross],
            reason=CreditReason.TERM,
            cause=f"given up:{s.number}:{cycle.number}:{s.row_version}",
            by=work.by,
            now=work.now,
        )
    except CreditRefused as refusal:
        raise NotAllowed(str(refusal)) from refusal
    settle_credit(invoice, note, give_back=give_back, by=work.by, now=work.now)
    return note


def _of_the_rest(gross: Decimal, deliveries: int, left: int, currency: str) -> Decimal:
    return sum(values_of_deliveries(gross, deliveries, currency)[-left:], ZERO)
