"""Deliveries that are paid and will not come: their part of the invoice is credited."""

from decimal import Decimal

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO
from orders.actions.crediting import CreditPart, CreditRefused, credit_locked
from orders.actions.refunding import RefundRefused
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.taking_money import lock_invoice
from orders.billing_states import BillingCycleStatus, CreditReason
from orders.models import BillingCycle, CreditNote
from orders.proration import values_of_deliveries


def paying_cycle(work: Work) -> BillingCycle | None:
    """The charge that paid for what is owed; None where it has no invoice of ours (paid before it was taken over)."""
    cycles = BillingCycle.objects.filter(subscription=work.s).exclude(status=BillingCycleStatus.CANCELLED)
    cycle = cycles.select_related("invoice").order_by("-number").first()
    if cycle is None or cycle.invoice is None or cycle.invoice.order_id or work.s.deliveries_owed > cycle.deliveries:
        return None
    return cycle


def credit_paid_ahead(work: Work, count: int, *, give_back: GiveBack) -> CreditNote:
    """Inside the caller's transaction: a credit note for the last `count` deliveries of the last charge.

    Each line by deliveries, equal parts, the remainder to the last (W51). Raises NotAllowed without such a charge,
    and where something was credited of it already.
    """
    cycle = paying_cycle(work)
    if cycle is None or cycle.invoice_id is None:
        raise NotAllowed(_("There is no invoice of the deliveries that are paid: credit them by hand."))
    invoice = lock_invoice(cycle.invoice_id)
    shares = {
        line.pk: _of_the_rest(line.gross, cycle.deliveries, count, invoice.currency)
        for line in invoice.lines.order_by("position")
    }
    cause = f"given up:{work.s.number}:{cycle.number}:{work.s.row_version}"
    try:
        note = credit_locked(
            invoice,
            parts=[CreditPart(line_id=pk, gross=gross) for pk, gross in shares.items() if gross],
            reason=CreditReason.TERM,
            cause=cause,
            by=work.by,
            now=work.now,
        )
        settle_credit(invoice, note, give_back=give_back, by=work.by, now=work.now)
    except (CreditRefused, RefundRefused) as refusal:
        raise NotAllowed(str(refusal)) from refusal
    return note


def _of_the_rest(gross: Decimal, deliveries: int, left: int, currency: str) -> Decimal:
    return sum(values_of_deliveries(gross, deliveries, currency)[-left:], ZERO)
