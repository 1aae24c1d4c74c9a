"""Money of an order whose units changed: lines for the units that are left, totals from the parts."""

from collections.abc import Iterable
from decimal import Decimal

from ordermgmt.money import ZERO, share, tax_in, tax_on
from orders.models import Order, OrderLine
from orders.pricing import add_up, for_fewer_units, price_line
from orders.states import LineKind

MONEY = ("discount", "tax", "total", "tax_lines")


def reprice_line(line: OrderLine, *, before: int, order: Order) -> None:
    """Set a line's money for its live units (`before` is how many it was for); nothing is saved.

    Fewer units keep their share of the discount, more units get none. Tax follows its rate; where
    the rate does not give the stated tax, it follows the amount.
    """
    units = line.ordered - line.cancelled
    discount = for_fewer_units(line.discount, min(units, before), of=before, currency=order.currency)
    follows_rate = line.tax == _tax(line.total, line.tax_rate, order)
    priced = price_line(
        units,
        line.unit_price,
        rate=line.tax_rate,
        includes_tax=order.prices_include_tax,
        currency=order.currency,
        discount=discount,
    )
    line.tax = priced.tax if follows_rate else _in_proportion(line.tax, priced.total, line.total, order.currency)
    line.discount, line.total = priced.discount, priced.total
    line.tax_lines = _tax_lines(line, order.currency)


def _tax(total: Decimal, rate: Decimal, order: Order) -> Decimal:
    return (tax_in if order.prices_include_tax else tax_on)(total, rate, order.currency)


def _in_proportion(tax: Decimal, new: Decimal, old: Decimal, currency: str) -> Decimal:
    return share(tax, [new, old - new], currency)[0] if old else ZERO


def _tax_lines(line: OrderLine, currency: str) -> list[dict[str, object]]:
    """The named taxes of a line, scaled to its tax."""
    if not line.tax_lines:
        return []
    parts = share(line.tax, [Decimal(str(tax.get("amount", 0))) for tax in line.tax_lines], currency)
    return [{**tax, "amount": str(part)} for tax, part in zip(line.tax_lines, parts, strict=True)]


def tax_of(lines: Iterable[OrderLine]) -> Decimal:
    """The tax of the lines as sold."""
    return sum((line.tax for line in lines if line.kind != LineKind.COMPONENT), ZERO)


def total_up(order: Order, *, tax_before: Decimal, lines: Iterable[OrderLine]) -> None:
    """Inside the caller's transaction: the totals of a locked order from its live lines and charges.

    Tax moves by as much as the lines' tax has, so that an order-wide figure of the channel stays.
    """
    lines = [line for line in lines if line.kind != LineKind.COMPONENT]
    tax = order.tax_total + tax_of(lines) - tax_before
    charges = list(order.charges.all())
    totals = add_up(lines, charges, includes_tax=order.prices_include_tax, tax=tax)
    order.items_total, order.discount_total = totals.items, totals.discount
    order.tax_total, order.total = totals.tax, totals.total
    order.version += 1
    order.save(update_fields=["items_total", "discount_total", "tax_total", "total", "version"])
