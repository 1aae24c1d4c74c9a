"""Whether an order's figures add up, and giving order-wide sums their lines.

    lines - discounts + shipping + fees + tips + duties + tax (unless included) = total

What does not add up keeps its stated figures and gets a finding with both: the order is held until
a person has looked, never silently corrected.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from ordermgmt.money import share
from orders.intake.document import ZERO, Finding, ParsedLine, ParsedOrder, Severity


def computed_total(order: ParsedOrder) -> Decimal:
    """What the parts of the order come to."""
    lines = sum((line.amount - line.discount for line in order.lines), ZERO)
    charges = sum((charge.amount - charge.discount for charge in order.charges), ZERO)
    return lines + charges + (ZERO if order.prices_include_tax else order.totals.tax)


def computed_discount(order: ParsedOrder) -> Decimal:
    lines = sum((line.discount for line in order.lines), ZERO)
    return lines + sum((charge.discount for charge in order.charges), ZERO)


def computed_tax(order: ParsedOrder) -> Decimal:
    lines = sum((line.tax for line in order.lines), ZERO)
    return lines + sum((charge.tax for charge in order.charges), ZERO)


def check(order: ParsedOrder) -> list[Finding]:
    """The findings about an order's sums. Only a total that differs holds the order."""
    stated, found = order.totals, []
    items = sum((line.amount for line in order.lines), ZERO)
    shipping = sum((c.amount for c in order.charges if c.kind == "shipping"), ZERO)
    found += _differs("total", stated.total, computed_total(order), order, "error")
    found += _differs("items", stated.items, items, order)
    found += _differs("discount", stated.discount, computed_discount(order), order)
    if stated.shipping not in (None, order.charged("shipping")):
        found += _differs("shipping", stated.shipping, shipping, order)
    if order.taxes:
        listed = sum((tax.amount for tax in order.taxes), ZERO)
        found += _differs("tax", stated.tax, listed, order)
    return found


def _differs(
    what: str,
    stated: Decimal | None,
    computed: Decimal,
    order: ParsedOrder,
    severity: Severity = "warning",
) -> list[Finding]:
    if stated is None or stated == computed:
        return []
    place = order.totals.places.get(what, "")
    message = _(
        "%(place)s states %(what)s %(stated)s %(currency)s, but the parts of the order come to "
        "%(computed)s %(currency)s. The stated figure is kept."
    )
    facts = {"place": place, "what": WORDS[what](), "stated": stated, "computed": computed}
    message %= facts | {"currency": order.currency}
    code = "totals_differ" if what == "total" else f"{what}_differs"
    return [Finding(code, severity, place, message, f"{stated} ≠ {computed}")]


WORDS = {
    "total": lambda: _("a total of"),
    "items": lambda: _("lines worth"),
    "discount": lambda: _("a discount of"),
    "shipping": lambda: _("shipping of"),
    "tax": lambda: _("tax of"),
}


def with_discount(lines: Sequence[ParsedLine], discount: Decimal, currency: str) -> tuple[ParsedLine, ...]:
    """An order-wide discount shared among the lines by what is left of their amounts."""
    weights = [line.amount - line.discount for line in lines]
    if not discount or discount > sum(weights):
        return tuple(lines)
    parts = share(discount, weights, currency)
    return tuple(replace(line, discount=line.discount + part) for line, part in zip(lines, parts, strict=True))
