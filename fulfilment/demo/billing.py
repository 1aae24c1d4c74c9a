"""Invoices of the demo shop's past: numbered in the order of dispatch, gapless per year."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from fulfilment.demo.told import Told, save
from ordermgmt.clock import business_day
from ordermgmt.models import NumberSeries, StoredDocument
from orders.actions.deferring import Billed, entries_of
from orders.actions.posting import facts_hash
from orders.invoice_sums import Amounts, as_priced
from orders.models import Invoice, InvoiceLine, OrderCharge, OrderLine, RevenueEntry
from orders.states import InvoiceStatus, LineKind


@dataclass
class _Row:
    line: OrderLine | None
    cause: str
    description: str
    code: str
    quantity: int
    amounts: Amounts


def write_invoices(told: list[Told]) -> None:
    """One invoice for each dispatched order; the series rises with the dates."""
    last: dict[str, int] = defaultdict(int)
    charges = {c.order_id: c for c in OrderCharge.objects.filter(order__in=[one.order.pk for one in told])}
    made: list[tuple[Invoice, list[InvoiceLine]]] = []
    for one in sorted(told, key=lambda one: (business_day(one.story.dispatched_at), one.order.pk)):
        series = f"INV-{business_day(one.story.dispatched_at).year}"
        last[series] += 1
        made.append(_invoice(one, series, last[series], list(_rows(one, charges.get(one.order.pk)))))
    papers = [
        StoredDocument(
            kind="invoice", number=i.number, thread=i.order.number if i.order else "", requested_at=i.issued_at
        )
        for i, _ in made
    ]
    save(StoredDocument, papers)
    for (invoice, _), paper in zip(made, papers, strict=True):
        invoice.document = paper
    save(Invoice, [invoice for invoice, _ in made])
    save(InvoiceLine, [line for _, lines in made for line in lines])
    arrived = {one.order.pk: one.story.delivered_at for one in told}
    save(RevenueEntry, [entry for invoice, lines in made for entry in _revenue(invoice, lines, arrived)])
    NumberSeries.objects.bulk_create([NumberSeries(key=key, last=number) for key, number in last.items()])


def _revenue(invoice: Invoice, lines: list[InvoiceLine], arrived: dict[int, datetime | None]) -> Iterator[RevenueEntry]:
    """Earned the day the parcel came."""
    for entry in entries_of(Billed(invoice=invoice, lines=lines, over={})):
        at = arrived.get(invoice.order_id or 0)
        entry.recognised_on = max(business_day(at), entry.booked_on) if at else entry.recognised_on
        yield entry


def _rows(one: Told, charge: OrderCharge | None) -> Iterator[_Row]:
    causes = {line.order_line_id: f"shipment-line:{line.pk}" for line in one.shipment_lines}
    for line in one.sold:
        is_bundle = line.kind == LineKind.BUNDLE
        cause = f"bundle:{line.pk}:{one.shipment}" if is_bundle else causes[line.pk]
        code = line.sku.code if line.sku else ""
        yield _Row(line, cause, line.name, code, line.ordered, as_priced(line.total, line.tax, includes_tax=True))
    if charge:
        yield _Row(
            None, f"charge:{charge.pk}", charge.title, "", 1, as_priced(charge.amount, charge.tax, includes_tax=True)
        )


def _invoice(one: Told, series: str, sequence: int, rows: list[_Row]) -> tuple[Invoice, list[InvoiceLine]]:
    net = sum(row.amounts.net for row in rows)
    tax = sum(row.amounts.tax for row in rows)
    party: dict[str, Any] = _party(one)
    issued_on = business_day(one.story.dispatched_at)
    invoice = Invoice(
        number=f"{series}-{sequence:05d}",
        series=series,
        sequence=sequence,
        order=one.order,
        customer_id=one.order.customer_id,
        subscription=one.story.subscription,
        cause=_cause(one),
        status=InvoiceStatus.OPEN if one.story.is_unpaid else InvoiceStatus.PAID,
        currency=one.story.currency,
        issued_on=issued_on,
        due_on=issued_on,
        issued_at=one.story.dispatched_at,
        seller=dict(settings.SHOP),
        buyer=party,
        deliver_to=party,
        net_total=net,
        tax_total=tax,
        gross_total=net + tax,
        paid=0 if one.story.is_unpaid else net + tax,
    )
    lines = [
        InvoiceLine(
            invoice=invoice,
            position=position,
            order_line=row.line,
            cause=row.cause,
            description=row.description,
            code=row.code,
            quantity=row.quantity,
            net=row.amounts.net,
            tax_rate=one.story.tax_rate,
            tax=row.amounts.tax,
            gross=row.amounts.gross,
        )
        for position, row in enumerate(rows, 1)
    ]
    invoice.facts_hash = facts_hash(invoice, lines)
    return invoice, lines


def _cause(one: Told) -> str:
    """What the invoice bills: a shipment, or a cycle of a subscription."""
    story = one.story
    return f"cycle:{story.subscription.number}:{story.delivery_number}" if story.subscription else str(one.shipment)


def _party(one: Told) -> dict[str, str]:
    address = one.story.customer.current_address
    postal = address.as_postal() if address else {}
    return {**postal, "email": one.order.email, "number": one.story.customer.number, "vat_id": ""}
