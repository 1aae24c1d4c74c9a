"""Invoices: one per dispatch, gapless, written once, adding up to the order's own figures."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext

from ordermgmt.clock import business_day
from ordermgmt.documents import request_documents
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import ZERO, minor_unit
from ordermgmt.numbering import next_gapless
from orders.invoice_sums import NOTHING, Amounts, Sums, as_priced, by_rate, check, part
from orders.models import Invoice, InvoiceLine, Order, OrderCharge, OrderLine, Payment
from orders.models.orders import AddressKind
from orders.states import InvoiceStatus, LineKind, PaymentKind, PaymentState

PAYMENT_DAYS = 14
# Shops that round cash totals leave a cent or two; anything larger is a broken order, not rounding.
LARGEST_ROUNDING = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class InvoicePart:
    """Units of an order line that left; `cause` names the effect billed (`shipment-line:<id>`)."""

    order_line_id: int
    quantity: int
    cause: str


@dataclass(frozen=True, kw_only=True)
class _Row:
    cause: str
    description: str
    quantity: int
    tax_rate: Decimal
    amounts: Amounts
    line: OrderLine | None = None
    code: str = ""


def issue_invoice(
    order: Order, *, cause: str, parts: Sequence[InvoicePart], now: datetime, by: User | str | None = None
) -> Invoice | None:
    """Inside the caller's transaction (order locked, line counters already moved): bill what left.

    One invoice per `cause`; asked again it answers with the invoice there is. None when there is nothing to
    bill: the later parts of a bundle were billed with its first. Delivery and what is
    not shipped goes on the first, left-over cents on the last. The number is taken last of all locks.
    """
    if existing := Invoice.objects.filter(cause=cause).first():
        return existing
    lines = list(order.lines.select_related("sku").order_by("position"))
    rows = _with_rounding(order, list(_rows(order, lines, parts, cause)))
    if not rows:
        return None
    sums = _sums(rows)
    check(
        sums,
        line_nets=(row.amounts.net for row in rows if row.line),
        charge_nets=(row.amounts.net for row in rows if not row.line),
    )
    invoice = _number_and_save(order, cause, rows, sums, now)
    (document,) = request_documents("invoice", [invoice.number], thread=order.number, now=now)
    Invoice.objects.filter(pk=invoice.pk).update(document=document)
    invoice.document = document
    record(
        "invoice.issued",
        "Invoice {number} over {total} {currency} issued",
        subject=invoice.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        number=invoice.number,
        total=str(invoice.gross_total.quantize(minor_unit(order.currency))),
        currency=order.currency,
    )
    return invoice


def _rows(order: Order, lines: Sequence[OrderLine], parts: Sequence[InvoicePart], cause: str) -> Iterator[_Row]:
    billed = _billed(order)
    by_pk = {line.pk: line for line in lines}
    is_first = not order.invoices.exists()
    yield from _shipped_rows(order, by_pk, parts, billed)
    yield from _bundle_rows(order, lines, billed, cause)
    if is_first:
        yield from _unshipped_rows(order, lines)
        yield from (_charge_row(order, charge) for charge in order.charges.order_by("pk"))


def _with_rounding(order: Order, rows: list[_Row]) -> list[_Row]:
    """On the last invoice, the cent by which the channel's total differs from the sum of its parts."""
    lines = order.lines.all()
    if any(line.is_stocked and line.to_ship for line in lines):
        return rows
    left = order.total - sum(_grosses(order), ZERO) - sum((row.amounts.gross for row in rows), ZERO)
    if not left or abs(left) > LARGEST_ROUNDING:
        return rows
    amounts = Amounts(net=left, tax=ZERO)
    cause = f"rounding:{order.pk}"
    return [*rows, _Row(cause=cause, description=gettext("Rounding"), quantity=1, tax_rate=ZERO, amounts=amounts)]


def _billed(order: Order) -> dict[int, tuple[int, Amounts]]:
    """Units and amounts that earlier invoices took, by order line."""
    rows = (
        InvoiceLine.objects.filter(invoice__order=order, order_line__isnull=False)
        .values_list("order_line_id")
        .annotate(units=Sum("quantity"), net=Sum("net"), tax=Sum("tax"))
    )
    return {pk: (units, Amounts(net=net, tax=tax)) for pk, units, net, tax in rows}


def _shipped_rows(
    order: Order,
    lines: dict[int, OrderLine],
    parts: Sequence[InvoicePart],
    billed: dict[int, tuple[int, Amounts]],
) -> Iterator[_Row]:
    """Items; the parts of a bundle are billed by their bundle unless they carry a price of their own."""
    for item in parts:
        line = lines[item.order_line_id]
        if line.kind == LineKind.COMPONENT and not line.total:
            continue
        yield _line_row(order, line, item.quantity, item.cause, billed)


def _bundle_rows(
    order: Order, lines: Sequence[OrderLine], billed: dict[int, tuple[int, Amounts]], cause: str
) -> Iterator[_Row]:
    """A bundle is billed with the first of its parts that leaves."""
    for bundle in (line for line in lines if line.kind == LineKind.BUNDLE):
        started = max((_bundles_begun(bundle, part) for part in lines if part.bundle_id == bundle.pk), default=0)
        before, _ = billed.get(bundle.pk, (0, NOTHING))
        if started > before:
            yield _line_row(order, bundle, started - before, f"bundle:{bundle.pk}:{cause}", billed)


def _bundles_begun(bundle: OrderLine, component: OrderLine) -> int:
    """How many bundles the shipped units of one part belong to, rounded up."""
    wanted = bundle.ordered - bundle.cancelled
    parts = component.ordered - component.cancelled
    return -(-component.shipped * wanted // parts) if parts else 0


def _line_row(order: Order, line: OrderLine, quantity: int, cause: str, billed: dict[int, tuple[int, Amounts]]) -> _Row:
    """Bills `quantity` more units and remembers it, so that two cartons of one line share its figures."""
    units, amounts = billed.get(line.pk, (0, NOTHING))
    whole = as_priced(line.total, line.tax, includes_tax=order.prices_include_tax)
    units += quantity
    more = part(whole, billed=amounts, units=units, of=line.ordered - line.cancelled, currency=order.currency)
    billed[line.pk] = (units, Amounts(net=amounts.net + more.net, tax=amounts.tax + more.tax))
    return _Row(
        cause=cause,
        description=line.name,
        code=line.sku.code if line.sku else line.external_code[:64],
        quantity=quantity,
        tax_rate=line.tax_rate,
        amounts=more,
        line=line,
    )


def _unshipped_rows(order: Order, lines: Sequence[OrderLine]) -> Iterator[_Row]:
    """Gift cards and the like leave with no parcel."""
    for line in lines:
        if line.kind == LineKind.SERVICE and line.ordered > line.cancelled:
            yield _line_row(order, line, line.ordered - line.cancelled, f"line:{line.pk}", {})


def _charge_row(order: Order, charge: OrderCharge) -> _Row:
    return _Row(
        cause=f"charge:{charge.pk}",
        description=charge.title,
        quantity=1,
        tax_rate=charge.tax_rate,
        amounts=as_priced(charge.amount - charge.discount, charge.tax, includes_tax=order.prices_include_tax),
    )


def _sums(rows: Sequence[_Row]) -> Sums:
    lines = sum((row.amounts.net for row in rows if row.line), ZERO)
    charges = sum((row.amounts.net for row in rows if not row.line), ZERO)
    tax = sum((row.amounts.tax for row in rows), ZERO)
    return Sums(
        lines=lines,
        allowances=ZERO,
        charges=charges,
        net=lines + charges,
        tax=tax,
        gross=lines + charges + tax,
        rates=by_rate((row.tax_rate, row.amounts.net, row.amounts.tax) for row in rows),
    )


def _number_and_save(order: Order, cause: str, rows: Sequence[_Row], sums: Sums, now: datetime) -> Invoice:
    """Everything is computed before the series is locked; dates never fall behind the number before."""
    *_, paid = spread(_money_in(order), [*_grosses(order), sums.gross])
    parties = {"seller": dict(settings.SHOP), "buyer": _party(order, AddressKind.BILLING)}
    deliver_to = _party(order, AddressKind.SHIPPING)
    today = business_day(now)
    series = f"INV-{today.year}"
    number = next_gapless(series)
    issued_on = max(today, _last_date(series) or today)
    invoice = Invoice(
        number=number,
        series=series,
        sequence=int(number.rpartition("-")[2]),
        order=order,
        customer_id=order.customer_id,
        cause=cause,
        status=InvoiceStatus.PAID if paid >= sums.gross else InvoiceStatus.OPEN,
        currency=order.currency,
        tax_treatment=order.tax_treatment,
        issued_on=issued_on,
        due_on=issued_on if paid >= sums.gross else issued_on + timedelta(days=PAYMENT_DAYS),
        issued_at=now,
        deliver_to=deliver_to,
        net_total=sums.net,
        tax_total=sums.tax,
        gross_total=sums.gross,
        paid=paid,
        **parties,
    )
    lines = [_invoice_line(invoice, position, row) for position, row in enumerate(rows, start=1)]
    invoice.facts_hash = facts_hash(invoice, lines)
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(lines)
    return invoice


def _last_date(series: str) -> date | None:
    """Read under the lock of the series: I22 wants numbers and dates to rise together."""
    return Invoice.objects.filter(series=series).order_by("-sequence").values_list("issued_on", flat=True).first()


def settle_invoices(order: Order) -> None:
    """Inside the caller's transaction (order locked): share what was captured over the invoices, oldest first."""
    invoices = list(order.invoices.order_by("issued_at", "pk"))
    for invoice, paid in zip(invoices, spread(_money_in(order), [i.gross_total for i in invoices]), strict=True):
        invoice.paid = paid
        if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.PAID):
            invoice.status = InvoiceStatus.PAID if paid >= invoice.gross_total else InvoiceStatus.OPEN
    Invoice.objects.bulk_update(invoices, ["paid", "status"])


def spread(money: Decimal, claims: Sequence[Decimal]) -> list[Decimal]:
    """Money over claims, the first served first; none gets less than nothing or more than it asks."""
    shares = []
    for claim in claims:
        share = max(ZERO, min(claim, money))
        money -= share
        shares.append(share)
    return shares


def _grosses(order: Order) -> list[Decimal]:
    return list(order.invoices.order_by("issued_at", "pk").values_list("gross_total", flat=True))


def _money_in(order: Order) -> Decimal:
    """Captures less refunds that succeeded."""
    sums = dict(
        Payment.objects.filter(order=order, state=PaymentState.SUCCEEDED)
        .values_list("kind")
        .annotate(sum=Sum("amount"))
    )
    return (sums.get(PaymentKind.CAPTURE) or ZERO) - (sums.get(PaymentKind.REFUND) or ZERO)


def _party(order: Order, kind: str) -> dict[str, str]:
    """The address as ordered; the other kind stands in where one is missing."""
    addresses = {address.kind: address for address in order.addresses.all()}
    address = addresses.get(kind) or next(iter(addresses.values()), None)
    party = dict(address.as_postal()) if address else {"name": order.recipient}
    party["email"] = order.email
    if order.customer:
        party["number"] = order.customer.number
        party["vat_id"] = order.customer.vat_id
    return party


def _invoice_line(invoice: Invoice, position: int, row: _Row) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        order_line=row.line,
        cause=row.cause,
        description=row.description,
        code=row.code,
        quantity=row.quantity,
        net=row.amounts.net,
        tax_rate=row.tax_rate,
        tax=row.amounts.tax,
        gross=row.amounts.gross,
    )


_HASHED = (
    *("number", "series", "sequence", "cause", "currency", "issued_on", "due_on", "issued_at"),
    *("seller", "buyer", "deliver_to", "tax_treatment", "net_total", "tax_total", "gross_total"),
)
_HASHED_OF_LINE = ("position", "cause", "description", "code", "quantity", "net", "tax_rate", "tax", "gross")


def facts_hash(invoice: Invoice, lines: Iterable[InvoiceLine]) -> str:
    """SHA-256 over everything the invoice states (not what was paid on it since)."""
    facts = [
        {name: _canonical(getattr(invoice, name)) for name in _HASHED} | {"order": invoice.order_id},
        *({name: _canonical(getattr(line, name)) for name in _HASHED_OF_LINE} for line in lines),
    ]
    return sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """The same text before saving and after reading back, on every database."""
    if isinstance(value, Decimal):
        return format(value.normalize() if value else ZERO, "f")
    if isinstance(value, datetime):
        return value.timestamp()
    return value.isoformat() if isinstance(value, date) else value
