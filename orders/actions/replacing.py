"""Correct and replace: the wrong invoice is credited whole, and a right one written that names it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.models import User
from ordermgmt.money import ZERO, round_money, tax_in
from ordermgmt.retrying import retries_conflicts
from orders.actions.crediting import CreditRefused, credit_locked, everything
from orders.actions.posting import BillRow, Draft, post
from orders.actions.returning_money import settle
from orders.actions.taking_money import lock_invoice
from orders.billing_states import ChargeStatus, CreditReason
from orders.invoice_sums import Amounts, is_charge_cause
from orders.models import BillingCycle, Charge, CreditNote, Invoice, InvoiceLine, Payment


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What is right: the buyer's facts that change, and the gross of lines (by id) that change."""

    buyer: Mapping[str, str]
    grosses: Mapping[int, Decimal]


@retries_conflicts
@transaction.atomic(durable=True)
def correct_and_replace(
    invoice_id: int, *, correction: Correction, note: str, by: User | str, now: datetime
) -> tuple[CreditNote, Invoice]:
    """Credit an invoice whole and bill the same anew as it should be; its money moves to the new one.

    The order keeps its own figures, so a price that differs is for the invoice alone. Raises CreditRefused.
    """
    old = lock_invoice(invoice_id)
    _refuse(old)
    rows = [_row(old, line, correction) for line in old.lines.select_related("order_line").order_by("position")]
    cause = f"correct:{old.number}"
    made = credit_locked(
        old, parts=everything(old), reason=CreditReason.CORRECTION, cause=cause, by=by, now=now, note=note
    )
    (new,) = post([_draft(old, rows, correction)], now=now, by=by)
    _move_what_belongs(old, new, now=now)
    settle(old, now=now)
    settle(new, now=now)
    return made, new


def _refuse(old: Invoice) -> None:
    if old.credited or hasattr(old, "replaced_by"):
        raise CreditRefused(_("Part of %(number)s is credited already. Credit the rest.") % {"number": old.number})
    if old.written_off:
        raise CreditRefused(_("%(number)s is written off. Take that back first.") % {"number": old.number})
    under_way = Charge.objects.filter(invoice=old, status__in=[ChargeStatus.SENT, ChargeStatus.UNKNOWN])
    if under_way.exists():
        raise CreditRefused(_("A payment of %(number)s is under way. Wait for its outcome.") % {"number": old.number})


def _row(old: Invoice, line: InvoiceLine, correction: Correction) -> BillRow:
    amounts = Amounts(net=line.net, tax=line.tax)
    if line.pk in correction.grosses:
        gross = round_money(correction.grosses[line.pk], old.currency)
        tax = tax_in(gross, line.tax_rate, old.currency)
        amounts = Amounts(net=gross - tax, tax=tax)
    prefix = "charge:" if is_charge_cause(line.cause) else ""
    return BillRow(
        cause=f"{prefix}again:{old.number}:{line.position}",
        description=line.description,
        code=line.code,
        quantity=line.quantity,
        tax_rate=line.tax_rate,
        amounts=amounts,
        line=line.order_line,
    )


def _draft(old: Invoice, rows: Sequence[BillRow], correction: Correction) -> Draft:
    draft = Draft(
        cause=f"correct:{old.number}",
        currency=old.currency,
        rows=rows,
        order=old.order,
        subscription=old.subscription,
        customer_id=old.customer_id,
        tax_treatment=old.tax_treatment,
        replaces=old,
        buyer={**old.buyer, **correction.buyer},
        deliver_to=old.deliver_to,
        due_on=old.due_on,
        deliveries=old.billing_cycle.deliveries if old.order is None and hasattr(old, "billing_cycle") else 1,
    )
    if draft.gross < ZERO:
        raise CreditRefused(_("An invoice cannot be below 0."))
    return replace(draft, paid=ZERO)


def _move_what_belongs(old: Invoice, new: Invoice, *, now: datetime) -> None:
    """Money of an invoice without order, its cycle, and attempts that have not begun."""
    Payment.objects.filter(invoice=old).update(invoice=new)
    BillingCycle.objects.filter(invoice=old).update(invoice=new)
    for charge in Charge.objects.select_for_update(of=("self",)).filter(invoice=old, status=ChargeStatus.PLANNED):
        charge.move_to(ChargeStatus.CANCELLED, now=now, due_at=None, lease_until=None)
