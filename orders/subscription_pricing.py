"""What one delivery of a subscription holds and costs: the one place the renewal run and every preview ask.

Prices include tax and are those of the box; they are shared over its items by list price, so that the order's
lines add up to the box to the cent. Rules: subscriptions.md 2.10, 2.11, 2.12.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from ordermgmt.money import ZERO, round_money, share, tax_in
from orders.billing_states import ContentKind, DiscountKind, TaxTreatment
from orders.models import PlanItem, PlanPrice, PlanVersion, Subscription
from orders.plan_pricing import box_price
from orders.price_book import PriceBook
from orders.priced import BOX, EXTRA, ONCE, Occasion, Part, PricedDelivery
from orders.pricing import delivery_price
from orders.promotions import discounts
from orders.tax import Tax, delivery_rate


class NoPrice(Exception):
    """The plan has no price in the currency of the subscription."""


def price_delivery(subscription: Subscription, occasion: Occasion, book: PriceBook) -> PricedDelivery:
    """Contents and money of one delivery. Raises NoPrice."""
    price = book.prices.get((occasion.version.pk, subscription.currency))
    if price is None:
        raise NoPrice(_("%(plan)s has no price in %(currency)s.") % _names(subscription, occasion))
    contents = _contents(subscription, occasion, book)
    surcharges = sum((line.surcharge for line in contents.box), ZERO) * subscription.quantity
    surcharges *= occasion.deliveries
    box, is_agreed, is_announced = _box(subscription, occasion, book, price)
    box *= occasion.deliveries
    fee = price.set_up_fee if occasion.is_first and not (occasion.is_free or occasion.is_paid) else ZERO
    parts = _parts(subscription, occasion, contents, box + surcharges, book)
    made = PricedDelivery(
        subscription.currency,
        tuple(parts),
        box,
        surcharges,
        set_up_fee=fee,
        is_agreed=is_agreed,
        is_announced=is_announced,
        is_free=occasion.is_free,
        is_paid=occasion.is_paid,
    )
    return _taxed(
        _discounted(_with_delivery(made, occasion), subscription, occasion, book), subscription, occasion, book
    )


def _names(subscription: Subscription, occasion: Occasion) -> dict[str, str]:
    return {"plan": str(occasion.version.plan), "currency": subscription.currency}


class _Wanted(NamedTuple):
    sku_id: int
    quantity: int
    surcharge: Decimal = ZERO
    unit_price: Decimal = ZERO


@dataclass(slots=True)
class _Contents:
    box: list[_Wanted]
    extras: list[_Wanted]


def _contents(subscription: Subscription, occasion: Occasion, book: PriceBook) -> _Contents:
    left_out = {item.replaces for item in occasion.items if item.replaces}
    lines = [line for line in book.lines.get(subscription.pk, ()) if line.pk not in left_out]
    extras = [_Wanted(x.sku_id, x.quantity, ZERO, x.unit_price) for x in lines if x.unit_price is not None]
    if occasion.version.content == ContentKind.BOX:
        return _Contents(_of_month(occasion, book), extras)
    if occasion.adopts_contents:
        own = usual_items(occasion.version, book.contents.get(occasion.version.pk, ()))
        return _Contents([_Wanted(item.sku_id, item.quantity) for item in own], extras)
    box = [_Wanted(x.sku_id, x.quantity, x.surcharge * x.quantity) for x in lines if x.unit_price is None]
    return _Contents(box, extras)


def usual_items(version: PlanVersion, items: Iterable[PlanItem]) -> list[PlanItem]:
    """What is in a box unless chosen otherwise: the defaults, one choice of each group as far as the plan counts."""
    defaults = [item for item in items if item.is_default and item.month is None]
    if version.content != ContentKind.GROUP or not version.choices_per_box:
        return defaults
    grouped = [item for item in defaults if item.group][: version.choices_per_box]
    return [item for item in defaults if not item.group] + grouped


def _of_month(occasion: Occasion, book: PriceBook) -> list[_Wanted]:
    """The box of the month a delivery leaves in; a month without its own gets the usual one."""
    items = book.contents.get(occasion.version.pk, [])
    month = occasion.leaves_on.replace(day=1)
    own = [item for item in items if item.month == month]
    always = [item for item in items if item.month is None and item.is_default]
    return [_Wanted(item.sku_id, item.quantity) for item in (own or always)]


def _box(
    subscription: Subscription, occasion: Occasion, book: PriceBook, price: PlanPrice
) -> tuple[Decimal, bool, bool]:
    """The price of the plan's contents; whether it was agreed, whether a change was announced."""
    told = [a for a in book.announced.get(subscription.pk, ()) if a.effective_on <= occasion.leaves_on]
    if told:
        return told[-1].price, False, True
    if subscription.agreed_price is not None:
        return subscription.agreed_price, True, False
    return box_price(price, subscription.quantity), False, False


def _parts(
    subscription: Subscription, occasion: Occasion, contents: _Contents, box: Decimal, book: PriceBook
) -> list[Part]:
    """What is sent beside the plan's box costs what it costs, also while the box is free."""
    goods, currency, times = book.goods, subscription.currency, occasion.deliveries
    is_nothing = occasion.is_free or occasion.is_paid
    own = [(goods[x.sku_id, currency], x.quantity * times * subscription.quantity) for x in contents.box]
    fulls = share(ZERO if is_nothing else box, [good.price * units for good, units in own], currency)
    parts = [Part(good, units, BOX, full) for (good, units), full in zip(own, fulls, strict=True)]
    for x in contents.extras:
        units = x.quantity * times
        full = ZERO if occasion.is_paid else round_money(x.unit_price * units, currency)
        parts.append(Part(goods[x.sku_id, currency], units, EXTRA, full))
    for item in occasion.items:
        full = round_money(item.unit_price * item.quantity, currency)
        parts.append(Part(goods[item.sku_id, currency], item.quantity, ONCE, full))
    return parts


def _with_delivery(made: PricedDelivery, occasion: Occasion) -> PricedDelivery:
    if not occasion.version.delivery_charge or made.is_free or made.is_paid:
        return made
    items = sum((part.full for part in made.parts), ZERO) / occasion.deliveries
    return replace(made, delivery=delivery_price(items, made.currency) * occasion.deliveries)


def _discounted(
    made: PricedDelivery, subscription: Subscription, occasion: Occasion, book: PriceBook
) -> PricedDelivery:
    """Less what its promotions give together, while they still have charges left."""
    live = [
        one.promotion
        for one in book.redemptions.get(subscription.pk, ())
        if one.charges_left is None or one.charges_left > occasion.charges_before
    ]
    offers = [one for one in live if one.kind != DiscountKind.AMOUNT or one.currency == made.currency]
    if made.is_free or made.is_paid or not offers:
        return made
    less = discounts(offers, [part.full for part in made.parts], delivery=made.delivery, currency=made.currency)
    parts = tuple(replace(part, discount=off) for part, off in zip(made.parts, less.lines, strict=True))
    codes = tuple(one.code for one in offers)
    return replace(made, parts=parts, delivery_discount=less.delivery, codes=codes)


def _taxed(made: PricedDelivery, subscription: Subscription, occasion: Occasion, book: PriceBook) -> PricedDelivery:
    """With the tax its prices hold on the day it leaves; a buyer who pays none does not pay what they hold either."""
    classes = [occasion.version.tax_class or part.good.tax_class for part in made.parts]
    to = occasion.to or subscription.address
    taxes = [book.tax(subscription, tax_class, occasion.leaves_on, to=to) for tax_class in classes]
    parts = tuple(_with_tax(part, tax, made.currency) for part, tax in zip(made.parts, taxes, strict=True))
    made = replace(made, parts=parts, charge_rate=delivery_rate(tax.rate for tax in taxes))
    most = max(taxes, key=lambda tax: tax.contained, default=None)
    if most is None or most.treatment == TaxTreatment.STANDARD:
        return made
    return replace(
        made,
        treatment=most.treatment,
        delivery=most.price(made.delivery, made.currency),
        delivery_discount=most.price(made.delivery_discount, made.currency),
        set_up_fee=most.price(made.set_up_fee, made.currency),
    )


def _with_tax(part: Part, tax: Tax, currency: str) -> Part:
    full, total = tax.price(part.full, currency), tax.price(part.total, currency)
    return replace(part, full=full, discount=full - total, rate=tax.rate, tax=tax_in(total, tax.rate, currency))
