"""Another plan in the middle of what is paid: the unused part of the old is credited, the new is charged, at once.

Credit and charge are papers of their own; the credit goes on account and pays the charge first, so that the balance
is what is due now, or what the next invoice costs less. Periods are half-open, days those of the business, amounts
rounded once (subscriptions.md 2.3). Deliveries that are paid count by their value, a period by its days.
"""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.money import ZERO, share, tax_in
from orders.actions.crediting import CreditPart, CreditRefused, credit_locked
from orders.actions.cycle_invoices import BillItem
from orders.actions.paid_ahead import (
    Facts,
    bill_deliveries,
    cause_of,
    credit_owed,
    issue,
    price_of,
    told,
)
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.subscription_work import NotAllowed, Work
from orders.actions.taking_money import lock_invoice
from orders.billing_states import BillingCycleStatus, CreditReason
from orders.billing_terms import is_prepaid, period_from
from orders.invoice_sums import is_charge_cause
from orders.models import BillingCycle
from orders.periods import Interval
from orders.priced import PricedDelivery
from orders.proration import Running


def paid_deliveries_back(work: Work) -> tuple[date, Facts]:
    """Inside the caller's transaction: credit all that is owed; until when it had been paid."""
    cycle = BillingCycle.objects.filter(subscription=work.s).order_by("-number").first()
    notes = credit_owed(work)
    work.save(deliveries_owed=0)
    return (cycle.ends_on if cycle else work.today), told(notes)


def bill_rest(work: Work, number: int, *, until: date) -> Facts:
    """Inside the caller's transaction, on the new plan: what is left of the time that was paid, where it is paid ahead.

    A plan that is charged with each delivery is billed by the run.
    """
    if not is_prepaid(work.s.version, work.calendar.interval(number)):
        return {}
    count = 0
    while work.calendar.planned_on(number + count) < until:
        count += 1
    if not count:
        return {}
    facts = bill_deliveries(work, price_of(work, count, on=work.today), count, ends_on=until)
    work.save(deliveries_owed=count)
    return facts


def running_cycle(work: Work) -> BillingCycle:
    """The charge whose period runs today. Raises NotAllowed when none does."""
    cycles = BillingCycle.objects.filter(subscription=work.s, status=BillingCycleStatus.BILLED)
    cycle = cycles.select_related("invoice").order_by("-number").first()
    if cycle is None or cycle.invoice is None or not cycle.starts_on <= work.today < cycle.ends_on:
        raise NotAllowed(_("No period that is paid runs today. Change the plan from the next delivery on."))
    return cycle


def credit_days(work: Work, cycle: BillingCycle) -> Facts:
    """Inside the caller's transaction: the days from today on of what was paid, onto the account."""
    invoice = lock_invoice(cycle.invoice_id or 0)
    lines = [line for line in invoice.lines.order_by("position") if not is_charge_cause(line.cause)]
    paid = Running(sum((line.gross for line in lines), ZERO), cycle.starts_on, cycle.ends_on)
    rest = paid.rest(work.today, invoice.currency)
    shares = share(rest, [line.gross for line in lines], invoice.currency)
    cause = f"prorated:{work.s.number}:{work.s.row_version}"
    try:
        note = credit_locked(
            invoice,
            parts=[CreditPart(line_id=line.pk, gross=part) for line, part in zip(lines, shares, strict=True) if part],
            reason=CreditReason.TERM,
            cause=cause,
            by=work.by,
            now=work.now,
        )
    except CreditRefused as refusal:
        raise NotAllowed(str(refusal)) from refusal
    settle_credit(invoice, note, give_back=GiveBack.ACCOUNT, by=work.by, now=work.now)
    return told([note])


def bill_days(work: Work, number: int, *, since: date) -> tuple[date, Facts]:
    """Inside the caller's transaction, on the new plan: its price for the days of its own period from today on.

    Its periods count from `since`, when the old one began. Also the day its next one begins.
    """
    version = work.s.version
    every = Interval(version.bill_every, version.bill_unit)
    count = 0
    while every.after(since, since.day, count + 1) <= work.today:
        count += 1
    starts_on, ends_on = every.after(since, since.day, count), every.after(since, since.day, count + 1)
    deliveries = period_from(work.calendar, number, version).deliveries
    priced = price_of(work, deliveries, on=work.today)
    running = Running(sum((part.total for part in priced.parts), ZERO), starts_on, ends_on)
    items = _items(work, priced, running)
    if not items:
        return ends_on, {}
    invoice = issue(work, items)
    return ends_on, {"billed": invoice.number, "charged": str(invoice.gross_total)}


def _items(work: Work, priced: PricedDelivery, running: Running) -> list[BillItem]:
    """A line for each tax rate; earned day by day."""
    currency, sums = work.s.currency, defaultdict[Decimal, Decimal](Decimal)
    for part in priced.parts:
        sums[part.rate] += part.total
    shares = share(running.rest(work.today, currency), list(sums.values()), currency)
    return [
        BillItem(
            cause=f"{cause_of(work)}:{i}",
            description=_words(work, running),
            net=gross - tax_in(gross, rate, currency),
            tax=tax_in(gross, rate, currency),
            tax_rate=rate,
            over=(work.today, running.ends_on),
        )
        for i, (rate, gross) in enumerate(zip(sums, shares, strict=True), start=1)
        if gross
    ]


def _words(work: Work, running: Running) -> str:
    """Such as: Tea monthly, 11 May to 31 May 2026, 21 of 31 days."""
    with translation.override(work.s.language):
        left = running.days_from(work.today)
        days = ngettext("%(n)s of %(all)s days", "%(n)s of %(all)s days", running.days)
        last = date_format(running.ends_on - timedelta(days=1), "DATE_FORMAT")
        dates = f"{date_format(work.today, 'DATE_FORMAT')} – {last}"
        return f"{work.s.version.plan}, {dates}, {days % {'n': left, 'all': running.days}}"[:300]
