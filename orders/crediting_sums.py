"""What credited units or amounts of an invoice line are worth: parts that add up to the line and never exceed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ordermgmt.money import ZERO, round_money
from orders.invoice_sums import NOTHING, Amounts, part


@dataclass(frozen=True, kw_only=True)
class Credited:
    """What was credited of a line: all of it, and that by units."""

    units: int = 0
    by_units: Amounts = NOTHING
    all: Amounts = NOTHING


def add_up(rows: Iterable[tuple[int, Decimal, Decimal]]) -> Credited:
    """From (units, net, tax) of each credit line; those without units were credited as an amount."""
    units, by_units, all_ = 0, NOTHING, NOTHING
    for count, net, tax in rows:
        units += count
        all_ = Amounts(net=all_.net + net, tax=all_.tax + tax)
        if count:
            by_units = Amounts(net=by_units.net + net, tax=by_units.tax + tax)
    return Credited(units=units, by_units=by_units, all=all_)


def units_part(whole: Amounts, *, of: int, units: int, before: Credited, currency: str) -> Amounts:
    """`units` more of `of`. Cumulative rounding over the units credited; the last unit takes what is left."""
    left = whole.minus(before.all)
    if before.units + units >= of:
        return left
    more = part(whole, billed=before.by_units, units=before.units + units, of=of, currency=currency)
    return left if abs(more.gross) > abs(left.gross) else more


def amount_part(whole: Amounts, *, gross: Decimal, before: Credited, currency: str) -> Amounts:
    """An amount with tax; its tax is the line's share of all that was credited so far, rounded once."""
    left = whole.minus(before.all)
    if gross == left.gross or not whole.gross:
        return left
    share = round_money(whole.tax * (before.all.gross + gross) / whole.gross, currency) - before.all.tax
    low, high = sorted((ZERO, left.tax))
    tax = max(low, min(high, share))
    return Amounts(net=gross - tax, tax=tax)
