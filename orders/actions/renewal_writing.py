"""Writing renewals that were worked out: a fixed number of statements, however many there are.

Stock is locked by `write_many` when all its rows are there, the invoice series after that, last of all locks.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_zone
from ordermgmt.history import activity
from ordermgmt.inserting import update_together
from ordermgmt.models import Activity, User
from ordermgmt.money import ZERO
from ordermgmt.templatetags.portal import weekday_words
from orders.actions.cycle_invoices import CycleBill, issue_cycle_invoices
from orders.actions.leaving_out import tell_left_out
from orders.actions.order_rows import Prepared
from orders.actions.placing_many import write_many
from orders.actions.prepaid_bills import bill_items
from orders.actions.promotions import spend_charges
from orders.actions.renewal_ends import carry_over, end_those_over
from orders.billing_states import BillingCycleStatus, Collection, DeliveryStatus, EventKind, TaxTreatment
from orders.models import (
    BillingCycle,
    Charge,
    Delivery,
    Invoice,
    InvoiceLine,
    Order,
    OrderCharge,
    OrderLine,
    Subscription,
    SubscriptionEvent,
)
from orders.paid_parts import FreePart
from orders.periods import local_instant
from orders.proration import values_of_deliveries
from orders.renewal_book import RenewalBook
from orders.renewals import Renewal

CHARGED_AT = time(6)


def write_renewals(
    ready: Sequence[tuple[Renewal, Prepared]], book: RenewalBook, *, by: User | str, now: datetime
) -> list[Order]:
    """Inside the caller's transaction (subscriptions locked, deliveries read after that): everything at once."""
    if not ready:
        return []
    renewals = [renewal for renewal, _prepared in ready]
    orders = write_many([prepared for _renewal, prepared in ready], by=by, now=now)
    made = dict(zip((r.delivery.pk for r in renewals), orders, strict=True))
    invoices = _invoice(renewals, made, by=by, now=now)
    cycles = _cycles(renewals, invoices, now=now)
    _charge(renewals, invoices, by=by, now=now)
    _mark_ordered(renewals, made, cycles, book, now=now)
    _make_next(renewals)
    _lower_what_is_owed(renewals)
    spend_charges(_used_promotions(renewals, book))
    _tell(renewals, made, by=by, now=now)
    carry_over(renewals, book, by=by, now=now)
    end_those_over([r for r in renewals if r.following is None], by=by, now=now)
    return orders


# Money -------------------------------------------------------------------------------------------
def _invoice(
    renewals: Sequence[Renewal], made: Mapping[int, Order], *, by: User | str, now: datetime
) -> dict[str, Invoice]:
    """By cause: that of the cycle, and of what is sent beside a delivery that was paid before or is free."""
    lines, charges = _rows_of(list(made.values()))
    bills = []
    for r in renewals:
        order = made[r.delivery.pk]
        if r.charge is not None and r.is_prepaid and r.charge.total:
            bills.append(_bill(r, r.cause, items=bill_items(r), deliveries=r.deliveries))
        if order.total:
            cause = r.cause if r.charge is not None and not r.is_prepaid and not r.is_free else _beside(r)
            bills.append(_bill(r, cause, order=order, lines=lines[order.pk], charges=charges[order.pk]))
    issued = issue_cycle_invoices(bills, by=by, now=now)
    return {invoice.cause: invoice for invoice in issued}


def _beside(r: Renewal) -> str:
    return f"delivery:{r.subscription.number}:{r.delivery.number}"


def _bill(r: Renewal, cause: str, **parts: Any) -> CycleBill:
    to = r.draft.shipping
    return CycleBill(
        subscription=r.subscription,
        cause=cause,
        bill_to=asdict(r.bill_to),
        deliver_to=asdict(to) if to else {},
        tax_treatment=r.draft.tax_treatment or TaxTreatment.STANDARD,
        **parts,
    )


def _rows_of(orders: Sequence[Order]) -> tuple[dict[int, list[OrderLine]], dict[int, list[OrderCharge]]]:
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    charges: dict[int, list[OrderCharge]] = defaultdict(list)
    costly = [order for order in orders if order.total]
    for line in OrderLine.objects.filter(order__in=costly).select_related("sku").order_by("order_id", "position"):
        lines[line.order_id].append(line)
    for charge in OrderCharge.objects.filter(order__in=costly).order_by("pk"):
        charges[charge.order_id].append(charge)
    return lines, charges


def _cycles(renewals: Sequence[Renewal], invoices: Mapping[str, Invoice], *, now: datetime) -> dict[int, BillingCycle]:
    """By subscription: the cycle that begins with this delivery."""
    new = [
        BillingCycle(
            subscription=r.subscription,
            number=r.cycle_number,
            status=BillingCycleStatus.BILLED if r.cause in invoices else BillingCycleStatus.FREE,
            starts_on=r.period.starts_on,
            ends_on=r.period.ends_on,
            deliveries=r.deliveries,
            invoice=invoices.get(r.cause),
            created_at=now,
        )
        for r in renewals
        if r.starts_cycle
    ]
    return {row.subscription_id: row for row in BillingCycle.objects.bulk_create(new)}


def _charge(renewals: Sequence[Renewal], invoices: Mapping[str, Invoice], *, by: User | str, now: datetime) -> None:
    """Attempts to collect, planned under a key that is stored before anybody is asked for money."""
    rows = []
    for r in renewals:
        own = (invoices.get(cause) for cause in (r.cause, _beside(r)))
        if r.subscription.collection == Collection.AUTOMATIC:
            rows += [_attempt(r, invoice, by=by, now=now) for invoice in own if invoice and invoice.balance]
    Charge.objects.bulk_create(rows)


def _attempt(r: Renewal, invoice: Invoice, *, by: User | str, now: datetime) -> Charge:
    method = r.subscription.method
    planned = local_instant(r.charge_on, CHARGED_AT, business_zone()) + timedelta(seconds=r.subscription.slot)
    return Charge(
        invoice=invoice,
        number=1,
        method=method,
        provider=method.provider if method else "",
        amount=invoice.balance,
        currency=invoice.currency,
        idempotency_key=f"{invoice.cause}:1",
        planned_at=now,
        due_at=max(planned, now),
        by=str(by),
    )


# Deliveries --------------------------------------------------------------------------------------
def _mark_ordered(
    renewals: Sequence[Renewal],
    made: Mapping[int, Order],
    cycles: Mapping[int, BillingCycle],
    book: RenewalBook,
    *,
    now: datetime,
) -> None:
    for r in renewals:
        row, s = r.delivery, r.subscription
        own = FreePart(cycles[s.pk], 1) if r.starts_cycle else book.paying(s)
        row.status, row.ordered_at = DeliveryStatus.ORDERED, now
        row.is_next, row.order = False, made[row.pk]
        row.cycle, row.part = own or (None, None)
    values = _values(renewals)
    for r in renewals:
        r.delivery.value = values.get(r.delivery.pk)
    rows = [r.delivery for r in renewals]
    Delivery.objects.filter(pk__in=[row.pk for row in rows], parked_at__isnull=False).update(
        parked_at=None, parked_code="", parked_reason=""
    )
    update_together(rows, ["status", "is_next", "order", "ordered_at", "cycle", "part", "value"])


def _values(renewals: Sequence[Renewal]) -> dict[int, Decimal]:
    """The part of a prepaid charge each delivery is worth, without tax; fixed when it is ordered (W51)."""
    ahead = [r.delivery for r in renewals if r.delivery.cycle and _is_prepaid_cycle(r)]
    nets: dict[int, Decimal] = defaultdict(lambda: ZERO)
    paying = {row.cycle.invoice_id for row in ahead if row.cycle and row.cycle.invoice_id}
    rows = InvoiceLine.objects.filter(invoice__in=paying).exclude(cause__startswith="charge:")
    for invoice, net in rows.values_list("invoice", "net"):
        nets[invoice] += net
    return {row.pk: _value(row, nets) for row in ahead}


def _value(row: Delivery, nets: Mapping[int, Decimal]) -> Decimal:
    if row.cycle is None or row.part is None or row.cycle.invoice is None:
        return ZERO
    net, currency = nets.get(row.cycle.invoice.pk, ZERO), row.cycle.invoice.currency
    return values_of_deliveries(net, row.cycle.deliveries, currency)[row.part - 1]


def _is_prepaid_cycle(r: Renewal) -> bool:
    """A charge for several, or for the one that was left when its plan or contents changed."""
    cycle = r.delivery.cycle
    if cycle is None or cycle.deliveries > 1:
        return cycle is not None
    return not r.starts_cycle and cycle.invoice is not None and cycle.invoice.order_id is None


def _make_next(renewals: Sequence[Renewal]) -> None:
    """The delivery the next run waits for; one that was touched before is there already."""
    touched = [r.following.row for r in renewals if r.following and r.following.row]
    Delivery.objects.filter(pk__in=[row.pk for row in touched]).update(is_next=True)
    new = [(r, r.following.number) for r in renewals if r.following and not r.following.row]
    Delivery.objects.bulk_create(_fresh(r, number) for r, number in new)


def _fresh(r: Renewal, number: int) -> Delivery:
    dates = r.calendar.dates(number)
    return Delivery(
        subscription=r.subscription,
        number=number,
        is_next=True,
        planned_on=dates.planned_on,
        leaves_on=dates.leaves_on,
        lock_at=dates.lock_at,
        order_at=dates.order_at,
    )


# The subscription --------------------------------------------------------------------------------
def _lower_what_is_owed(renewals: Sequence[Renewal]) -> None:
    """Every change of a subscription raises its version, so that an edit that began before is told."""
    Subscription.objects.filter(pk__in=[r.subscription.pk for r in renewals]).update(row_version=F("row_version") + 1)
    by_owed: dict[int, list[int]] = defaultdict(list)
    for r in renewals:
        if r.owed_after != r.subscription.deliveries_owed:
            by_owed[r.owed_after].append(r.subscription.pk)
    for owed, pks in by_owed.items():
        Subscription.objects.filter(pk__in=pks).update(deliveries_owed=owed)


def _used_promotions(renewals: Sequence[Renewal], book: RenewalBook) -> list[int]:
    return [
        row.pk
        for r in renewals
        if r.charge is not None
        for row in book.prices.redemptions.get(r.subscription.pk, ())
        if row.promotion.code in r.charge.codes
    ]


def _tell(renewals: Sequence[Renewal], made: Mapping[int, Order], *, by: User | str, now: datetime) -> None:
    events = SubscriptionEvent.objects.bulk_create(
        SubscriptionEvent(
            subscription=r.subscription,
            kind=EventKind.ORDERED,
            delivery_number=r.delivery.number,
            facts=_facts(r, made[r.delivery.pk]),
            by=str(by),
            at=now,
        )
        for r in renewals
    )
    for r, event in zip(renewals, events, strict=True):
        if r.left_out:
            tell_left_out(r, event, now=now)
    Activity.objects.bulk_create(
        activity(
            "delivery.ordered",
            gettext_noop("Delivery {number} of {day} ordered: {order}"),
            subject=r.subscription.number,
            thread=made[r.delivery.pk].number,
            by=by,
            now=now,
            number=r.delivery.number,
            day=weekday_words(r.delivery.leaves_on),
            **_facts(r, made[r.delivery.pk]),
        )
        for r in renewals
    )


def _facts(r: Renewal, order: Order) -> dict[str, Any]:
    """Enough to work the calendar out again without looking at the deliveries."""
    after = r.following
    return {
        "order": order.number,
        "planned_on": _day(r.delivery.planned_on),
        "leaves_on": _day(r.delivery.leaves_on),
        "cycle": r.cycle_number if r.starts_cycle else None,
        "owed": r.owed_after,
        "next": after.number if after else None,
        "left_out": ", ".join(part.good.code for part in r.left_out),
    }


def _day(day: date) -> str:
    return day.isoformat()
