"""Money of a Shopify order beside its lines: shipping, duties, fees, tips, taxes, refunds. All in the shop's currency."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from orders.intake.document import ZERO, ChargeKind, ParsedCharge, ParsedTax
from orders.intake.fields import Record

_FEES = ("original_total_additional_fees_set", "current_total_additional_fees_set")


def allocated(record: Record, currency: str) -> Decimal:
    """The part of the order's discounts that Shopify gave to a line or a charge."""
    parts = record.children("discount_allocations")
    return sum((part.amount("amount", currency=currency) for part in parts), ZERO)


def taxes_of(record: Record, currency: str) -> tuple[ParsedTax, ...]:
    return tuple(
        ParsedTax(
            tax.text("title", longest=100),
            tax.rate("rate"),
            tax.amount("price", currency=currency),
        )
        for tax in record.children("tax_lines")
    )


def shipping_charges(order: Record, currency: str) -> Iterator[ParsedCharge]:
    for record in order.children("shipping_lines"):
        if record.flag("is_removed"):
            continue
        price = record.amount("price", currency=currency)
        left = record.money("discounted_price", currency=currency)
        discount = allocated(record, currency) or (ZERO if left is None else max(price - left, ZERO))
        title = record.text("title", "code", longest=200)
        taxes = taxes_of(record, currency)
        yield ParsedCharge("shipping", title, price, record.place, discount, taxes)


def extra_charges(order: Record, currency: str) -> Iterator[ParsedCharge]:
    for kind, title, keys in (
        ("duty", _("Duties"), ("original_total_duties_set", "current_total_duties_set")),
        ("fee", _("Additional fees"), _FEES),
    ):
        amount, place = shop_money(order, currency, *keys)
        if amount:
            named: ChargeKind = "duty" if kind == "duty" else "fee"
            yield ParsedCharge(named, title, amount, place)
    tip = order.amount("total_tip_received", currency=currency)
    if tip:
        place = order.place_of("total_tip_received")
        yield ParsedCharge("tip", _("Tip"), tip, place)


def shop_money(order: Record, currency: str, *keys: str) -> tuple[Decimal, str]:
    for key in keys:
        holder = order.child(key)
        shop = holder.child("shop_money") if holder else None
        if shop:
            return shop.amount("amount", currency=currency), shop.place_of("amount")
    return ZERO, ""


def refunded(order: Record, currency: str) -> Decimal:
    total = ZERO
    for refund in order.children("refunds"):
        for transaction in refund.children("transactions"):
            kind = transaction.text("kind", longest=40), transaction.text("status", longest=40)
            if kind == ("refund", "success"):
                total += transaction.amount("amount", currency=currency)
    return total
