"""Arithmetic of lines, charges, tax and totals. Pure: no database, no clock.

Money is rounded once per line to the currency's minor unit; totals are sums of rounded parts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ordermgmt.money import ZERO, round_money, share, tax_in, tax_on
from orders.states import ChargeKind

# What orders by phone pay for delivery, tax included, and from which sum of items on nothing: our price list of 2026.
DELIVERY_PRICES: Mapping[str, tuple[Decimal, Decimal]] = {
    "EUR": (Decimal("4.90"), Decimal(40)),
    "SEK": (Decimal(55), Decimal(450)),
    "DKK": (Decimal(37), Decimal(300)),
    "NOK": (Decimal(57), Decimal(470)),
    "GBP": (Decimal("4.20"), Decimal(35)),
}


def delivery_price(items: Decimal, currency: str) -> Decimal:
    """The price of delivering items of this sum; nothing in a currency without a price."""
    price, free_from = DELIVERY_PRICES.get(currency, (ZERO, ZERO))
    return ZERO if items >= free_from else price


class PricedLine(Protocol):
    @property
    def total(self) -> Decimal: ...
    @property
    def discount(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...


class PricedCharge(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def discount(self) -> Decimal: ...
    @property
    def tax(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Totals:
    """items + shipping + charges (+ tax when prices exclude it) = total."""

    items: Decimal
    discount: Decimal
    shipping: Decimal
    charges: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class LineMoney:
    """`total` is after discount, with tax exactly when prices include it."""

    discount: Decimal
    total: Decimal
    tax: Decimal


def price_line(
    quantity: int,
    unit_price: Decimal,
    *,
    rate: Decimal,
    includes_tax: bool,
    currency: str,
    discount: Decimal = ZERO,
) -> LineMoney:
    """Money of one line; `rate` is a fraction (0.12). The discount never exceeds the line."""
    full = round_money(unit_price * quantity, currency)
    discount = min(round_money(discount, currency), full)
    total = full - discount
    tax = tax_in(total, rate, currency) if includes_tax else tax_on(total, rate, currency)
    return LineMoney(discount, total, tax)


def share_discount(discount: Decimal, line_totals: Sequence[Decimal], currency: str) -> list[Decimal]:
    """A discount on the whole order, shared among its lines by value; the parts add up to it.

    No line is given more than it is worth: what does not fit is left away (a discount above the
    sum of the lines is cut to the sum).
    """
    discount = min(discount, sum(line_totals, ZERO))
    parts = share(discount, list(line_totals), currency)
    return _within(parts, line_totals)


def _within(parts: list[Decimal], limits: Sequence[Decimal]) -> list[Decimal]:
    """A rounding unit above a line's worth moves to a line with room."""
    over = ZERO
    for i, limit in enumerate(limits):
        if parts[i] > limit:
            over, parts[i] = over + parts[i] - limit, limit
    for i, limit in enumerate(limits):
        room = min(over, limit - parts[i])
        parts[i], over = parts[i] + room, over - room
    return parts


def add_up(
    lines: Sequence[PricedLine],
    charges: Sequence[PricedCharge],
    *,
    includes_tax: bool,
    tax: Decimal | None = None,
) -> Totals:
    """The totals of an order from its rounded parts; `tax` overrides the sum of the parts' tax."""
    items = sum((line.total for line in lines), ZERO)
    shipping = sum((c.amount - c.discount for c in charges if c.kind == ChargeKind.SHIPPING), ZERO)
    others = sum((c.amount - c.discount for c in charges if c.kind != ChargeKind.SHIPPING), ZERO)
    parts: list[PricedLine | PricedCharge] = [*lines, *charges]
    discount = sum((part.discount for part in parts), ZERO)
    if tax is None:
        tax = sum((part.tax for part in parts), ZERO)
    total = items + shipping + others + (ZERO if includes_tax else tax)
    return Totals(items, discount, shipping, others, tax, total)


def for_fewer_units(amount: Decimal, units: int, *, of: int, currency: str) -> Decimal:
    """The part of a line's amount that belongs to `units` of its `of` units."""
    if units == of:
        return amount
    return share(amount, [units, of - units], currency)[0]
