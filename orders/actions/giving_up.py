"""Deliveries that are paid and will not come: their part of the invoice is credited."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from django.db.models import Sum
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.money import ZERO, exact
from orders.actions.crediting import CreditPart, CreditRefused, credit_locked, credited_before
from orders.actions.deferring import NOT_DELIVERED
from orders.actions.refunding import RefundRefused
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.taking_money import lock_invoice
from orders.billing_states import CreditReason
from orders.crediting_sums import Credited
from orders.invoice_sums import is_charge_cause
from orders.models import BillingCycle, CreditNote, CreditNoteLine, Invoice, InvoiceLine, RevenueEntry
from orders.paid_parts import FreePart, free_parts, paid_here
from orders.proration import values_of_deliveries
from orders.states import ChargeKind


def paid_parts(work: Work) -> Sequence[FreePart]:
    """What is owed, the oldest first. Raises NotAllowed where some of it was paid before the subscription came to us."""
    parts = free_parts([work.s.pk])[work.s.pk]
    if not paid_here(parts, work.s.deliveries_owed):
        raise NotAllowed(_("There is no invoice of the deliveries that are paid: credit them by hand."))
    return parts


def paying_cycle(work: Work) -> BillingCycle | None:
    """The last charge that paid for what is owed; None where it has no invoice of ours (paid before it was taken over)."""
    parts = free_parts([work.s.pk])[work.s.pk]
    if not parts or not paid_here(parts, work.s.deliveries_owed):
        return None
    cycle = parts[-1].cycle
    return cycle if cycle.invoice else None


def credit_parts(
    work: Work, given: Sequence[FreePart], *, give_back: GiveBack, with_fee: bool = True
) -> list[CreditNote]:
    """Inside the caller's transaction: credit notes for deliveries that are owed (of `paid_parts`), one for each charge.

    Each line by deliveries, equal parts, the remainder to the last (W51), and never more than is left of it. A set-up
    fee is paid once: it goes back only where nothing at all comes of its charge. What is owed is the caller's to lower.
    """
    notes = []
    for cycle, parts in groupby(given, key=lambda part: part.cycle):
        numbers = sorted(part.number for part in parts)
        if cycle.invoice_id and (note := _credit(work, cycle, numbers, give_back, with_fee)):
            notes.append(note)
        cycle.given_up = sorted([*cycle.given_up, *numbers])
        cycle.save(update_fields=["given_up"])
    return notes


def _credit(
    work: Work, cycle: BillingCycle, numbers: list[int], give_back: GiveBack, with_fee: bool
) -> CreditNote | None:
    invoice = lock_invoice(cycle.invoice_id or 0)
    is_all = with_fee and not cycle.paid_deliveries.exists()
    parts = _parts(invoice, cycle, numbers, is_all=is_all)
    if not is_all:
        _earn_fee(invoice, numbers, work)
    if not parts:
        return None
    cause = f"given up:{work.s.number}:{cycle.number}:{work.s.row_version}"
    try:
        note = credit_locked(
            invoice,
            parts=parts,
            reason=CreditReason.TERM,
            cause=cause,
            deliveries=numbers,
            by=work.by,
            now=work.now,
        )
        settle_credit(invoice, note, give_back=give_back, by=work.by, now=work.now)
    except (CreditRefused, RefundRefused) as refusal:
        raise NotAllowed(str(refusal)) from refusal
    return note


def _parts(invoice: Invoice, cycle: BillingCycle, numbers: Sequence[int], *, is_all: bool) -> list[CreditPart]:
    """What is left of these deliveries, by line."""
    room = invoice.gross_total - invoice.credited - invoice.written_off
    found = []
    for line, values, left in _values(invoice, cycle):
        fee = left if is_all else ZERO
        wanted = fee if _is_fee(line) else sum((values[number - 1] for number in numbers), ZERO)
        gross = min(wanted, left, room)
        if gross > 0:
            found.append(CreditPart(line_id=line.pk, gross=gross))
            room -= gross
    return found


def _values(invoice: Invoice, cycle: BillingCycle) -> Iterator[tuple[InvoiceLine, list[Decimal], Decimal]]:
    """Each line with what each of the deliveries is worth of it, and what is left of it."""
    before, before_whole = credited_before(invoice), _credited_otherwise(invoice)
    for line in invoice.lines.order_by("position"):
        whole = line.gross - before_whole.get(line.pk, ZERO)
        values = values_of_deliveries(whole, cycle.deliveries, invoice.currency)
        yield line, values, line.gross - before.get(line.pk, Credited()).all.gross


def values_of_part(
    invoice: Invoice, cycle: BillingCycle, number: int
) -> Iterator[tuple[InvoiceLine, Decimal, Decimal]]:
    """One delivery: each line (but a set-up fee) with what it is worth of it, and what is left of the line."""
    found = _values(invoice, cycle)
    return ((line, values[number - 1], left) for line, values, left in found if not _is_fee(line))


def _credited_otherwise(invoice: Invoice) -> dict[int, Decimal]:
    """By line: what was credited of all deliveries alike, such as a price that was corrected."""
    rows = CreditNoteLine.objects.filter(invoice_line__invoice=invoice).exclude(credit_note__reason__in=NOT_DELIVERED)
    return {pk: exact(sum_) for pk, sum_ in rows.values_list("invoice_line").annotate(sum=Sum("gross"))}


def _is_fee(line: InvoiceLine) -> bool:
    return is_charge_cause(line.cause) and line.cause.endswith(f":{ChargeKind.FEE}")


def _earn_fee(invoice: Invoice, numbers: Sequence[int], work: Work) -> None:
    """What of the set-up fee would have been earned with these deliveries is kept: it is earned now."""
    fees = [line.pk for line in invoice.lines.all() if _is_fee(line)]
    waiting = RevenueEntry.objects.filter(invoice_line__in=fees, part__in=numbers, recognised_on=None)
    waiting.update(recognised_on=max(business_day(work.now), invoice.issued_on))
