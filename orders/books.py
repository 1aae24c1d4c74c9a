"""Invariants of orders: units, promises, money, invoices, statuses, and that nothing stands or vanishes."""

from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from inventory.actions.reserving import kept_back
from inventory.models import StockLevel
from ordermgmt.models import Activity
from ordermgmt.money import ZERO, exact, tax_in, tax_on
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders import delivery_books, payment_books, revenue_books, subscription_books
from orders.actions.progress import DERIVED, ON_THE_WAY, derive
from orders.models import Allocation, CreditNote, Hold, InboundOrder, Invoice, Order, OrderCharge, OrderLine, Payment
from orders.states import (
    STOCKED_KINDS,
    InboundState,
    LineKind,
    OrderStatus,
    PaymentKind,
    PaymentState,
)

__all__ = ["delivery_books", "payment_books", "revenue_books", "subscription_books"]

CHUNK = 1000
# A draft has sums but no lines yet: they are in its order in work.
NOT_COUNTED = (OrderStatus.CANCELLED, OrderStatus.DRAFT)
Row = dict[str, Any]

# SQLite adds decimals up as floats.
_NOTHING = Decimal("0.00005")


def _differences(
    left: Iterable[Any], right: Iterable[Any], names: tuple[str, ...], words: tuple[str, str]
) -> Iterator[Row]:
    """Keys whose sums differ; rows end with their sum."""
    one, two = ({tuple(row[:-1]): row[-1] or 0 for row in rows} for rows in (left, right))
    for key in sorted({*one, *two}):
        if one.get(key, 0) != two.get(key, 0):
            yield dict(zip(names, key, strict=True)) | {words[0]: one.get(key, 0), words[1]: two.get(key, 0)}


def _in_chunks(orders: QuerySet[Order]) -> Iterator[list[Order]]:
    """All orders in primary-key order, a thousand at a time."""
    last = 0
    while chunk := list(orders.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield chunk
        last = chunk[-1].pk


@invariant("I02", _("Promised stock equals the allocations of orders and what is kept back for forms"))
def promised_equals_allocations(now: datetime) -> Iterable[Any]:
    levels = StockLevel.objects.values_list("warehouse__code", "sku__code").annotate(n=Sum("allocated"))
    rows = Allocation.objects.order_by().values_list("warehouse__code", "sku__code").annotate(n=Sum("quantity"))
    given = {(warehouse, sku): units for warehouse, sku, units in rows}
    for warehouse, sku, units in kept_back():
        given[warehouse, sku] = given.get((warehouse, sku), 0) + units
    both = [(*key, units) for key, units in given.items()]
    return _differences(levels, both, ("warehouse", "sku"), ("promised", "allocations"))


@invariant("I07", _("Allocations are what their lines still need from stock"), is_local=True)
def allocations_equal_lines(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    needs = F("promised") + F("allocated") + F("picked") + F("packed")
    rows = touched.of(OrderLine.objects.all(), "order__number")
    lines = rows.annotate(needs=needs, given=Coalesce(Sum("allocations__quantity"), 0))
    wrong = lines.exclude(needs=F("given")).order_by("pk")
    yield from wrong.values("order__number", "position", "needs", "given")
    freed = touched.of(Allocation.objects.exclude(sku=F("line__sku")), "line__order__number").order_by("pk")
    yield from freed.values("line__order__number", "line__position", "sku__code")


@invariant("I09", _("The totals of an order are the sums of its parts"), is_local=True)
def totals_add_up(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    for chunk in _in_chunks(touched.of(Order.objects.exclude(status__in=NOT_COUNTED), "number")):
        lines = _sums(OrderLine.objects.exclude(kind=LineKind.COMPONENT), chunk, F("total"))
        charges = _sums(OrderCharge.objects.all(), chunk, F("amount") - F("discount"))
        for order in chunk:
            parts = lines.get(order.pk, ZERO) + charges.get(order.pk, ZERO)
            parts += ZERO if order.prices_include_tax else order.tax_total
            own = order.items_total + order.shipping_total + order.charges_total
            own += ZERO if order.prices_include_tax else order.tax_total
            if not parts == own == order.total:
                yield {"order": order.number, "total": order.total, "parts": parts, "own": own}


def _sums(rows: QuerySet[Any], orders: list[Order], amount: Any) -> dict[int, Decimal]:
    found = rows.filter(order__in=orders).order_by().values_list("order").annotate(n=Sum(amount))
    return {pk: exact(n) for pk, n in found}


@invariant(
    "I10", _("Tax is rounded once per line, and discounts of lines and charges make up the order's"), is_local=True
)
def taxes_and_discounts(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    yield from _wrong_taxes(touched)
    for chunk in _in_chunks(touched.of(Order.objects.exclude(status__in=NOT_COUNTED), "number")):
        lines = _sums(OrderLine.objects.exclude(kind=LineKind.COMPONENT), chunk, F("discount"))
        charges = _sums(OrderCharge.objects.all(), chunk, F("discount"))
        for order in chunk:
            parts = lines.get(order.pk, ZERO) + charges.get(order.pk, ZERO)
            if parts != order.discount_total:
                yield {"order": order.number, "discount": order.discount_total, "parts": parts}


def _wrong_taxes(touched: Touched) -> Iterator[Row]:
    """A channel's own taxes (named in `tax_lines`) add up to the line's; ours follow from the rate."""
    lines = OrderLine.objects.exclude(tax=0).exclude(order__status=OrderStatus.CANCELLED).select_related("order")
    for line in touched.of(lines, "order__number").order_by("pk").iterator(CHUNK):
        order = line.order
        if line.tax_lines:
            right = sum((Decimal(str(tax.get("amount", 0))) for tax in line.tax_lines), ZERO)
        else:
            right = (tax_in if order.prices_include_tax else tax_on)(line.total, line.tax_rate, order.currency)
        if right != line.tax:
            yield {"order": order.number, "line": line.position, "tax": line.tax, "right": right}


@invariant("I11", _("An order, its payments and its invoices are in one currency"), is_local=True)
def one_currency(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    for model, of in ((Payment, "order"), (Invoice, "order"), (Payment, "invoice"), (CreditNote, "invoice")):
        tied = model._default_manager.filter(**{f"{of}__isnull": False})
        wrong = touched.of(tied.exclude(currency=F(f"{of}__currency")), f"{of}__number").order_by("pk")
        yield from wrong.values("pk", f"{of}__number", "currency", f"{of}__currency")


@invariant("I13", _("Nobody is paid back more than they paid"), is_local=True)
def refunds_within_payments(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    kind = {word: Q(payments__kind=word, payments__state=PaymentState.SUCCEEDED) for word in PaymentKind.values}
    for model in (Order, Invoice):
        rows = touched.of(model._default_manager.all(), "number")
        sums = rows.annotate(
            captured=Coalesce(Sum("payments__amount", filter=kind[PaymentKind.CAPTURE]), ZERO),
            refunded=Coalesce(Sum("payments__amount", filter=kind[PaymentKind.REFUND]), ZERO),
        )
        yield from (
            sums.filter(refunded__gt=F("captured") + _NOTHING).order_by("pk").values("number", "captured", "refunded")
        )


@invariant("I34", _("No open order stands without a next step"), is_local=True)
def nothing_stands(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    """Held by somebody, in the queue for stock, waiting for release, worked on, or on its way."""
    order = OuterRef("pk")
    lines = OrderLine.objects.filter(order=order)
    on_the_floor = lines.filter(Q(allocated__gt=0) | Q(picked__gt=0) | Q(packed__gt=0))
    has_work = Exists(on_the_floor) & (_has("fulfilment_orders", ("dispatched", "cancelled")) | _moving())
    has_next = (
        Exists(Hold.objects.open().filter(order=order))
        | Exists(lines.filter(backordered__gt=0, sku__isnull=False))
        | Exists(lines.filter(promised__gt=0))
        | has_work
        | _moving()
    )
    return touched.of(Order.objects.open(), "number").exclude(has_next).order_by("pk")


def _has(relation: str, finished: tuple[str, ...]) -> Exists:
    """An order has a row of a relation that is not finished."""
    rows = Order.objects.filter(pk=OuterRef("pk"), **{f"{relation}__isnull": False})
    return Exists(rows.exclude(**{f"{relation}__status__in": finished}))


def _moving() -> Exists:
    return Exists(Order.objects.filter(pk=OuterRef("pk"), shipments__status__in=ON_THE_WAY))


@invariant("I44", _("No order and no document has vanished"))
def nothing_vanished(now: datetime) -> Iterable[Any]:
    known = Order.objects.filter(number=OuterRef("subject"))
    placed = Activity.objects.filter(verb="order.placed").exclude(Exists(known)).order_by("pk")
    yield from placed.values("subject", "at")
    taken = InboundOrder.objects.filter(state__in=[InboundState.ACCEPTED, InboundState.CHANGED], order=None)
    yield from taken.order_by("pk").values("channel__code", "external_id", "state")


@invariant("I51", _("The units of a line add up"), is_local=True)
def units_add_up(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    stages = F("cancelled") + F("backordered") + F("promised") + F("allocated") + F("picked") + F("packed")
    lines = touched.of(OrderLine.objects.all(), "order__number").annotate(sum=stages + F("shipped"))
    wrong = lines.filter(kind__in=sorted(STOCKED_KINDS)).exclude(sum=F("ordered"))
    over = lines.filter(Q(returned__gt=F("shipped")) | Q(cancelled__gt=F("ordered")))
    return (wrong | over).order_by("pk").values("order__number", "position", "ordered", "sum", "returned")


@invariant("I52", _("Stored statuses and paid sums follow from the rows"), is_local=True)
def statuses_follow(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    for chunk in _in_chunks(touched.of(Order.objects.exclude(status=OrderStatus.DRAFT), "number")):
        derived = [copy(order) for order in chunk]
        derive(derived, now=now)
        for order, right in zip(chunk, derived, strict=True):
            if wrong := [name for name in DERIVED if getattr(order, name) != getattr(right, name)]:
                facts = {name: [getattr(order, name), getattr(right, name)] for name in wrong}
                yield {"order": order.number, "stored_and_right": facts}


@invariant("I53", _("The parts of a bundle are those of the bundle sold"), is_local=True)
def parts_follow_bundles(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    parts = touched.of(OrderLine.objects.filter(kind=LineKind.COMPONENT), "order__number")
    live = (F("ordered") - F("cancelled")) * F("bundle__ordered")
    due = F("ordered") * (F("bundle__ordered") - F("bundle__cancelled"))
    wrong = parts.exclude(order__status=OrderStatus.CANCELLED).annotate(live=live, due=due).exclude(live=F("due"))
    return wrong.order_by("pk").values("order__number", "position", "ordered", "cancelled")
