"""Changes of deliveries that are paid in advance: what was paid for them is credited, and they are billed anew at once.

A charge is never edited: the credit goes on account and pays the new invoice first, so that only the difference is
charged, or is left as credit. The last charge of a subscription says what each delivery that is owed is worth.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Address
from ordermgmt.money import ZERO
from orders.actions.charge_planning import plan_charge
from orders.actions.cycle_invoices import BillItem, CycleBill, issue_cycle_invoices
from orders.actions.giving_up import credit_parts, paid_parts, paying_cycle
from orders.actions.prepaid_bills import PaidTogether, items_of
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import ASKED_CHARGES, BillingCycleStatus, Collection, TaxTreatment
from orders.models import BillingCycle, Charge, CreditNote, Invoice
from orders.price_book import load_prices
from orders.priced import Occasion, PricedDelivery
from orders.pricing import share_discount
from orders.subscription_pricing import NoPrice, price_delivery

# More charges than any promotion lasts: only those for ever count in a comparison.
ENDED = 10**6
Facts = dict[str, str]


def price_ahead(work: Work) -> Decimal:
    """What the deliveries that are owed cost as the subscription is now, whatever was paid for them."""
    if not work.s.deliveries_owed:
        return ZERO
    cycle = paying_cycle(work)
    return price_of(work, work.s.deliveries_owed, on=cycle.starts_on if cycle else work.today).total


def price_of(work: Work, count: int, *, on: date) -> PricedDelivery:
    """So many deliveries at the price and tax of a day, less promotions that never end. Raises NotAllowed."""
    occasion = Occasion(on, work.s.version, deliveries=count, charges_before=ENDED)
    try:
        return price_delivery(work.s, occasion, load_prices([work.s]))
    except NoPrice as error:
        raise NotAllowed(str(error)) from error


def bill_difference(work: Work, before: Decimal) -> Facts:
    """Inside the caller's transaction, after a change: charge or credit what owed deliveries now cost more or less.

    `before` is `price_ahead` of before the change; a discount they were bought with stays. What the history says of
    it. Raises NotAllowed for what was paid elsewhere, and while money moves.
    """
    if price_ahead(work) == before:
        return {}
    s, cycle = work.s, paying_cycle(work)
    if cycle is None:
        words = ngettext(
            "%(count)d delivery is paid already and keeps its price. Change it alone, or afterwards.",
            "%(count)d deliveries are paid already and keep their price. Change them one by one, or afterwards.",
            s.deliveries_owed,
        )
        raise NotAllowed(words % {"count": s.deliveries_owed})
    notes = credit_owed(work)
    charge = price_of(work, s.deliveries_owed, on=cycle.starts_on)
    charge = _less(charge, before - sum((note.gross_total for note in notes), ZERO))
    return told(notes) | bill_deliveries(work, charge, s.deliveries_owed, ends_on=cycle.ends_on)


def credit_owed(work: Work) -> list[CreditNote]:
    """Inside the caller's transaction: what was paid for all that is owed goes on account. Raises NotAllowed."""
    running = Charge.objects.filter(invoice__subscription=work.s, status__in=ASKED_CHARGES)
    if running.exists():
        raise NotAllowed(_("A payment is under way. Wait until it is answered."))
    return credit_parts(work, paid_parts(work), give_back=GiveBack.ACCOUNT, with_fee=False)


def told(notes: Sequence[CreditNote]) -> Facts:
    if not notes:
        return {}
    credited = sum((note.gross_total for note in notes), ZERO)
    return {"credit_note": ", ".join(note.number for note in notes), "credited": str(credited)}


def _less(charge: PricedDelivery, discount: Decimal) -> PricedDelivery:
    if discount <= 0:
        return charge
    shares = share_discount(discount, [part.total for part in charge.parts], charge.currency)
    parts = tuple(part.less(off, charge.currency) for part, off in zip(charge.parts, shares, strict=True))
    return replace(charge, parts=parts)


def bill_deliveries(work: Work, charge: PricedDelivery, count: int, *, ends_on: date) -> Facts:
    """Inside the caller's transaction: a cycle of its own for the next `count` deliveries, and its invoice."""
    starts_on = work.dates(work.next_number() or work.first_open()).planned_on
    ends_on = max(ends_on, starts_on)
    paid = PaidTogether(cause_of(work), work.s, work.s.version, count, starts_on, ends_on, charge)
    invoice = issue(work, items_of(paid), deliveries=count) if charge.total else None
    work.known.last_cycle += 1
    BillingCycle.objects.create(
        subscription=work.s,
        number=work.known.last_cycle,
        status=BillingCycleStatus.BILLED if invoice else BillingCycleStatus.FREE,
        starts_on=starts_on,
        ends_on=ends_on,
        deliveries=count,
        invoice=invoice,
        created_at=work.now,
    )
    return {"billed": invoice.number, "charged": str(invoice.gross_total)} if invoice else {}


def cause_of(work: Work) -> str:
    """Names what a change bills, by the version of the subscription that it makes."""
    return f"change:{work.s.number}:{work.s.row_version + 1}"


def issue(work: Work, items: list[BillItem], *, deliveries: int = 1) -> Invoice:
    """Inside the caller's transaction: the invoice of a change; account credit pays it first, the rest is charged now."""
    s = work.s
    usual = Address.objects.filter(customer=s.customer_id, is_default=True, replaced_at=None).first() or s.address
    if usual is None:
        raise NotAllowed(_("It has no delivery address."))
    cycle = BillingCycle.objects.filter(subscription=s, invoice__isnull=False).order_by("-number").first()
    bill = CycleBill(
        subscription=s,
        cause=cause_of(work),
        bill_to=usual.as_postal(),
        deliver_to=(s.address or usual).as_postal(),
        items=items,
        deliveries=deliveries,
        tax_treatment=cycle.invoice.tax_treatment if cycle and cycle.invoice else TaxTreatment.STANDARD,
    )
    (invoice,) = issue_cycle_invoices([bill], by=work.by, now=work.now)
    if s.collection == Collection.AUTOMATIC:
        plan_charge(invoice, due_at=work.now, by=work.by, now=work.now)
    return invoice
