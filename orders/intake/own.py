"""What our own CSV and our own JSON share: figures that may be left out are worked out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ordermgmt.money import round_money
from orders.intake import adding_up
from orders.intake.document import (
    ZERO,
    ParsedCharge,
    ParsedLine,
    ParsedOrder,
    ParsedTax,
    StatedTotals,
)

PAYMENT_STATUSES = frozenset(["unpaid", "authorised", "part_paid", "paid", "part_refunded", "refunded"])


def tax_of(amount: Decimal, rate: Decimal, included: bool, currency: str) -> Decimal:
    """The tax in or on an amount, rounded half up to the minor unit."""
    exact = amount - amount / (1 + rate) if included else amount * rate
    return round_money(exact, currency)


def taxed(
    amount: Decimal, stated: Decimal | None, rate: Decimal | None, included: bool, currency: str
) -> tuple[ParsedTax, ...]:
    """The tax as stated, else by its rate, else none."""
    if stated is None and rate is None:
        return ()
    worked_out = tax_of(amount, rate or ZERO, included, currency)
    return (ParsedTax("", rate, worked_out if stated is None else stated),)


def discounted(lines: Sequence[ParsedLine], discount: Decimal, currency: str) -> tuple[ParsedLine, ...]:
    return adding_up.with_discount(lines, discount, currency)


def retaxed(line: ParsedLine, stated: Decimal | None, included: bool, currency: str) -> ParsedLine:
    """A line's tax after all discounts. `line.taxes` holds its rate."""
    rate = line.taxes[0].rate if line.taxes else None
    taxes = taxed(line.amount - line.discount, stated, rate, included, currency)
    return replace(line, taxes=taxes)


def totalled(order: ParsedOrder, stated: Mapping[str, Decimal | None]) -> ParsedOrder:
    """The order with its stated totals; those left out are the sums of its parts."""
    tax = stated.get("tax")
    tax = adding_up.computed_tax(order) if tax is None else tax
    order = replace(order, totals=replace(order.totals, tax=tax))
    total = stated.get("total")
    total = adding_up.computed_total(order) if total is None else total
    return replace(order, totals=replace(order.totals, total=total))


def empty_totals(places: Mapping[str, str]) -> StatedTotals:
    return StatedTotals(ZERO, ZERO, places=places)


def shipping_charge(
    title: str,
    amount: Decimal,
    place: str,
    *,
    discount: Decimal = ZERO,
    tax: Decimal | None,
    rate: Decimal | None,
    included: bool,
    currency: str,
) -> tuple[ParsedCharge, ...]:
    """The shipping of an order, unless there is none to speak of."""
    if not amount and not title:
        return ()
    taxes = taxed(amount - discount, tax, rate, included, currency)
    return (ParsedCharge("shipping", title, amount, place, discount, taxes),)
