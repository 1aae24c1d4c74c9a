"""Invoices: one per dispatch, gapless, written once, adding up to the order's own figures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext

from customers.models import Customer
from ordermgmt.models import User
from ordermgmt.money import ZERO, exact
from orders.actions.posting import BillRow, Draft, post
from orders.actions.settling import claim, money_of, spread
from orders.billing_states import TAKEN_BACK
from orders.invoice_sums import NOTHING, Amounts, as_priced, part
from orders.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Order, OrderCharge, OrderLine, Payment
from orders.models.orders import AddressKind
from orders.states import LineKind

# Shops that round cash totals leave a cent or two; anything larger is a broken order, not rounding.
LARGEST_ROUNDING = Decimal(1)
AHEAD = "order:"


@dataclass(frozen=True, kw_only=True)
class InvoicePart:
    """Units of an order line that left; `cause` names the effect billed (`shipment-line:<id>`)."""

    order_line_id: int
    quantity: int
    cause: str


def issue_invoice(
    order: Order, *, cause: str, parts: Sequence[InvoicePart], now: datetime, by: User | str | None = None
) -> Invoice | None:
    """Inside the caller's transaction (order locked, line counters already moved): bill what left.

    One invoice per `cause`; asked again it answers with the invoice there is. None when there is nothing to
    bill: the later parts of a bundle were billed with its first, a renewal was billed when it was ordered (or in
    advance: its lines cost nothing). Delivery and what is not shipped goes on the first, left-over cents on the last.
    The number is taken last of all locks.
    """
    if existing := Invoice.objects.filter(cause=cause).first():
        return existing
    lines = list(order.lines.select_related("sku").order_by("position"))
    rows = _with_rounding(order, list(_rows(order, lines, parts, cause)))
    if not rows:
        return None
    (invoice,) = post([draft_of(order, cause, rows)], now=now, by=by)
    return invoice


def draft_of(order: Order, cause: str, rows: Sequence[BillRow], *, due_on: date | None = None) -> Draft:
    """The invoice of an order over these rows, with what of the order's money its earlier invoices leave."""
    before = [claim(invoice) for invoice in order.invoices.order_by("issued_at", "pk")]
    gross = sum((row.amounts.gross for row in rows), ZERO)
    *_others, paid = spread(money_of(Payment.objects.filter(order=order)), [*before, gross])
    return Draft(
        cause=cause,
        currency=order.currency,
        tax_treatment=order.tax_treatment,
        rows=rows,
        order=order,
        customer_id=order.customer_id,
        buyer=party(order, AddressKind.BILLING),
        deliver_to=party(order, AddressKind.SHIPPING),
        paid=paid,
        due_on=due_on,
    )


def _rows(order: Order, lines: Sequence[OrderLine], parts: Sequence[InvoicePart], cause: str) -> Iterator[BillRow]:
    rows = _all_rows(order, lines, parts, cause)
    return (row for row in rows if row.amounts != NOTHING) if is_billed_ahead(order) else rows


def is_billed_ahead(order: Order) -> bool:
    """Renewals are, and orders whose customer was asked to pay before they leave."""
    return order.is_renewal or order.invoices.filter(cause=ahead_cause(order)).exists()


def ahead_cause(order: Order) -> str:
    """The effect of billing a whole order when it is placed."""
    return f"{AHEAD}{order.pk}"


def _all_rows(order: Order, lines: Sequence[OrderLine], parts: Sequence[InvoicePart], cause: str) -> Iterator[BillRow]:
    billed = _billed(order)
    by_pk = {line.pk: line for line in lines}
    is_first = not order.invoices.exists()
    yield from _shipped_rows(order, by_pk, parts, billed)
    yield from _bundle_rows(order, lines, billed, cause)
    if is_first:
        yield from _unshipped_rows(order, lines)
        yield from (charge_row(order, charge) for charge in order.charges.order_by("pk"))


def _with_rounding(order: Order, rows: list[BillRow]) -> list[BillRow]:
    """On the last invoice, the cent by which the channel's total differs from the sum of its parts."""
    lines = order.lines.all()
    if not rows or any(line.is_stocked and line.to_ship for line in lines):
        return rows
    left = order.total - _standing(order) - sum((row.amounts.gross for row in rows), ZERO)
    if not left or abs(left) > LARGEST_ROUNDING:
        return rows
    amounts = Amounts(net=left, tax=ZERO)
    cause = f"rounding:{order.pk}"
    return [*rows, BillRow(cause=cause, description=gettext("Rounding"), quantity=1, tax_rate=ZERO, amounts=amounts)]


def _standing(order: Order) -> Decimal:
    """What the invoices of the order bill, less what was taken back because it is not sent or billed anew."""
    billed = exact(order.invoices.aggregate(sum=Sum("gross_total"))["sum"])
    notes = CreditNote.objects.filter(invoice__order=order, reason__in=TAKEN_BACK)
    return billed - exact(notes.aggregate(sum=Sum("gross_total"))["sum"])


def _billed(order: Order) -> dict[int, tuple[int, Amounts]]:
    """Units and amounts that earlier invoices took, by order line; what was taken back is not among them."""
    lines = InvoiceLine.objects.filter(invoice__order=order, order_line__isnull=False).values_list("order_line_id")
    sums = {"units": Sum("quantity"), "net": Sum("net"), "tax": Sum("tax")}
    billed = {pk: (units, _amounts(net, tax)) for pk, units, net, tax in lines.annotate(**sums)}
    back = CreditNoteLine.objects.filter(invoice_line__invoice__order=order, credit_note__reason__in=TAKEN_BACK)
    for pk, units, net, tax in back.values_list("invoice_line__order_line_id").annotate(**sums):
        if pk in billed:
            before, amounts = billed[pk]
            billed[pk] = (before - units, amounts.minus(_amounts(net, tax)))
    return billed


def _amounts(net: Decimal, tax: Decimal) -> Amounts:
    return Amounts(net=exact(net), tax=exact(tax))


def _shipped_rows(
    order: Order,
    lines: dict[int, OrderLine],
    parts: Sequence[InvoicePart],
    billed: dict[int, tuple[int, Amounts]],
) -> Iterator[BillRow]:
    """Items; the parts of a bundle are billed by their bundle unless they carry a price of their own."""
    for item in parts:
        line = lines[item.order_line_id]
        if line.kind == LineKind.COMPONENT and not line.total:
            continue
        before, _amounts = billed.get(line.pk, (0, NOTHING))
        if (units := min(item.quantity, line.shipped - before)) > 0:
            yield line_row(order, line, units, item.cause, billed)


def _bundle_rows(
    order: Order, lines: Sequence[OrderLine], billed: dict[int, tuple[int, Amounts]], cause: str
) -> Iterator[BillRow]:
    """A bundle is billed with the first of its parts that leaves."""
    for bundle in (line for line in lines if line.kind == LineKind.BUNDLE):
        started = max((_bundles_begun(bundle, part) for part in lines if part.bundle_id == bundle.pk), default=0)
        before, _ = billed.get(bundle.pk, (0, NOTHING))
        if started > before:
            yield line_row(order, bundle, started - before, f"bundle:{bundle.pk}:{cause}", billed)


def _bundles_begun(bundle: OrderLine, component: OrderLine) -> int:
    """How many bundles the shipped units of one part belong to, rounded up."""
    wanted = bundle.ordered - bundle.cancelled
    parts = component.ordered - component.cancelled
    return -(-component.shipped * wanted // parts) if parts else 0


def line_row(
    order: Order, line: OrderLine, quantity: int, cause: str, billed: dict[int, tuple[int, Amounts]]
) -> BillRow:
    """Bills `quantity` more units and remembers it, so that two cartons of one line share its figures."""
    units, amounts = billed.get(line.pk, (0, NOTHING))
    whole = as_priced(line.total, line.tax, includes_tax=order.prices_include_tax)
    units += quantity
    more = part(whole, billed=amounts, units=units, of=line.ordered - line.cancelled, currency=order.currency)
    billed[line.pk] = (units, Amounts(net=amounts.net + more.net, tax=amounts.tax + more.tax))
    return BillRow(
        cause=cause,
        description=line.name,
        code=line.sku.code if line.sku else line.external_code[:64],
        quantity=quantity,
        tax_rate=line.tax_rate,
        amounts=more,
        line=line,
    )


def _unshipped_rows(order: Order, lines: Sequence[OrderLine]) -> Iterator[BillRow]:
    """Gift cards and the like leave with no parcel."""
    for line in lines:
        if line.kind == LineKind.SERVICE and line.ordered > line.cancelled:
            yield line_row(order, line, line.ordered - line.cancelled, f"line:{line.pk}", {})


def ordered_rows(order: Order, lines: Iterable[OrderLine], charges: Iterable[OrderCharge]) -> list[BillRow]:
    """All that is wanted of an order and costs something, before it leaves.

    The parts of a bundle are billed by their bundle unless they carry a price.
    """
    costly = [line for line in lines if (line.total or line.tax) and line.ordered > line.cancelled]
    rows = [_whole_line(order, line) for line in costly]
    return [*rows, *(charge_row(order, charge) for charge in charges if charge.amount - charge.discount)]


def _whole_line(order: Order, line: OrderLine) -> BillRow:
    prefix = "bundle" if line.kind == LineKind.BUNDLE else "line"
    return line_row(order, line, line.ordered - line.cancelled, f"{prefix}:{line.pk}", {})


def charge_row(order: Order, charge: OrderCharge) -> BillRow:
    return BillRow(
        cause=f"charge:{charge.pk}",
        description=charge.title,
        quantity=1,
        tax_rate=charge.tax_rate,
        amounts=as_priced(charge.amount - charge.discount, charge.tax, includes_tax=order.prices_include_tax),
    )


def party(order: Order, kind: str) -> dict[str, str]:
    """The address as ordered; the other kind stands in where one is missing."""
    addresses = {address.kind: address for address in order.addresses.all()}
    address = addresses.get(kind) or next(iter(addresses.values()), None)
    found = dict(address.as_postal()) if address else {"name": order.recipient}
    return found | {"email": order.email} | (known_party(order.customer) if order.customer else {})


def known_party(customer: Customer) -> dict[str, str]:
    """What an invoice says of a customer beside the address."""
    return {"number": customer.number, "vat_id": customer.vat_id}
